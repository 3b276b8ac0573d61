import assert from "node:assert/strict";
import http from "node:http";
import net from "node:net";
import { after, before, mock, test } from "node:test";
import { AIAssistantClient, ConfigurationError, RealtimeClosedError } from "@ai-assistant/sdk";
import { connect } from "@ai-assistant/sdk/realtime";
import WebSocket from "ws";
import { startProxy } from "./support/proxy.mjs";
import { startServer } from "./support/server.mjs";

let server, proxy, client;
before(async () => {
  server = await startServer();
  proxy = await startProxy(server.url);
  client = await server.user(
    { webSocket: WebSocket, realtimeUrl: `${server.url.replace("http", "ws")}/ws` },
    proxy.url,
  );
});
after(async () => {
  await proxy?.stop();
  await server?.stop();
});

/** Takes events until one is wanted. */
async function until(live, wanted) {
  const seen = [];
  for (;;) {
    const { value, done } = await live.next();
    assert.ok(!done, "the connection ended");
    seen.push(value);
    if (wanted(value)) return seen;
  }
}

test("events arrive, and a closed connection ends the loop", async () => {
  const live = await client.realtime.connect();
  const events = live[Symbol.asyncIterator]();
  const conversation = await client.conversations.create({ message: "Hello" });
  const seen = await until(
    events,
    ({ event, message }) => event === "message.received" && message?.role === "assistant",
  );
  const created = seen.find(({ event }) => event === "conversation.created");
  assert.equal(created.type, "conversation_update");
  assert.equal(created.conversationId, conversation.id);
  assert.ok(created.timestamp instanceof Date && created.eventId);
  const { message, load } = seen.at(-1);
  assert.equal(message.content, "This is a dummy response from the AI.");
  assert.ok(message.createdAt instanceof Date);
  assert.equal((await load()).id, message.id);
  const stream = client.conversations.messages.stream(conversation, '/echo text="a b c" pieces=3');
  const pieces = await until(events, ({ type }) => type === "message_delta");
  assert.equal(typeof pieces.at(-1).delta, "string");
  await stream.result;
  const admin = await server.admin();
  await admin.notifications.send("Maintenance.");
  assert.equal((await until(events, ({ type }) => type === "system_notification")).at(-1).message, "Maintenance.");
  live.close();
  let rest = await events.next();
  while (!rest.done) rest = await events.next();
});

