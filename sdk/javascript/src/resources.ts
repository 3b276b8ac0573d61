/** The methods of the client, one class for each noun of the API. Files have their own module. */
import { at, changing, creating, reading, removing, type RequestOptions as Options } from "./call.js";
import { idOf } from "./codec.js";
import * as codecs from "./codecs.js";
import { bodies } from "./codecs.js";
import { ConfigurationError, type APIStatusError } from "./errors.js";
import { queryOf, type PagePromise } from "./pages.js";
import type * as params from "./params.js";
import type { APIPromise } from "./promise.js";
import type { ConnectOptions, RealtimeConnection } from "./realtime.js";
import { Resource } from "./resource.js";
import { randomUuid } from "./runtime.js";
import { Session } from "./session.js";
import { MessageStream, type StreamSource } from "./stream.js";
import type { Connection } from "./transport.js";
import type * as types from "./types.js";
import type { HeadersLike, VerifyOptions, WebhookEvent } from "./webhooks.js";

type Id = types.Id;

const nothing = (): void => {};

/** Signing in and out. */
export class Auth extends Resource {
  /** Creates an account. It does not sign in. */
  register(fields: params.Register, options?: Options): APIPromise<types.User> {
    const call = creating(at`/auth/register`, bodies.register(fields), codecs.user);
    return this.call({ ...call, isAnonymous: true, isSignIn: true, repeat: "once" }, options);
  }

  /** Signs this client in. With `adopt: false`, it only returns the session and does not change the client. */
  async login(
    { adopt = true, ...fields }: params.Credentials & { adopt?: boolean },
    options?: Options,
  ): Promise<Session> {
    const sessions = adopt ? this.client.sessions : undefined;
    const call = creating(at`/auth/login`, bodies.login(fields), codecs.tokens);
    // A repetition after a lost response leaves one unused sign-in behind.
    const tokens = await this.call({ ...call, isAnonymous: true, isSignIn: true, repeat: "safe" }, options);
    const session = Session.of(tokens);
    await sessions?.adopt(session, { isSignedInHere: true });
    return session;
  }

  /** Refreshes the session now. Requests do this by themselves. */
  refresh(): Promise<Session> {
    return this.client.sessions.refresh();
  }

  /** Ends the sign-in. The session is forgotten even if the request fails. */
  async logout(options?: Options): Promise<void> {
    const { sessions } = this.client;
    if (!sessions.session) return;
    const { refreshToken } = sessions.session;
    try {
      const call = creating(at`/auth/logout`, refreshToken ? { refresh_token: refreshToken } : {}, nothing);
      await this.call({ ...call, repeat: "safe" }, options);
    } finally {
      await sessions.adopt(null);
    }
  }
}

/** API keys of the caller. */
export class ApiKeys extends Resource {
  /** Creates a key. `key` is in this answer only. An API key cannot create others. */
  create(fields: params.CreateApiKey, options?: Options): APIPromise<types.CreatedApiKey> {
    return this.call(creating(at`/users/me/api-keys`, bodies.apiKey(fields), codecs.createdApiKey), options);
  }

  list(query: params.ListApiKeys = {}, options?: Options): PagePromise<types.ApiKey> {
    return this.listed(at`/users/me/api-keys`, codecs.apiKey, queryOf(query, []), options);
  }

  delete(key: Id, options?: Options): APIPromise<void> {
    return this.call(removing(at`/users/me/api-keys/${key}`), options);
  }
}

/** Accounts. */
export class Users extends Resource {
  readonly apiKeys: ApiKeys = new ApiKeys(this.client);

  /** The caller. */
  me(options?: Options): APIPromise<types.User> {
    return this.call(reading(at`/users/me`, codecs.user), options);
  }

