/** How each type of the API is read and written. */
import {
  body,
  data,
  entries,
  flag,
  idOf,
  idsOf,
  list,
  nullable,
  number,
  object,
  optional,
  same,
  text,
  time,
  timeOf,
  word,
} from "./codec.js";
import type { Read } from "./codec.js";
import type * as params from "./params.js";
import type * as types from "./types.js";
import type { Wire } from "./wire.js";

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never;
/** The names of events are those of the document. */
export const eventsAreCurrent: Same<Wire<"EventKind">, types.KnownEventName> = true;

export const user = object<Wire<"User">, types.User>("user", {
  id: text,
  username: text,
  email: nullable(text),
  fullName: nullable(text),
  role: text,
  isActive: flag,
  tokens: number,
  createdAt: time,
  updatedAt: time,
});

const apiKeyFields = { id: text, name: text, createdAt: time, expiresAt: nullable(time) };
export const apiKey = object<Wire<"ApiKey">, types.ApiKey>("api_key", apiKeyFields);
export const createdApiKey = object<Wire<"CreatedApiKey">, types.CreatedApiKey>("api_key", {
  ...apiKeyFields,
  key: text,
});

export const assistant = object<Wire<"Assistant">, types.Assistant>("assistant", {
  id: text,
  name: text,
  description: nullable(text),
  personality: nullable(text),
  systemPrompt: nullable(text),
  status: text,
  category: nullable(text),
  companyName: nullable(text),
  model: nullable(text),
  temperature: nullable(number),
  tools: list(text),
  files: list(text),
  createdAt: time,
  updatedAt: time,
});

const usage = object<Wire<"Usage">, types.Usage>("usage", {
  inputTokens: nullable(number),
  outputTokens: nullable(number),
  tokensCharged: number,
  estimated: optional(flag),
});
const attachment = object<Wire<"Attachment">, types.Attachment>("attachment", { type: text, url: text });
const source = object<Wire<"Source">, types.Source>("source", {
  fileId: nullable(text),
  filename: text,
  page: nullable(number),
  text,
});
const step = object<Wire<"Step">, types.Step>("step", { tool: text, arguments: data, result: text, status: text });
export const stepNews = object<Wire<"StreamStep">, types.StepNews>("step", {
  tool: text,
  arguments: data,
  result: nullable(text),
  status: text,
});

export const message = object<Wire<"Message">, types.Message>("message", {
  id: text,
  conversationId: text,
  role: text,
  content: text,
  attachments: list(attachment),
  status: text,
  usage: nullable(usage),
  model: nullable(text),
  sources: list(source),
  steps: list(step),
  createdAt: time,
});

export const delta = object<Wire<"StreamDelta">, { text: string }>("delta", { text });

const bareExchange = object<Wire<"Exchange">, Omit<types.Exchange, "text">>("exchange", {
  userMessage: message,
  assistantMessage: message,
  tokensCharged: number,
  tokensLeft: number,
});
export const exchange: Read<Wire<"Exchange">, types.Exchange> = (value, at) => {
  const read = bareExchange(value, at);
  return { ...read, text: read.assistantMessage.content };
};

export const conversation = object<Wire<"Conversation">, types.Conversation>("conversation", {
  id: text,
  assistantId: nullable(text),
  title: text,
  messageCount: number,
  createdAt: time,
  updatedAt: time,
  messages: optional(list(message)),
});

const parameter = object<Wire<"ToolParameter">, types.ToolParameter>("parameter", {
  type: text,
  required: flag,
  description: text,
});
const secretHeader = object<Wire<"SecretHeaderName">, { name: string }>("secret_header", { name: text });
export const tool = object<Wire<"Tool">, types.Tool>("tool", {
  id: text,
  name: text,
  description: nullable(text),
  category: nullable(text),
  parameters: entries(parameter),
  endpoint: nullable(text),
  secretHeader: nullable(secretHeader),
  timeoutSeconds: nullable(number),
  maxResultBytes: nullable(number),
  createdAt: nullable(time),
  updatedAt: nullable(time),
});
export const toolTrial = object<Wire<"ToolTestResult">, types.ToolTrial>("trial", {
  request: object<Wire<"ToolRequest">, types.ToolTrial["request"]>("request", {
    url: nullable(text),
    headers: nullable(entries(text)),
    body: nullable(data),
  }),
  response: object<Wire<"ToolResponse">, types.ToolTrial["response"]>("response", {
    status: nullable(number),
    text,
    hasFailed: flag,
  }),
});

const model = object<Wire<"Model">, types.Model>("model", { id: text, name: text, isDefault: flag });
export const models = object<Wire<"ModelList">, { items: types.Model[] }>("models", { items: list(model) });

export const file = object<Wire<"StoredFile">, types.StoredFile>("file", {
  id: text,
  filename: text,
  contentType: text,
  size: number,
  url: text,
  status: text,
  statusDetail: text,
  createdAt: time,
});
export interface AnnouncedUpload extends types.Extensible {
  id: string;
  uploadUrl: string;
  headers: Record<string, string>;
  expiresAt: Date;
}
export const announcedUpload = object<Wire<"Upload">, AnnouncedUpload>("upload", {
  id: text,
  uploadUrl: text,
  headers: entries(text),
  expiresAt: time,
});

