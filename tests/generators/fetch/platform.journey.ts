import createClient from "openapi-fetch";
import type { components, paths, webhooks } from "./platform.types.js";
import { bearing, equal, must, url } from "./support.js";

type Schemas = components["schemas"];

const api = createClient<paths>({ baseUrl: url });
const credentials = { email: "platform-fetch@example.com", password: "password123" };
const user: Schemas["User"] = must(await api.POST("/api/v1/auth/register", { body: credentials }));
equal([user.role, user.tokens], ["user", 4000]);
const wrong = await api.POST("/api/v1/auth/login", { body: { ...credentials, password: "wrong" } });
equal([wrong.response.status, wrong.error?.error_code], [401, "UNAUTHORIZED"]);
const tokens = must(await api.POST("/api/v1/auth/login", { body: credentials }));
api.use(bearing(tokens.access_token));

const invalid = await api.POST("/api/v1/assistants", { body: { name: "" } });
equal([invalid.response.status, invalid.error?.errors?.[0]?.field], [422, "name"]);
const assistant = must(await api.POST("/api/v1/assistants", { body: { name: "Tides", status: "active" } }));
const params = { path: { assistant_id: assistant.id } };
const changed = must(await api.PUT("/api/v1/assistants/{assistant_id}", { params, body: { category: "sea" } }));
equal([changed.category, changed.status], ["sea", "active"]);
const list = must(
  await api.GET("/api/v1/assistants", { params: { query: { status: "active", sort: "name:asc", size: 5 } } }),
);
const listed: Schemas["Assistant"] | undefined = list.items[0];
equal([list.total, listed?.id, list.next_cursor], [1, assistant.id, null]);

const conversation = must(
  await api.POST("/api/v1/conversations", { body: { assistant_id: assistant.id, initial_message: "Hello" } }),
);
equal(conversation.messages?.map(({ role }) => role), ["user", "assistant"]);
const at = { path: { conversation_id: conversation.id } };
const key = { header: { "Idempotency-Key": "once" } };
const said = await api.POST("/api/v1/conversations/{conversation_id}/messages", {
  params: { ...at, ...key },
  body: { content: "Hello again" },
});
const exchange: Schemas["Exchange"] = must(said);
equal([exchange.tokens_charged, exchange.assistant_message.status], [100, "complete"]);

const streamed = await api.POST("/api/v1/conversations/{conversation_id}/messages/stream", {
  params: at,
  body: { content: "Once more" },
  parseAs: "text",
});
const names = [...(must(streamed) as unknown as string).matchAll(/^event: (.*)$/gm)].map(([, name]) => name);
const known: Schemas["StreamEvent"]["event"][] = ["message", "delta", "done"];
equal([...new Set(names)], known);

const file = must(
  await api.POST("/api/v1/files/upload", {
    body: { file: new File(["The tide is high."], "tides.txt") as unknown as string },
    bodySerializer: ({ file }) => {
      const form = new FormData();
      form.append("file", file as unknown as File);
      return form;
    },
  }),
);
const content = await api.GET("/api/v1/files/{file_id}/content", {
  params: { path: { file_id: file.id } },
  parseAs: "text",
});
equal(must(content), "The tide is high.");

const webhook = must(
  await api.POST("/api/v1/webhooks", { body: { url: "https://receiver.example/", events: ["message.received"] } }),
);
equal([typeof webhook.secret, webhook.is_active], ["string", true]);
const tested = must(
  await api.POST("/api/v1/webhooks/{webhook_id}/test", { params: { path: { webhook_id: webhook.id } }, body: {} }),
);
const payload: Schemas["WebhookEvent"] = tested.payload;
equal(payload.event === "webhook.test" && payload.data.webhook_id, webhook.id);
type Received = webhooks["message.received"]["post"]["requestBody"]["content"]["application/json"];
const received: Received["data"]["message_id"] = "a message of a receiver is typed";
equal(typeof received, "string");

const ticket = must(await api.POST("/api/v1/ws/ticket"));
equal(ticket.expires_in, 30);
equal(must(await api.GET("/api/v1/health")).status, "healthy");
const removed = await api.DELETE("/api/v1/assistants/{assistant_id}", { params });
equal(removed.response.status, 204);
const gone = await api.GET("/api/v1/assistants/{assistant_id}", { params });
equal([gone.response.status, gone.error?.error_code], [404, "NOT_FOUND"]);
const fresh = must(await api.POST("/api/v1/auth/refresh", { body: { refresh_token: tokens.refresh_token } }));
equal(fresh.token_type, "bearer");
must(await api.POST("/api/v1/auth/logout", { body: {} }));
equal((await api.GET("/api/v1/users/me")).response.status, 401);
