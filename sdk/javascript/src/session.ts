/** Sessions: what a sign-in gave, and its refreshing without races. */
import type { Tokens } from "./codecs.js";
import { APIConnectionError, AuthenticationError, ConfigurationError, SessionExpiredError } from "./errors.js";
import { isBrowser, monotonic, pause } from "./runtime.js";

/** A session as JSON. Whoever has it is signed in. */
export interface SessionData {
  accessToken: string;
  refreshToken: string | null;
  /** When the access token ends, in milliseconds since 1970. */
  expiresAt: number;
  tokenType: string;
}

/** What a sign-in gave. Printing it does not show its tokens; `JSON.stringify` does, so that it can be kept. */
export class Session {
  readonly #data: SessionData;

  constructor(data: SessionData) {
    const { accessToken, refreshToken, expiresAt, tokenType } = data;
    if (typeof accessToken !== "string" || typeof expiresAt !== "number") {
      throw new ConfigurationError("This is not a session. Pass the parsed JSON of a session.");
    }
    this.#data = { accessToken, refreshToken: refreshToken ?? null, expiresAt, tokenType: tokenType ?? "bearer" };
  }

  /** The session of an answer. */
  static of(tokens: Tokens): Session {
    const { accessToken, refreshToken, tokenType, expiresIn } = tokens;
    return new Session({ accessToken, refreshToken, tokenType, expiresAt: Date.now() + expiresIn * 1000 });
  }

  get accessToken(): string {
    return this.#data.accessToken;
  }
  get refreshToken(): string | null {
    return this.#data.refreshToken;
  }
  get tokenType(): string {
    return this.#data.tokenType;
  }
  get expiresAt(): Date {
    return new Date(this.#data.expiresAt);
  }

  toJSON(): SessionData {
    return { ...this.#data };
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return `Session { expiresAt: ${this.expiresAt.toISOString()} }`;
  }
}

/** What a request was authorised with. */
export interface Credential {
  token: string;
  generation: number;
}

/** Where requests get their credential from. */
export interface Credentials {
  /** Why a 401 may have come, for its error. */
  readonly hint: string;
  current(): Promise<Credential>;
  /** After a 401: whether there is another credential now. */
  renew(used: Credential): Promise<boolean>;
}

/** API keys. They are not refreshed. */
export class ApiKeyCredentials implements Credentials {
  readonly #key: string | (() => string | Promise<string>);
  readonly hint = "The API key was refused. Create one with client.users.apiKeys.create(...), signed in.";

  constructor(key: string | (() => string | Promise<string>)) {
    if (key === "") throw new ConfigurationError("apiKey is empty.");
    this.#key = key;
  }

  async current(): Promise<Credential> {
    const token = typeof this.#key === "function" ? await this.#key() : this.#key;
    if (!token) throw new ConfigurationError("The function apiKey gave no key.");
    return { token, generation: 0 };
  }

  async renew(used: Credential): Promise<boolean> {
    return typeof this.#key === "function" && (await this.current()).token !== used.token;
  }
}

/** Refresh tokens are used for this long after the first attempt: the server accepts a repetition for ten seconds. */
const REPEAT_WITHIN = 8_000;
const REFRESHES = 3;

interface State {
  session: Session | null;
  generation: number;
  /** `monotonic()` at which the access token ends. */
  endsAt: number;
  /** Milliseconds before the end at which a refresh begins. */
  early: number;
}

export interface SessionOptions {
  session?: Session | SessionData | null | undefined;
  onSession?: ((session: Session | null) => void | Promise<void>) | undefined;
  loadSession?:
    (() => Session | SessionData | null | undefined | Promise<Session | SessionData | null | undefined>) | undefined;
  /** Names the lock and the channel that the tabs of a browser share. */
  name: string;
  /** Asks for new tokens, once. */
  refresh: (refreshToken: string) => Promise<Tokens>;
}

interface Told {
  /** The refresh token that was replaced. Tabs of other users ignore the message. */
  from: string | null;
  session: SessionData | null;
}

/** The session of one user, for all clients that share it. */
export class SessionCredentials implements Credentials {
  readonly hint = "";
  readonly #options: SessionOptions;
  readonly #channel: BroadcastChannel | undefined;
  #state: State = { session: null, generation: 0, endsAt: 0, early: 0 };
  #flight: Promise<void> | undefined;
  #loaded: Promise<void> | undefined;
  /** After a refresh of unknown outcome, the token is used to its end before the next one. */
  #isInDoubt = false;
  #isSignedInHere = false;
  /** Why there is no session any more. */
  #expiry: SessionExpiredError | undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
    if (options.session) this.#replace(asSession(options.session));
    if (isBrowser && typeof BroadcastChannel === "function") {
      this.#channel = new BroadcastChannel(options.name);
      this.#channel.onmessage = ({ data }: MessageEvent<Told>) => {
        const { session } = this.#state;
        if (!session || data.from !== session.refreshToken) return;
        this.#replace(data.session && new Session(data.session));
        void this.#options.onSession?.(this.#state.session);
      };
    }
  }

  get session(): Session | null {
    return this.#state.session;
  }

  /** Whether `login` of this client made the session, and not somebody who gave it. */
  get isSignedInHere(): boolean {
    return this.#isSignedInHere;
  }

