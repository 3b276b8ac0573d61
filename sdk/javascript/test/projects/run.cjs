const assert = require("node:assert/strict");
const { AIAssistantClient, ConfigurationError, WebhookVerificationError } = require("@ai-assistant/sdk");
const { verify } = require("@ai-assistant/sdk/webhooks");
require("@ai-assistant/sdk/realtime");

(async () => {
  const client = new AIAssistantClient({
    apiKey: "k",
    fetch: async () => Response.json({ status: "healthy" }),
    webhookSecret: "s",
  });
  assert.equal((await client.health.check()).status, "healthy");
  assert.throws(() => new AIAssistantClient({ baseUrl: "ftp://x" }), ConfigurationError);
  await assert.rejects(verify("{}", {}, "s"), WebhookVerificationError);
  await assert.rejects(client.webhooks.verify("{}", {}), WebhookVerificationError);
  console.log("cjs");
})();
