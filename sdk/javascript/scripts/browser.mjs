// Uses the SDK in Chromium: the example page, two tabs with one session, files, live updates.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import http from "node:http";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { startProxy } from "../test/support/proxy.mjs";
import { PASSWORD, startServer } from "../test/support/server.mjs";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const root = fileURLToPath(new URL("..", import.meta.url));

const pages = http.createServer((request, response) => {
  const path = new URL(request.url, "http://x").pathname;
  const file =
    path === "/page.html" ? "examples/page.html" : path.startsWith("/sdk/") ? `dist/esm/${path.slice(5)}` : undefined;
  if (!file || file.includes("..")) return response.writeHead(404).end();
  response.setHeader("content-type", file.endsWith(".html") ? "text/html" : "text/javascript");
  response.end(readFileSync(`${root}/${file}`));
});
await new Promise((resolve) => pages.listen(0, "127.0.0.1", resolve));
const origin = `http://localhost:${pages.address().port}`;
const server = await startServer({ CORS_ORIGINS: origin });
const proxy = await startProxy(server.url);
const address = `${origin}/page.html?server=${encodeURIComponent(proxy.url)}`;
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });
const done = [];

/** A new browser, and a page in it that tells what went wrong. */
async function visitor() {
  const context = await browser.newContext();
  const open = async () => {
    const page = await context.newPage();
    page.on("pageerror", (error) => assert.fail(error));
    await page.goto(address);
    await page.waitForFunction(() => window.client);
    return page;
  };
  return { context, open };
}

async function signIn(page, email) {
  await page.fill("[name=email]", email);
  await page.fill("[name=password]", PASSWORD);
  await page.click("#sign-in button");
  await page.waitForSelector("#ask", { state: "visible" });
}

async function account() {
  return (await (await server.user()).users.me()).email;
}

async function check(name, work) {
  proxy.reset();
  await work();
  done.push(name);
}

