// What users of the types may and may not write. Compiled in every kind of project, never run.
import {
  AIAssistantClient,
  APIStatusError,
  RateLimitError,
  ValidationError,
  type Assistant,
  type MessageStatus,
  type Session,
} from "@ai-assistant/sdk";
import { verify, type WebhookEvent } from "@ai-assistant/sdk/webhooks";
import { connect, type LiveEvent } from "@ai-assistant/sdk/realtime";

type Is<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const sure = <_ extends true>(): void => {};

export async function use(client: AIAssistantClient): Promise<void> {
  const made = await client.assistants.create({ name: "x", temperature: null, tools: ["web_search"] });
  sure<Is<typeof made, Assistant>>();
  sure<Is<typeof made.createdAt, Date>>();
  sure<Is<typeof made.systemPrompt, string | null>>();
  for await (const assistant of client.assistants.list({ sort: "name:asc", status: "active" }))
    assistant.id.toUpperCase();
  const page = await client.assistants.list();
  const { items } = page;
  sure<Is<typeof items, Assistant[]>>();
  // Statuses are open, and known ones are completed.
  const status: MessageStatus = "something new";
  const known: MessageStatus = "complete";
  // @ts-expect-error a name is needed
  await client.assistants.create({ temperature: 1 });
  // @ts-expect-error there is no such field
  await client.assistants.create({ name: "x", system_prompt: "y" });
  // @ts-expect-error a number
  await client.assistants.update(made, { temperature: "hot" });
  // @ts-expect-error a title cannot be removed
  await client.conversations.update("id", { title: null });
  const { data, requestId } = await client.users.me().withResponse();
  sure<Is<typeof requestId, string | null>>();
  data.email?.toUpperCase();
  const conversation = await client.conversations.create({ assistantId: made, message: "Hello" });
  const stream = client.conversations.messages.stream(conversation, "Hello", { signal: AbortSignal.timeout(1000) });
  for await (const text of stream) text.toUpperCase();
  for await (const event of stream.events()) if (event.type === "step") event.step.tool.toUpperCase();
  (await stream.result).assistantMessage.usage?.inputTokens?.toFixed();
  const blob: Blob = await client.files.download("id");
  const nothing: void = await client.files.download("id", { to: "path" });
  await client.files.upload(blob, { filename: "a.txt", onProgress: (done, total) => done / (total ?? 1) });
  const event: WebhookEvent = await verify("{}", new Headers(), "secret");
  const live = await connect(client);
  for await (const one of live) tell(one);
  const session: Session | null = client.session;
  try {
    await client.users.me({ timeout: 5_000, maxRetries: 0 });
  } catch (error) {
    if (error instanceof ValidationError) error.field("name")?.toUpperCase();
    if (error instanceof RateLimitError) error.retryAfter?.toFixed();
    if (error instanceof APIStatusError && error.code === "CONFLICT") throw error;
  }
  void [status, known, nothing, event, session];
}

function tell(event: LiveEvent): void {
  if (event.type === "message_delta") event.delta.toUpperCase();
  if (event.type === "conversation_update") event.message?.content.toUpperCase();
}
