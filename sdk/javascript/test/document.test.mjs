import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { after, before, test } from "node:test";
import { AIAssistantClient } from "@ai-assistant/sdk";
import { startServer } from "./support/server.mjs";

let server, document;
before(async () => {
  server = await startServer();
  document = await (await fetch(`${server.url}/openapi/platform.json`)).json();
});
after(() => server?.stop());

const id = "01a1fec8-4e18-76a1-9f1f-2b6ecdf53273";

/** The requests that work makes. All are refused. */
async function requestsOf(work, options = {}) {
  const seen = [];
  const record = async (url, { method, headers, body }) => {
    const { pathname, searchParams } = new URL(url);
    seen.push({
      method,
      path: pathname.replaceAll(id, "{}"),
      query: [...searchParams.keys()],
      headers: new Headers(headers),
      body,
    });
    return new Response('{"detail":"no","status_code":418,"error_code":"TEAPOT"}', { status: 418 });
  };
  const client = new AIAssistantClient({ apiKey: "k", fetch: record, maxRetries: 0, ...options });
  await Promise.resolve(work(client)).catch((error) => assert.equal(error.status, 418, error));
  return seen;
}

const session = { accessToken: "a", refreshToken: "r", tokenType: "bearer", expiresAt: Date.now() + 1e6 };
const list = { sort: "x", size: 1, page: 1 };
const large = new Uint8Array(5 * 1024 * 1024);
const CALLS = [
  [(c) => c.auth.register({ email: "e", password: "p", username: "u", fullName: "f" })],
  [(c) => c.auth.login({ email: "e", password: "p", adopt: false })],
  [(c) => c.auth.refresh(), { apiKey: undefined, session }],
  [(c) => c.auth.logout(), { apiKey: undefined, session }],
  [(c) => c.users.me()],
  [(c) => c.users.updateMe({ fullName: "f", email: "e", username: "u", password: "p", currentPassword: "c" })],
  [(c) => c.users.list(list)],
  [(c) => c.users.get(id)],
  [
    (c) =>
      c.users.update(id, {
        username: "u",
        email: "e",
        fullName: "f",
        password: "p",
        role: "user",
        isActive: true,
        tokensGranted: 1,
      }),
  ],
  [(c) => c.users.delete(id)],
  [(c) => c.users.apiKeys.create({ name: "n", expiresInDays: 1 })],
  [(c) => c.users.apiKeys.list(list)],
  [(c) => c.users.apiKeys.delete(id)],
  ...["create", "update"].map((verb) => [
    (c) =>
      c.assistants[verb](...(verb === "update" ? [id] : []), {
        name: "n",
        description: "d",
        personality: "p",
        systemPrompt: "s",
        status: "draft",
        category: "c",
        companyName: "c",
        model: "m",
        temperature: 1,
        tools: [],
        files: [],
      }),
  ]),
  [(c) => c.assistants.list({ ...list, status: "draft", category: "c" })],
  [(c) => c.assistants.get(id)],
  [(c) => c.assistants.delete(id)],
  [(c) => c.conversations.create({ assistantId: id, title: "t", message: "m" })],
  [(c) => c.conversations.list({ ...list, assistantId: id })],
  [(c) => c.conversations.get(id, { before: id })],
  [(c) => c.conversations.update(id, { title: "t" })],
  [(c) => c.conversations.delete(id)],
  [(c) => c.conversations.messages.send(id, "m", { attachments: [{ type: "file", url: "u" }] })],
  [(c) => c.conversations.messages.stream(id, "m", { attachments: [] }).result],
  [(c) => c.conversations.messages.resume(id, id, { after: "0.0" }).result],
  [(c) => c.conversations.messages.cancel(id, id)],
  ...["create", "update"].map((verb) => [
    (c) =>
      c.tools[verb](...(verb === "update" ? [id] : []), {
        name: "n",
        endpoint: "e",
        description: "d",
        category: "c",
        parameters: {},
        secretHeader: null,
        timeoutSeconds: 1,
        maxResultBytes: 2000,
      }),
  ]),
  [(c) => c.tools.list(list)],
  [(c) => c.tools.get(id)],
  [(c) => c.tools.delete(id)],
  [(c) => c.tools.test(id, {})],
  [(c) => c.models.list()],
  [(c) => c.files.upload(new Uint8Array(1), { filename: "a.txt" })],
  [(c) => c.files.upload(large, { filename: "a.txt" })],
  [(c) => c.files.list({ ...list, status: "ready" })],
  [(c) => c.files.get(id)],
  [(c) => c.files.delete(id)],
  [(c) => c.files.download(id)],
  [(c) => c.webhooks.create({ url: "u", events: [], secret: "s" })],
  [(c) => c.webhooks.list(list)],
  [(c) => c.webhooks.get(id)],
  [(c) => c.webhooks.update(id, { url: "u", events: [], isActive: true })],
  [(c) => c.webhooks.delete(id)],
  [(c) => c.webhooks.test(id)],
  [(c) => c.webhooks.rotateSecret(id, { secret: "s" })],
  [(c) => c.webhooks.deliveries(id, { ...list, status: "failed", event: "e" })],
  [(c) => c.webhooks.retry(id, id)],
  [(c) => c.webhooks.retrySince(id, new Date())],
  [(c) => c.notifications.send("m")],
  [(c) => c.realtime.ticket()],
  [(c) => c.health.check()],
  [(c) => c.health.detailed()],
];
/** Made by the SDK in the middle of other calls, and tested there; or a second address of the same thing. */
const ELSEWHERE = ["POST /api/v1/files/uploads/{}/complete", "GET /health", "GET /health/detailed"];

