import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { AIAssistantClient, ConfigurationError, Session } from "@ai-assistant/sdk";
import { verify } from "@ai-assistant/sdk/webhooks";
import * as realtime from "@ai-assistant/sdk/realtime";

const client = new AIAssistantClient({
  apiKey: "k",
  fetch: async () => Response.json({ status: "healthy" }),
  webhookSecret: "s",
});
assert.equal((await client.health.check()).status, "healthy");
assert.throws(() => new AIAssistantClient({ baseUrl: "ftp://x" }), ConfigurationError);
await assert.rejects(verify("{}", {}, "s"), { name: "WebhookVerificationError" });
await assert.rejects(client.webhooks.verify("{}", {}), { name: "WebhookVerificationError" });
assert.equal(typeof realtime.connect, "function");
// A session of the other copy of the package is one, too.
const other = createRequire(import.meta.url)("@ai-assistant/sdk");
const session = new Session({ accessToken: "a", refreshToken: "r", expiresAt: 1, tokenType: "bearer" });
assert.deepEqual(new other.AIAssistantClient({ session }).session.toJSON(), session.toJSON());
console.log("esm");
