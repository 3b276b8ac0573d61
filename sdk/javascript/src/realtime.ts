/** Live updates over a WebSocket that reconnects by itself. */
/// <reference lib="esnext.disposable" preserve="true" />
import type { AIAssistantClient } from "./client.js";
import { AIAssistantError, APIStatusError, ConfigurationError, RealtimeClosedError } from "./errors.js";
import { monotonic, pause } from "./runtime.js";
import type { WebSocketConstructor, WebSocketLike } from "./settings.js";
import type { Message, MessageRole, MessageStatus, Open, Ticket } from "./types.js";
import { camel } from "./wire.js";

export { RealtimeClosedError, RealtimeError } from "./errors.js";

interface LiveEventBase {
  timestamp: Date;
}

/** A conversation was created, or a message stored. */
export interface ConversationUpdate extends LiveEventBase {
  type: "conversation_update";
  event: Open<"conversation.created" | "message.received" | "message.failed">;
  eventId?: string;
  conversationId: string;
  assistantId?: string;
  userId: string;
  messageId?: string;
  /** Absent if it was too large for a frame: `load` reads it. */
  message?: { id: string; role: MessageRole; content: string; status: MessageStatus; createdAt: Date };
  /** Reads the message that the event is about. */
  load(): Promise<Message | null>;
}

/** A piece of a reply that is being written. */
export interface MessageDelta extends LiveEventBase {
  type: "message_delta";
  conversationId: string;
  messageId: string;
  userId: string;
  delta: string;
}

export interface AssistantStatusUpdate extends LiveEventBase {
  type: "assistant_status";
  event: string;
  eventId?: string;
  assistantId: string;
  userId: string;
  status: string;
}

export interface SystemNotification extends LiveEventBase {
  type: "system_notification";
  eventId?: string;
  message: string;
  webhookId?: string;
}

/** Events may be missing at this point. Read the lists again. */
export interface Gap extends LiveEventBase {
  type: "gap";
}

/** A frame that this version does not know, as it came. */
export interface UnknownUpdate extends LiveEventBase {
  type: "unknown";
  frame: { type: string; data: unknown };
}

export type LiveEvent =
  ConversationUpdate | MessageDelta | AssistantStatusUpdate | SystemNotification | Gap | UnknownUpdate;

export interface ConnectOptions {
  /** Begins after this event, at most an hour back. */
  lastEventId?: string;
  /** Milliseconds without a connection after which it is given up. Default: never. */
  maxDowntime?: number;
  signal?: AbortSignal;
}

const PING_EVERY = 240_000;
const PONG_WITHIN = 10_000;
const LONGEST_PAUSE = 30_000;
/** A connection that lived for this long was a good one, and has sent what was missed. */
const GOOD_AFTER = 30_000;
/** The server keeps events for an hour. */
const GAP_AFTER = 55 * 60_000;
const REMEMBERED = 4_096;
const LONGEST_QUEUE = 1_000;
const POLICY_VIOLATION = 1008;

/** Connects, and resolves when events arrive. */
export async function connect(client: AIAssistantClient, options: ConnectOptions = {}): Promise<RealtimeConnection> {
  const { webSocket, realtimeUrl, baseUrl } = client.settings;
  const socket = webSocket ?? (globalThis as { WebSocket?: WebSocketConstructor }).WebSocket;
  if (!socket) {
    throw new ConfigurationError(
      "This program has no WebSocket. Use Node.js 22, or pass the option webSocket: (await import('ws')).WebSocket.",
    );
  }
  const connection = new RealtimeConnection({
    open: (url) => new socket(url),
    ticket: () => client.realtime.ticket(options.signal && { signal: options.signal }),
    address: (told) => realtimeUrl ?? told ?? defaultAddress(baseUrl),
    load: async (conversation, message) => {
      for await (const one of client.conversations.messages.list(conversation, { newestFirst: true })) {
        if (one.id === message) return one;
      }
      return null;
    },
    ...options,
  });
  await connection.ready;
  return connection;
}

function defaultAddress(baseUrl: string): string {
  const url = new URL("/ws", baseUrl);
  url.protocol = url.protocol.replace("http", "ws");
  return url.href;
}

interface Connecting extends ConnectOptions {
  open: (url: string) => WebSocketLike;
  ticket: () => Promise<Ticket>;
  address: (told: string | undefined) => string;
  load: (conversation: string, message: string) => Promise<Message | null>;
}

/** How a connection ended. */
interface Ending {
  code: number | undefined;
  reason: string;
  lived: number;
}

