// The platform API (spec 001) through the JavaScript SDK: creates an assistant, streams its reply, reads the
// conversation.
//
//   npm ci --prefix sdk/javascript && npm install --prefix examples --ignore-scripts
//   node examples/platform_sdk.mjs
//
// The server is QUINTET_URL, by default http://localhost:8000.
import { AIAssistantClient, AuthenticationError } from "@ai-assistant/sdk";

const baseUrl = `${process.env.QUINTET_URL ?? "http://localhost:8000"}/api/v1`;
const [username, password] = ["ada", "password123"];

/** Signs in. Registers the account if there is none. `email` takes a username too. */
async function signIn(client) {
  try {
    await client.auth.login({ email: username, password });
  } catch (error) {
    if (!(error instanceof AuthenticationError)) throw error;
    const user = await client.auth.register({ email: "ada@example.com", username, password });
    console.log(`Registered ${user.username} with ${user.tokens} tokens`);
    await client.auth.login({ email: username, password });
  }
}

const client = new AIAssistantClient({ baseUrl });
await signIn(client);
let guide;
for await (const assistant of client.assistants.list()) if (assistant.name === "Guide") guide = assistant;
guide ??= await client.assistants.create({ name: "Guide", systemPrompt: "You are patient." });
const conversation = await client.conversations.create({ assistantId: guide, title: "First steps" });

const stream = client.conversations.messages.stream(conversation, "Hello");
for await (const text of stream) process.stdout.write(text);
const { tokensLeft } = await stream.result;
console.log(`\nTokens left: ${tokensLeft}`);

for await (const { role, content } of client.conversations.messages.list(conversation)) {
  console.log(`${role}: ${content}`);
}
