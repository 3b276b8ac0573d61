/** Moves the content of files, in both directions. */
import { at, creating, type Call, type Path, type RequestOptions as Options } from "./call.js";
import * as codecs from "./codecs.js";
import { bodies } from "./codecs.js";
import { APIConnectionError, APIStatusError, APITimeoutError, ConfigurationError, UploadError } from "./errors.js";
import { monotonic, nodeModule, pause, randomUuid } from "./runtime.js";
import type { Connection, Transport } from "./transport.js";
import type { StoredFile } from "./types.js";
import { contentOf, put, throttled, type Content, type Progress, type Sent, type Uploadable } from "./upload.js";
import type { Wire } from "./wire.js";

export type { Progress, Uploadable } from "./upload.js";

/** Files up to this size go through the API, larger ones to the storage itself. */
const INLINE = 4 * 1024 * 1024;
/** The slowest connection that is waited for, in bytes a millisecond. */
const SLOWEST = 32;
const PATIENCE = 60_000;

export interface UploadOptions extends Options {
  /** Needed for bytes and streams. Its extension decides about the type. */
  filename?: string;
  contentType?: string;
  /** Called with the bytes sent so far, at most ten times a second and at the end. */
  onProgress?: Progress;
}

export interface DownloadOptions extends Options {
  onProgress?: Progress;
}

export async function upload(transport: Transport, file: Uploadable, options: UploadOptions = {}): Promise<StoredFile> {
  const { filename, contentType, onProgress, ...request } = options;
  const content = await contentOf(file, { ...(filename && { filename }), ...(contentType && { contentType }) });
  request.idempotencyKey ??= `sdk-${randomUuid()}`;
  if (content.blob.size > INLINE) {
    try {
      return await direct(transport, content, request, onProgress);
    } catch (error) {
      // A server without announced uploads takes files of all sizes.
      if (!(
        error instanceof APIStatusError &&
        (error.status === 404 || error.status === 405) &&
        error.path === "/files/uploads"
      ))
        throw error;
      return inline(transport, content, request, onProgress);
    }
  }
  try {
    return await inline(transport, content, request, onProgress);
  } catch (error) {
    // A server with a lower limit names the other way.
    if (!(error instanceof APIStatusError && error.status === 413 && error.detail.includes("files/uploads")))
      throw error;
    return direct(transport, content, { ...request, idempotencyKey: `sdk-${randomUuid()}` }, onProgress);
  }
}

export async function download(
  transport: Transport,
  path: Path,
  { to, onProgress, ...options }: DownloadOptions & { to?: string },
): Promise<Blob | void> {
  const call: Call<unknown> = {
    method: "GET",
    path,
    repeat: "safe",
    hasNoTotal: true,
    headers: { accept: "*/*" },
    read: (body) => body,
  };
  const tell = throttled(onProgress);
  if (to !== undefined) return written(transport, call, options, to, tell);
  return transport.run(call, options, async (connection) => {
    const pieces: Uint8Array<ArrayBuffer>[] = [];
    for await (const piece of piecesOf(connection, transport.settings.streamIdleTimeout, tell))
      pieces.push(new Uint8Array(piece));
    return new Blob(pieces, { type: connection.response.headers.get("content-type") ?? "" });
  });
}

/** Through the API, as a form. */
async function inline(
  transport: Transport,
  { blob, filename }: Content,
  request: Options,
  onProgress: Progress | undefined,
): Promise<StoredFile> {
  const form = new FormData();
  form.append("file", blob, filename);
  onProgress?.(0, blob.size);
  const call: Call<StoredFile> = {
    method: "POST",
    path: at`/files/upload`,
    form,
    repeat: "keyed",
    hasNoTotal: true,
    attemptTimeout: PATIENCE + blob.size / SLOWEST,
    read: (body) => codecs.file(body as Wire<"StoredFile">, ""),
  };
  const file = (await transport.answer(call, request)).value;
  onProgress?.(blob.size, blob.size);
  return file;
}