/** Live updates of the signed-in user: `for await (const event of live)`. */
export class RealtimeConnection implements AsyncIterable<LiveEvent>, AsyncDisposable {
  /** Resolves with the first connection. @internal */
  readonly ready: Promise<void>;
  readonly #options: Connecting;
  readonly #closing = new AbortController();
  readonly #seen = new Set<string>();
  #becomeReady!: () => void;
  #failReady!: (error: unknown) => void;
  #queue: LiveEvent[] = [];
  #wake: (() => void) | undefined;
  #isOver = false;
  #failure: unknown;
  #lastEventId: string | undefined;
  /** The server sends missed events a while after it accepted the connection, possibly after newer ones. If the
   * connection breaks before that, the next connection resumes from here again. */
  #missedSince: string | undefined;
  #lastHeard = 0;

  /** @internal */
  constructor(options: Connecting) {
    this.#options = options;
    this.#lastEventId = options.lastEventId;
    this.ready = new Promise<void>((resolve, reject) => {
      this.#becomeReady = resolve;
      this.#failReady = reject;
    });
    this.ready.catch(() => {});
    const close = () => this.#closing.abort(options.signal!.reason);
    if (options.signal?.aborted) close();
    options.signal?.addEventListener("abort", close, { once: true });
    void this.#run().finally(() => options.signal?.removeEventListener("abort", close));
  }

  /** The `lastEventId` for another connection. Some later events may have arrived already. */
  get lastEventId(): string | undefined {
    return this.#missedSince ?? this.#lastEventId;
  }

