// A server with Express that receives webhooks, and hands replies through to its own visitors.
//
//   AI_ASSISTANT_API_KEY=… WEBHOOK_SECRET=… node examples/express.mjs
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
  // The turn goes on without its listener, so it is stopped for visitors who leave.
  response.once("close", () => {
    if (!response.writableFinished) void stream.cancel().catch(() => {});
  });
  response.type("text/plain");
  for await (const text of stream) response.write(text);
  response.end();
});

app.listen(Number(process.env.PORT ?? 9000), "127.0.0.1");