  /** Changes the caller. A new password ends all sign-ins; this client signs in again if it signed in itself. */
  async updateMe(fields: params.UpdateMe, options?: Options): Promise<types.User> {
    const { password } = fields;
    const call = changing(at`/users/me`, bodies.updateMe(fields), codecs.user);
    const user = await this.call(password === undefined ? call : { ...call, repeat: "once" }, options);
    if (password !== undefined && this.client.session) {
      if (this.client.sessions.isSignedInHere) await this.client.auth.login({ email: user.username, password });
      else await this.client.sessions.adopt(null);
    }
    return user;
  }

  /** All accounts, for administrators. */
  list(query: params.ListUsers = {}, options?: Options): PagePromise<types.User> {
    return this.listed(at`/users`, codecs.user, queryOf(query, []), options);
  }

  /** The account with a username or an e-mail address, for administrators. */
  async find(wanted: { username?: string; email?: string }, options?: Options): Promise<types.User | null> {
    const { username, email } = wanted;
    if (!username && !email) throw new ConfigurationError("find needs a username or an email.");
    const isWanted = (user: types.User) =>
      (!username || folded(user.username) === folded(username)) &&
      (!email || folded(user.email ?? "") === folded(email));
    // A server that does not know the filter lists all accounts.
    for await (const user of this.listed(at`/users`, codecs.user, { username, email }, options)) {
      if (isWanted(user)) return user;
    }
    return null;
  }

  get(user: Id, options?: Options): APIPromise<types.User> {
    return this.call(reading(at`/users/${user}`, codecs.user), options);
  }

  /** Changes an account, as an administrator. `tokensGranted` is added once, also when the request is repeated. */
  update(user: Id, fields: params.UpdateUser, options?: Options): APIPromise<types.User> {
    const call = changing(at`/users/${user}`, bodies.updateUser(fields), codecs.user);
    return this.call({ ...call, repeat: "keyed" }, options);
  }

  delete(user: Id, options?: Options): APIPromise<void> {
    return this.call(removing(at`/users/${user}`), options);
  }
}

/** Usernames and addresses are compared like this by the server. */
function folded(name: string): string {
  return name.normalize("NFKC").toUpperCase().toLowerCase();
}

/** Assistants of the caller. */
export class Assistants extends Resource {
  create(fields: params.CreateAssistant, options?: Options): APIPromise<types.Assistant> {
    return this.call(creating(at`/assistants`, bodies.assistant(fields), codecs.assistant), options);
  }

  list(query: params.ListAssistants = {}, options?: Options): PagePromise<types.Assistant> {
    return this.listed(at`/assistants`, codecs.assistant, queryOf(query, ["status", "category"]), options);
  }

  get(assistant: Id, options?: Options): APIPromise<types.Assistant> {
    return this.call(reading(at`/assistants/${assistant}`, codecs.assistant), options);
  }

  /** Changes the fields that are given. */
  update(assistant: Id, fields: params.UpdateAssistant, options?: Options): APIPromise<types.Assistant> {
    return this.call(changing(at`/assistants/${assistant}`, bodies.assistant(fields), codecs.assistant), options);
  }

  delete(assistant: Id, options?: Options): APIPromise<void> {
    return this.call(removing(at`/assistants/${assistant}`), options);
  }
}

/** Conversations of the caller. */
export class Conversations extends Resource {
  readonly messages: Messages = new Messages(this.client);

  /** Begins a conversation. With a message, the answer has `messages`: the message and its reply. */
  create(fields: params.CreateConversation = {}, options?: Options): APIPromise<types.Conversation> {
    const { message, ...others } = fields;
    if (message != null && others.initialMessage != null) {
      throw new ConfigurationError("message is another name of initialMessage. Give one of them.");
    }
    const json = bodies.conversation(message == null ? others : { ...others, initialMessage: message });
    const call = creating(at`/conversations`, json, codecs.conversation);
    return this.call({ ...call, waitsForModel: json["initial_message"] != null }, options);
  }

  list(query: params.ListConversations = {}, options?: Options): PagePromise<types.Conversation> {
    const { assistantId, ...others } = query;
    const asked = { ...queryOf(others, []), ...(assistantId !== undefined && { assistant_id: idOf(assistantId) }) };
    return this.listed(at`/conversations`, codecs.conversation, asked, options);
  }

