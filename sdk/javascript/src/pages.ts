/** Lists: a page, and what iterates over all pages. */
import type { Call } from "./call.js";
import { APIResponseError, ConfigurationError } from "./errors.js";
import { APIPromise, type Answer } from "./promise.js";
import { flag, list, nullable, number, object, text, type Read } from "./codec.js";

const MOST_PAGES = 100_000;

interface WirePage<W> {
  items: W[];
  total: number;
  page: number;
  size: number;
  pages: number;
  has_next: boolean;
  has_prev: boolean;
  next_cursor: string | null;
}

interface ReadPage<T> {
  items: T[];
  total: number;
  page: number;
  size: number;
  pages: number;
  hasNext: boolean;
  hasPrev: boolean;
  nextCursor: string | null;
}

type Query = NonNullable<Call<unknown>["query"]>;
/** Requests a page of a list. */
type Fetch<T> = (query: Query) => Promise<Answer<Page<T>>>;

/** A page of a list. `for await` goes on through all pages after it. */
export class Page<T> implements AsyncIterable<T> {
  declare readonly items: T[];
  /** Entries of the whole list. */
  declare readonly total: number;
  /** From 1. */
  declare readonly pageNumber: number;
  declare readonly size: number;
  declare readonly pageCount: number;
  declare readonly hasNext: boolean;
  declare readonly hasPrevious: boolean;
  declare readonly nextCursor: string | null;
  readonly #query: Query;
  readonly #fetch: Fetch<T>;

  /** @internal */
  constructor(page: ReadPage<T>, query: Query, fetch: Fetch<T>) {
    const { page: pageNumber, pages: pageCount, hasPrev: hasPrevious, ...others } = page;
    Object.assign(this, others, { pageNumber, pageCount, hasPrevious });
    this.#query = query;
    this.#fetch = fetch;
  }

  /** The page after this one, or `null`. It is found by cursor, so that no entry is skipped when others are deleted. */
  async nextPage(): Promise<Page<T> | null> {
    const { nextCursor: after } = this;
    if (after === null) return null;
    if (after === this.#query["after"]) throw new APIResponseError("The list does not end: its cursor stands still.");
    const { page: _, ...query } = this.#query;
    return (await this.#fetch({ ...query, size: query["size"] ?? 100, after })).value;
  }

  /** A page by its number, from 1. */
  async goto(page: number): Promise<Page<T>> {
    const { after: _, ...query } = this.#query;
    return (await this.#fetch({ ...query, page })).value;
  }

  /** This page and all after it. */
  async *iterPages(): AsyncGenerator<Page<T>, void, undefined> {
    let page: Page<T> | null = this;
    for (let count = 0; page; count++) {
      if (count === MOST_PAGES) throw new APIResponseError(`The list has more than ${MOST_PAGES} pages.`);
      yield page;
      page = await page.nextPage();
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for await (const { items } of this.iterPages()) yield* items;
  }
}

/** A requested list: `await` returns its first page, `for await` iterates over all its entries. */
export class PagePromise<T> extends APIPromise<Page<T>> implements AsyncIterable<T> {
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    yield* await this;
  }
}

/** Requests the first page of a list. */
export function listed<W, T>(
  answer: <R>(call: Call<R>) => Promise<Answer<R>>,
  call: Omit<Call<unknown>, "read" | "method" | "repeat">,
  read: Read<W, T>,
): PagePromise<T> {
  const pageOf = object<WirePage<W>, ReadPage<T>>("page", {
    items: list(read),
    total: number,
    page: number,
    size: number,
    pages: number,
    hasNext: flag,
    hasPrev: flag,
    nextCursor: nullable(text),
  });
  const fetch: Fetch<T> = (query) =>
    answer({
      ...call,
      method: "GET",
      repeat: "safe",
      query,
      read: (body) => new Page<T>(pageOf(body as WirePage<W>, ""), query, fetch),
    });
  return new PagePromise(fetch(call.query ?? {}));
}

/** The query of a list, from its parameters. */
export function queryOf(params: object, known: readonly string[]): Query {
  const names = ["sort", "size", "page", ...known];
  const wrong = Object.keys(params).find((name) => !names.includes(name));
  if (wrong !== undefined) throw new ConfigurationError(`This list has no parameter ${wrong} (${names.join(", ")})`);
  return params as Query;
}
