/** What methods take. `null` removes a value; an absent field is not sent. */
import type {
  AssistantStatus,
  DeliveryStatus,
  EventName,
  FileStatus,
  Id,
  NewAttachment,
  Open,
  ToolParameter,
  UserRole,
} from "./types.js";

export interface Register {
  email: string;
  password: string;
  /** Made from the e-mail address if it is absent. */
  username?: string | null;
  fullName?: string | null;
}

export interface Credentials {
  /** The e-mail address or the username. */
  email: string;
  password: string;
}

export interface UpdateMe {
  fullName?: string | null;
  email?: string | null;
  username?: string;
  password?: string;
  /** Needed for a new e-mail address, username or password. */
  currentPassword?: string | null;
}

export interface UpdateUser {
  username?: string;
  email?: string | null;
  fullName?: string | null;
  password?: string;
  role?: UserRole;
  isActive?: boolean;
  /** Added to the balance. */
  tokensGranted?: number;
}

export interface CreateApiKey {
  name: string;
  /** 1 to 3650. Without it, the key never expires. */
  expiresInDays?: number | null;
}

export interface UpdateAssistant {
  name?: string;
  description?: string | null;
  personality?: string | null;
  systemPrompt?: string | null;
  status?: AssistantStatus | null;
  category?: string | null;
  companyName?: string | null;
  /** See `models.list()`. */
  model?: string | null;
  /** From 0 to 2. */
  temperature?: number | null;
  tools?: readonly Id[] | null;
  files?: readonly Id[] | null;
}

export interface CreateAssistant extends UpdateAssistant {
  name: string;
}

export interface CreateConversation {
  assistantId?: Id | null;
  title?: string | null;
  /** The first message. The call ends when it is answered. */
  initialMessage?: string | null;
  /** Another name of `initialMessage`. */
  message?: string | null;
}

export interface UpdateConversation {
  title: string;
}

export interface SendMessage {
  attachments?: readonly NewAttachment[] | null;
}

export interface UpdateTool {
  name?: string;
  /** The address that is called with the arguments as JSON. */
  endpoint?: string;
  description?: string | null;
  category?: string | null;
  parameters?: Record<string, Pick<ToolParameter, "type"> & Partial<ToolParameter>>;
  /** A header that each call sends. A change without `value` keeps the stored one. */
  secretHeader?: { name: string; value?: string } | null;
  timeoutSeconds?: number | null;
  maxResultBytes?: number | null;
}

export interface CreateTool extends UpdateTool {
  name: string;
  endpoint: string;
}

export interface CreateWebhook {
  url: string;
  events: readonly EventName[];
  /** Made by the server, and shown once, if it is absent. */
  secret?: string | null;
}

export interface UpdateWebhook {
  url?: string;
  events?: readonly EventName[];
  isActive?: boolean;
}

export interface RotateSecret {
  secret?: string | null;
}

type Order<Field extends string> = Open<`${Field}:asc` | `${Field}:desc`>;

/** What all lists take. */
export interface ListParams<Field extends string = "created_at"> {
  /** `field:asc` or `field:desc`. Newest first without it. */
  sort?: Order<Field>;
  /** Entries of a page, 1 to 100. */
  size?: number;
  /** Begins with this page. Iterating goes on by cursor from there. */
  page?: number;
}

export type ListUsers = ListParams<"created_at" | "username" | "email">;
export type ListApiKeys = ListParams<"created_at" | "name">;
export type ListTools = ListParams<"created_at" | "name">;
export type ListWebhooks = ListParams<"created_at" | "url">;

export interface ListAssistants extends ListParams<"created_at" | "updated_at" | "name"> {
  status?: AssistantStatus;
  category?: string;
}

export interface ListConversations extends ListParams<"created_at" | "updated_at" | "title"> {
  assistantId?: Id;
}

export interface ListFiles extends ListParams<"created_at" | "filename" | "size"> {
  status?: FileStatus;
}

export interface ListDeliveries extends ListParams {
  status?: DeliveryStatus;
  event?: EventName;
}