  async current(): Promise<Credential> {
    if (!this.#state.session) await (this.#loaded ??= this.#load());
    const { session, generation, endsAt, early } = this.#state;
    if (!session) throw this.#missing();
    const left = endsAt - monotonic();
    if (left <= 0 && session.refreshToken) await this.#refreshed(generation);
    // The others go on with the old token. If this fails, it is tried again when the token has ended.
    else if (left < early && session.refreshToken && !this.#isInDoubt) this.#refreshed(generation).catch(() => {});
    const now = this.#state;
    if (!now.session) throw this.#missing();
    return { token: now.session.accessToken, generation: now.generation };
  }

  async renew(used: Credential): Promise<boolean> {
    if (this.#state.generation !== used.generation) return this.#state.session !== null;
    if (!this.#state.session?.refreshToken) return false;
    await this.#refreshed(used.generation);
    return true;
  }

  /** Refreshes now. */
  async refresh(): Promise<Session> {
    const { session, generation } = this.#state;
    if (!session?.refreshToken) throw new ConfigurationError("There is no session to refresh.");
    await this.#refreshed(generation);
    return this.#state.session!;
  }

  /** Another sign-in, or none. Returns when `onSession` has. */
  async adopt(session: Session | null, { isSignedInHere = false } = {}): Promise<void> {
    const from = this.#state.session?.refreshToken ?? null;
    this.#isSignedInHere = session !== null && isSignedInHere;
    this.#replace(session);
    this.#loaded = Promise.resolve();
    this.#tell(from);
    await this.#options.onSession?.(session);
  }

  close(): void {
    this.#channel?.close();
  }

  #missing(): Error {
    const text = "There is no credential. Pass apiKey, or sign in with client.auth.login(...).";
    return this.#expiry ?? new ConfigurationError(text);
  }

  async #load(): Promise<void> {
    try {
      const kept = await this.#options.loadSession?.();
      if (kept && !this.#state.session) this.#replace(asSession(kept));
    } catch (error) {
      this.#loaded = undefined;
      throw error;
    }
  }

  #replace(session: Session | null): void {
    const left = session ? session.expiresAt.getTime() - Date.now() : 0;
    this.#isInDoubt = false;
    this.#expiry = undefined;
    this.#state = {
      session,
      generation: this.#state.generation + 1,
      endsAt: monotonic() + left,
      early: Math.min(60_000, left / 3),
    };
  }

  #tell(from: string | null): void {
    const told: Told = { from, session: this.#state.session?.toJSON() ?? null };
    this.#channel?.postMessage(told);
  }

  /** Joins the refresh of this generation, or begins it. */
  #refreshed(generation: number): Promise<void> {
    if (this.#state.generation !== generation) return Promise.resolve();
    return (this.#flight ??= this.#locked(() => this.#fly(generation)).finally(() => (this.#flight = undefined)));
  }

  /** Only one tab of a browser refreshes at a time. */
  async #locked(work: () => Promise<void>): Promise<void> {
    const locks = isBrowser ? (navigator as { locks?: LockManager }).locks : undefined;
    await (locks ? locks.request(this.#options.name, work) : work());
  }

  async #fly(generation: number): Promise<void> {
    await this.#catchUp();
    const { session } = this.#state;
    if (this.#state.generation !== generation || !session?.refreshToken) return;
    let tokens: Tokens;
    try {
      tokens = await this.#exchanged(session.refreshToken);
    } catch (error) {
      if (!(error instanceof AuthenticationError)) {
        this.#isInDoubt = true;
        throw error;
      }
      await this.adopt(null);
      throw (this.#expiry = expired(error));
    }
    // A sign-in or sign-out that happened in the meantime takes precedence.
    if (this.#state.generation === generation) await this.adopt(Session.of(tokens), this);
  }

  /** Another tab or process may have refreshed while this one waited for the lock. */
  async #catchUp(): Promise<void> {
    const kept = await this.#options.loadSession?.();
    const { session } = this.#state;
    if (
      kept &&
      session &&
      kept.accessToken !== session.accessToken &&
      +asSession(kept).expiresAt > +session.expiresAt
    ) {
      this.#replace(asSession(kept));
    } else if (this.#channel) {
      await pause(0); // A message of the channel that was sent under the lock comes first.
    }
  }

  /** At most three attempts, because the first one may have used the token up. */
  async #exchanged(refreshToken: string): Promise<Tokens> {
    const began = monotonic();
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#options.refresh(refreshToken);
      } catch (error) {
        const wait = Math.random() * 500 * 2 ** attempt;
        const fits = monotonic() + wait - began < REPEAT_WITHIN;
        if (attempt === REFRESHES || !fits || !isPassing(error)) throw error;
        await pause(wait);
      }
    }
  }
}

function asSession(given: Session | SessionData): Session {
  // A session of the other copy of this package, ES module or CommonJS, has `toJSON` too.
  return given instanceof Session
    ? given
    : new Session("toJSON" in given ? (given as unknown as Session).toJSON() : given);
}

function isPassing(error: unknown): boolean {
  return error instanceof APIConnectionError || (error as { status?: number }).status === 503;
}

function expired(error: AuthenticationError): SessionExpiredError {
  const { status, code, body, headers, method, path, attempts, detail } = error;
  const answer = { status, code, body, headers, errors: [], detail: `The sign-in has ended: ${detail}` };
  return new SessionExpiredError(answer, { method, path, attempts });
}
