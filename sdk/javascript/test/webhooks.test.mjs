import assert from "node:assert/strict";
import http from "node:http";
import { after, before, test } from "node:test";
import { AIAssistantClient, ConfigurationError } from "@ai-assistant/sdk";
import { verify, WebhookVerificationError } from "@ai-assistant/sdk/webhooks";
import { startServer } from "./support/server.mjs";

let server, client, receiver, address;
const received = [];
let waiting = () => {};
before(async () => {
  server = await startServer({ WEBHOOK_RETRY_SECONDS: "0" });
  client = await server.user();
  receiver = http.createServer(async (request, response) => {
    const pieces = [];
    for await (const piece of request) pieces.push(piece);
    received.push({ headers: request.headers, body: Buffer.concat(pieces) });
    response.writeHead(request.url === "/broken" ? 500 : 200).end();
    waiting();
  });
  await new Promise((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  address = `http://127.0.0.1:${receiver.address().port}`;
});
after(async () => {
  receiver?.closeAllConnections();
  receiver?.close();
  await server?.stop();
});

async function next() {
  while (received.length === 0) await new Promise((resolve) => (waiting = resolve));
  return received.shift();
}

test("requests of the server are verified, with every kind of secret, and while secrets change", async () => {
  for (const given of ["webhook-secret", "whsec_YSBzZWNyZXQgdGhhdCB3YXMgZ2l2ZW4=", undefined]) {
    const webhook = await client.webhooks.create({ url: address, events: ["conversation.created"], secret: given });
    assert.equal(webhook.secret === undefined, given !== undefined);
    const secret = given ?? webhook.secret;
    await client.webhooks.test(webhook);
    const { headers, body } = await next();
    const event = await verify(body, headers, secret);
    assert.equal(event.event, "webhook.test");
    assert.equal(event.id, headers["webhook-id"]);
    assert.ok(event.timestamp instanceof Date);
    assert.equal(event.data.webhook_id, webhook.id);
    await verify(body.toString(), new Headers(headers), [secret, "another"]);
    await verify(
      body,
      Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toUpperCase(), [value]])),
      secret,
    );
    const { secret: fresh } = await client.webhooks.rotateSecret(webhook);
    await client.webhooks.test(webhook);
    const both = await next();
    await verify(both.body, both.headers, secret);
    await verify(both.body, both.headers, fresh);
    const byClient = new AIAssistantClient({ baseUrl: server.baseUrl, webhookSecret: [fresh] });
    assert.equal((await byClient.webhooks.verify(both.body, both.headers)).event, "webhook.test");
    await client.webhooks.delete(webhook);
  }
});

test("requests of others are refused, with the reason", async () => {
  const secret = "webhook-secret";
  const webhook = await client.webhooks.create({ url: address, events: ["conversation.created"], secret });
  await client.webhooks.test(webhook);
  const { headers, body } = await next();
  const at = Number(headers["webhook-timestamp"]);
  const now = (away) => ({ now: new Date((at + away) * 1000) });
  const without = (name) => ({ ...headers, [name]: undefined });
  const refused = [
    ["no-signature", body, without("webhook-id"), secret],
    ["no-signature", body, without("webhook-timestamp"), secret],
    ["no-signature", body, without("webhook-signature"), secret],
    ["timestamp", body, headers, secret, now(301)],
    ["timestamp", body, headers, secret, now(-301)],
    ["timestamp", body, { ...headers, "webhook-timestamp": "now" }, secret],
    ["timestamp", body, headers, secret, { ...now(20), tolerance: 10 }],
    ["signature", Buffer.concat([body, Buffer.from(" ")]), headers, secret],
    ["signature", body, headers, "webhook-secreT"],
    ["signature", body, headers, "whsec_d3Jvbmc="],
    ["signature", body, headers, "whsec_"],
    ["signature", body, { ...headers, "webhook-id": "x" }, secret],
    [
      "signature",
      body,
      { ...headers, "webhook-signature": headers["webhook-signature"].replace("v1,", "v2,") },
      secret,
    ],
    ["signature", body, { ...headers, "webhook-signature": "v1,é v1,==== v1, ," }, secret],
  ];
  for (const [reason, ...given] of refused) {
    const error = await verify(...given).catch((error) => error);
    assert.ok(error instanceof WebhookVerificationError, reason);
    assert.equal(error.reason, reason, JSON.stringify(given[1]));
  }
  await verify(body, headers, secret, now(300));
  await verify(body, { ...headers, "webhook-signature": `v1,AAAA ${headers["webhook-signature"]} v1a,QUJD` }, secret);
  await assert.rejects(verify(JSON.parse(body), headers, secret), { name: "TypeError", message: /raw body/ });
  await assert.rejects(verify(body, headers, ""), ConfigurationError);
  await assert.rejects(verify(body, headers, []), ConfigurationError);
});

test("webhooks are changed, their deliveries shown and retried", async () => {
  const webhook = await client.webhooks.create({
    url: `${address}/broken`,
    events: ["conversation.created"],
    secret: "s",
  });
  const began = new Date(Date.now() - 60_000);
  await client.conversations.create({ title: "News" });
  await next();
  const failed = async () => (await client.webhooks.deliveries(webhook, { status: "failed" })).items;
  while ((await failed()).length === 0) await new Promise((resolve) => setTimeout(resolve, 50));
  const [delivery] = await failed();
  assert.equal(delivery.payload.event, "conversation.created");
  assert.equal(delivery.attempts[0].statusCode, 500);
  await client.webhooks.update(webhook, { url: address });
  assert.equal(await client.webhooks.retrySince(webhook, began), 1);
  assert.equal((await next()).headers["webhook-id"], delivery.id);
  // The receiver has the request before the server has its answer.
  while ((await client.webhooks.deliveries(webhook, { status: "delivered" })).total === 0)
    await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal((await client.webhooks.retry(webhook, delivery)).id, delivery.id);
  assert.equal((await next()).headers["webhook-id"], delivery.id);
  assert.equal((await client.webhooks.update(webhook, { isActive: false })).isActive, false);
  assert.deepEqual((await client.webhooks.get(webhook)).events, ["conversation.created"]);
  assert.ok((await client.webhooks.list()).items.some(({ id }) => id === webhook.id));
});