export const webhook = object<Wire<"Webhook">, types.Webhook>("webhook", {
  id: text,
  url: text,
  events: list(text),
  isActive: flag,
  createdAt: time,
  secret: optional(text),
  disabledReason: optional(text),
});
const attempt = object<Wire<"DeliveryAttempt">, types.DeliveryAttempt>("attempt", {
  at: time,
  durationMs: number,
  error: nullable(text),
  response: nullable(text),
  statusCode: nullable(number),
});
export const delivery = object<Wire<"Delivery">, types.Delivery>("delivery", {
  id: text,
  webhookId: text,
  event: text,
  payload: data,
  status: text,
  attempts: list(attempt),
  createdAt: time,
  nextAttemptAt: nullable(time),
});
export const retried = object<Wire<"RetriedDeliveries">, { retried: number; hasMore: boolean }>("retried", {
  retried: number,
  hasMore: flag,
});

export const notification = object<Wire<"Notification">, types.Notification>("notification", {
  id: text,
  message: text,
  createdAt: time,
});
export const ticket = object<Wire<"Ticket"> & { url?: string }, types.Ticket>("ticket", {
  ticket: text,
  expiresIn: number,
  url: optional(text),
});

export const health = object<Wire<"Health">, types.Health>("health", { status: text });
const component = object<Wire<"ComponentHealth">, types.ComponentHealth>("component", {
  status: text,
  latencyMs: number,
});
const components = object<Wire<"HealthComponents">, types.DetailedHealth["components"]>("components", {
  database: component,
  storage: component,
  model: component,
  queue: component,
});
const bareDetailed = object<Wire<"DetailedHealth">, Omit<types.DetailedHealth, "ok">>("health", {
  status: text,
  components,
});
export const detailedHealth: Read<Wire<"DetailedHealth">, types.DetailedHealth> = (value, at) => {
  const read = bareDetailed(value, at);
  return { ...read, ok: read.status === "healthy" };
};

export interface Tokens extends types.Extensible {
  accessToken: string;
  refreshToken: string;
  tokenType: string;
  expiresIn: number;
}
export const tokens = object<Wire<"TokenPair">, Tokens>("tokens", {
  accessToken: text,
  refreshToken: text,
  tokenType: text,
  expiresIn: number,
});

const attachmentBody = body<types.NewAttachment, Wire<"NewAttachment">>({ type: word, url: same });

export const bodies = {
  register: body<params.Register, Wire<"Registration">>({
    email: same,
    password: same,
    username: same,
    fullName: same,
  }),
  login: body<params.Credentials, Wire<"Credentials">>({ email: same, password: same }),
  updateMe: body<params.UpdateMe, Wire<"ProfileUpdate">>({
    fullName: same,
    email: same,
    username: same,
    password: same,
    currentPassword: same,
  }),
  updateUser: body<params.UpdateUser, Wire<"UserUpdate">>({
    username: same,
    email: same,
    fullName: same,
    password: same,
    role: word,
    isActive: same,
    tokensGranted: same,
  }),
  apiKey: body<params.CreateApiKey, Wire<"NewApiKey">>({ name: same, expiresInDays: same }),
  assistant: body<params.UpdateAssistant, Wire<"AssistantUpdate">>({
    name: same,
    description: same,
    personality: same,
    systemPrompt: same,
    status: word,
    category: same,
    companyName: same,
    model: same,
    temperature: same,
    tools: idsOf,
    files: idsOf,
  }),
  conversation: body<Omit<params.CreateConversation, "message">, Wire<"NewConversation">>({
    assistantId: idOf,
    title: same,
    initialMessage: same,
  }),
  title: body<params.UpdateConversation, Wire<"ConversationUpdate">>({ title: same }),
  message: body<{ content: string } & params.SendMessage, Wire<"NewMessage">>({
    content: same,
    attachments: (given) => given.map((one) => attachmentBody(one) as unknown as Wire<"NewAttachment">),
  }),
  tool: body<params.UpdateTool, Wire<"ToolUpdate">>({
    name: same,
    endpoint: same,
    description: same,
    category: same,
    parameters: (given) => given as unknown as Record<string, Wire<"NewToolParameter">>,
    secretHeader: same,
    timeoutSeconds: same,
    maxResultBytes: same,
  }),
  upload: body<{ filename: string; size: number; contentType?: string }, Wire<"NewUpload">>({
    filename: same,
    size: same,
    contentType: same,
  }),
  webhook: body<params.CreateWebhook, Wire<"NewWebhook">>({
    url: same,
    events: (names) => [...names] as Wire<"SubscribableEvent">[],
    secret: same,
  }),
  updateWebhook: body<params.UpdateWebhook, Wire<"WebhookUpdate">>({
    url: same,
    events: (names) => [...names] as Wire<"SubscribableEvent">[],
    isActive: same,
  }),
  secret: body<params.RotateSecret, Wire<"NewWebhookSecret">>({ secret: same }),
  since: body<{ since: types.Time }, Wire<"DeliveriesRetry">>({ since: timeOf }),
  notification: body<{ message: string }, Wire<"NewNotification">>({ message: same }),
};
