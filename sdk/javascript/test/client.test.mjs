import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { test } from "node:test";
import { AIAssistantClient, APIResponseError, ConfigurationError, NotFoundError } from "@ai-assistant/sdk";

const answering =
  (body, status = 200, headers = {}) =>
  async () =>
    new Response(JSON.stringify(body), { status, headers });

test("wrong options are refused at once", () => {
  const session = { accessToken: "a", refreshToken: "r", expiresAt: 1, tokenType: "bearer" };
  for (const wrong of [
    { baseUrl: "ftp://example.com" },
    { baseUrl: "not a URL" },
    { baseUrl: "https://user:pw@example.com/api/v1" },
    { baseUrl: "https://example.com/api/v1?x=1" },
    { apiKey: "k", session },
    { apiKey: "" },
    { session: {} },
    { timeout: 0 },
    { timeout: NaN },
    { attemptTimeout: -1 },
    { maxRetries: -1 },
  ])
    assert.throws(() => new AIAssistantClient(wrong), ConfigurationError, JSON.stringify(wrong));
});

test("odd addresses are warned about", () => {
  const warned = (baseUrl) => {
    const warnings = [];
    new AIAssistantClient({ baseUrl, logger: { debug() {}, info() {}, warn: (text) => warnings.push(text) } });
    return warnings.join();
  };
  assert.equal(warned("http://localhost:8000/api/v1"), "");
  assert.equal(warned("https://chat.example.com/api/v1/"), "");
  assert.match(warned("https://chat.example.com"), /below \/api\/v1/);
  assert.match(warned("http://chat.example.com/api/v1"), /without encryption/);
});

test("a line for each request, without credentials, ids and bodies", async () => {
  const lines = [];
  const log = (...given) => lines.push(given.join(" "));
  const client = new AIAssistantClient({
    apiKey: "qk_secret-key",
    logger: { debug: log, info: log, warn: log },
    maxRetries: 1,
    fetch: answering({ detail: "private detail" }, 503, { "x-request-id": "r1", "retry-after": "0" }),
  });
  await client.assistants.update("01a1fec8-0000", { systemPrompt: "secret prompt" }).catch(() => {});
  const requests = lines.filter((line) => / attempt \d/.test(line));
  assert.equal(requests.length, 2);
  assert.match(requests[0], /^ai-assistant: PUT \/assistants\/\{id\}: 503 r1 \(\d+ ms, attempt 1\)$/);
  assert.ok(!/secret|private|01a1fec8/.test(lines.join()), lines.join());
});

test("settings come from the environment", () => {
  const file = fileURLToPath(new URL("../dist/esm/index.js", import.meta.url));
  const code = `
    import { AIAssistantClient } from ${JSON.stringify(file)};
    const seen = [];
    const fetch = async (url, { headers }) => (seen.push(url, headers.get("authorization"), headers.get("user-agent")), Response.json({ items: [] }));
    await new AIAssistantClient({ fetch }).models.list();
    console.log(JSON.stringify(seen));
    console.log(new AIAssistantClient({ onSession() {} }).session);`;
  const env = {
    ...process.env,
    AI_ASSISTANT_BASE_URL: "https://chat.example.com/api/v1/",
    AI_ASSISTANT_API_KEY: "k1",
    AI_ASSISTANT_LOG: "info",
  };
  const { stdout, stderr, status } = spawnSync(process.execPath, ["--input-type=module", "--eval", code], {
    env,
    encoding: "utf8",
  });
  assert.equal(status, 0, stderr);
  const lines = stdout.trim().split("\n");
  assert.match(lines[0], /^ai-assistant: GET \/models: 200/);
  const [url, authorization, agent] = JSON.parse(lines[1]);
  assert.deepEqual([url, authorization], ["https://chat.example.com/api/v1/models", "Bearer k1"]);
  assert.match(agent, /^ai-assistant-sdk-javascript\/\d+\.\d+\.\d+ \(node \d+\.\d+\.\d+; \w+ \w+\)$/);
  assert.equal(lines[2], "null");
});

test("fetchOptions and headers reach fetch; the credential cannot be replaced by accident", async () => {
  const seen = [];
  const client = new AIAssistantClient({
    apiKey: "k",
    defaultHeaders: { "x-team": "a", "x-both": "client" },
    fetchOptions: { dispatcher: "d", method: "PATCH" },
    fetch: async (url, init) => (seen.push(init), Response.json({ items: [] })),
  });
  await client.models.list({ headers: { "x-both": "call" } });
  const [{ dispatcher, method, headers, redirect }] = seen;
  assert.deepEqual([dispatcher, method, redirect], ["d", "GET", "manual"]);
  assert.deepEqual(
    [headers.get("x-team"), headers.get("x-both"), headers.get("authorization")],
    ["a", "call", "Bearer k"],
  );
});

test("a list whose cursor stands still ends", async () => {
  const page = {
    items: [],
    total: 5,
    page: 1,
    size: 1,
    pages: 5,
    has_next: true,
    has_prev: false,
    next_cursor: "same",
  };
  const client = new AIAssistantClient({ apiKey: "k", fetch: answering(page) });
  await assert.rejects(
    async () => {
      for await (const _ of client.assistants.list());
    },
    (error) => error instanceof APIResponseError && /does not end/.test(error.message),
  );
});

test("an unhealthy server is an answer, and another 503 is an error", async () => {
  const part = { status: "unhealthy", latency_ms: 3000 };
  const state = { status: "unhealthy", components: { database: part, storage: part, model: part, queue: part } };
  const { ok, components } = await new AIAssistantClient({ fetch: answering(state, 503) }).health.detailed();
  assert.deepEqual([ok, components.queue.latencyMs], [false, 3000]);
  const down = new AIAssistantClient({ fetch: answering({ detail: "no" }, 503) });
  await assert.rejects(down.health.detailed(), { name: "ServiceUnavailableError" });
});

test("errors keep their names and kinds", async () => {
  const client = new AIAssistantClient({
    apiKey: "k",
    fetch: answering({ detail: "Not found.", status_code: 404, error_code: "NOT_FOUND" }, 404),
  });
  const error = await client.assistants.get("x").catch((error) => error);
  assert.ok(error instanceof NotFoundError && error instanceof Error);
  assert.equal(String(error), "NotFoundError: 404 NOT_FOUND: Not found. (GET /assistants/{id})");
  assert.equal(error.requestId, null);
});

test("an abort at any moment ends a call", async () => {
  const fetch = (_, { signal }) =>
    new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  const client = new AIAssistantClient({ apiKey: "k", fetch, timeout: 2_000 });
  for (let ticks = 0; ticks < 20; ticks++) {
    const began = performance.now();
    const ending = new AbortController();
    const reason = new Error(`after ${ticks} ticks`);
    const refused = assert.rejects(client.users.me({ signal: ending.signal }), reason);
    for (let tick = 0; tick < ticks; tick++) await null;
    ending.abort(reason);
    await refused;
    assert.ok(performance.now() - began < 1_000, reason.message);
  }
});
