/** Uploading, listing and downloading files. */
import { at, creating, reading, removing, type Call, type RequestOptions as Options } from "./call.js";
import * as codecs from "./codecs.js";
import { bodies } from "./codecs.js";
import { APIConnectionError, APIStatusError, APITimeoutError, ConfigurationError, UploadError } from "./errors.js";
import { queryOf, type PagePromise } from "./pages.js";
import type { ListFiles } from "./params.js";
import type { APIPromise } from "./promise.js";
import { Resource } from "./resource.js";
import { monotonic, nodeModule, pause, randomUuid } from "./runtime.js";
import type { Connection } from "./transport.js";
import type { Id, StoredFile } from "./types.js";
import { contentOf, put, throttled, type Content, type Progress, type Sent, type Uploadable } from "./upload.js";
import type { Wire } from "./wire.js";

/** Files up to this size go through the API, larger ones to the storage itself. */
const INLINE = 4 * 1024 * 1024;
/** The slowest connection that is waited for, in bytes a millisecond. */
const SLOWEST = 32;
const PATIENCE = 60_000;

export interface UploadOptions extends Options {
  /** Needed for bytes and streams. Its extension decides about the type. */
  filename?: string;
  contentType?: string;
  /** Is told what was sent, at most ten times a second and at the end. */
  onProgress?: Progress;
}

export interface DownloadOptions extends Options {
  onProgress?: Progress;
}

/** Files of the caller. */
export class Files extends Resource {
  /** Uploads a file. Afterwards the server reads its text: see `status`. */
  async upload(file: Uploadable, options: UploadOptions = {}): Promise<StoredFile> {
    const { filename, contentType, onProgress, ...request } = options;
    const content = await contentOf(file, { ...(filename && { filename }), ...(contentType && { contentType }) });
    request.idempotencyKey ??= `sdk-${randomUuid()}`;
    if (content.blob.size > INLINE) {
      try {
        return await this.#direct(content, request, onProgress);
      } catch (error) {
        // A server without announced uploads takes files of all sizes.
        if (!(error instanceof APIStatusError && (error.status === 404 || error.status === 405) && error.path === "/files/uploads")) throw error;
        return this.#inline(content, request, onProgress);
      }
    }
    try {
      return await this.#inline(content, request, onProgress);
    } catch (error) {
      // A server with a lower limit names the other way.
      if (!(error instanceof APIStatusError && error.status === 413 && error.detail.includes("files/uploads"))) throw error;
      return this.#direct(content, { ...request, idempotencyKey: `sdk-${randomUuid()}` }, onProgress);
    }
  }

  list(query: ListFiles = {}, options?: Options): PagePromise<StoredFile> {
    return this.listed(at`/files`, codecs.file, queryOf(query, ["status"]), options);
  }

  get(file: Id, options?: Options): APIPromise<StoredFile> {
    return this.call(reading(at`/files/${file}`, codecs.file), options);
  }

  delete(file: Id, options?: Options): APIPromise<void> {
    return this.call(removing(at`/files/${file}`), options);
  }

  /** The content. With `to`, a path, it is written there (in Node.js), at once when it is complete. */
  download(file: Id, options: DownloadOptions & { to: string }): Promise<void>;
  download(file: Id, options?: DownloadOptions): Promise<Blob>;
  async download(file: Id, { to, onProgress, ...options }: DownloadOptions & { to?: string } = {}): Promise<Blob | void> {
    const call: Call<unknown> = {
      method: "GET", path: at`/files/${file}/content`, repeat: "safe", hasNoTotal: true,
      headers: { accept: "*/*" }, read: (body) => body,
    };
    const tell = throttled(onProgress);
    if (to !== undefined) return this.#written(call, options, to, tell);
    return this.client.transport.run(call, options, async (connection) => {
      const pieces: Uint8Array<ArrayBuffer>[] = [];
      for await (const piece of this.#pieces(connection, tell)) pieces.push(new Uint8Array(piece));
      return new Blob(pieces, { type: connection.response.headers.get("content-type") ?? "" });
    });
  }

  /** Through the API, as a form. */
  async #inline({ blob, filename }: Content, request: Options, onProgress: Progress | undefined): Promise<StoredFile> {
    const form = new FormData();
    form.append("file", blob, filename);
    onProgress?.(0, blob.size);
    const call: Call<StoredFile> = {
      method: "POST", path: at`/files/upload`, form, repeat: "keyed", hasNoTotal: true,
      attemptTimeout: PATIENCE + blob.size / SLOWEST,
      read: (body) => codecs.file(body as Wire<"ShownFile">, ""),
    };
    const file = await this.call(call, request);
    onProgress?.(blob.size, blob.size);
    return file;
  }

