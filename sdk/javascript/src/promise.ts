/** The promise that methods return. */

/** An answer that was read. */
export interface Answer<T> {
  value: T;
  status: number;
  headers: Headers;
  text: string;
}

/** A promise of a value that also provides the HTTP response. */
export class APIPromise<T> implements Promise<T> {
  readonly [Symbol.toStringTag] = "APIPromise";
  readonly #answer: Promise<Answer<T>>;

  /** @internal */
  constructor(answer: Promise<Answer<T>>) {
    this.#answer = answer;
  }

  then<A = T, B = never>(
    resolved?: ((value: T) => A | PromiseLike<A>) | null,
    rejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#answer.then(({ value }) => value).then(resolved, rejected);
  }

  catch<B = never>(rejected?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<T | B> {
    return this.then(undefined, rejected);
  }

  finally(done?: (() => void) | null): Promise<T> {
    return this.then().finally(done);
  }

  /** The HTTP response, with its body unread. */
  async asResponse(): Promise<Response> {
    const { status, headers, text } = await this.#answer;
    return new Response(text === "" ? null : text, { status, headers });
  }

  /** The value, together with the HTTP response and the request's id. */
  async withResponse(): Promise<{ data: T; response: Response; requestId: string | null }> {
    const [{ value, headers }, response] = await Promise.all([this.#answer, this.asResponse()]);
    return { data: value, response, requestId: headers.get("x-request-id") };
  }
}
