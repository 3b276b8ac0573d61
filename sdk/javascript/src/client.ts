/** The client. */
/// <reference lib="esnext.disposable" preserve="true" />
import { at, creating, type Call, type RequestOptions } from "./call.js";
import * as codecs from "./codecs.js";
import { ConfigurationError } from "./errors.js";
import { Files } from "./files.js";
import type { Credentials as SignInFields } from "./params.js";
import { APIPromise } from "./promise.js";
import {
  Assistants,
  Auth,
  Conversations,
  Health,
  Models,
  Notifications,
  Realtime,
  Tools,
  Users,
  Webhooks,
} from "./resources.js";
import { environmentVariable } from "./runtime.js";
import { ApiKeyCredentials, SessionCredentials, type Credentials, type Session } from "./session.js";
import { refuseKeyInBrowser, resolve, type ClientOptions, type Settings } from "./settings.js";
import { Transport } from "./transport.js";

/** What `withOptions` can change. The server and the credential stay. */
export type ChangeableOptions = Omit<
  ClientOptions,
  "baseUrl" | "apiKey" | "session" | "onSession" | "loadSession" | "dangerouslyAllowBrowser"
>;

/** Options of `request`. */
export interface CustomRequest extends RequestOptions {
  json?: unknown;
  query?: Record<string, string | number | undefined>;
}

const shared = Symbol("shared");
interface Shared {
  [shared]: { settings: Settings; credentials: Credentials };
}

/** The client of the API. All its methods return promises, and take `RequestOptions` as the last argument. */
export class AIAssistantClient implements AsyncDisposable {
  readonly #transport: Transport;
  readonly #credentials: Credentials;
  declare readonly auth: Auth;
  declare readonly users: Users;
  declare readonly assistants: Assistants;
  declare readonly conversations: Conversations;
  declare readonly tools: Tools;
  declare readonly models: Models;
  declare readonly files: Files;
  declare readonly webhooks: Webhooks;
  declare readonly notifications: Notifications;
  declare readonly realtime: Realtime;
  declare readonly health: Health;

  constructor(options: ClientOptions = {}) {
    const given = (options as Partial<Shared>)[shared];
    const settings = given?.settings ?? resolve(options);
    this.#credentials = given?.credentials ?? credentialsOf(options, settings);
    this.#transport = new Transport(settings, this.#credentials);
    this.auth = new Auth(this);
    this.users = new Users(this);
    this.assistants = new Assistants(this);
    this.conversations = new Conversations(this);
    this.tools = new Tools(this);
    this.models = new Models(this);
    this.files = new Files(this);
    this.webhooks = new Webhooks(this);
    this.notifications = new Notifications(this);
    this.realtime = new Realtime(this);
    this.health = new Health(this);
  }

  /** A client that is signed in with a password. `email` takes a username, too. */
  static async signIn({
    email,
    password,
    ...options
  }: SignInFields & Omit<ClientOptions, "apiKey" | "session">): Promise<AIAssistantClient> {
    const client = new AIAssistantClient({ ...options, onSession: options.onSession ?? (() => {}) });
    await client.auth.login({ email, password });
    return client;
  }

  /** The session, if the client is signed in. */
  get session(): Session | null {
    return this.#credentials instanceof SessionCredentials ? this.#credentials.session : null;
  }

  /** A client with other settings that shares the session of this one. */
  withOptions(options: ChangeableOptions): AIAssistantClient {
    const { settings } = this.#transport;
    const derived: Shared = { [shared]: { settings: resolve(options, settings), credentials: this.#credentials } };
    return new AIAssistantClient(derived as ClientOptions);
  }

  /** Makes a request that this version has no method for. The answer is its JSON as it is. It is repeated like others
   * if the method is GET, PUT or DELETE, or if there is an `idempotencyKey`. */
  request<T = unknown>(
    method: "GET" | "POST" | "PUT" | "DELETE",
    path: string,
    request: CustomRequest = {},
  ): APIPromise<T> {
    const { json, query, ...options } = request;
    if (!path.startsWith("/")) throw new ConfigurationError('path begins with "/" and is below baseUrl.');
    const repeat = options.idempotencyKey !== undefined ? "keyed" : method === "POST" ? "once" : "safe";
    const call: Call<T> = {
      method,
      path: { path, template: path },
      repeat,
      read: (body) => body as T,
      ...(json !== undefined && { json }),
      ...(query && { query }),
    };
    return new APIPromise(this.#transport.answer(call, options));
  }

  /** Closes the channel to other tabs of a browser. The client holds no other resources. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#credentials instanceof SessionCredentials) this.#credentials.close();
  }

  /** @internal */
  get transport(): Transport {
    return this.#transport;
  }

  /** @internal */
  get settings(): Settings {
    return this.#transport.settings;
  }

  /** @internal */
  get sessions(): SessionCredentials {
    if (this.#credentials instanceof SessionCredentials) return this.#credentials;
    // A server's client must not become one of its users.
    throw new ConfigurationError("This client has an API key. Sign in with a client of its own, or with adopt: false.");
  }
}

function credentialsOf(options: ClientOptions, settings: Settings): Credentials {
  const { apiKey, session, onSession, loadSession } = options;
  if (apiKey !== undefined && session) throw new ConfigurationError("Give apiKey or session, not both.");
  const hasSessions = session ?? onSession ?? loadSession;
  const key = apiKey ?? (hasSessions ? undefined : environmentVariable("AI_ASSISTANT_API_KEY"));
  if (key !== undefined) {
    refuseKeyInBrowser(options);
    return new ApiKeyCredentials(key);
  }
  return new SessionCredentials({
    session,
    onSession,
    loadSession,
    name: `ai-assistant:${settings.baseUrl}`,
    refresh: async (refreshToken) => {
      const transport = new Transport(settings, new ApiKeyCredentials(() => ""));
      const call = creating(at`/auth/refresh`, { refresh_token: refreshToken }, codecs.tokens);
      // The session decides about repetitions.
      return (await transport.answer({ ...call, isAnonymous: true, repeat: "once" }, { maxRetries: 0 })).value;
    },
  });
}
