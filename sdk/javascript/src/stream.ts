/** Streams of replies: reading, resuming, cancelling. */
import * as codecs from "./codecs.js";
import {
  APIConnectionError,
  APIResponseError,
  APIStatusError,
  APITimeoutError,
  StreamError,
  StreamInterruptedError,
} from "./errors.js";
import { pause } from "./runtime.js";
import { EventDecoder, type ServerEvent } from "./sse.js";
import type { Connection } from "./transport.js";
import type { Exchange, Message, MessageStatus, StepNews } from "./types.js";
import type { Wire } from "./wire.js";

/** An event of a stream. `id` is the position in the reply after the event. */
export type MessageStreamEvent =
  | { type: "message"; id: string; message: Message }
  | { type: "delta"; id: string; text: string }
  | { type: "step"; id: string; step: StepNews }
  | { type: "done"; id: string; exchange: Exchange };

/** How often a stream is resumed without any progress. */
const RESUMES = 3;
const RESUMES_AFTER_SILENCE = 1;

/** @internal */
export interface StreamSource {
  /** Sends the message. Absent when a reply is resumed that somebody else began. */
  open?: (signal: AbortSignal) => Promise<Connection>;
  resume: (message: string, after: string | undefined, signal: AbortSignal) => Promise<Connection>;
  cancel: (message: string) => Promise<unknown>;
  /** The message to resume, and from where. */
  messageId?: string;
  after?: string | undefined;
  /** Whether to resume the stream if the connection breaks. */
  resumes: boolean;
  /** Milliseconds. */
  idleTimeout: number;
  timeout: number | undefined;
  idempotencyKey: string | undefined;
  signal: AbortSignal | undefined;
}

/** A reply that is being written. `for await` yields its text in pieces.
 *
 * Leaving the loop closes the connection but does not stop the turn: the reply is stored and paid for. `cancel` stops
 * the turn. */
export class MessageStream implements AsyncIterable<string>, AsyncDisposable {
  readonly #source: StreamSource;
  readonly #ending = new AbortController();
  readonly #events: MessageStreamEvent[] = [];
  readonly #result: Promise<Exchange>;
  #waiting: (() => void)[] = [];
  #isOver = false;
  #failure: unknown;
  #readers = 0;
  #isResultWanted = false;
  #userMessage: Message | undefined;
  #messageId: string | undefined;
  #after: string | undefined;
  #text = "";
  #exchange: Exchange | undefined;

  /** @internal */
  constructor(source: StreamSource) {
    this.#source = source;
    this.#messageId = source.messageId;
    this.#after = source.after;
    this.#result = this.#run();
    // Readers of the stream get the error. A caller need not ask for the result.
    this.#result.catch(() => {});
  }

  /** The user's message, once the server has stored it. Unknown of a resumed stream until it is done. */
  get userMessage(): Message | undefined {
    return this.#userMessage;
  }

  /** The text of the reply so far. Of a resumed stream, from where it began. */
  get textSoFar(): string {
    return this.#text;
  }

  /** The id of the latest event, from which the stream can be resumed. */
  get lastEventId(): string | undefined {
    return this.#after;
  }

  /** `complete`, `cut` (at the longest length) or `cancelled`; `undefined` before the end. */
  get status(): MessageStatus | undefined {
    return this.#exchange?.assistantMessage.status;
  }

  /** The message and its reply, when the stream is done. Rejects if it fails or is left. */
  get result(): Promise<Exchange> {
    this.#isResultWanted = true;
    return this.#result;
  }