test("every operation of the document has a method, with all its parameters, fields and keys", async () => {
  const operations = new Map();
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      operations.set(`${method.toUpperCase()} ${path.replaceAll(/\{\w+\}/g, "{}")}`, operation);
    }
  }
  const named = (operation, where) =>
    (operation.parameters ?? []).filter((one) => one.in === where).map(({ name }) => name);
  const made = new Set();
  for (const [work, options] of CALLS) {
    for (const { method, path, query, headers, body } of await requestsOf(work, options)) {
      const name = `${method} ${path}`;
      const operation = operations.get(name);
      assert.ok(operation, `the document has no ${name}`);
      made.add(name);
      // A cursor is used after the first page. The place in a stream is told by a header. `users.find` asks for a name.
      const isFound = (parameter) => name === "GET /api/v1/users" && ["username", "email"].includes(parameter);
      const isCalled = (parameter) => parameter !== "after" && !isFound(parameter);
      assert.deepEqual(query.sort(), named(operation, "query").filter(isCalled).sort(), `query of ${name}`);
      const takesKey = named(operation, "header").includes("Idempotency-Key");
      assert.equal(headers.has("idempotency-key"), takesKey, `idempotency key of ${name}`);
      assert.equal(
        headers.has("last-event-id"),
        named(operation, "header").includes("Last-Event-ID"),
        `place of ${name}`,
      );
      const schema = operation.requestBody?.content["application/json"]?.schema.$ref?.split("/").at(-1);
      if (typeof body === "string" && schema) {
        const fields = Object.keys(document.components.schemas[schema].properties ?? {});
        assert.deepEqual(Object.keys(JSON.parse(body)).sort(), fields.sort(), `fields of ${name}`);
      }
    }
  }
  assert.deepEqual(
    [...operations.keys()].filter((name) => !made.has(name) && !ELSEWHERE.includes(name)),
    [],
  );
});

test("every status of the document has an error class of its own", async () => {
  const statuses = new Set(
    Object.values(document.paths).flatMap((methods) =>
      Object.values(methods).flatMap(({ responses }) => Object.keys(responses)),
    ),
  );
  const shared = new Set();
  for (const status of [...statuses].map(Number).filter((status) => status >= 400)) {
    const client = new AIAssistantClient({
      apiKey: "k",
      maxRetries: 0,
      fetch: async () => new Response("{}", { status }),
    });
    const error = await client.users.me().catch((error) => error);
    assert.equal(error.status, status);
    // 408 and 431 come from what is before the API, and 500 is the general one.
    if (![408, 431, 500].includes(status))
      assert.ok(
        !shared.has(error.name) && !["APIStatusError", "ServerError"].includes(error.name),
        `${status} ${error.name}`,
      );
    shared.add(error.name);
  }
});

test("the generated types are those of the document", () => {
  const script = fileURLToPath(new URL("../scripts/wire.mjs", import.meta.url));
  const { status, stderr } = spawnSync(process.execPath, [script, "--check", server.url], { encoding: "utf8" });
  assert.equal(status, 0, stderr);
});
