import { client } from "./platform/client.gen.js";
import {
  assistantsCreate,
  assistantsDelete,
  assistantsGet,
  assistantsList,
  assistantsUpdate,
  authLogin,
  authLogout,
  authRefresh,
  authRegister,
  conversationsCreate,
  conversationsSendMessage,
  conversationsStreamMessage,
  filesDownload,
  filesUpload,
  healthCheck,
  realtimeCreateTicket,
  usersMe,
  webhooksCreate,
  webhooksTest,
  type Assistant,
  type Exchange,
  type StreamEvent,
  type WebhookEvent,
} from "./platform/index.js";
import { equal, must, url } from "./support.js";

client.setConfig({ baseUrl: url });
const credentials = { email: "platform-hey@example.com", password: "password123" };
equal(must(await authRegister({ body: credentials })).role, "user");
const wrong = await authLogin({ body: { ...credentials, password: "wrong" } });
equal([wrong.response?.status, wrong.error?.error_code], [401, "UNAUTHORIZED"]);
const tokens = must(await authLogin({ body: credentials }));
client.setConfig({ baseUrl: url, auth: tokens.access_token });

const invalid = await assistantsCreate({ body: { name: "" } });
equal([invalid.response?.status, invalid.error?.errors?.[0]?.field], [422, "name"]);
const assistant = must(await assistantsCreate({ body: { name: "Tides", status: "active" } }));
const path = { assistant_id: assistant.id };
equal(must(await assistantsUpdate({ path, body: { category: "sea" } })).category, "sea");
const list = must(await assistantsList({ query: { status: "active", sort: "name:asc", size: 5 } }));
const listed: Assistant | undefined = list.items[0];
equal([list.total, listed?.id, list.next_cursor], [1, assistant.id, null]);

const conversation = must(await conversationsCreate({ body: { assistant_id: assistant.id, initial_message: "Hello" } }));
equal(conversation.messages?.map(({ role }) => role), ["user", "assistant"]);
const at = { conversation_id: conversation.id };
const said = await conversationsSendMessage({
  path: at,
  body: { content: "Hello again" },
  headers: { "Idempotency-Key": "once" },
});
const exchange: Exchange = must(said);
equal([exchange.tokens_charged, exchange.assistant_message.status], [100, "complete"]);

const { stream } = await conversationsStreamMessage({
  path: at,
  body: { content: "Once more" },
  headers: { "Idempotency-Key": "streamed" },
  sseMaxRetryAttempts: 1,
});
const pieces: unknown[] = [];
for await (const data of stream) pieces.push(data);
// hey-api returns the data of each event, parsed.
const last = pieces.at(-1) as Exchange;
equal(last.assistant_message.content, "This is a dummy response from the AI.");
const kind: StreamEvent["event"] = "done";
equal(kind, "done");

const file = must(await filesUpload({ body: { file: new File(["The tide is high."], "tides.txt") } }));
// Otherwise the type of the file decides what the call returns.
const content = must(await filesDownload({ path: { file_id: file.id }, parseAs: "blob" }));
equal(await content.text(), "The tide is high.");

const webhook = must(await webhooksCreate({ body: { url: "https://receiver.example/", events: ["message.received"] } }));
equal([typeof webhook.secret, webhook.is_active], ["string", true]);
const tested = must(await webhooksTest({ path: { webhook_id: webhook.id }, body: {} }));
const payload: WebhookEvent = tested.payload;
equal(payload.event === "webhook.test" && payload.data.webhook_id, webhook.id);

equal(must(await realtimeCreateTicket()).expires_in, 30);
equal(must(await healthCheck()).status, "healthy");
equal((await assistantsDelete({ path })).response?.status, 204);
const gone = await assistantsGet({ path });
equal([gone.response?.status, gone.error?.error_code], [404, "NOT_FOUND"]);
equal(must(await authRefresh({ body: { refresh_token: tokens.refresh_token } })).token_type, "bearer");
must(await authLogout({ body: {} }));
equal((await usersMe()).response?.status, 401);
