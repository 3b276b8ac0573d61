// Asks one question and prints the reply while it is written. Ctrl-C stops the turn.
//
//   AI_ASSISTANT_API_KEY=… QUESTION='What is a quintet?' node examples/chat.mjs
import { AIAssistantClient, InsufficientTokensError } from "@ai-assistant/sdk";

const client = new AIAssistantClient();
const conversation = await client.conversations.create();
const stream = client.conversations.messages.stream(conversation, process.env.QUESTION ?? "Hello");
process.once("SIGINT", () => void stream.cancel());

try {
  for await (const text of stream) process.stdout.write(text);
  const { assistantMessage, tokensLeft } = await stream.result;
  console.log(`\n(${assistantMessage.status}, ${tokensLeft} tokens left)`);
} catch (error) {
  if (!(error instanceof InsufficientTokensError)) throw error;
  console.error("The balance does not cover a message.");
  process.exitCode = 1;
}
