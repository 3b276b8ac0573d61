import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ConfigurationError, Page, ValidationError } from "@ai-assistant/sdk";
import { PASSWORD, startServer } from "./support/server.mjs";

let server, client, admin;
before(async () => {
  server = await startServer();
  client = await server.user();
  admin = await server.admin();
});
after(() => server?.stop());

test("accounts", async () => {
  const me = await client.users.me();
  assert.ok(me.createdAt instanceof Date);
  assert.deepEqual(await client.users.updateMe({ fullName: "Eve Example" }), {
    ...(await client.users.me()),
    fullName: "Eve Example",
  });
  assert.equal((await client.users.updateMe({ fullName: null })).fullName, null);
  assert.equal((await client.users.get(me)).id, me.id);
  const granted = await admin.users.update(me.id, { tokensGranted: 7 });
  assert.equal(granted.tokens, me.tokens + 7);
  assert.equal((await admin.users.find({ email: me.email.toUpperCase() })).id, me.id);
  assert.equal((await admin.users.find({ username: me.username })).id, me.id);
  assert.equal(await admin.users.find({ username: "nobody.at.all" }), null);
  const other = await client.auth.register({ email: "other@example.com", password: PASSWORD, username: "other" });
  assert.equal(other.username, "other");
  assert.ok((await admin.users.list({ sort: "username:asc" })).items.length >= 3);
  await admin.users.delete(other);
  await assert.rejects(admin.users.get(other), { name: "NotFoundError", code: "NOT_FOUND" });
  await assert.rejects(client.users.list(), { name: "PermissionDeniedError" });
});

test("api keys", async () => {
  const made = await client.users.apiKeys.create({ name: "bot", expiresInDays: 30 });
  assert.ok(made.key.length > 20 && made.expiresAt > new Date());
  const { key: _, ...shown } = made;
  assert.deepEqual((await client.users.apiKeys.list()).items, [shown]);
  await client.users.apiKeys.delete(made);
  assert.equal((await client.users.apiKeys.list()).total, 0);
});

test("assistants", async () => {
  const made = await client.assistants.create({
    name: "My Assistant",
    systemPrompt: "You are helpful.",
    tools: ["web_search"],
    temperature: 0.7,
    category: "general",
  });
  assert.equal(made.systemPrompt, "You are helpful.");
  assert.equal(made.companyName, null);
  const changed = await client.assistants.update(made, { description: "Helps", category: null, status: "draft" });
  assert.deepEqual(
    [changed.description, changed.category, changed.status, changed.name],
    ["Helps", null, "draft", "My Assistant"],
  );
  assert.deepEqual(await client.assistants.get(made.id), changed);
  assert.deepEqual((await client.assistants.list({ status: "draft" })).items, [changed]);
  assert.deepEqual((await client.assistants.list({ category: "general" })).items, []);
  const error = await client.assistants.create({ name: "", temperature: 3 }).catch((error) => error);
  assert.ok(error instanceof ValidationError);
  assert.match(error.field("temperature"), /between 0 and 2/);
  assert.match(error.message, /^422 VALIDATION_ERROR: name: .* \(POST \/assistants\)$/);
  assert.match(error.requestId, /^\S{16,}$/);
  assert.equal(await client.assistants.delete(made), undefined);
});

test("a field that does not exist is refused before the request", async () => {
  for (const wrong of [
    () => client.assistants.create({ name: "x", system_prompt: "y" }),
    () => client.conversations.create({ assistant_id: "x" }),
    () => client.assistants.list({ assistant: "x" }),
    () => client.conversations.create({ message: "a", initialMessage: "b" }),
  ])
    assert.throws(wrong, ConfigurationError);
  assert.throws(() => client.assistants.create({ system_prompt: "y" }), /do you mean systemPrompt\?/);
});

test("an id that would lead elsewhere is refused before the request", () => {
  for (const id of ["", ".", "..", "a/b", "..\\x", undefined, null, 5]) {
    assert.throws(() => client.assistants.get(id), ConfigurationError, String(id));
  }
});

test("conversations and messages", async () => {
  const assistant = await client.assistants.create({ name: "Talker" });
  const conversation = await client.conversations.create({ assistantId: assistant, message: "Hello!" });
  assert.equal(conversation.messages.length, 2);
  assert.equal(conversation.messages[1].content, "This is a dummy response from the AI.");
  const { userMessage, assistantMessage, text, tokensCharged } = await client.conversations.messages.send(
    conversation,
    "Again",
  );
  assert.deepEqual(
    [userMessage.role, assistantMessage.role, text, tokensCharged],
    ["user", "assistant", assistantMessage.content, 100],
  );
  assert.equal(assistantMessage.usage.tokensCharged, 100);
  const renamed = await client.conversations.update(conversation, { title: "A chat" });
  assert.equal(renamed.title, "A chat");
  assert.deepEqual((await client.conversations.list({ assistantId: assistant.id })).items, [renamed]);
  const shown = await client.conversations.get(conversation);
  assert.deepEqual(
    shown.messages.map(({ content }) => content),
    ["Hello!", text, "Again", text],
  );
  await client.conversations.delete(conversation);
  await assert.rejects(client.conversations.get(conversation), { status: 404 });
});

