// A server with Express that receives webhooks, and hands replies through to its own visitors.
//
//   AI_ASSISTANT_API_KEY=… WEBHOOK_SECRET=… node examples/express.mjs
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import express from "express";
import { AIAssistantClient, WebhookVerificationError } from "@ai-assistant/sdk";

const client = new AIAssistantClient({ webhookSecret: process.env.WEBHOOK_SECRET });
const app = express();
// Events can come more than once. A real server keeps their ids where they survive a restart.
const known = new Set();

app.post("/webhook", express.raw({ type: "application/json" }), async (request, response) => {
  try {
    const { id, event, data } = await client.webhooks.verify(request.body, request.headers);
    if (!known.has(id)) console.log(event, data.conversation_id);
    known.add(id);
    response.sendStatus(200);
  } catch (error) {
    if (!(error instanceof WebhookVerificationError)) throw error;
    response.sendStatus(400);
  }
});

app.post("/ask", express.text(), async (request, response) => {
  const conversation = await client.conversations.create();
  const stream = client.conversations.messages.stream(conversation, request.body);
  response.type("text/plain");
  // A visitor who leaves ends the stream. Without `cancel`, the turn would go on.
  response.once("close", () => void stream.cancel().catch(() => {}));
  await pipeline(Readable.fromWeb(stream.toReadableStream()), response);
});

app.listen(Number(process.env.PORT ?? 9000), "127.0.0.1");