  /** All events. */
  async *events(): AsyncGenerator<MessageStreamEvent, void, undefined> {
    this.#readers++;
    try {
      for (let next = 0; ; next++) {
        while (next >= this.#events.length && !this.#isOver)
          await new Promise<void>((wake) => this.#waiting.push(wake));
        const event = this.#events[next];
        if (event) yield event;
        else if (this.#failure !== undefined) throw this.#failure;
        else return;
      }
    } finally {
      this.#readers--;
      if (this.#readers === 0 && !this.#isResultWanted) this.abort();
    }
  }

  /** The text in pieces. */
  async *[Symbol.asyncIterator](): AsyncGenerator<string, void, undefined> {
    for await (const event of this.events()) if (event.type === "delta") yield event.text;
  }

  /** Stops the turn. The stream then ends, with what was said and the status `cancelled`. Does nothing if the turn has
   * ended already. */
  async cancel(): Promise<void> {
    while (!this.#messageId && !this.#isOver) await new Promise<void>((wake) => this.#waiting.push(wake));
    if (!this.#messageId) throw this.#failure;
    try {
      await this.#source.cancel(this.#messageId);
    } catch (error) {
      if ((error as APIStatusError).status !== 409) throw error;
    }
  }

  /** Closes the connection. The turn goes on. */
  abort(): void {
    if (!this.#isOver) this.#ending.abort(this.#interrupted("The stream was left before its end."));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.abort();
  }

  /** The text as bytes of UTF-8, for a `Response`. Cancelling it leaves the stream. */
  toReadableStream(): ReadableStream<Uint8Array> {
    const texts = this[Symbol.asyncIterator]();
    const utf8 = new TextEncoder();
    return new ReadableStream({
      pull: async (controller) => {
        const { done, value } = await texts.next();
        if (done) controller.close();
        else controller.enqueue(utf8.encode(value));
      },
      cancel: async () => void (await texts.return()),
    });
  }

  async #run(): Promise<Exchange> {
    const { signal, timeout } = this.#source;
    const abort = () => this.#ending.abort(signal!.reason);
    if (signal?.aborted) abort();
    signal?.addEventListener("abort", abort, { once: true });
    const late = () =>
      this.#ending.abort(new APITimeoutError("The stream took longer than its timeout", "total", FACTS));
    const timer = timeout !== undefined && timeout < 2 ** 31 ? setTimeout(late, timeout) : undefined;
    try {
      return await this.#readToEnd();
    } catch (error) {
      this.#failure = this.#ending.signal.aborted ? this.#ending.signal.reason : error;
      throw this.#failure;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
      this.#isOver = true;
      this.#wake();
    }
  }

  /** Reads connection after connection until the reply is done. */
  async #readToEnd(): Promise<Exchange> {
    let cuts = 0;
    for (;;) {
      const place = this.#place();
      let failure: unknown = new APIResponseError("The stream ended before the reply was done.");
      try {
        await this.#readOne(await this.#connection());
        if (this.#exchange) return this.#exchange;
      } catch (error) {
        if (this.#ending.signal.aborted || !(error instanceof APIConnectionError)) throw error;
        failure = error;
      }
      cuts = place === this.#place() ? cuts + 1 : 1;
      const isSilent = failure instanceof APITimeoutError && failure.phase === "idle";
      if (!this.#source.resumes || cuts > (isSilent ? RESUMES_AFTER_SILENCE : RESUMES)) {
        throw isSilent ? failure : this.#interrupted("The stream broke off.", failure);
      }
      await pause(Math.random() * 500 * 2 ** (cuts - 1), this.#ending.signal);
    }
  }

  /** Sends the message, or resumes the stream of its reply. */
  async #connection(): Promise<Connection> {
    const { open, resume } = this.#source;
    const { signal } = this.#ending;
    // Until the message is known, it is sent again under its key: the server does not take it twice.
    if (!this.#messageId && open) return open(signal);
    try {
      return await resume(this.#messageId!, this.#after, signal);
    } catch (error) {
      if (this.#userMessage && error instanceof APIStatusError)
        throw this.#interrupted("The stream could not be resumed.", error);
      throw error;
    }
  }

  async #readOne(connection: Connection): Promise<void> {
    const { response } = connection;
    try {
      if (/^application\/json/.test(response.headers.get("content-type") ?? "")) {
        return this.#whole(await response.json());
      }
      const decoder = new EventDecoder();
      for await (const bytes of this.#pieces(connection)) {
        for (const event of decoder.push(bytes)) this.#take(event);
        if (this.#exchange) return;
      }
    } catch (error) {
      if (this.#ending.signal.aborted || error instanceof APIResponseError || error instanceof StreamError) throw error;
      throw error instanceof APIConnectionError
        ? error
        : new APIConnectionError("The stream broke off", connection.facts, error);
    } finally {
      connection.abort(undefined);
      connection.release();
    }
  }

  async *#pieces(connection: Connection): AsyncGenerator<Uint8Array, void, undefined> {
    const reader = connection.response.body?.getReader();
    if (!reader) return;
    const { idleTimeout } = this.#source;
    for (;;) {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const silence = new Promise<never>((_, reject) => {
        const tell = () => reject(new APITimeoutError("The stream went silent", "idle", connection.facts));
        if (idleTimeout < 2 ** 31) timer = setTimeout(tell, idleTimeout);
      });
      try {
        const { done, value } = await Promise.race([reader.read(), silence]);
        if (done) return;
        yield value;
      } finally {
        clearTimeout(timer);
      }
    }
  }

  #take({ event, data, id }: ServerEvent): void {
    const read = <W>() => parsed(data) as W;
    if (event === "message") {
      this.#userMessage = codecs.message(read<Wire<"Message">>(), "");
      this.#messageId = this.#userMessage.id;
      this.#push({ type: "message", id, message: this.#userMessage });
    } else if (event === "delta") {
      const { text } = codecs.delta(read<Wire<"StreamDelta">>(), "");
      this.#text += text;
      this.#push({ type: "delta", id, text });
    } else if (event === "step") {
      this.#push({ type: "step", id, step: codecs.stepNews(read<Wire<"StreamStep">>(), "") });
    } else if (event === "done") {
      this.#finish(codecs.exchange(read<Wire<"Exchange">>(), ""), id);
    } else if (event === "error") {
      const told = read<Wire<"Error">>();
      throw new StreamError(told.detail, { code: told.error_code, partialText: this.#text });
    }
  }

  /** The answer of a server, or of something before it, that does not stream. */
  #whole(body: unknown): void {
    const exchange = codecs.exchange(body as Wire<"Exchange">, "");
    const id = this.#after ?? "";
    this.#push({ type: "message", id, message: exchange.userMessage });
    this.#text = exchange.text;
    this.#push({ type: "delta", id, text: exchange.text });
    this.#finish(exchange, id);
  }

  #finish(exchange: Exchange, id: string): void {
    this.#userMessage = exchange.userMessage;
    this.#exchange = exchange;
    this.#push({ type: "done", id, exchange });
  }

  #push(event: MessageStreamEvent): void {
    this.#after = event.id || this.#after;
    this.#events.push(event);
    this.#wake();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  #place(): string {
    return `${this.#after} ${this.#events.length}`;
  }

  #interrupted(detail: string, cause?: unknown): StreamInterruptedError {
    const facts = {
      partialText: this.#text,
      idempotencyKey: this.#source.idempotencyKey,
      userMessageId: this.#messageId,
      after: this.#after,
    };
    return new StreamInterruptedError(detail, facts, cause);
  }
}

const FACTS = { method: "POST", path: "/conversations/{id}/messages/stream", attempts: 1 };

function parsed(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch (cause) {
    throw new APIResponseError(`An event of the stream is not JSON: ${data.slice(0, 80)}`, { cause });
  }
}
