/** Files of the caller. What moves their content is loaded with the first file. */
import { at, reading, removing, type RequestOptions as Options } from "./call.js";
import * as codecs from "./codecs.js";
import { queryOf, type PagePromise } from "./pages.js";
import type { ListFiles } from "./params.js";
import type { APIPromise } from "./promise.js";
import { Resource } from "./resource.js";
import type { DownloadOptions, Uploadable, UploadOptions } from "./transfer.js";
import type { Id, StoredFile } from "./types.js";

export class Files extends Resource {
  /** Uploads a file. Afterwards the server reads its text: see `status`. */
  async upload(file: Uploadable, options?: UploadOptions): Promise<StoredFile> {
    const { upload } = await import("./transfer.js");
    return upload(this.client.transport, file, options);
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
  async download(file: Id, options: DownloadOptions & { to?: string } = {}): Promise<Blob | void> {
    const path = at`/files/${file}/content`;
    const { download } = await import("./transfer.js");
    return download(this.client.transport, path, options);
  }
}
