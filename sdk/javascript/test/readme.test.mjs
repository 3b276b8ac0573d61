// Runs the examples of the README, and the programs in examples/.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import net from "node:net";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { startServer } from "./support/server.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const readme = readFileSync(`${root}/README.md`, "utf8");
const blocks = [...readme.matchAll(/^```js\n(.*?)^```$/gms)].map(([, code]) => code);

let server, client, key, assistant;
before(async () => {
  server = await startServer();
  client = await server.user();
  ({ key } = await client.users.apiKeys.create({ name: "readme" }));
  assistant = await client.assistants.create({ name: "Reader" });
});
after(() => server?.stop());

/** What blocks without a client of their own begin with. */
const prelude = () => `
  import { AIAssistantClient as Client } from '@ai-assistant/sdk';
  import WebSocket from 'ws';
  const client = new Client({ baseUrl: 'http://localhost:8000/api/v1', apiKey: 'your-api-key', webSocket: WebSocket });
  const conversation = await client.conversations.create();
`;

const filled = (code) =>
  code
    .replaceAll("http://localhost:8000", server.url)
    .replaceAll("'your-api-key'", `'${key}'`)
    .replaceAll("'uuid'", `'${assistant.id}'`);

function start(code, settings = {}) {
  const child = spawn(process.execPath, ["--input-type=module", "--eval", filled(code)], {
    cwd: root,
    env: { ...process.env, ...settings },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let printed = "";
  let wrong = "";
  child.stdout.on("data", (text) => (printed += text));
  child.stderr.on("data", (text) => (wrong += text));
  const ended = new Promise((resolve) => child.once("close", (status) => resolve({ status, printed, wrong })));
  const shows = async (text) => {
    while (!printed.includes(text)) {
      assert.equal(child.exitCode, null, wrong);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  return { child, ended, shows };
}

/** Runs a block to its end, and gives what it prints. */
async function run(part) {
  const code = blocks.find((block) => block.includes(part));
  assert.ok(code, `no example with ${part}`);
  const { status, printed, wrong } = await start(/new AIAssistantClient|signIn/.test(code) ? code : prelude() + code)
    .ended;
  assert.equal(status, 0, `${code}\n${wrong}`);
  return printed;
}

const tested = [];
const example = (part, check) => {
  tested.push(part);
  test(`README: ${part}`, async () => check(await run(part)));
};

example("message: 'Hello!'", (printed) => assert.equal(printed, "1 This is a dummy response from the AI.\n"));
example("auth.register", (printed) => assert.match(printed, /^\S{20,}\n$/));
example("loadSession", (printed) => assert.equal(printed, "1000000\n"));
example("for await (const assistant", (printed) => assert.match(printed, /^Reader\n[1-9]\d* [1-9]\d* false\n0\n$/));
example("const { text, tokensLeft", (printed) =>
  assert.match(printed, /^This is a dummy response from the AI\. \d+ \[\]\n$/),
);
example("Tell me a story", (printed) => assert.equal(printed, "This is a dummy response from the AI.complete 37\n"));
example("files.upload", (printed) =>
  assert.match(printed, /^0 of 29 bytes\n29 of 29 bytes\nFrom manual.txt:\n\n> .*\nSource: manual.txt\n$/),
);
example("instanceof ValidationError", (printed) =>
  assert.match(printed, /^Ensure this value is between 0 and 2\. \w+\ntrue\n$/),
);
example("withOptions", (printed) => assert.equal(printed, ""));

tested.push("realtime.connect");
test("README: realtime.connect", async () => {
  const code = blocks.find((block) => block.includes("realtime.connect"));
  const { ended, child } = start(prelude() + code);
  const ringing = setInterval(() => client.conversations.create().catch(() => {}), 300);
  const { status, printed, wrong } = await ended;
  clearInterval(ringing);
  assert.equal(status, 0, wrong);
  assert.match(printed, /^conversation\.created undefined\n$/);
  child.kill();
});

async function freePort() {
  const listening = net.createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => listening.once("listening", resolve));
  const { port } = listening.address();
  await new Promise((resolve) => listening.close(resolve));
  return port;
}

/** A receiver that prints the events of a webhook with this secret. */
async function receives(code, port, more = async () => {}) {
  const secret = "webhook-secret";
  const settings = {
    WEBHOOK_SECRET: secret,
    PORT: port,
    AI_ASSISTANT_BASE_URL: server.baseUrl,
    AI_ASSISTANT_API_KEY: key,
  };
  const { child, ended, shows } = start(`${code.replace("9000", port)}\nconsole.log('ready');`, settings);
  try {
    await shows("ready");
    const address = `http://127.0.0.1:${port}/webhook`;
    const webhook = await client.webhooks.create({ url: address, events: ["conversation.created"], secret });
    const { id } = await client.conversations.create();
    await shows(`conversation.created ${id}`);
    const forged = await fetch(address, {
      method: "POST",
      body: "{}",
      headers: { "content-type": "application/json" },
    });
    assert.equal(forged.status, 400);
    await client.webhooks.delete(webhook);
    await more(`http://127.0.0.1:${port}`);
  } finally {
    child.kill();
    await ended;
  }
}

tested.push("// receiver.mjs");
test("README: receiver.mjs", async () =>
  receives(
    blocks.find((block) => block.startsWith("// receiver.mjs")),
    await freePort(),
  ));

test("every example of the README is run", () => {
  assert.deepEqual(
    blocks.filter((block) => !tested.some((part) => block.includes(part))),
    [],
  );
});

test("examples/express.mjs", async () => {
  const code = readFileSync(`${root}/examples/express.mjs`, "utf8");
  await receives(code, await freePort(), async (address) => {
    const ask = (body, signal) =>
      fetch(`${address}/ask`, { method: "POST", body, headers: { "content-type": "text/plain" }, signal });
    assert.equal(await (await ask('/echo text="One, two." pieces=3')).text(), "One, two.");
    const leaving = new AbortController();
    await ask('/echo text="word " repeat=600 pieces=600 delay=50ms', leaving.signal);
    leaving.abort();
    const [{ id }] = (await client.conversations.list({ size: 1 })).items;
    const reply = async () => (await client.conversations.get(id)).messages.at(-1);
    while ((await reply()).status !== "cancelled") await new Promise((resolve) => setTimeout(resolve, 100));
  });
});

test("examples/chat.mjs", async () => {
  const code = readFileSync(`${root}/examples/chat.mjs`, "utf8");
  const { status, printed, wrong } = await start(code, {
    AI_ASSISTANT_BASE_URL: server.baseUrl,
    AI_ASSISTANT_API_KEY: key,
    QUESTION: "Hello",
  }).ended;
  assert.equal(status, 0, wrong);
  assert.match(printed, /^This is a dummy response from the AI\.\n\(complete, \d+ tokens left\)\n$/);
});