  /** Ends the connection. */
  close(): void {
    this.#closing.abort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<LiveEvent, void, undefined> {
    try {
      for (;;) {
        const event = this.#queue.shift();
        if (event) yield event;
        else if (this.#isOver) {
          if (this.#failure !== undefined) throw this.#failure;
          return;
        } else await new Promise<void>((wake) => (this.#wake = wake));
      }
    } finally {
      this.close();
    }
  }

  async #run(): Promise<void> {
    const closing = this.#closing.signal;
    try {
      await this.#reconnecting();
    } catch (error) {
      // The caller's own signal is a failure, `close` is none.
      const isClosed = closing.aborted && !this.#options.signal?.aborted;
      if (!isClosed) this.#failure = closing.aborted ? closing.reason : error;
    } finally {
      this.#isOver = true;
      this.#failReady(this.#failure ?? new RealtimeClosedError("The connection was closed."));
      this.#wake?.();
    }
  }

  async #reconnecting(): Promise<void> {
    const closing = this.#closing.signal;
    let failures = 0;
    let wasRefused = false;
    let downSince = monotonic();
    for (;;) {
      closing.throwIfAborted();
      const ending = await this.#once();
      closing.throwIfAborted();
      const isRefused = ending.code === POLICY_VIOLATION;
      if (isRefused && wasRefused && ending.lived < GOOD_AFTER) {
        throw new RealtimeClosedError(`The server closed the connection: ${ending.reason || ending.code}`, {
          code: POLICY_VIOLATION,
          reason: ending.reason,
        });
      }
      if (ending.lived >= GOOD_AFTER) failures = 0;
      if (ending.lived > 0) downSince = monotonic();
      if (monotonic() - downSince > (this.#options.maxDowntime ?? Infinity)) {
        throw new RealtimeClosedError("There was no connection for too long.", {
          ...(ending.code !== undefined && { code: ending.code }),
        });
      }
      // The session may just have been refreshed. Requesting a new ticket shows whether it is still valid.
      if (!isRefused || wasRefused)
        await pause(Math.random() * Math.min(LONGEST_PAUSE, 500 * 2 ** failures++), closing);
      wasRefused = isRefused;
    }
  }

  /** One connection, from its ticket to its end. */
  async #once(): Promise<Ending> {
    let ticket: Ticket;
    try {
      ticket = await this.#options.ticket();
    } catch (error) {
      if (error instanceof APIStatusError && error.status < 500 && error.status !== 429) {
        throw error.status === 401 && this.#lastHeard
          ? new RealtimeClosedError("The credential has ended.", {}, error)
          : error;
      }
      if (!(error instanceof AIAssistantError) || error instanceof ConfigurationError) throw error;
      return { code: undefined, reason: error.message, lived: 0 };
    }
    const url = new URL(this.#options.address(ticket.url));
    url.searchParams.set("ticket", ticket.ticket);
    this.#missedSince = this.lastEventId;
    if (this.#missedSince) url.searchParams.set("last_event_id", this.#missedSince);
    return this.#held(this.#options.open(url.href));
  }

  /** Follows an open socket to its end. */
  #held(socket: WebSocketLike): Promise<Ending> {
    const closing = this.#closing.signal;
    return new Promise((resolve) => {
      let readyAt = 0;
      let pinging: ReturnType<typeof setTimeout> | undefined;
      let waiting: ReturnType<typeof setTimeout> | undefined;
      let catchingUp: ReturnType<typeof setTimeout> | undefined;
      const end = (code?: number, reason = "") => {
        clearTimeout(pinging);
        clearTimeout(waiting);
        clearTimeout(catchingUp);
        closing.removeEventListener("abort", stop);
        socket.onopen = socket.onmessage = socket.onclose = null;
        socket.onerror = () => {};
        try {
          socket.close(1000);
        } catch {
          // It was never open.
        }
        resolve({ code, reason, lived: readyAt && Math.max(1, monotonic() - readyAt) });
      };
      const stop = () => end(1000);
      const ping = () => {
        clearTimeout(waiting);
        socket.send('{"type":"ping"}');
        waiting = setTimeout(() => end(undefined, "no pong"), PONG_WITHIN);
      };
      closing.addEventListener("abort", stop, { once: true });
      socket.onopen = ping;
      socket.onclose = ({ code, reason }: { code?: number; reason?: unknown }) => end(code, String(reason ?? ""));
      socket.onerror = () => {};
      // A handshake that never ends is an end, too.
      waiting = setTimeout(() => end(undefined, "no handshake"), 3 * PONG_WITHIN);
      socket.onmessage = ({ data }: { data: unknown }) => {
        const silence = this.#lastHeard && monotonic() - this.#lastHeard;
        this.#lastHeard = monotonic();
        const frame = parsedFrame(data);
        if (frame?.type === "pong") {
          clearTimeout(waiting);
          pinging = setTimeout(ping, PING_EVERY);
          if (readyAt) return;
          readyAt = monotonic();
          catchingUp = setTimeout(() => (this.#missedSince = undefined), GOOD_AFTER);
          this.#connected(silence);
        } else if (frame) this.#take(frame, () => end(undefined, "too slow"));
      };
    });
  }

  #connected(silence: number): void {
    const isAgain = silence > 0;
    if (isAgain && (silence > GAP_AFTER || !this.#missedSince)) this.#push({ type: "gap", timestamp: new Date() });
    this.#becomeReady();
  }

  #take(frame: Frame, drop: () => void): void {
    const { event_id: id } = frame.data;
    if (typeof id === "string") {
      if (this.#seen.has(id)) return;
      this.#seen.add(id);
      if (this.#seen.size > REMEMBERED) this.#seen.delete(this.#seen.values().next().value!);
    }
    if (this.#queue.length >= LONGEST_QUEUE) {
      // The reader is too slow. A gap replaces the events that it has not read.
      this.#queue = [{ type: "gap", timestamp: new Date() }];
      this.#lastEventId = typeof id === "string" ? id : this.#lastEventId;
      this.#missedSince = undefined;
      return drop();
    }
    if (typeof id === "string") this.#lastEventId = id;
    this.#push(eventOf(frame, this.#options.load));
  }

  #push(event: LiveEvent): void {
    this.#queue.push(event);
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}

interface Frame {
  type: string;
  timestamp: string;
  data: Record<string, unknown>;
}

function parsedFrame(text: unknown): Frame | undefined {
  try {
    const { type, timestamp, data } = JSON.parse(String(text));
    return { type: String(type), timestamp, data: data ?? {} };
  } catch {
    return undefined;
  }
}

function eventOf(frame: Frame, load: Connecting["load"]): LiveEvent {
  const timestamp = new Date(frame.timestamp);
  const data = renamed(frame.data);
  if (frame.type === "conversation_update" && data["event"] === "message.delta") {
    const { event: _, ...piece } = data;
    return { type: "message_delta", timestamp, ...piece } as unknown as MessageDelta;
  }
  if (frame.type === "conversation_update") {
    const { conversationId, messageId, message, ...more } = data as unknown as Omit<
      ConversationUpdate,
      "type" | "timestamp"
    >;
    return {
      ...more,
      type: "conversation_update",
      timestamp,
      conversationId,
      ...(messageId !== undefined && { messageId }),
      ...(message !== undefined && { message: renamed(message) as unknown as NonNullable<typeof message> }),
      load: async () => (messageId === undefined ? null : load(conversationId, messageId)),
    };
  }
  if (frame.type === "assistant_status" || frame.type === "system_notification") {
    return { type: frame.type, timestamp, ...data } as unknown as LiveEvent;
  }
  return { type: "unknown", timestamp, frame: { type: frame.type, data: frame.data } };
}

/** The fields of frames are the API's own; no data of users has keys here. */
function renamed(fields: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => {
      const name = camel(key);
      return [name, name.endsWith("At") && typeof value === "string" ? new Date(value) : value];
    }),
  );
}