test("all messages of a long conversation, in both directions", async () => {
  const conversation = await client.conversations.create();
  for (let n = 0; n < 60; n++) await client.conversations.messages.send(conversation, `Message ${n}`);
  const messages = await client.conversations.messages.list(conversation).toArray();
  assert.equal(messages.length, 120);
  assert.deepEqual(
    messages.filter(({ role }) => role === "user").map(({ content }) => content),
    Array.from({ length: 60 }, (_, n) => `Message ${n}`),
  );
  const backwards = [];
  for await (const { id } of client.conversations.messages.list(conversation, { newestFirst: true }))
    backwards.push(id);
  assert.deepEqual(backwards, messages.map(({ id }) => id).reverse());
});

test("lists are iterated by cursor, so that deletions skip nothing", async () => {
  const lister = await server.user();
  for (let n = 0; n < 45; n++) await lister.assistants.create({ name: `A${String(n).padStart(2, "0")}` });
  const page = await lister.assistants.list({ sort: "name:asc", size: 10 });
  assert.ok(page instanceof Page);
  assert.deepEqual(
    [page.total, page.pageCount, page.pageNumber, page.hasNext, page.hasPrevious],
    [45, 5, 1, true, false],
  );
  for (const assistant of page.items.slice(0, 5)) await lister.assistants.delete(assistant);
  const names = [];
  for await (const { name } of page) names.push(name);
  assert.deepEqual(
    names,
    Array.from({ length: 45 }, (_, n) => `A${String(n).padStart(2, "0")}`),
  );
  const all = [];
  for await (const { name } of lister.assistants.list({ sort: "name:asc" })) all.push(name);
  assert.deepEqual(all, names.slice(5));
  assert.equal((await page.goto(2)).pageNumber, 2);
  let pages = 0;
  for await (const { items } of (await lister.assistants.list({ size: 15 })).iterPages()) {
    pages++;
    assert.ok(items.length > 0);
  }
  assert.equal(pages, 3);
});

test("tools and models", async () => {
  const made = await admin.tools.create({
    name: "Weather",
    endpoint: `${server.url}/api/v1/health`,
    description: "Tells the weather",
    parameters: { city_name: { type: "string", required: true, description: "Where" } },
    secretHeader: { name: "X-Key", value: "secret" },
  });
  assert.deepEqual(made.parameters, { city_name: { type: "string", required: true, description: "Where" } });
  assert.deepEqual(made.secretHeader, { name: "X-Key" });
  const { request, response } = await admin.tools.test(made, { city_name: "Bern" });
  assert.deepEqual(request.body, { city_name: "Bern" });
  assert.equal(typeof response.hasFailed, "boolean");
  assert.equal((await admin.tools.update(made, { secretHeader: null })).secretHeader, null);
  assert.equal((await client.tools.get("web_search")).createdAt, null);
  assert.ok((await client.tools.list()).items.some(({ id }) => id === made.id));
  await admin.tools.delete(made);
  assert.deepEqual(await client.models.list(), [{ id: "echo", name: "echo", isDefault: true }]);
});

test("notifications, tickets, health", async () => {
  assert.equal((await admin.notifications.send("Maintenance at noon.")).message, "Maintenance at noon.");
  assert.equal((await client.realtime.ticket()).expiresIn, 30);
  assert.equal((await client.health.check()).status, "healthy");
  const { ok, components } = await client.health.detailed();
  assert.ok(ok);
  assert.deepEqual(Object.keys(components).sort(), ["database", "model", "queue", "storage"]);
});

test("the HTTP response is there for those who want it", async () => {
  const { data, response, requestId } = await client.users.me().withResponse();
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("x-request-id"), requestId);
  assert.equal((await response.json()).id, data.id);
  const raw = await client.users.me().asResponse();
  assert.equal((await raw.json()).id, data.id);
});

test("requests without a method of their own", async () => {
  const made = await client.request("POST", "/assistants", {
    json: { name: "By hand", system_prompt: "x" },
    idempotencyKey: "by-hand",
  });
  assert.equal(made.system_prompt, "x");
  const found = await client.request("GET", "/assistants", { query: { size: 1 } });
  assert.equal(found.size, 1);
});
