import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { APIConnectionError, APITimeoutError, StreamError, StreamInterruptedError } from "@ai-assistant/sdk";
import { startProxy } from "./support/proxy.mjs";
import { startServer } from "./support/server.mjs";

const STREAM = "POST /conversations/*/messages/stream";
const RESUME = "GET /conversations/*/messages/*/stream";
const WORDS = "One, two, three, four, five.";
const SCRIPT = `/echo text="${WORDS}" pieces=14 delay=50ms`;

let server, proxy, client, conversation, messages;
before(async () => {
  server = await startServer();
  proxy = await startProxy(server.url);
  client = await server.user({}, proxy.url);
  ({ messages } = client.conversations);
  conversation = await client.conversations.create();
});
after(async () => {
  await proxy?.stop();
  await server?.stop();
});
beforeEach(() => proxy.reset());

async function textOf(stream) {
  let text = "";
  for await (const piece of stream) text += piece;
  return text;
}

test("text comes in pieces, then the result", async () => {
  const stream = messages.stream(conversation, SCRIPT);
  const pieces = [];
  for await (const piece of stream) pieces.push(piece);
  assert.ok(pieces.length > 3);
  assert.equal(pieces.join(""), WORDS);
  const { text, assistantMessage, tokensCharged } = await stream.result;
  assert.deepEqual([text, assistantMessage.status, tokensCharged], [WORDS, "complete", 100]);
  assert.equal(stream.status, "complete");
  assert.equal(stream.textSoFar, WORDS);
  assert.equal(stream.userMessage.content, SCRIPT);
});

test("all events can be read, also by several readers", async () => {
  const assistant = await client.assistants.create({ name: "Searcher", tools: ["web_search"] });
  const { id } = await client.conversations.create({ assistantId: assistant });
  const stream = messages.stream(id, '/echo tool=web_search{"query": "x"}\n/echo text="Done."');
  const read = async () => {
    const events = [];
    for await (const event of stream.events()) events.push(event);
    return events;
  };
  const [first, second] = await Promise.all([read(), read()]);
  assert.deepEqual(first, second);
  assert.deepEqual(
    first.map(({ type }) => type),
    ["message", "step", "step", "delta", "done"],
  );
  const { tool, arguments: given, status } = first[1].step;
  assert.deepEqual([tool, given, status], ["web_search", { query: "x" }, "running"]);
});

test("a stream that breaks is resumed, with no text lost or repeated", async () => {
  proxy.fail(STREAM, "cut", { at: '"th"' });
  proxy.fail(RESUME, "cut", { bytes: 30 });
  assert.equal(await textOf(messages.stream(conversation, SCRIPT)), WORDS);
  assert.equal(proxy.count(STREAM), 1);
  const resumed = proxy.seen.filter(({ method }) => method === "GET");
  assert.equal(resumed.length, 2);
  assert.ok(resumed.every(({ headers }) => /^\d+\.\d+$/.test(headers["last-event-id"])));
});

test("a stream that breaks before its first event is sent again under its key", async () => {
  proxy.fail(STREAM, "cut", { bytes: 3 });
  const { messageCount } = await client.conversations.get(conversation);
  assert.equal(await textOf(messages.stream(conversation, SCRIPT)), WORDS);
  const keys = proxy.seen
    .filter(({ path }) => path.endsWith("/messages/stream"))
    .map(({ headers }) => headers["idempotency-key"]);
  assert.ok(keys.length >= 2);
  assert.equal(new Set(keys).size, 1);
  assert.equal((await client.conversations.get(conversation)).messageCount, messageCount + 2);
});

test("silence is taken for a break", async () => {
  proxy.fail(STREAM, "silence", { at: '"th"' });
  const hasty = client.withOptions({ streamIdleTimeout: 400 });
  assert.equal(await textOf(hasty.conversations.messages.stream(conversation, SCRIPT)), WORDS);
  proxy.fail(STREAM, "silence", { at: '"th"' });
  proxy.fail(RESUME, "silence", { times: 9, bytes: 0 });
  const error = await textOf(hasty.conversations.messages.stream(conversation, SCRIPT)).catch((error) => error);
  assert.ok(error instanceof APITimeoutError && error.phase === "idle");
});

test("a stream that cannot be resumed tells what it had", async () => {
  proxy.fail(STREAM, "cut", { at: '"th"' });
  proxy.fail(RESUME, "refuse", { times: 99 });
  const hasty = client.withOptions({ maxRetries: 0 });
  const error = await textOf(hasty.conversations.messages.stream(conversation, SCRIPT)).catch((error) => error);
  assert.ok(error instanceof StreamInterruptedError);
  assert.ok(error.cause instanceof APIConnectionError);
  assert.ok(WORDS.startsWith(error.partialText) && error.partialText.length > 0);
  proxy.reset();
  const rest = await textOf(messages.resume(conversation, error.userMessageId, { after: error.after }));
  assert.equal(error.partialText + rest, WORDS);
});

