/** What can be uploaded, and sending it with progress. */
import { ConfigurationError } from "./errors.js";
import { isBrowser, monotonic, nodeModule } from "./runtime.js";

/** A `File` or `Blob`, bytes, a stream (which is read into memory), or, in Node.js, the path of a file. */
export type Uploadable = Blob | Uint8Array | ArrayBuffer | ReadableStream<Uint8Array> | string;
/** Bytes that were sent or received, of all. `total` is `null` if it is not known. */
export type Progress = (done: number, total: number | null) => void;

const LARGEST = 100 * 1024 * 1024;
const REPORT_EVERY = 100;

/** Types by extension, of the kinds that the API documents. */
const TYPES: Record<string, string> = {
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  gif: "image/gif",
  webp: "image/webp",
  pdf: "application/pdf",
  doc: "application/msword",
  txt: "text/plain",
  md: "text/markdown",
  docx: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
  csv: "text/csv",
  json: "application/json",
  xml: "application/xml",
  zip: "application/zip",
  rar: "application/vnd.rar",
};

export interface Content {
  blob: Blob;
  filename: string;
  contentType: string | undefined;
}

/** The content as a `Blob`, which can be read again for a repetition. */
export async function contentOf(
  given: Uploadable,
  { filename, contentType }: { filename?: string; contentType?: string },
): Promise<Content> {
  const named = filename ?? nameOf(given);
  if (!named) throw new ConfigurationError("The file needs a filename.");
  const type = contentType ?? TYPES[named.split(".").pop()!.toLowerCase()] ?? ((given as Blob).type || undefined);
  const blob = await blobOf(given);
  if (blob.size === 0) throw new ConfigurationError("The file is empty.");
  // The server checks this too, but only after everything was sent.
  if (blob.size > LARGEST) throw new ConfigurationError("The file is larger than 100 MiB.");
  return { blob: type ? blob.slice(0, blob.size, type) : blob, filename: named, contentType: type };
}

function nameOf(given: Uploadable): string | undefined {
  if (typeof given === "string") return given.split(/[/\\]/).pop();
  return (given as File).name;
}

async function blobOf(given: Uploadable): Promise<Blob> {
  if (typeof given === "string") {
    const files = nodeModule<typeof import("node:fs")>("node:fs");
    if (!files) throw new ConfigurationError("A path can only be uploaded in Node.js. For text, give a Blob.");
    try {
      return (await files.openAsBlob(given)) as Blob;
    } catch (error) {
      throw new ConfigurationError(`The file ${given} cannot be opened.`, { cause: error });
    }
  }
  if (given instanceof ReadableStream) return collected(given);
  if (given instanceof Uint8Array) return new Blob([new Uint8Array(given)]);
  if (given instanceof ArrayBuffer) return new Blob([given]);
  if (typeof given?.arrayBuffer === "function") return given;
  throw new ConfigurationError("A file is a Blob, bytes, a ReadableStream or, in Node.js, a path.");
}

async function collected(stream: ReadableStream<Uint8Array>): Promise<Blob> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return new Blob(pieces);
    size += value.length;
    if (size > LARGEST) {
      await reader.cancel();
      throw new ConfigurationError("The stream has more than 100 MiB.");
    }
    pieces.push(new Uint8Array(value));
  }
}

/** Reports progress at most ten times a second, and at the end. */
export function throttled(tell: Progress | undefined): Progress {
  let last = -Infinity;
  return (done, total) => {
    const now = monotonic();
    if (!tell || (done !== total && now - last < REPORT_EVERY)) return;
    last = now;
    tell(done, total);
  };
}

export interface Sent {
  status: number;
  text: string;
}

export interface Sending {
  url: string;
  headers: Record<string, string>;
  blob: Blob;
  progress: Progress | undefined;
  signal: AbortSignal;
  fetch: typeof fetch;
  fetchOptions: RequestInit & Record<string, unknown>;
}

/** PUTs the content with these headers and nothing else. */
export function put(sending: Sending): Promise<Sent> {
  return isBrowser && sending.progress && typeof XMLHttpRequest === "function"
    ? putByXhr(sending)
    : putByFetch(sending);
}

async function putByFetch({ url, headers, blob, progress, signal, fetch, fetchOptions }: Sending): Promise<Sent> {
  const isCounted = progress !== undefined && !isBrowser;
  const response = await fetch(url, {
    ...fetchOptions,
    method: "PUT",
    headers: isBrowser ? withoutLength(headers) : headers,
    body: isCounted ? counted(blob, throttled(progress)) : blob,
    ...(isCounted && { duplex: "half" }),
    redirect: "manual",
    credentials: "omit",
    signal,
  } as RequestInit);
  return { status: response.status, text: await response.text() };
}

/** Browsers set it themselves, and refuse scripts that do. */
function withoutLength(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name.toLowerCase() !== "content-length"));
}

function counted(blob: Blob, progress: Progress): ReadableStream<Uint8Array> {
  let done = 0;
  const counter = new TransformStream<Uint8Array, Uint8Array>({
    transform(piece, controller) {
      controller.enqueue(piece);
      done += piece.length;
      progress(done, blob.size);
    },
  });
  return (blob.stream() as ReadableStream<Uint8Array>).pipeThrough(counter);
}

/** In browsers, `fetch` does not report the progress of uploads. */
function putByXhr({ url, headers, blob, progress, signal }: Sending): Promise<Sent> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const tell = throttled(progress);
    const abort = () => request.abort();
    const settle = (settled: () => void) => () => {
      signal.removeEventListener("abort", abort);
      settled();
    };
    request.open("PUT", url);
    for (const [name, value] of Object.entries(withoutLength(headers))) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded }) => tell(Math.min(loaded, blob.size), blob.size);
    request.onload = settle(() => resolve({ status: request.status, text: request.responseText }));
    request.onerror = settle(() => reject(new TypeError("The connection to the storage failed.")));
    request.onabort = settle(() => reject(signal.reason as Error));
    if (signal.aborted) return reject(signal.reason as Error);
    signal.addEventListener("abort", abort, { once: true });
    request.send(blob);
  });
}
