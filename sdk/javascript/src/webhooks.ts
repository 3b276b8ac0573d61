/** Verifies requests to webhooks. Needs no client: `import { verify } from "@ai-assistant/sdk/webhooks"`. */
import { ConfigurationError, WebhookVerificationError } from "./errors.js";
import type { EventName } from "./types.js";

export { WebhookVerificationError } from "./errors.js";
export type { VerificationFailure } from "./errors.js";

/** An event that a webhook receives. */
export interface WebhookEvent {
  /** The same in each attempt to deliver the event. Remember it, and answer 200 to an event that you know. */
  id: string;
  event: EventName;
  timestamp: Date;
  /** Ids of what changed, as they were sent: `conversation_id`, `user_id`, … */
  data: Record<string, string>;
}

export interface VerifyOptions {
  /** How many seconds the request may be old, or in the future. Default: 300. */
  tolerance?: number;
  /** Replaces the current time. */
  now?: Date;
}

/** The headers of a request, as frameworks give them. */
export type HeadersLike =
  Headers | Iterable<readonly [string, string]> | Readonly<Record<string, string | readonly string[] | undefined>>;

/** Checks that a request comes from the server and returns its event. `payload` is the body as it came, before any
 * parsing. During a change of the secret, give both. */
export async function verify(
  payload: string | Uint8Array | ArrayBuffer,
  headers: HeadersLike,
  secret: string | readonly string[],
  { tolerance = 300, now = new Date() }: VerifyOptions = {},
): Promise<WebhookEvent> {
  const body = bytesOf(payload);
  const secrets = typeof secret === "string" ? [secret] : secret;
  if (secrets.length === 0 || secrets.some((one) => typeof one !== "string" || one === "")) {
    throw new ConfigurationError("verify needs the secret of the webhook.");
  }
  const found = namesInLowerCase(headers);
  const [id, timestamp, signatures] = ["webhook-id", "webhook-timestamp", "webhook-signature"].map((name) =>
    found.get(name),
  );
  if (!id || !timestamp || !signatures) {
    throw new WebhookVerificationError("no-signature", "The request has no signature.");
  }
  const age = Math.abs(now.getTime() / 1000 - Number(timestamp));
  if (!/^\d+$/.test(timestamp) || !(age <= tolerance)) {
    throw new WebhookVerificationError("timestamp", "The request is too old, or from the future.");
  }
  const signed = joined(new TextEncoder().encode(`${id}.${timestamp}.`), body);
  const given = signatures
    .split(/[ ,]+(?=v\d)/)
    .flatMap((one) => (one.startsWith("v1,") ? (base64(one.slice(3)) ?? []) : []));
  const checks = secrets.flatMap((one) => given.map((signature) => isSigned(one, signature, signed)));
  if (!(await Promise.all(checks)).includes(true)) {
    throw new WebhookVerificationError(
      "signature",
      "The signature does not fit. Is this the webhook's secret, and the body as it came?",
    );
  }
  return eventOf(id, body);
}

function bytesOf(payload: unknown): Uint8Array<ArrayBuffer> {
  if (typeof payload === "string") return new TextEncoder().encode(payload);
  if (payload instanceof Uint8Array) return new Uint8Array(payload);
  if (payload instanceof ArrayBuffer) return new Uint8Array(payload.slice(0));
  throw new TypeError(
    "Pass the raw body, not parsed JSON: express.raw({ type: 'application/json' }) in Express, await request.text() elsewhere.",
  );
}

function namesInLowerCase(headers: HeadersLike): Map<string, string> {
  const isIterable = typeof (headers as Iterable<unknown>)[Symbol.iterator] === "function";
  const pairs = isIterable
    ? [...(headers as Iterable<readonly [string, string]>)]
    : Object.entries(headers as Record<string, string | readonly string[] | undefined>);
  return new Map(
    pairs.flatMap(([name, value]) =>
      value === undefined ? [] : [[name.toLowerCase(), typeof value === "string" ? value : value.join(" ")] as const],
    ),
  );
}

async function isSigned(
  secret: string,
  signature: Uint8Array<ArrayBuffer>,
  signed: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  const raw = secret.startsWith("whsec_") ? base64(secret.slice(6)) : new TextEncoder().encode(secret);
  if (!raw?.length) return false;
  const hmac = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", raw, hmac, false, ["verify"]);
  // WebCrypto compares in constant time.
  return crypto.subtle.verify("HMAC", key, signature, signed);
}

function base64(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}

function eventOf(id: string, body: Uint8Array): WebhookEvent {
  try {
    const { event, timestamp, data } = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
    const at = new Date(timestamp);
    if (typeof event === "string" && !Number.isNaN(at.getTime()) && typeof data === "object" && data !== null) {
      return { id, event, timestamp: at, data };
    }
  } catch {
    // Reported below.
  }
  throw new WebhookVerificationError("body", "The body is signed, but it is not an event.");
}
