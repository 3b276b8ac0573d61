import assert from "node:assert/strict";
import { inspect } from "node:util";
import { after, before, beforeEach, test } from "node:test";
import {
  AIAssistantClient,
  APIConnectionError,
  AuthenticationError,
  ConfigurationError,
  Session,
  SessionExpiredError,
} from "@ai-assistant/sdk";
import { startProxy } from "./support/proxy.mjs";
import { PASSWORD, startServer } from "./support/server.mjs";

let server, proxy, user;
before(async () => {
  server = await startServer();
  proxy = await startProxy(server.url);
});
after(async () => {
  await proxy?.stop();
  await server?.stop();
});
beforeEach(() => proxy.reset());

/** A client of a new user behind the proxy, and what `onSession` was told. */
async function signedIn(options = {}) {
  const told = [];
  const client = await server.user({ onSession: (session) => void told.push(session), ...options }, proxy.url);
  return { client, told };
}

/** From now on the proxy refuses requests with this access token. */
function expire(token, times = Infinity) {
  const isOld = ({ headers, path }) => headers.authorization === `Bearer ${token}` && !path.endsWith("/auth/refresh");
  proxy.fail(isOld, "answer", {
    times,
    status: 401,
    body: '{"detail":"Given token not valid for any token type","status_code":401,"error_code":"UNAUTHORIZED"}',
  });
}

const fifty = (work) => Promise.all(Array.from({ length: 50 }, work));

test("fifty calls whose token is refused at once need one refresh", async () => {
  const { client, told } = await signedIn();
  const old = client.session;
  expire(old.accessToken);
  const users = await fifty(() => client.users.me());
  assert.equal(new Set(users.map(({ id }) => id)).size, 1);
  assert.equal(proxy.count("POST /auth/refresh"), 1);
  assert.notEqual(client.session.refreshToken, old.refreshToken);
  assert.deepEqual(
    told.map((session) => session.refreshToken),
    [old.refreshToken, client.session.refreshToken],
  );
});

test("fifty calls whose token has ended by the clock need one refresh, and none is refused", async () => {
  const { client } = await signedIn();
  const ended = new Session({ ...client.session.toJSON(), expiresAt: Date.now() - 1000 });
  const restored = new AIAssistantClient({ baseUrl: `${proxy.url}/api/v1`, session: ended });
  await fifty(() => restored.users.me());
  assert.equal(proxy.count("POST /auth/refresh"), 1);
  assert.equal(proxy.seen.filter(({ headers }) => headers.authorization === `Bearer ${ended.accessToken}`).length, 0);
});

test("short lifetimes: tasks go on through many refreshes", async () => {
  const short = (text) => JSON.stringify({ ...JSON.parse(text), expires_in: 1 });
  proxy.fail("POST /auth/login", "change", { change: short });
  proxy.fail("POST /auth/refresh", "change", { times: Infinity, change: short });
  const { client } = await signedIn();
  const until = performance.now() + 3_000;
  let calls = 0;
  await fifty(async () => {
    while (performance.now() < until) {
      await client.users.me();
      calls++;
    }
  });
  const refreshes = proxy.count("POST /auth/refresh");
  assert.ok(refreshes >= 2 && refreshes <= 8, `${refreshes} refreshes for ${calls} calls`);
});

test("shortly before the end, one call refreshes and the others do not wait", async () => {
  const { client } = await signedIn();
  const { accessToken, refreshToken } = client.session;
  const nearly = { ...client.session.toJSON(), expiresAt: Date.now() + 50 };
  const restored = new AIAssistantClient({
    baseUrl: `${proxy.url}/api/v1`,
    session: { ...nearly, expiresAt: Date.now() + 1500 },
  });
  await restored.users.me();
  assert.equal(proxy.count("POST /auth/refresh"), 0, "there is time left");
  await new Promise((resolve) => setTimeout(resolve, 1100));
  await fifty(() => restored.users.me());
  while (restored.session.refreshToken === refreshToken) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.equal(proxy.count("POST /auth/refresh"), 1);
  assert.ok(proxy.seen.filter(({ headers }) => headers.authorization === `Bearer ${accessToken}`).length >= 50);
});

test("a refresh whose answer is lost is repeated within the server's grace", async () => {
  const { client } = await signedIn();
  expire(client.session.accessToken);
  proxy.fail("POST /auth/refresh", "drop", { times: 2 });
  await client.users.me();
  const refreshes = proxy.seen.filter(({ path }) => path.endsWith("/auth/refresh"));
  assert.equal(refreshes.length, 3);
  assert.equal(new Set(refreshes.map(({ body }) => body)).size, 1);
  assert.ok(refreshes[2].at - refreshes[0].at < 8_000);
});

