import assert from "node:assert/strict";
import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { APITimeoutError, ConfigurationError, PayloadTooLargeError, UploadError } from "@ai-assistant/sdk";
import { startProxy } from "./support/proxy.mjs";
import { startServer } from "./support/server.mjs";

const MIB = 1024 * 1024;

let server, proxy, client, folder;
before(async () => {
  server = await startServer();
  proxy = await startProxy(server.url);
  client = await server.user({}, proxy.url);
  folder = await mkdtemp(join(tmpdir(), "sdk-"));
});
after(async () => {
  await proxy?.stop();
  await server?.stop();
  if (folder) await rm(folder, { recursive: true });
});
beforeEach(() => proxy.reset());

const text = (size) => Buffer.from("All work and no play. ".repeat(Math.ceil(size / 22)).slice(0, size));

async function bytesOf(file) {
  return Buffer.from(await (await client.files.download(file)).arrayBuffer());
}

test("a file is uploaded from everything that has its bytes", async () => {
  const path = join(folder, "manual.txt");
  await writeFile(path, "The warranty covers the pump.");
  const filename = "manual.txt";
  const sources = {
    path: [path],
    bytes: [new TextEncoder().encode("The warranty covers the pump."), { filename }],
    buffer: [Buffer.from("The warranty covers the pump."), { filename }],
    blob: [new Blob(["The warranty covers the pump."]), { filename }],
    file: [new File(["The warranty covers the pump."], filename)],
    stream: [new Blob(["The warranty covers the pump."]).stream(), { filename }],
  };
  for (const [name, [source, options]] of Object.entries(sources)) {
    const file = await client.files.upload(source, options);
    assert.deepEqual([file.filename, file.size, file.contentType], [filename, 29, "text/plain"], name);
    assert.equal((await bytesOf(file)).toString(), "The warranty covers the pump.", name);
  }
});

test("what cannot be uploaded is refused before the request", async () => {
  await assert.rejects(client.files.upload(Buffer.from("x")), /needs a filename/);
  await assert.rejects(client.files.upload(Buffer.alloc(0), { filename: "a.txt" }), /empty/);
  await assert.rejects(client.files.upload(Buffer.alloc(100 * MIB + 1), { filename: "a.csv" }), /100 MiB/);
  await assert.rejects(client.files.upload({ parsed: "json" }, { filename: "a.json" }), ConfigurationError);
  assert.equal(proxy.seen.length, 0);
});

test("large files go to the storage, with progress, and without a credential", async () => {
  const content = text(6 * MIB);
  const reports = [];
  const file = await client.files.upload(content, {
    filename: "large.txt",
    onProgress: (...report) => reports.push(report),
  });
  assert.equal(file.size, content.length);
  assert.deepEqual(reports.at(-1), [content.length, content.length]);
  assert.ok(reports.every(([done], index) => index === 0 || done >= reports[index - 1][0]));
  assert.ok(reports.length >= 1 && reports.length < 200);
  const [, put] = proxy.seen;
  assert.deepEqual(
    proxy.seen.map(({ method }) => method),
    ["POST", "PUT", "POST"],
  );
  const {
    authorization,
    "idempotency-key": key,
    "transfer-encoding": encoding,
    "content-length": length,
  } = put.headers;
  assert.deepEqual([authorization, key, encoding, length], [undefined, undefined, undefined, String(content.length)]);
  assert.ok((await bytesOf(file)).equals(content));
});

/** A client whose PUTs to the storage pass through `watch`. */
function watched(watch) {
  return client.withOptions({ fetch: (url, init) => (init.method === "PUT" ? watch(url, init) : fetch(url, init)) });
}

test("the PUT has only what was signed, and is repeated whole", async () => {
  const content = text(5 * MIB);
  const sent = [];
  const flaky = watched(async (url, init) => {
    sent.push(Object.keys(init.headers).sort());
    if (sent.length === 1) throw new TypeError("fetch failed");
    return fetch(url, init);
  });
  const file = await flaky.files.upload(content, { filename: "again.txt", onProgress: () => {} });
  assert.deepEqual(sent, [
    ["content-length", "content-type"],
    ["content-length", "content-type"],
  ]);
  assert.ok((await bytesOf(file)).equals(content));
});

test("a refusal of the storage is told with its code", async () => {
  const wrong = watched((url, init) =>
    fetch(url, { ...init, headers: { ...init.headers, "content-type": "image/png" } }),
  );
  const error = await wrong.files.upload(text(5 * MIB), { filename: "a.txt" }).catch((error) => error);
  assert.ok(error instanceof UploadError, error);
  assert.equal(error.status, 403);
  assert.match(error.uploadId, /^[0-9a-f-]{36}$/);
});