test("a broken connection is taken up again, and no event is lost or repeated", async (t) => {
  const target = new URL(server.url);
  const sockets = new Set();
  const tunnel = net.createServer((near) => {
    const far = net.connect(Number(target.port), target.hostname);
    near.pipe(far).pipe(near);
    for (const socket of [near, far]) socket.on("error", () => {}).on("close", () => (near.destroy(), far.destroy()));
    sockets.add(near);
  });
  await new Promise((resolve) => tunnel.listen(0, "127.0.0.1", resolve));
  const through = client.withOptions({ realtimeUrl: `ws://127.0.0.1:${tunnel.address().port}/ws` });
  const live = await connect(through);
  t.after(() => {
    live.close();
    tunnel.close();
  });
  const events = live[Symbol.asyncIterator]();
  await client.conversations.create({ title: "before" });
  await until(events, ({ event }) => event === "conversation.created");
  const titles = ["first", "second", "third"];
  const created = [];
  for (const title of titles) {
    created.push((await client.conversations.create({ title })).id);
    for (const socket of sockets) socket.destroy();
    sockets.clear();
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  // What was missed can come after what is new.
  const seen = [];
  const isLast = ({ event, conversationId }) => {
    if (event === "conversation.created" && created.includes(conversationId)) seen.push(conversationId);
    return created.every((id) => seen.includes(id));
  };
  await until(events, isLast);
  assert.deepEqual(seen.sort(), created.sort());
});

test("a credential that has ended ends the connection", async () => {
  const user = await server.user({ webSocket: WebSocket });
  const live = await user.realtime.connect();
  const events = live[Symbol.asyncIterator]();
  const next = events.next();
  await user.auth.logout();
  await assert.rejects(next, (error) => error instanceof RealtimeClosedError || error instanceof ConfigurationError);
  const refused = await server.user({ webSocket: WebSocket });
  await refused.auth.logout();
  await assert.rejects(refused.realtime.connect(), ConfigurationError);
});

test("a server that closes at once is not asked for ever", async () => {
  const closing = http.createServer();
  const { WebSocketServer } = await import("ws");
  new WebSocketServer({ server: closing }).on("connection", (socket) => socket.close(1008, "no"));
  await new Promise((resolve) => closing.listen(0, "127.0.0.1", resolve));
  const there = client.withOptions({ realtimeUrl: `ws://127.0.0.1:${closing.address().port}/ws` });
  await assert.rejects(there.realtime.connect(), { name: "RealtimeClosedError", code: 1008, reason: "no" });
  closing.close();
});

test("a connection that never comes is given up after the time that the caller says", async () => {
  const there = client.withOptions({ realtimeUrl: "ws://127.0.0.1:9/ws" });
  await assert.rejects(there.realtime.connect({ maxDowntime: 500 }), RealtimeClosedError);
  const reason = new Error("enough");
  const ending = new AbortController();
  setTimeout(() => ending.abort(reason), 300);
  await assert.rejects(there.realtime.connect({ signal: ending.signal }), reason);
});

test("the address is the ticket's, or /ws at the host of the API", async () => {
  const opened = [];
  class Recorder {
    constructor(url) {
      opened.push(url);
      setTimeout(() => this.onclose?.({ code: 1008, reason: "" }));
    }
    close() {}
    send() {}
  }
  const plain = await server.user({ webSocket: Recorder }, proxy.url);
  await assert.rejects(plain.realtime.connect(), RealtimeClosedError);
  assert.match(opened[0], new RegExp(`^${proxy.url.replace("http", "ws")}/ws\\?ticket=\\w+$`));
  opened.length = 0;
  const change = (text) => JSON.stringify({ ...JSON.parse(text), url: "wss://live.example/stage" });
  proxy.fail("POST /ws/ticket", "change", { times: 9, change });
  await assert.rejects(plain.realtime.connect({ lastEventId: "e1" }), RealtimeClosedError);
  assert.match(opened[0], /^wss:\/\/live\.example\/stage\?ticket=\w+&last_event_id=e1$/);
  proxy.reset();
});

test(
  "without a WebSocket the error says what to do",
  { skip: typeof globalThis.WebSocket === "function" },
  async () => {
    const user = await server.user();
    await assert.rejects(
      user.realtime.connect(),
      (error) => error instanceof ConfigurationError && /Node\.js 22/.test(error.message),
    );
  },
);

test("a quiet connection is kept by pings, and one without an answer is replaced", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    const sockets = [];
    class Quiet {
      pings = 0;
      constructor() {
        sockets.push(this);
        queueMicrotask(() => this.onopen());
      }
      send(data) {
        assert.deepEqual(JSON.parse(data), { type: "ping" });
        this.pings++;
        if (!this.isDead)
          queueMicrotask(() => this.onmessage?.({ data: '{"type":"pong","timestamp":"2026-01-01T00:00:00Z"}' }));
      }
      close() {
        this.isClosed = true;
      }
    }
    const ticket = async () => Response.json({ ticket: "t", expires_in: 30 });
    const quiet = new AIAssistantClient({ apiKey: "k", fetch: ticket, webSocket: Quiet });
    const live = await quiet.realtime.connect();
    const settled = () => new Promise((resolve) => setImmediate(resolve));
    const pass = async (seconds) => {
      for (let second = 0; second < seconds; second++) {
        mock.timers.tick(1000);
        await settled();
      }
    };
    await pass(250);
    assert.deepEqual([sockets.length, sockets[0].pings], [1, 2]);
    sockets[0].isDead = true;
    await pass(300);
    assert.equal(sockets.length, 2);
    assert.ok(sockets[0].isClosed);
    live.close();
  } finally {
    mock.timers.reset();
  }
});
