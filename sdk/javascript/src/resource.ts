import type { Call, Path, RequestOptions } from "./call.js";
import type { AIAssistantClient } from "./client.js";
import type { Read } from "./codec.js";
import { listed, type PagePromise } from "./pages.js";
import { APIPromise } from "./promise.js";

/** The methods for one noun of the API. */
export abstract class Resource {
  /** @internal */
  protected readonly client: AIAssistantClient;

  /** @internal */
  constructor(client: AIAssistantClient) {
    this.client = client;
    // Printing a resource does not print the client.
    Object.defineProperty(this, "client", { enumerable: false });
  }

  /** @internal */
  protected call<T>(call: Call<T>, options?: RequestOptions): APIPromise<T> {
    return new APIPromise(this.client.transport.answer(call, options));
  }

  /** @internal */
  protected listed<W, T>(
    path: Path,
    read: Read<W, T>,
    query: Call<unknown>["query"],
    options?: RequestOptions,
  ): PagePromise<T> {
    return listed((call) => this.client.transport.answer(call, options), { path, ...(query && { query }) }, read);
  }
}
