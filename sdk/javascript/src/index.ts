/** The client library of the AI Assistant Platform API. */
export { AIAssistantClient } from "./client.js";
export type { ChangeableOptions, CustomRequest } from "./client.js";
export type { RequestOptions } from "./call.js";
export * from "./errors.js";
export type { DownloadOptions, UploadOptions } from "./transfer.js";
export { Page, PagePromise } from "./pages.js";
export type * from "./params.js";
export { APIPromise } from "./promise.js";
export type {
  AssistantStatusUpdate,
  ConnectOptions,
  ConversationUpdate,
  Gap,
  LiveEvent,
  MessageDelta,
  RealtimeConnection,
  SystemNotification,
  UnknownUpdate,
} from "./realtime.js";
export type { MessageList, StreamOptions } from "./resources.js";
export { Session } from "./session.js";
export type { SessionData } from "./session.js";
export { VERSION } from "./settings.js";
export type { ClientOptions, Logger, WebSocketConstructor, WebSocketLike } from "./settings.js";
export { MessageStream } from "./stream.js";
export type { MessageStreamEvent } from "./stream.js";
export type * from "./types.js";
export type { Progress, Uploadable } from "./transfer.js";
export type { HeadersLike, VerifyOptions, WebhookEvent } from "./webhooks.js";