test("the way that the server names is taken", async () => {
  const body =
    '{"detail":"Announce it with POST /api/v1/files/uploads.","status_code":413,"error_code":"PAYLOAD_TOO_LARGE"}';
  proxy.fail("POST /files/upload", "answer", { status: 413, body });
  assert.equal((await client.files.upload(Buffer.from("small"), { filename: "small.txt" })).size, 5);
  assert.equal(proxy.count("POST /files/uploads/*/complete"), 1);
  proxy.reset();
  proxy.fail("POST /files/uploads", "answer", { status: 404, body: "{}" });
  assert.equal((await client.files.upload(text(5 * MIB), { filename: "b.txt" })).size, 5 * MIB);
  assert.equal(proxy.count("POST /files/upload"), 1);
});

test("answers that are lost on the way store one file", async () => {
  const { total } = await client.files.list();
  proxy.fail("POST /files/upload", "drop");
  await client.files.upload(Buffer.from("once"), { filename: "once.txt" });
  proxy.fail("POST /files/uploads", "drop");
  proxy.fail("POST /files/uploads/*/complete", "drop");
  await client.files.upload(text(5 * MIB), { filename: "twice.txt" });
  assert.equal((await client.files.list()).total, total + 2);
});

test("an upload can be aborted, and is not completed then", async () => {
  const ending = new AbortController();
  const reason = new Error("enough");
  const upload = client.files.upload(text(20 * MIB), {
    filename: "long.csv",
    signal: ending.signal,
    onProgress: (done) => done > 0 && ending.abort(reason),
  });
  await assert.rejects(upload, reason);
  assert.equal(proxy.count("POST /files/uploads/*/complete"), 0);
});

test("a download is written at once when it is complete", async () => {
  const content = text(3 * MIB);
  const file = await client.files.upload(content, { filename: "a.txt" });
  const to = join(folder, "downloaded.txt");
  const reports = [];
  await client.files.download(file, { to, onProgress: (...report) => reports.push(report) });
  assert.ok((await readFile(to)).equals(content));
  assert.deepEqual(reports.at(-1), [content.length, content.length]);
  for (const [kind, details] of [
    ["cut", { bytes: 100 }],
    ["silence", { bytes: 100 }],
  ]) {
    proxy.reset();
    proxy.fail("GET /files/*/content", kind, details);
    const hasty = client.withOptions({ streamIdleTimeout: 300, maxRetries: 0 });
    const error = await hasty.files.download(file, { to: join(folder, "half.txt") }).catch((error) => error);
    assert.equal(error instanceof APITimeoutError, kind === "silence", error);
    assert.ok(!(await readdir(folder)).some((name) => name.startsWith("half")));
  }
  proxy.reset();
  proxy.fail("GET /files/*/content", "cut", { bytes: 100 });
  assert.ok((await bytesOf(file)).equals(content), "it is begun anew");
});

test("files are listed, shown, deleted, and known to assistants", async () => {
  let file = await client.files.upload(Buffer.from("The warranty of the coffee maker covers the pump."), {
    filename: "w.txt",
  });
  while (file.status === "processing") file = await client.files.get(file);
  assert.deepEqual([file.status, file.statusDetail], ["ready", ""]);
  assert.ok((await client.files.list({ status: "ready" })).items.some(({ id }) => id === file.id));
  const assistant = await client.assistants.create({ name: "Service", files: [file] });
  const conversation = await client.conversations.create({ assistantId: assistant });
  const { assistantMessage } = await client.conversations.messages.send(
    conversation,
    "Does the warranty cover the pump?",
  );
  assert.deepEqual(assistantMessage.sources[0], {
    fileId: file.id,
    filename: "w.txt",
    page: null,
    text: "The warranty of the coffee maker covers the pump.",
  });
  const attached = await client.conversations.messages.send(conversation, "And this?", {
    attachments: [{ type: "file", url: file.id }],
  });
  assert.equal(attached.userMessage.attachments.length, 1);
  await client.files.delete(file);
  await assert.rejects(client.files.get(file), { status: 404 });
});

test("a full storage is said plainly", async () => {
  const small = await startServer({ FILES_QUOTA_MB: "1" });
  try {
    const user = await small.user();
    await assert.rejects(
      user.files.upload(text(2 * MIB), { filename: "a.txt" }),
      (error) => error instanceof PayloadTooLargeError && /used up/.test(error.detail),
    );
  } finally {
    await small.stop();
  }
});