  /** The conversation and its latest 100 messages, or those before a message. */
  get(conversation: Id, { before, ...options }: Options & { before?: Id } = {}): APIPromise<types.Conversation> {
    const query = before === undefined ? {} : { before: idOf(before) };
    return this.call({ ...reading(at`/conversations/${conversation}`, codecs.conversation), query }, options);
  }

  /** Renames it. */
  update(conversation: Id, fields: params.UpdateConversation, options?: Options): APIPromise<types.Conversation> {
    return this.call(changing(at`/conversations/${conversation}`, bodies.title(fields), codecs.conversation), options);
  }

  delete(conversation: Id, options?: Options): APIPromise<void> {
    return this.call(removing(at`/conversations/${conversation}`), options);
  }
}

/** All messages of a conversation: `for await`, or `await list.toArray()`. */
export interface MessageList extends AsyncIterable<types.Message> {
  toArray(): Promise<types.Message[]>;
}

/** Options of `stream` and `resume`. */
export interface StreamOptions extends Options {
  /** Whether to resume the stream if the connection breaks. Default: true. */
  resume?: boolean;
}

/** Messages of conversations. */
export class Messages extends Resource {
  /** All messages, oldest first. The client requests pages of 100, beginning with the newest; `newestFirst` yields them
   * in that order. */
  list(conversation: Id, { newestFirst = false, ...options }: Options & { newestFirst?: boolean } = {}): MessageList {
    const { conversations } = this.client;
    const backwards = async function* (): AsyncGenerator<types.Message, void, undefined> {
      let before: string | undefined;
      do {
        const { messages = [] } = await conversations.get(conversation, { ...options, ...(before && { before }) });
        yield* [...messages].reverse();
        before = messages[0]?.id;
      } while (before);
    };
    const toArray = async () => {
      const all: types.Message[] = [];
      for await (const message of backwards()) all.push(message);
      return newestFirst ? all : all.reverse();
    };
    const forwards = async function* (): AsyncGenerator<types.Message, void, undefined> {
      yield* await toArray();
    };
    return { toArray, [Symbol.asyncIterator]: newestFirst ? backwards : forwards };
  }

  /** Sends a message and returns it with the reply when the model is done. */
  send(conversation: Id, content: string, fields: params.SendMessage & Options = {}): APIPromise<types.Exchange> {
    const { attachments, ...options } = fields;
    const json = bodies.message({ content, attachments });
    const call = creating(at`/conversations/${conversation}/messages`, json, codecs.exchange);
    return this.call({ ...call, waitsForModel: true }, options);
  }

  /** Sends a message at once and streams the reply. */
  stream(conversation: Id, content: string, fields: params.SendMessage & StreamOptions = {}): MessageStream {
    const { attachments, ...options } = fields;
    const idempotencyKey = options.idempotencyKey ?? `sdk-${randomUuid()}`;
    const call = {
      ...creating(
        at`/conversations/${conversation}/messages/stream`,
        bodies.message({ content, attachments }),
        nothing,
      ),
      headers: { accept: "text/event-stream" },
      hasNoTotal: true,
      waitsForModel: true,
    };
    return new MessageStream({
      ...this.#source(conversation, options),
      idempotencyKey,
      open: (signal) => this.client.transport.run(call, { ...untimed(options), idempotencyKey, signal }, kept),
    });
  }