test("resume: false raises at the first break", async () => {
  proxy.fail(STREAM, "cut", { at: '"th"' });
  await assert.rejects(textOf(messages.stream(conversation, SCRIPT, { resume: false })), StreamInterruptedError);
  assert.equal(proxy.count(RESUME), 0);
});

test("bytes one at a time, with emoji and unusual line ends, are the same text", async () => {
  proxy.fail(STREAM, "trickle");
  const text = "Grüße \u2028 🧑‍🚀 \u0085 end";
  assert.equal(await textOf(messages.stream(conversation, `/echo text=${JSON.stringify(text)} pieces=9`)), text);
});

test("failures before the first event are plain errors", async () => {
  await assert.rejects(textOf(messages.stream("01a1fec8-4e18-76a1-9f1f-2b6ecdf53273", "Hello")), {
    name: "NotFoundError",
  });
  await assert.rejects(messages.stream(conversation, " ").result, { name: "ValidationError" });
});

test("a model that fails in the middle is a StreamError with the text so far", async () => {
  const stream = messages.stream(conversation, `/echo text="${WORDS}" pieces=4 fail=broken after=2`);
  const error = await textOf(stream).catch((error) => error);
  assert.ok(error instanceof StreamError && !(error instanceof StreamInterruptedError));
  assert.equal(error.code, "MODEL_ERROR");
  assert.ok(error.partialText.length > 0 && WORDS.startsWith(error.partialText));
  assert.equal(proxy.count(RESUME), 0);
});

test("leaving the loop closes the connection, and the turn goes on", async () => {
  const stream = messages.stream(conversation, SCRIPT);
  for await (const _ of stream) break;
  await assert.rejects(stream.result, StreamInterruptedError);
  const { text } = await messages.resume(conversation, stream.userMessage).result;
  assert.equal(text, WORDS);
});

test("cancel stops the turn, and the stream ends with what was said", async () => {
  const stream = messages.stream(conversation, '/echo text="word " repeat=600 pieces=600 delay=100ms');
  let text = "";
  for await (const piece of stream) {
    text += piece;
    if (text.length >= 15) await stream.cancel();
  }
  const { assistantMessage } = await stream.result;
  assert.equal(assistantMessage.status, "cancelled");
  assert.equal(assistantMessage.content.trim(), text.trim());
  await stream.cancel();
  await assert.rejects(messages.cancel(conversation, stream.userMessage), { name: "ConflictError" });
});

test("a reply can be streamed again, by its id or that of the message", async () => {
  const { userMessage, assistantMessage } = await messages.send(conversation, `/echo text="${WORDS}"`);
  for (const message of [userMessage, assistantMessage.id]) {
    assert.equal(await textOf(messages.resume(conversation, message)), WORDS);
  }
});

test("an abort or the time limit of a stream ends it with its reason", async () => {
  const reason = new Error("enough");
  const ending = new AbortController();
  setTimeout(() => ending.abort(reason), 200);
  await assert.rejects(textOf(messages.stream(conversation, SCRIPT, { signal: ending.signal })), reason);
  const slow = messages.stream(conversation, "/echo wait=5s", { timeout: 200 });
  await assert.rejects(slow.result, { name: "APITimeoutError", phase: "total" });
});

test("a whole JSON answer is taken as a stream of one piece", async () => {
  const { userMessage, assistantMessage } = await client
    .request("POST", `/conversations/${conversation.id}/messages`, { json: { content: "Hello" } })
    .then((exchange) => ({ userMessage: exchange.user_message, assistantMessage: exchange.assistant_message }));
  const body = JSON.stringify({
    user_message: userMessage,
    assistant_message: assistantMessage,
    tokens_charged: 100,
    tokens_left: 0,
  });
  proxy.fail(STREAM, "answer", { status: 200, body });
  const stream = messages.stream(conversation, "Hello");
  assert.equal(await textOf(stream), assistantMessage.content);
  assert.equal((await stream.result).tokensCharged, 100);
});

test("a stream can be handed on as bytes", async () => {
  const response = new Response(messages.stream(conversation, SCRIPT).toReadableStream());
  assert.equal(await response.text(), WORDS);
});

test("a stream that nobody reads throws nothing", async () => {
  messages.stream("01a1fec8-4e18-76a1-9f1f-2b6ecdf53273", "Hello");
  await new Promise((resolve) => setTimeout(resolve, 200));
});

test("disposing leaves the stream", async () => {
  const stream = messages.stream(conversation, SCRIPT);
  await stream[Symbol.asyncDispose]();
  await assert.rejects(stream.result, StreamInterruptedError);
});