try {
  await check("the example page", async () => {
    const { open, context } = await visitor();
    const page = await open();
    await page.fill("[name=email]", "nobody@example.com");
    await page.fill("[name=password]", "wrong password");
    await page.click("#sign-in button");
    await page.waitForFunction(() => document.getElementById("error").textContent === "Incorrect email or password");
    await signIn(page, await account());
    await page.setInputFiles("#file", {
      name: "manual.txt",
      mimeType: "text/plain",
      buffer: Buffer.from("The warranty covers the pump."),
    });
    await page.waitForFunction(() => document.getElementById("progress").value === 29);
    await page.fill("[name=question]", "Does the warranty cover the pump?");
    await page.press("[name=question]", "Enter");
    await page.waitForFunction(() => document.getElementById("reply").dataset.status === "complete");
    assert.match(await page.textContent("#reply"), /covers the pump/);
    await page.fill("[name=question]", '/echo text="word " repeat=600 pieces=600 delay=50ms');
    await page.press("[name=question]", "Enter");
    await page.waitForFunction(() => /^word word/.test(document.getElementById("reply").textContent));
    await page.click("#stop");
    await page.waitForFunction(() => document.getElementById("reply").dataset.status === "cancelled");
    await page.reload();
    await page.waitForSelector("#ask", { state: "visible" });
    assert.equal(typeof (await page.evaluate(() => client.users.me().then(({ tokens }) => tokens))), "number");
    await context.close();
  });

  await check("a stream that breaks is resumed", async () => {
    const { open, context } = await visitor();
    const page = await open();
    await signIn(page, await account());
    proxy.fail("POST /conversations/*/messages/stream", "cut", { at: '"th"' });
    const text = await page.evaluate(async () => {
      const conversation = await client.conversations.create();
      let text = "";
      for await (const piece of client.conversations.messages.stream(
        conversation,
        '/echo text="One, two, three." pieces=8 delay=50ms',
      ))
        text += piece;
      return text;
    });
    assert.equal(text, "One, two, three.");
    assert.equal(proxy.count("GET /conversations/*/messages/*/stream"), 1);
    await context.close();
  });

  await check("two tabs refresh one session once, and end together", async () => {
    const { open, context } = await visitor();
    const first = await open();
    await signIn(first, await account());
    await first.evaluate(() => {
      const session = JSON.parse(localStorage.getItem("session"));
      localStorage.setItem("session", JSON.stringify({ ...session, expiresAt: Date.now() - 1000 }));
    });
    const tabs = [await open(), await open(), await open()];
    const work = () => Promise.all(Array.from({ length: 10 }, () => client.users.me())).then((users) => users.length);
    assert.deepEqual(await Promise.all(tabs.map((tab) => tab.evaluate(work))), [10, 10, 10]);
    assert.equal(proxy.count("POST /auth/refresh"), 1);
    const tokens = await Promise.all(tabs.map((tab) => tab.evaluate(() => client.session.refreshToken)));
    assert.equal(new Set(tokens).size, 1);
    await tabs[0].evaluate(() => client.auth.logout());
    await tabs[1].waitForFunction(() => client.session === null);
    await tabs[1].waitForSelector("#sign-in", { state: "visible" });
    await context.close();
  });

  await check("without storage, tabs tell each other of a refresh", async () => {
    const { open, context } = await visitor();
    const email = await account();
    const tabs = [await open(), await open()];
    const session = await tabs[0].evaluate(
      async ([email, password]) => JSON.stringify(await client.auth.login({ email, password, adopt: false })),
      [email, PASSWORD],
    );
    const begin = (text) => {
      window.own = new client.constructor({
        baseUrl: `${new URLSearchParams(location.search).get("server")}/api/v1`,
        session: JSON.parse(text),
      });
    };
    await Promise.all(tabs.map((tab) => tab.evaluate(begin, session)));
    await tabs[0].evaluate(() => own.auth.refresh().then(() => {}));
    await tabs[1].waitForFunction((old) => own.session.accessToken !== old, JSON.parse(session).accessToken);
    assert.equal(proxy.count("POST /auth/refresh"), 1);
    await context.close();
  });

  await check("large files are sent to the storage with progress", async () => {
    const { open, context } = await visitor();
    const page = await open();
    await signIn(page, await account());
    const { size, reports } = await page.evaluate(async () => {
      const reports = [];
      const file = new File(["All work and no play. ".repeat(250_000)], "large.txt");
      const { size } = await client.files.upload(file, { onProgress: (...report) => reports.push(report) });
      return { size, reports };
    });
    assert.equal(size, 5_500_000);
    assert.deepEqual(reports.at(-1), [size, size]);
    assert.equal(proxy.seen.filter(({ method }) => method === "PUT").length, 1);
    await context.close();
  });

  await check("live updates", async () => {
    const { open, context } = await visitor();
    const page = await open();
    await signIn(page, await account());
    const url = `${server.url.replace("http", "ws")}/ws`;
    const event = await page.evaluate(async (realtimeUrl) => {
      const live = await client.withOptions({ realtimeUrl }).realtime.connect();
      await client.conversations.create();
      for await (const { event } of live) return event;
    }, url);
    assert.equal(event, "conversation.created");
    await context.close();
  });

  await check("errors have their request id, and API keys are refused", async () => {
    const { open, context } = await visitor();
    const page = await open();
    await signIn(page, await account());
    const told = await page.evaluate(async () => {
      const { requestId, name } = await client.assistants
        .get("01a1fec8-4e18-76a1-9f1f-2b6ecdf53273")
        .catch((error) => error);
      let refused;
      try {
        new client.constructor({ apiKey: "k" });
      } catch (error) {
        refused = error.name;
      }
      return { name, hasId: /^\S+$/.test(requestId), refused };
    });
    assert.deepEqual(told, { name: "NotFoundError", hasId: true, refused: "ConfigurationError" });
    await context.close();
  });
  console.log(`Chromium ${browser.version()}: ${done.length} checks: ${done.join("; ")}`);
} finally {
  await browser.close();
  await proxy.stop();
  await server.stop();
  pages.close();
}