  /** The stream of a reply, by the id of the reply or of the user's message, while it is written and afterwards. It
   * begins after the event with the id `after`, or at the start. */
  resume(conversation: Id, message: Id, { after, ...options }: StreamOptions & { after?: string } = {}): MessageStream {
    return new MessageStream({ ...this.#source(conversation, options), messageId: idOf(message), after });
  }

  /** Stops a reply and returns the user's message. Throws a `ConflictError` if the reply has ended. */
  cancel(conversation: Id, message: Id, options?: Options): APIPromise<types.Message> {
    const call = creating(at`/conversations/${conversation}/messages/${message}/cancel`, undefined, codecs.message);
    return this.call({ ...call, repeat: "safe" }, options);
  }

  #source(conversation: Id, options: StreamOptions): StreamSource {
    const { transport } = this.client;
    return {
      resumes: options.resume ?? true,
      timeout: options.timeout,
      signal: options.signal,
      idleTimeout: transport.settings.streamIdleTimeout,
      idempotencyKey: undefined,
      cancel: (message) => this.cancel(conversation, message),
      resume: (message, after, signal) => {
        const call = {
          ...reading(at`/conversations/${conversation}/messages/${message}/stream`, nothing),
          headers: { accept: "text/event-stream", ...(after !== undefined && { "last-event-id": after }) },
          hasNoTotal: true,
        };
        return transport.run(call, { ...untimed(options), signal }, kept);
      },
    };
  }
}

/** The stream keeps the time itself. */
function untimed({ timeout: _, resume: __, idempotencyKey: ___, ...options }: StreamOptions): Options {
  return options;
}

async function kept(connection: Connection): Promise<Connection> {
  connection.keepOpen();
  return connection;
}

/** Tools that assistants may use. Administrators create them. */
export class Tools extends Resource {
  create(fields: params.CreateTool, options?: Options): APIPromise<types.Tool> {
    return this.call(creating(at`/tools`, bodies.tool(fields), codecs.tool), options);
  }

  list(query: params.ListTools = {}, options?: Options): PagePromise<types.Tool> {
    return this.listed(at`/tools`, codecs.tool, queryOf(query, []), options);
  }

  get(tool: Id, options?: Options): APIPromise<types.Tool> {
    return this.call(reading(at`/tools/${tool}`, codecs.tool), options);
  }

  update(tool: Id, fields: params.UpdateTool, options?: Options): APIPromise<types.Tool> {
    return this.call(changing(at`/tools/${tool}`, bodies.tool(fields), codecs.tool), options);
  }

  delete(tool: Id, options?: Options): APIPromise<void> {
    return this.call(removing(at`/tools/${tool}`), options);
  }

  /** Calls the tool with these arguments, and shows what was sent and what came back. */
  test(tool: Id, args: Record<string, unknown>, options?: Options): APIPromise<types.ToolTrial> {
    const call = creating(at`/tools/${tool}/test`, { arguments: args }, codecs.toolTrial);
    return this.call({ ...call, repeat: "once" }, options);
  }
}

/** Models that assistants may use. */
export class Models extends Resource {
  async list(options?: Options): Promise<types.Model[]> {
    return (await this.call(reading(at`/models`, codecs.models), options)).items;
  }
}

/** Webhooks of the caller, and their deliveries. */
export class Webhooks extends Resource {
  create(fields: params.CreateWebhook, options?: Options): APIPromise<types.Webhook> {
    return this.call(creating(at`/webhooks`, bodies.webhook(fields), codecs.webhook), options);
  }

  list(query: params.ListWebhooks = {}, options?: Options): PagePromise<types.Webhook> {
    return this.listed(at`/webhooks`, codecs.webhook, queryOf(query, []), options);
  }

  get(webhook: Id, options?: Options): APIPromise<types.Webhook> {
    return this.call(reading(at`/webhooks/${webhook}`, codecs.webhook), options);
  }

  update(webhook: Id, fields: params.UpdateWebhook, options?: Options): APIPromise<types.Webhook> {
    return this.call(changing(at`/webhooks/${webhook}`, bodies.updateWebhook(fields), codecs.webhook), options);
  }

  delete(webhook: Id, options?: Options): APIPromise<void> {
    return this.call(removing(at`/webhooks/${webhook}`), options);
  }

  /** Sends the event `webhook.test`. */
  test(webhook: Id, options?: Options): APIPromise<types.Delivery> {
    return this.call({ ...creating(at`/webhooks/${webhook}/test`, {}, codecs.delivery), repeat: "once" }, options);
  }