/** To the storage: announced, sent, completed. A file that is not completed is removed by the server. */
async function direct(
  transport: Transport,
  content: Content,
  request: Options,
  onProgress: Progress | undefined,
): Promise<StoredFile> {
  const { blob, filename, contentType } = content;
  const began = monotonic();
  const announced = bodies.upload({ filename, size: blob.size, ...(contentType && { contentType }) });
  const upload = (await transport.answer(creating(at`/files/uploads`, announced, codecs.announcedUpload), request))
    .value;
  const left = () => (request.timeout === undefined ? undefined : request.timeout - (monotonic() - began));
  await sent(transport, upload, blob, request, left(), onProgress);
  const { idempotencyKey: _, timeout: __, ...others } = request;
  const rest = left();
  const call = creating(at`/files/uploads/${upload.id}/complete`, {}, codecs.file);
  // The server reads the whole file to check it.
  const patient = {
    ...call,
    repeat: "safe" as const,
    attemptTimeout: PATIENCE + blob.size / SLOWEST,
    hasNoTotal: true,
  };
  return (await transport.answer(patient, { ...others, ...(rest !== undefined && { timeout: Math.max(1, rest) }) }))
    .value;
}

async function sent(
  transport: Transport,
  upload: codecs.AnnouncedUpload,
  blob: Blob,
  request: Options,
  timeout: number | undefined,
  progress: Progress | undefined,
): Promise<void> {
  const { settings } = transport;
  const retries = request.maxRetries ?? settings.maxRetries;
  const limit = Math.min(PATIENCE + blob.size / SLOWEST, timeout ?? Infinity);
  for (let attempt = 0; ; attempt++) {
    const ending = new AbortController();
    const abort = () => ending.abort(request.signal!.reason);
    request.signal?.throwIfAborted();
    request.signal?.addEventListener("abort", abort, { once: true });
    const facts = { method: "PUT", path: "upload_url", attempts: attempt + 1 };
    const timer = setTimeout(
      () => ending.abort(new APITimeoutError("The upload took too long", "attempt", facts)),
      limit,
    );
    let failure: unknown;
    try {
      const { fetch, fetchOptions } = settings;
      const answer = await put({
        url: upload.uploadUrl,
        headers: upload.headers,
        blob,
        progress,
        signal: ending.signal,
        fetch,
        fetchOptions,
      });
      if (answer.status >= 200 && answer.status < 300) return;
      failure = refused(upload.id, answer);
      if (answer.status < 500 && answer.status !== 408 && answer.status !== 429) throw failure;
    } catch (error) {
      request.signal?.throwIfAborted();
      if (error instanceof UploadError) throw error;
      const cause = ending.signal.aborted
        ? ending.signal.reason
        : new APIConnectionError("The upload broke off", facts, error);
      failure = new UploadError("The file could not be sent to the storage.", { uploadId: upload.id }, cause);
    } finally {
      clearTimeout(timer);
      request.signal?.removeEventListener("abort", abort);
    }
    if (attempt >= retries) throw failure;
    await pause(Math.random() * 500 * 2 ** attempt, request.signal);
  }
}

async function written(
  transport: Transport,
  call: Call<unknown>,
  options: Options,
  to: string,
  tell: Progress,
): Promise<void> {
  const files = nodeModule<typeof import("node:fs")>("node:fs")?.promises;
  if (!files) throw new ConfigurationError("A download can only be written to a path in Node.js.");
  const partial = `${to}.${randomUuid()}.part`;
  try {
    await transport.run(call, options, async (connection) => {
      const file = await files.open(partial, "w");
      try {
        for await (const piece of piecesOf(connection, transport.settings.streamIdleTimeout, tell))
          await file.writeFile(piece);
      } finally {
        await file.close();
      }
    });
    await files.rename(partial, to);
  } catch (error) {
    await files.rm(partial, { force: true });
    throw error;
  }
}

/** The body, for as long as it keeps coming. */
async function* piecesOf(
  connection: Connection,
  idle: number,
  tell: Progress,
): AsyncGenerator<Uint8Array, void, undefined> {
  connection.keepOpen();
  const { response, facts } = connection;
  const length = response.headers.get("content-length");
  const total = length === null ? null : Number(length);
  const reader = response.body?.getReader();
  let done = 0;
  try {
    for (;;) {
      const timer = setTimeout(
        () => connection.abort(new APITimeoutError("The download went silent", "idle", facts)),
        idle,
      );
      const piece = await reader?.read().finally(() => clearTimeout(timer));
      if (!piece || piece.done) break;
      done += piece.value.length;
      tell(done, total);
      yield piece.value;
    }
    tell(done, done);
  } finally {
    connection.release();
  }
}

/** The storage answers in XML. */
function refused(uploadId: string, { status, text }: Sent): UploadError {
  const code = /<Code>([^<]*)<\/Code>/.exec(text)?.[1] ?? null;
  return new UploadError(`The storage refused the file: ${status} ${code ?? ""}`.trim(), { uploadId, status, code });
}