test("a network failure during the refresh keeps the session", async () => {
  const { client, told } = await signedIn();
  expire(client.session.accessToken);
  proxy.fail("POST /auth/refresh", "refuse", { times: 3 });
  await assert.rejects(client.users.me(), APIConnectionError);
  assert.equal(told.length, 1);
  await client.users.me();
});

test("a sign-in that has ended is told once", async () => {
  const { client, told } = await signedIn();
  await new AIAssistantClient({ baseUrl: server.baseUrl, session: client.session }).auth.logout();
  await assert.rejects(client.users.me(), SessionExpiredError);
  assert.equal(client.session, null);
  assert.equal(told.at(-1), null);
  await assert.rejects(client.users.me(), SessionExpiredError);
  assert.equal(proxy.count("POST /auth/refresh"), 1);
});

test("onSession is done before calls go on", async () => {
  const order = [];
  const { client } = await signedIn({
    onSession: async () => {
      await new Promise((resolve) => setTimeout(resolve, 50));
      order.push("kept");
    },
  });
  expire(client.session.accessToken);
  await client.users.me().then(() => order.push("answered"));
  assert.deepEqual(order, ["kept", "kept", "answered"]);
});

test("loadSession gives what another process has refreshed", async () => {
  const { client } = await signedIn();
  let kept = JSON.stringify(client.session);
  const another = new AIAssistantClient({ baseUrl: `${proxy.url}/api/v1`, loadSession: () => JSON.parse(kept) });
  await another.users.me();
  expire(client.session.accessToken);
  await client.users.me();
  kept = JSON.stringify(client.session);
  await another.users.me();
  assert.equal(proxy.count("POST /auth/refresh"), 1);
});

test("a new password ends sign-ins, and the client signs in again", async () => {
  const { client, told } = await signedIn();
  await client.users.updateMe({ password: "another password", currentPassword: PASSWORD });
  await client.users.me();
  assert.equal(told.length, 2);
  const restored = new AIAssistantClient({ baseUrl: server.baseUrl, session: client.session });
  await restored.users.updateMe({ password: PASSWORD, currentPassword: "another password" });
  assert.equal(restored.session, null, "nobody gave this client a password");
});

test("logging out forgets the session, even if the server is not reached", async () => {
  const { client, told } = await signedIn();
  proxy.fail("POST /auth/logout", "answer", { times: 9, status: 503 });
  await assert.rejects(client.auth.logout({ maxRetries: 0 }), { status: 503 });
  assert.equal(client.session, null);
  assert.equal(told.at(-1), null);
});

test("an API key is sent as it is, and a refused one says so", async () => {
  const { client } = await signedIn();
  const { key } = await client.users.apiKeys.create({ name: "test" });
  const byKey = new AIAssistantClient({ baseUrl: server.baseUrl, apiKey: async () => key });
  assert.equal((await byKey.users.me()).id, (await client.users.me()).id);
  await assert.rejects(async () => byKey.auth.login({ email: "x", password: PASSWORD }), ConfigurationError);
  const wrong = new AIAssistantClient({ baseUrl: server.baseUrl, apiKey: "your-api-key" });
  await assert.rejects(
    wrong.users.me(),
    (error) => error instanceof AuthenticationError && /API key was refused/.test(error.message),
  );
});

test("a client with an API key can give sessions of others", async () => {
  const byKey = new AIAssistantClient({ baseUrl: server.baseUrl, apiKey: "unused" });
  const session = await byKey.auth.login({ email: "admin@example.com", password: PASSWORD, adopt: false });
  assert.equal((await new AIAssistantClient({ baseUrl: server.baseUrl, session }).users.me()).role, "admin");
});

test("without a credential no request is made", async () => {
  const nobody = new AIAssistantClient({ baseUrl: `${proxy.url}/api/v1` });
  await assert.rejects(nobody.users.me(), ConfigurationError);
  assert.equal(proxy.seen.length, 0);
  assert.equal((await nobody.health.check()).status, "healthy");
});

test("neither client nor session show tokens when they are printed", async () => {
  const { client } = await signedIn();
  const { accessToken, refreshToken } = client.session;
  for (const shown of [
    inspect(client, { depth: 9, showHidden: true }),
    inspect(client.session, { showHidden: true }),
    String(client.session),
  ]) {
    assert.ok(!shown.includes(accessToken) && !shown.includes(refreshToken), shown);
  }
  assert.equal(JSON.parse(JSON.stringify(client.session)).refreshToken, refreshToken);
});