  /** Sets the given secret, or a new one, which is in this answer only. Both sign for 24 hours. */
  rotateSecret(webhook: Id, fields: params.RotateSecret = {}, options?: Options): APIPromise<types.Webhook> {
    const call = creating(at`/webhooks/${webhook}/rotate-secret`, bodies.secret(fields), codecs.webhook);
    // A lost answer would lose a secret that the server made.
    return this.call({ ...call, repeat: fields.secret == null ? "once" : "safe" }, options);
  }

  deliveries(webhook: Id, query: params.ListDeliveries = {}, options?: Options): PagePromise<types.Delivery> {
    return this.listed(
      at`/webhooks/${webhook}/deliveries`,
      codecs.delivery,
      queryOf(query, ["status", "event"]),
      options,
    );
  }

  /** Sends a delivery again. */
  retry(webhook: Id, delivery: Id, options?: Options): APIPromise<types.Delivery> {
    const call = creating(at`/webhooks/${webhook}/deliveries/${delivery}/retry`, {}, codecs.delivery);
    return this.call({ ...call, repeat: "once" }, options);
  }

  /** Retries all deliveries that failed since a time and returns their number. One request retries 500 of them;
   * `all: false` makes one request. */
  async retrySince(
    webhook: Id,
    since: types.Time,
    { all = true, ...options }: Options & { all?: boolean } = {},
  ): Promise<number> {
    const call = creating(at`/webhooks/${webhook}/deliveries/retry`, bodies.since({ since }), codecs.retried);
    for (let total = 0; ;) {
      const { retried, hasMore } = await this.call({ ...call, repeat: "once" }, options);
      total += retried;
      if (!all || !hasMore || retried === 0) return total;
    }
  }

  /** Checks that a request comes from the server and returns its event. `payload` is the body as it came. Without
   * `secret`, it is the client's `webhookSecret`. */
  async verify(
    payload: string | Uint8Array | ArrayBuffer,
    headers: HeadersLike,
    { secret, ...options }: VerifyOptions & { secret?: string | readonly string[] } = {},
  ): Promise<WebhookEvent> {
    const { verify } = await import("./webhooks.js");
    return verify(payload, headers, secret ?? this.client.settings.webhookSecrets, options);
  }
}

/** Messages of administrators to everybody who is connected. */
export class Notifications extends Resource {
  send(message: string, options?: Options): APIPromise<types.Notification> {
    return this.call(creating(at`/notifications`, bodies.notification({ message }), codecs.notification), options);
  }
}

/** Live updates. */
export class Realtime extends Resource {
  /** A ticket for one connection within 30 seconds. */
  ticket(options?: Options): APIPromise<types.Ticket> {
    return this.call({ ...creating(at`/ws/ticket`, undefined, codecs.ticket), repeat: "safe" }, options);
  }

  /** Connects, and resolves when events arrive. It reconnects by itself. */
  async connect(options?: ConnectOptions): Promise<RealtimeConnection> {
    // Bundlers make a chunk of its own of it.
    const { connect } = await import("./realtime.js");
    return connect(this.client, options);
  }
}

/** Whether the server works. */
export class Health extends Resource {
  check(options?: Options): APIPromise<types.Health> {
    return this.call({ ...reading(at`/health`, codecs.health), isAnonymous: true }, options);
  }

  /** The state of each part. An unhealthy server is an answer, not an error. */
  async detailed(options?: Options): Promise<types.DetailedHealth> {
    const call = reading(at`/health/detailed`, codecs.detailedHealth);
    try {
      return await this.call({ ...call, isAnonymous: true }, { maxRetries: 0, ...options });
    } catch (error) {
      const { status, body } = error as APIStatusError;
      if (status !== 503 || !(body as Partial<types.DetailedHealth>).components) throw error;
      return call.read(body);
    }
  }
}
