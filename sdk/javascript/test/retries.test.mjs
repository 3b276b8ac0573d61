import assert from "node:assert/strict";
import { after, beforeEach, before, test } from "node:test";
import {
  AIAssistantClient,
  APIConnectionError,
  APIResponseError,
  APITimeoutError,
  ConfigurationError,
  IdempotencyError,
  RateLimitError,
  ServiceUnavailableError,
} from "@ai-assistant/sdk";
import { startProxy } from "./support/proxy.mjs";
import { PASSWORD, startServer } from "./support/server.mjs";

let server, proxy, client;
before(async () => {
  server = await startServer();
  proxy = await startProxy(server.url);
  client = await server.user({}, proxy.url);
});
after(async () => {
  await proxy?.stop();
  await server?.stop();
});
beforeEach(() => proxy.reset());

const names = async () => (await client.assistants.list({ size: 100 })).items.map(({ name }) => name);

test("a creation whose answer is lost happens once, under one key", async () => {
  proxy.fail("POST /assistants", "drop");
  const { name } = await client.assistants.create({ name: "Once" });
  assert.equal(name, "Once");
  assert.equal(proxy.count("POST /assistants"), 2);
  assert.equal(new Set(proxy.seen.map(({ headers }) => headers["idempotency-key"])).size, 1);
  assert.match(proxy.seen[0].headers["idempotency-key"], /^sdk-[0-9a-f-]{36}$/);
  assert.deepEqual(
    (await names()).filter((one) => one === "Once"),
    ["Once"],
  );
});

test("a message whose answer is lost is paid for once", async () => {
  const { tokens } = await client.users.me();
  const { id } = await client.conversations.create();
  proxy.fail("POST /conversations/*/messages", "drop");
  const { text } = await client.conversations.messages.send(id, "Hello");
  assert.equal(text, "This is a dummy response from the AI.");
  assert.equal((await client.users.me()).tokens, tokens - 100);
});

test("while the first request runs, its repetition waits, and that is no failure", async () => {
  const { id } = await client.conversations.create();
  proxy.fail("POST /conversations/*/messages", "hang");
  const impatient = client.withOptions({ attemptTimeout: 500, maxRetries: 1 });
  const { text } = await impatient.conversations.messages.send(id, '/echo wait=3s text="At last."');
  assert.equal(text, "At last.");
  assert.ok(proxy.count("POST /conversations/*/messages") >= 4, "it was asked again while it ran");
  assert.equal((await client.conversations.get(id)).messageCount, 2);
});

test("0 retries are none", async () => {
  const once = client.withOptions({ maxRetries: 0 });
  for (const kind of ["refuse", "drop"]) {
    proxy.reset();
    proxy.fail("GET /users/me", kind);
    await assert.rejects(() => once.users.me(), APIConnectionError);
    assert.equal(proxy.count("GET /users/me"), 1, kind);
  }
  proxy.fail("GET /users/me", "answer", { status: 503, headers: { "retry-after": "0" } });
  await assert.rejects(() => once.users.me(), ServiceUnavailableError);
  assert.equal(proxy.count("GET /users/me"), 2);
});

test("what acts twice is not repeated after a lost answer", async () => {
  proxy.fail("POST /auth/register", "drop");
  const fields = { email: "twice@example.com", password: PASSWORD };
  await assert.rejects(client.auth.register(fields), APIConnectionError);
  assert.equal(proxy.count("POST /auth/register"), 1);
});

test("what acts twice is repeated when no connection was made", async () => {
  let calls = 0;
  const refused = Object.assign(new TypeError("fetch failed"), { cause: { code: "ECONNREFUSED" } });
  const flaky = new AIAssistantClient({
    baseUrl: server.baseUrl,
    onSession: () => {},
    fetch: (...given) => (calls++ === 0 ? Promise.reject(refused) : fetch(...given)),
  });
  await flaky.auth.register({ email: "refused@example.com", password: PASSWORD });
  assert.equal(calls, 2);
});

test("503 and its Retry-After are waited for", async () => {
  proxy.fail("GET /users/me", "answer", { status: 503, headers: { "retry-after": "1" } });
  await client.users.me();
  const [first, second] = proxy.seen;
  assert.ok(second.at - first.at >= 1000);
});

test("a Retry-After that is too long is raised at once", async () => {
  const headers = { "retry-after": "76", ratelimit: '"api";r=0;t=76', "ratelimit-policy": '"api";q=100;w=60' };
  proxy.fail("GET /users/me", "answer", { status: 429, headers });
  const error = await client.users.me().catch((error) => error);
  assert.ok(error instanceof RateLimitError);
  const { retryAfter, policy, limit, remaining, attempts } = error;
  assert.deepEqual(
    { retryAfter, policy, limit, remaining, attempts },
    { retryAfter: 76, policy: "api", limit: 100, remaining: 0, attempts: 1 },
  );
});

test("a wait that does not fit into the time is not begun", async () => {
  proxy.fail("GET /users/me", "answer", { status: 503, headers: { "retry-after": "5" } });
  const began = performance.now();
  await assert.rejects(client.users.me({ timeout: 1000 }), ServiceUnavailableError);
  assert.ok(performance.now() - began < 900);
});

