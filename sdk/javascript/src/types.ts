/** The things of the API, as this package shows them: names in camelCase, times as `Date`. */

/** Known values, and any other text, because servers may add some. */
export type Open<Known extends string> = Known | (string & {});

/** An id, or a thing that has one. */
export type Id = string | { readonly id: string };

/** A time, or its text in RFC 3339. */
export type Time = Date | string;

/** What every thing of the API may have. */
export interface Extensible {
  /** Fields that a newer server sends and this version does not know, as they came. Absent if there are none. */
  extra?: Readonly<Record<string, unknown>>;
}

export type UserRole = Open<"user" | "admin">;

export interface User extends Extensible {
  id: string;
  username: string;
  email: string | null;
  fullName: string | null;
  role: UserRole;
  isActive: boolean;
  /** What the user can spend. */
  tokens: number;
  createdAt: Date;
  updatedAt: Date;
}

export interface ApiKey extends Extensible {
  id: string;
  name: string;
  createdAt: Date;
  /** `null`: never. */
  expiresAt: Date | null;
}

export interface CreatedApiKey extends ApiKey {
  /** The key itself. It is not shown again. */
  key: string;
}

export type AssistantStatus = Open<"active" | "inactive" | "draft">;

export interface Assistant extends Extensible {
  id: string;
  name: string;
  description: string | null;
  personality: string | null;
  systemPrompt: string | null;
  status: AssistantStatus;
  category: string | null;
  companyName: string | null;
  model: string | null;
  temperature: number | null;
  /** Ids of tools. */
  tools: string[];
  /** Ids of files. */
  files: string[];
  createdAt: Date;
  updatedAt: Date;
}

export interface Conversation extends Extensible {
  id: string;
  /** `null`: the default model answers. */
  assistantId: string | null;
  title: string;
  messageCount: number;
  createdAt: Date;
  updatedAt: Date;
  /** The latest messages, oldest first. Absent in lists. */
  messages?: Message[];
}

export type MessageRole = Open<"user" | "assistant">;
export type MessageStatus = Open<"pending" | "complete" | "cut" | "cancelled" | "failed">;

export interface Message extends Extensible {
  id: string;
  conversationId: string;
  role: MessageRole;
  content: string;
  attachments: Attachment[];
  status: MessageStatus;
  /** `null` for messages of users. */
  usage: Usage | null;
  /** What answered. `null` for messages of users. */
  model: string | null;
  sources: Source[];
  steps: Step[];
  createdAt: Date;
}

export type AttachmentType = Open<"file" | "image">;

export interface Attachment extends Extensible {
  type: AttachmentType;
  url: string;
}

/** `url` is the id or the `url` of a file of yours, or an https address. */
export interface NewAttachment {
  type: AttachmentType;
  url: string;
}

export interface Usage extends Extensible {
  /** `null` where the provider does not tell. */
  inputTokens: number | null;
  outputTokens: number | null;
  tokensCharged: number;
  /** Whether the price is that of an estimate. */
  estimated?: boolean;
}

/** A passage of a file that the model was given. */
export interface Source extends Extensible {
  /** `null` for a file that was attached by its address. */
  fileId: string | null;
  filename: string;
  /** From 1. `null` for files without pages. */
  page: number | null;
  text: string;
}

/** A call of a tool. */
export interface Step extends Extensible {
  tool: string;
  arguments: Record<string, unknown>;
  result: string;
  status: Open<"complete" | "failed">;
}

/** A call of a tool, as a stream reports it. */
export interface StepNews extends Extensible {
  tool: string;
  arguments: Record<string, unknown>;
  /** `null` before the end. */
  result: string | null;
  status: Open<"running" | "complete" | "failed">;
}

/** A message and its reply. */
export interface Exchange extends Extensible {
  userMessage: Message;
  assistantMessage: Message;
  tokensCharged: number;
  tokensLeft: number;
  /** The content of the reply. */
  text: string;
}

export interface ToolParameter extends Extensible {
  type: Open<"string" | "number" | "integer" | "boolean" | "array" | "object">;
  required: boolean;
  description: string;
}

export interface Tool extends Extensible {
  id: string;
  name: string;
  description: string | null;
  category: string | null;
  parameters: Record<string, ToolParameter>;
  /** `null` for built-in tools, and for callers who are not administrators. */
  endpoint: string | null;
  secretHeader: { name: string } | null;
  timeoutSeconds: number | null;
  maxResultBytes: number | null;
  /** `null` for built-in tools. */
  createdAt: Date | null;
  updatedAt: Date | null;
}

/** What a call of a tool sent and got. */
export interface ToolTrial extends Extensible {
  request: {
    url: string | null;
    headers: Record<string, string> | null;
    body: Record<string, unknown> | null;
  } & Extensible;
  response: { status: number | null; text: string; hasFailed: boolean } & Extensible;
}

export interface Model extends Extensible {
  id: string;
  name: string;
  isDefault: boolean;
}

export type FileStatus = Open<"processing" | "ready" | "failed" | "stored">;

/** An uploaded file. */
export interface StoredFile extends Extensible {
  id: string;
  filename: string;
  contentType: string;
  /** In bytes. */
  size: number;
  url: string;
  /** `processing` while the text is read; `ready` when assistants answer from it; `stored` for kinds that are not read. */
  status: FileStatus;
  /** The status in a sentence. Empty for `ready`. */
  statusDetail: string;
  createdAt: Date;
}

export type KnownEventName =
  | "conversation.created"
  | "conversation.updated"
  | "message.received"
  | "assistant.status_changed"
  | "user.created"
  | "user.updated"
  | "webhook.disabled"
  | "webhook.test";
export type EventName = Open<KnownEventName>;

export interface Webhook extends Extensible {
  id: string;
  url: string;
  events: EventName[];
  isActive: boolean;
  createdAt: Date;
  /** A secret that the server made. It is shown once. */
  secret?: string;
  /** Why the server switched the webhook off. */
  disabledReason?: Open<"gone" | "failing">;
}

export interface DeliveryAttempt extends Extensible {
  at: Date;
  durationMs: number;
  error: string | null;
  /** The beginning of the receiver's answer. */
  response: string | null;
  statusCode: number | null;
}

export type DeliveryStatus = Open<"pending" | "delivered" | "failed">;

export interface Delivery extends Extensible {
  /** The event's id, which receivers get as `webhook-id`. */
  id: string;
  webhookId: string;
  event: EventName;
  /** The body of the request, as it is sent. */
  payload: Record<string, unknown>;
  status: DeliveryStatus;
  attempts: DeliveryAttempt[];
  createdAt: Date;
  nextAttemptAt: Date | null;
}

export interface Notification extends Extensible {
  id: string;
  message: string;
  createdAt: Date;
}

/** Opens a live connection, once. */
export interface Ticket extends Extensible {
  ticket: string;
  /** In seconds. */
  expiresIn: number;
  /** The address to connect to, if the server provides it. */
  url?: string;
}

export interface Health extends Extensible {
  status: Open<"healthy" | "unhealthy">;
}

export interface ComponentHealth extends Health {
  latencyMs: number;
}

export interface DetailedHealth extends Health {
  components: Record<"database" | "storage" | "model" | "queue", ComponentHealth> & Extensible;
  /** Whether everything is healthy. */
  ok: boolean;
}