  /** To the storage: announced, sent, completed. A file that is not completed is removed by the server. */
  async #direct(content: Content, request: Options, onProgress: Progress | undefined): Promise<StoredFile> {
    const { blob, filename, contentType } = content;
    const began = monotonic();
    const announced = bodies.upload({ filename, size: blob.size, ...(contentType && { contentType }) });
    const upload = await this.call(creating(at`/files/uploads`, announced, codecs.announcedUpload), request);
    const left = () => (request.timeout === undefined ? undefined : request.timeout - (monotonic() - began));
    await this.#sent(upload, blob, request, left(), onProgress);
    const { idempotencyKey: _, timeout: __, ...others } = request;
    const rest = left();
    const call = creating(at`/files/uploads/${upload.id}/complete`, {}, codecs.file);
    // The server reads the whole file to check it.
    const patient = { ...call, repeat: "safe" as const, attemptTimeout: PATIENCE + blob.size / SLOWEST, hasNoTotal: true };
    return this.call(patient, { ...others, ...(rest !== undefined && { timeout: Math.max(1, rest) }) });
  }

  async #sent(
    upload: codecs.AnnouncedUpload, blob: Blob, request: Options, timeout: number | undefined, progress: Progress | undefined,
  ): Promise<void> {
    const { settings } = this.client.transport;
    const retries = request.maxRetries ?? settings.maxRetries;
    const limit = Math.min(PATIENCE + blob.size / SLOWEST, timeout ?? Infinity);
    for (let attempt = 0; ; attempt++) {
      const ending = new AbortController();
      const abort = () => ending.abort(request.signal!.reason);
      request.signal?.throwIfAborted();
      request.signal?.addEventListener("abort", abort, { once: true });
      const facts = { method: "PUT", path: "upload_url", attempts: attempt + 1 };
      const timer = setTimeout(() => ending.abort(new APITimeoutError("The upload took too long", "attempt", facts)), limit);
      let failure: unknown;
      try {
        const { fetch, fetchOptions } = settings;
        const sent = await put({ url: upload.uploadUrl, headers: upload.headers, blob, progress, signal: ending.signal, fetch, fetchOptions });
        if (sent.status >= 200 && sent.status < 300) return;
        failure = refused(upload.id, sent);
        if (sent.status < 500 && sent.status !== 408 && sent.status !== 429) throw failure;
      } catch (error) {
        request.signal?.throwIfAborted();
        if (error instanceof UploadError) throw error;
        const cause = ending.signal.aborted ? ending.signal.reason : new APIConnectionError("The upload broke off", facts, error);
        failure = new UploadError("The file could not be sent to the storage.", { uploadId: upload.id }, cause);
      } finally {
        clearTimeout(timer);
        request.signal?.removeEventListener("abort", abort);
      }
      if (attempt >= retries) throw failure;
      await pause(Math.random() * 500 * 2 ** attempt, request.signal);
    }
  }

  async #written(call: Call<unknown>, options: Options, to: string, tell: Progress): Promise<void> {
    const files = nodeModule<typeof import("node:fs")>("node:fs")?.promises;
    if (!files) throw new ConfigurationError("A download can only be written to a path in Node.js.");
    const partial = `${to}.${randomUuid()}.part`;
    try {
      await this.client.transport.run(call, options, async (connection) => {
        const file = await files.open(partial, "w");
        try {
          for await (const piece of this.#pieces(connection, tell)) await file.writeFile(piece);
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
  async *#pieces(connection: Connection, tell: Progress): AsyncGenerator<Uint8Array, void, undefined> {
    connection.keepOpen();
    const { response, facts } = connection;
    const length = response.headers.get("content-length");
    const total = length === null ? null : Number(length);
    const idle = this.client.transport.settings.streamIdleTimeout;
    const reader = response.body?.getReader();
    let done = 0;
    try {
      for (;;) {
        const timer = setTimeout(() => connection.abort(new APITimeoutError("The download went silent", "idle", facts)), idle);
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
}

/** The storage answers in XML. */
function refused(uploadId: string, { status, text }: Sent): UploadError {
  const code = /<Code>([^<]*)<\/Code>/.exec(text)?.[1] ?? null;
  return new UploadError(`The storage refused the file: ${status} ${code ?? ""}`.trim(), { uploadId, status, code });
}