test("sign-ins are not repeated when there were too many", async () => {
  proxy.fail("POST /auth/login", "answer", { status: 429, headers: { "retry-after": "1" } });
  await assert.rejects(client.auth.login({ email: "x", password: PASSWORD, adopt: false }), RateLimitError);
  assert.equal(proxy.count("POST /auth/login"), 1);
});

test("409 is final, unless the first request is still running", async () => {
  const idempotencyKey = "used-before";
  await client.assistants.create({ name: "First" }, { idempotencyKey });
  const error = await client.assistants.create({ name: "Second" }, { idempotencyKey }).catch((error) => error);
  assert.ok(error instanceof IdempotencyError);
  assert.equal(error.idempotencyKey, idempotencyKey);
  assert.equal(proxy.count("POST /assistants"), 2);
});

test("a deletion whose answer is lost has succeeded", async () => {
  const { id } = await client.assistants.create({ name: "Short-lived" });
  proxy.fail("DELETE /assistants/*", "drop");
  assert.equal(await client.assistants.delete(id), undefined);
  assert.equal(proxy.count("DELETE /assistants/*"), 2);
  await assert.rejects(client.assistants.delete(id), { status: 404 });
});

test("failed models are asked again only if the caller wants it", async () => {
  const { id } = await client.conversations.create();
  await assert.rejects(client.conversations.messages.send(id, "/echo fail=error"), {
    status: 502,
    code: "MODEL_ERROR",
  });
  assert.equal(proxy.count("POST /conversations/*/messages"), 1);
  await assert.rejects(client.conversations.messages.send(id, "/echo fail=error", { retryModelErrors: 1 }), {
    status: 502,
  });
  assert.equal(proxy.count("POST /conversations/*/messages"), 3);
});

test("timeout is the whole call", async () => {
  proxy.fail("GET /users/me", "hang", { times: 9 });
  const began = performance.now();
  const hurried = client.withOptions({ attemptTimeout: 300 });
  const error = await hurried.users.me({ timeout: 700, maxRetries: 9 }).catch((error) => error);
  const took = performance.now() - began;
  assert.ok(error instanceof APITimeoutError);
  assert.ok(took < 900, `${took} ms`);
  assert.ok(error.attempts >= 2);
  proxy.reset();
  proxy.fail("GET /users/me", "hang");
  await assert.rejects(client.users.me({ timeout: 200 }), { name: "APITimeoutError", phase: "total" });
});

test("the time limit covers the body", async () => {
  proxy.fail("GET /users/me", "silence", { bytes: 5 });
  const hurried = client.withOptions({ attemptTimeout: 300, maxRetries: 0 });
  await assert.rejects(hurried.users.me(), { name: "APITimeoutError", phase: "attempt" });
});

test("an abort ends the call with its reason, also during a wait", async () => {
  for (const [kind, details] of [
    ["hang", {}],
    ["answer", { status: 503, headers: { "retry-after": "5" } }],
  ]) {
    proxy.reset();
    proxy.fail("GET /users/me", kind, details);
    const reason = new Error("enough");
    const ending = new AbortController();
    setTimeout(() => ending.abort(reason), 100);
    await assert.rejects(client.users.me({ signal: ending.signal }), reason);
    assert.equal(proxy.count("GET /users/me"), 1);
  }
});

test("calls leave no listeners on a signal", async () => {
  const { signal } = new AbortController();
  let listeners = 0;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...given) => (listeners++, add(...given));
  signal.removeEventListener = (...given) => (listeners--, remove(...given));
  await client.users.me({ signal });
  assert.equal(listeners, 0);
});

test("answers that are not the API's are errors of their own", async () => {
  proxy.fail("GET /users/me", "answer", { status: 200, body: "<html>Hello</html>" });
  await assert.rejects(
    client.users.me(),
    (error) => error instanceof APIResponseError && /not JSON: <html>/.test(error.message),
  );
  proxy.fail("GET /users/me", "change", {
    change: (text) => JSON.stringify({ ...JSON.parse(text), created_at: undefined }),
  });
  await assert.rejects(client.users.me(), /user\.created_at should be text and is nothing/);
  proxy.fail("GET /users/me", "answer", { status: 302, headers: { location: "https://elsewhere.example/" } });
  await assert.rejects(client.users.me(), { status: 302, message: /Redirects are not followed/ });
  proxy.fail("GET /users/me", "answer", { status: 403, body: '{"message":"Forbidden"}' });
  await assert.rejects(client.users.me(), { name: "PermissionDeniedError", code: null });
});

test("fields and values that a newer server adds are kept", async () => {
  const change = (text) => JSON.stringify({ ...JSON.parse(text), role: "auditor", shoe_size: { "left-foot": 42 } });
  proxy.fail("GET /users/me", "change", { change });
  const user = await client.users.me();
  assert.equal(user.role, "auditor");
  assert.deepEqual(user.extra, { shoe_size: { "left-foot": 42 } });
});

test("an idempotency key where none is taken is refused", async () => {
  await assert.rejects(async () => client.users.me({ idempotencyKey: "x" }), ConfigurationError);
});
