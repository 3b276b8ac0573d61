// Made by scripts/wire.mjs from the OpenAPI document of the platform API. Do not edit.

export type paths = Record<string, never>;
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * @description An API key, without its secret.
         * @example {
         *       "created_at": "2024-01-01T00:00:00Z",
         *       "expires_at": null,
         *       "id": "018e376b-9ce0-7000-8000-000000000001",
         *       "name": "my bot"
         *     }
         */
        ApiKey: {
            /**
             * Format: date-time
             * @description When the key was created.
             */
            created_at: string;
            /**
             * Format: date-time
             * @description When the key expires. `null` if it does not.
             */
            expires_at: string | null;
            /**
             * Format: uuid
             * @description The key's id.
             */
            id: string;
            /** @description What the key is for. */
            name: string;
        };
        /**
         * @description A page of a list.
         * @example {
         *       "has_next": false,
         *       "has_prev": false,
         *       "items": [
         *         {
         *           "created_at": "2024-01-01T00:00:00Z",
         *           "expires_at": null,
         *           "id": "018e376b-9ce0-7000-8000-000000000001",
         *           "name": "my bot"
         *         }
         *       ],
         *       "next_cursor": null,
         *       "page": 1,
         *       "pages": 1,
         *       "size": 20,
         *       "total": 1
         *     }
         */
        ApiKeyList: {
            /**
             * @description Whether a page follows.
             * @example false
             */
            has_next: boolean;
            /**
             * @description Whether a page precedes this one.
             * @example false
             */
            has_prev: boolean;
            /** @description The entries of this page. */
            items: components["schemas"]["ApiKey"][];
            /**
             * @description Requests the next page as `after`. `null` on the last page.
             * @example null
             */
            next_cursor: string | null;
            /**
             * Format: int64
             * @description The number of this page.
             * @example 1
             */
            page: number;
            /**
             * Format: int64
             * @description The number of pages.
             * @example 1
             */
            pages: number;
            /**
             * Format: int64
             * @description The number of entries that a full page has.
             * @example 20
             */
            size: number;
            /**
             * Format: int64
             * @description The number of entries in the whole list.
             * @example 1
             */
            total: number;
        };
        /**
         * @description An assistant.
         * @example {
         *       "category": "general",
         *       "company_name": null,
         *       "created_at": "2024-01-01T00:00:00Z",
         *       "description": "A helpful assistant",
         *       "files": [],
         *       "id": "018e376b-9ce0-7000-8000-000000000001",
         *       "model": null,
         *       "name": "My Assistant",
         *       "personality": "friendly",
         *       "status": "active",
         *       "system_prompt": null,
         *       "temperature": 0.7,
         *       "tools": [
         *         "web_search"
         *       ],
         *       "updated_at": "2024-01-01T00:00:00Z"
         *     }
         */
        Assistant: {
            /** @description A category, by which lists can be filtered. `null` if there is none. */
            category: string | null;
            /** @description The company that the assistant works for. `null` if there is none. */
            company_name: string | null;
            /**
             * Format: date-time
             * @description When the assistant was created.
             */
            created_at: string;
            /** @description What the assistant is for. `null` if nobody said. */
            description: string | null;
            /** @description The ids of the files that the assistant answers from. */
            files: string[];
            /**
             * Format: uuid
             * @description The assistant's id.
             */
            id: string;
            /** @description The model that replies. `null` for the default one. */
            model: string | null;
            /** @description The name. It is unique among the caller's assistants. */
            name: string;
            /** @description How the assistant talks. `null` if nobody said. */
            personality: string | null;
            /** @description Whether the assistant replies. */
            status: components["schemas"]["AssistantStatus"];
            /** @description The instructions for the model. `null` if there are none. */
            system_prompt: string | null;
            /**
             * Format: double
             * @description How freely the model replies, from 0 to 2. `null` for the model's own default.
             */
            temperature: number | null;
            /** @description The ids of the tools that the assistant may use. */
            tools: string[];
            /**
             * Format: date-time
             * @description When the assistant last changed.
             */
            updated_at: string;
        };
        /** @description The `data` of an event about an assistant. */
        AssistantEventData: {
            /**
             * Format: uuid
             * @description The assistant.
             */
            assistant_id: string;
            /**
             * Format: uuid
             * @description The user whose assistant it is.
             */
            user_id: string;
        };
        /**
         * @description A page of a list.
         * @example {
         *       "has_next": false,
         *       "has_prev": false,
         *       "items": [
         *         {
         *           "category": "general",
         *           "company_name": null,
         *           "created_at": "2024-01-01T00:00:00Z",
         *           "description": "A helpful assistant",
         *           "files": [],
         *           "id": "018e376b-9ce0-7000-8000-000000000001",
         *           "model": null,
         *           "name": "My Assistant",
         *           "personality": "friendly",
         *           "status": "active",
         *           "system_prompt": null,
         *           "temperature": 0.7,
         *           "tools": [
         *             "web_search"
         *           ],
         *           "updated_at": "2024-01-01T00:00:00Z"
         *         }
         *       ],
         *       "next_cursor": null,
         *       "page": 1,
         *       "pages": 1,
         *       "size": 20,
         *       "total": 1
         *     }
         */
        AssistantList: {
            /**
             * @description Whether a page follows.
             * @example false
             */
            has_next: boolean;
            /**
             * @description Whether a page precedes this one.
             * @example false
             */
            has_prev: boolean;
            /** @description The entries of this page. */
            items: components["schemas"]["Assistant"][];
            /**
             * @description Requests the next page as `after`. `null` on the last page.
             * @example null
             */
            next_cursor: string | null;
            /**
             * Format: int64
             * @description The number of this page.
             * @example 1
             */
            page: number;
            /**
             * Format: int64
             * @description The number of pages.
             * @example 1
             */
            pages: number;
            /**
             * Format: int64
             * @description The number of entries that a full page has.
             * @example 20
             */
            size: number;
            /**
             * Format: int64
             * @description The number of entries in the whole list.
             * @example 1
             */
            total: number;
        };
        /**
         * @description Only an `active` assistant replies. A `draft` is not finished yet.
         * @enum {string}
         */
        AssistantStatus: "active" | "inactive" | "draft";
        /** @description The status of an assistant changed. */
        AssistantStatusChangedEvent: {
            /** @description The ids of what the event is about. Those that do not apply are absent. */
            data: components["schemas"]["AssistantEventData"];
            /**
             * @description Always `assistant.status_changed`. (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            event: "assistant.status_changed";
            /**
             * Format: date-time
             * @description When the event happened.
             */
            timestamp: string;
        };
        /** @description The status of an assistant changed. */
        AssistantStatusFrame: {
            /** @description The assistant and its status. */
            data: {
                /**
                 * Format: uuid
                 * @description The assistant.
                 */
                assistant_id: string;
                /**
                 * @description The kind of event.
                 * @enum {string}
                 */
                event: "assistant.status_changed";
                /**
                 * Format: uuid
                 * @description The event's id, the same each time it is sent. `last_event_id` resumes after it.
                 */
                event_id: string;
                /** @description The new status. */
                status: components["schemas"]["AssistantStatus"];
                /**
                 * Format: uuid
                 * @description The user whose assistant it is.
                 */
                user_id: string;
            };
            /**
             * Format: date-time
             * @description When it happened.
             */
            timestamp: string;
            /**
             * @description Always `assistant_status`. (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            type: "assistant_status";
        };
        /**
         * @description Absent fields keep their values.
         * @example {
         *       "category": "general",
         *       "description": "A helpful assistant",
         *       "name": "My Assistant",
         *       "personality": "friendly",
         *       "temperature": 0.7,
         *       "tools": [
         *         "web_search"
         *       ]
         *     }
         */
        AssistantUpdate: {
            /** @description A category, by which lists can be filtered. `null` removes it. */
            category?: string | null;
            /** @description The company that the assistant works for. `null` removes it. */
            company_name?: string | null;
            /** @description What the assistant is for. `null` removes it. */
            description?: string | null;
            /** @description The ids of the files that the assistant answers from. `null` leaves them as they are. */
            files?: string[] | null;
            /** @description The model that replies, an id of `GET /api/v1/models`. `null` for the default one, which also replies in place of one that is not in that list. */
            model?: string | null;
            /** @description The name. It is unique among the caller's assistants. */
            name?: string;
            /** @description How the assistant talks. `null` removes it. */
            personality?: string | null;
            /** @description Whether the assistant replies. `null` leaves the status as it is, which is `active` for a new assistant. */
            status?: components["schemas"]["AssistantStatus"] | null;
            /** @description The instructions for the model. `null` removes them. */
            system_prompt?: string | null;
            /**
             * Format: double
             * @description How freely the model replies, from 0 to 2. `null` for the model's own default.
             */
            temperature?: number | null;
            /** @description The ids of the tools that the assistant may use. `null` leaves them as they are. */
            tools?: string[] | null;
        };
        /** @description An attachment of a message. */
        Attachment: {
            /** @description Whether to read it or to look at it. */
            type: components["schemas"]["AttachmentType"];
            /**
             * Format: uri
             * @description The address of the content.
             */
            url: string;
        };
        /**
         * @description A document to read, or an image to look at.
         * @enum {string}
         */
        AttachmentType: "file" | "image";
        /** @description Tells who the user is. It is the first message, unless the address has a ticket. */
        AuthenticateMessage: {
            /**
             * Format: uuid
             * @description The last `event_id` that the client received.
             */
            last_event_id?: string;
            /** @description An access token, an API key or a 000 token. */
            token: string;
            /**
             * @description Always `authenticate`. (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            type: "authenticate";
        };
        /**
         * Format: binary
         * @description The bytes of a file.
         */
        Bytes: string;
        /** @description The condition of a component. */
        ComponentHealth: {
            /**
             * Format: int64
             * @description How long the check took, in milliseconds.
             */
            latency_ms: number;
            /** @description Whether the component works. */
            status: components["schemas"]["HealthStatus"];
        };
        /**
         * @description The outcome in words.
         * @example {
         *       "message": "Logout successful"
         *     }
         */
        Confirmation: {
            /** @description The outcome in words. */
            message: string;
        };
        /**
         * @description A conversation.
         * @example {
         *       "assistant_id": "018e376b-9ce0-7000-8000-000000000002",
         *       "created_at": "2024-01-01T00:00:00Z",
         *       "id": "018e376b-9ce0-7000-8000-000000000001",
         *       "message_count": 2,
         *       "title": "Conversation Title",
         *       "updated_at": "2024-01-01T00:00:00Z"
         *     }
         */
        Conversation: {
            /**
             * Format: uuid
             * @description The assistant that replies. `null` if the default model does.
             */
            assistant_id: string | null;
            /**
             * Format: date-time
             * @description When the conversation was created.
             */
            created_at: string;
            /**
             * Format: uuid
             * @description The conversation's id.
             */
            id: string;
            /**
             * Format: int64
             * @description The number of messages, replies included.
             */
            message_count: number;
            /** @description The messages, oldest first. Absent in lists. */
            messages?: components["schemas"]["Message"][];
            /** @description The title. */
            title: string;
            /**
             * Format: date-time
             * @description When the conversation last got a reply.
             */
            updated_at: string;
        };
        /** @description A conversation was created. */
        ConversationCreatedEvent: {
            /** @description The ids of what the event is about. Those that do not apply are absent. */
            data: components["schemas"]["ConversationEventData"];
            /**
             * @description Always `conversation.created`. (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            event: "conversation.created";
            /**
             * Format: date-time
             * @description When the event happened.
             */
            timestamp: string;
        };
        /** @description A conversation was created. */
        ConversationCreatedUpdate: {
            /**
             * Format: uuid
             * @description The assistant that replies. Absent if the default model does.
             */
            assistant_id?: string;
            /**
             * Format: uuid
             * @description The conversation.
             */
            conversation_id: string;
            /**
             * @description Always `conversation.created`. (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            event: "conversation.created";
            /**
             * Format: uuid
             * @description The event's id, the same each time it is sent. `last_event_id` resumes after it.
             */
            event_id: string;
            /**
             * Format: uuid
             * @description The user whose conversation it is.
             */
            user_id: string;
        };
        /** @description The `data` of an event about a conversation. */
        ConversationEventData: {
            /**
             * Format: uuid
             * @description The assistant that replies. Absent if the default model does.
             */
            assistant_id?: string;
            /**
             * Format: uuid
             * @description The conversation.
             */
            conversation_id: string;
            /**
             * Format: uuid
             * @description The user whose conversation it is.
             */
            user_id: string;
        };
        /**
         * @description A page of a list.
         * @example {
         *       "has_next": false,
         *       "has_prev": false,
         *       "items": [
         *         {
         *           "assistant_id": "018e376b-9ce0-7000-8000-000000000002",
         *           "created_at": "2024-01-01T00:00:00Z",
         *           "id": "018e376b-9ce0-7000-8000-000000000001",
         *           "message_count": 2,
         *           "title": "Conversation Title",
         *           "updated_at": "2024-01-01T00:00:00Z"
         *         }
         *       ],
         *       "next_cursor": null,
         *       "page": 1,
         *       "pages": 1,
         *       "size": 20,
         *       "total": 1
         *     }
         */
        ConversationList: {
            /**
             * @description Whether a page follows.
             * @example false
             */
            has_next: boolean;
            /**
             * @description Whether a page precedes this one.
             * @example false
             */
            has_prev: boolean;
            /** @description The entries of this page. */
            items: components["schemas"]["Conversation"][];
            /**
             * @description Requests the next page as `after`. `null` on the last page.
             * @example null
             */
            next_cursor: string | null;
            /**
             * Format: int64
             * @description The number of this page.
             * @example 1
             */
            page: number;
            /**
             * Format: int64
             * @description The number of pages.
             * @example 1
             */
            pages: number;
            /**
             * Format: int64
             * @description The number of entries that a full page has.
             * @example 20
             */
            size: number;
            /**
             * Format: int64
             * @description The number of entries in the whole list.
             * @example 1
             */
            total: number;
        };
        /**
         * @description A change of a conversation.
         * @example {
         *       "title": "Another title"
         *     }
         */
        ConversationUpdate: {
            /** @description The title. */
            title: string;
        };
        /** @description What happened in a conversation. Later versions may have other events. */
        ConversationUpdateData: components["schemas"]["ConversationCreatedUpdate"] | components["schemas"]["MessageReceivedUpdate"] | components["schemas"]["MessageDeltaUpdate"] | components["schemas"]["MessageFailedUpdate"];
        /** @description A conversation was created, a message was stored, or a reply is being written. */
        ConversationUpdateFrame: {
            /** @description What happened. */
            data: components["schemas"]["ConversationUpdateData"];
            /**
             * Format: date-time
             * @description When it happened.
             */
            timestamp: string;
            /**
             * @description Always `conversation_update`. (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            type: "conversation_update";
        };
        /** @description A conversation got a message or another title. */
        ConversationUpdatedEvent: {
            /** @description The ids of what the event is about. Those that do not apply are absent. */
            data: components["schemas"]["ConversationEventData"];
            /**
             * @description Always `conversation.updated`. (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            event: "conversation.updated";
            /**
             * Format: date-time
             * @description When the event happened.
             */
            timestamp: string;
        };
        /**
         * @description An API key with `"key": "qk_…"`.
         * @example {
         *       "created_at": "2024-01-01T00:00:00Z",
         *       "expires_at": null,
         *       "id": "018e376b-9ce0-7000-8000-000000000001",
         *       "key": "qk_…",
         *       "name": "my bot"
         *     }
         */
        CreatedApiKey: {
            /**
             * Format: date-time
             * @description When the key was created.
             */
            created_at: string;
            /**
             * Format: date-time
             * @description When the key expires. `null` if it does not.
             */
            expires_at: string | null;
            /**
             * Format: uuid
             * @description The key's id.
             */
            id: string;
            /** @description The key itself. No other response contains it. */
            key: string;
            /** @description What the key is for. */
            name: string;
        };
        /**
         * @description `email` may contain a username.
         * @example {
         *       "email": "user@example.com",
         *       "password": "password"
         *     }
         */
        Credentials: {
            /** @description The e-mail address or the username. */
            email: string;
            /**
             * Format: password
             * @description The password.
             */
            password: string;
        };
        /**
         * @description Which deliveries to retry.
         * @example {
         *       "since": "2024-01-01T00:00:00Z"
         *     }
         */
        DeliveriesRetry: {
            /**
             * Format: date-time
             * @description Deliveries of events since this time are retried.
             */
            since: string;
        };
        /**
         * @description The delivery of an event to a webhook.
         * @example {
         *       "attempts": [
         *         {
         *           "at": "2024-01-01T00:00:00Z",
         *           "duration_ms": 120,
         *           "error": null,
         *           "response": "ok",
         *           "status_code": 200
         *         }
         *       ],
         *       "created_at": "2024-01-01T00:00:00Z",
         *       "event": "conversation.created",
         *       "id": "018e376b-9ce0-7000-8000-000000000002",
         *       "next_attempt_at": null,
         *       "payload": {
         *         "data": {
         *           "conversation_id": "018e376b-9ce0-7000-8000-000000000003",
         *           "user_id": "018e376b-9ce0-7000-8000-000000000004"
         *         },
         *         "event": "conversation.created",
         *         "timestamp": "2024-01-01T00:00:00Z"
         *       },
         *       "status": "delivered",
         *       "webhook_id": "018e376b-9ce0-7000-8000-000000000001"
         *     }
         */
        Delivery: {
            /** @description The latest 20 attempts, oldest first. */
            attempts: components["schemas"]["DeliveryAttempt"][];
            /**
             * Format: date-time
             * @description When the event happened.
             */
            created_at: string;
            /** @description The event. */
            event: components["schemas"]["EventKind"];
            /**
             * Format: uuid
             * @description The event's id, which receivers get as `webhook-id`.
             */
            id: string;
            /**
             * Format: date-time
             * @description When the next attempt is due. `null` if there is none.
             */
            next_attempt_at: string | null;
            /** @description The body of the delivery. */
            payload: components["schemas"]["WebhookEvent"];
            /** @description Whether the receiver accepted the event. */
            status: components["schemas"]["DeliveryStatus"];
            /**
             * Format: uuid
             * @description The webhook's id.
             */
            webhook_id: string;
        };
        /** @description An attempt to deliver an event. */
        DeliveryAttempt: {
            /**
             * Format: date-time
             * @description When the attempt began.
             */
            at: string;
            /**
             * Format: int64
             * @description How long the attempt took, in milliseconds.
             */
            duration_ms: number;
            /** @description Why there was no response, in one sentence. `null` if there was one. */
            error: string | null;
            /** @description The first 512 bytes of the receiver's response, as text. `null` if there was none. */
            response: string | null;
            /**
             * Format: int32
             * @description The HTTP status of the receiver's response. `null` if there was none.
             */
            status_code: number | null;
        };
        /**
         * @description A page of a list.
         * @example {
         *       "has_next": false,
         *       "has_prev": false,
         *       "items": [
         *         {
         *           "attempts": [
         *             {
         *               "at": "2024-01-01T00:00:00Z",
         *               "duration_ms": 120,
         *               "error": null,
         *               "response": "ok",
         *               "status_code": 200
         *             }
         *           ],
         *           "created_at": "2024-01-01T00:00:00Z",
         *           "event": "conversation.created",
         *           "id": "018e376b-9ce0-7000-8000-000000000002",
         *           "next_attempt_at": null,
         *           "payload": {
         *             "data": {
         *               "conversation_id": "018e376b-9ce0-7000-8000-000000000003",
         *               "user_id": "018e376b-9ce0-7000-8000-000000000004"
         *             },
         *             "event": "conversation.created",
         *             "timestamp": "2024-01-01T00:00:00Z"
         *           },
         *           "status": "delivered",
         *           "webhook_id": "018e376b-9ce0-7000-8000-000000000001"
         *         }
         *       ],
         *       "next_cursor": null,
         *       "page": 1,
         *       "pages": 1,
         *       "size": 20,
         *       "total": 1
         *     }
         */
        DeliveryList: {
            /**
             * @description Whether a page follows.
             * @example false
             */
            has_next: boolean;
            /**
             * @description Whether a page precedes this one.
             * @example false
             */
            has_prev: boolean;
            /** @description The entries of this page. */
            items: components["schemas"]["Delivery"][];
            /**
             * @description Requests the next page as `after`. `null` on the last page.
             * @example null
             */
            next_cursor: string | null;
            /**
             * Format: int64
             * @description The number of this page.
             * @example 1
             */
            page: number;
            /**
             * Format: int64
             * @description The number of pages.
             * @example 1
             */
            pages: number;
            /**
             * Format: int64
             * @description The number of entries that a full page has.
             * @example 20
             */
            size: number;
            /**
             * Format: int64
             * @description The number of entries in the whole list.
             * @example 1
             */
            total: number;
        };
        /**
         * @description `pending` until an attempt succeeds. `failed` after the last attempt.
         * @enum {string}
         */
        DeliveryStatus: "pending" | "delivered" | "failed";
        /** @description The next piece of the reply. */
        DeltaEvent: {
            /** @description A `StreamDelta`, as JSON. */
            data: string;
            /**
             * @description Always `delta`. (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            event: "delta";
            /** @description The position after the event: bytes of the reply, and steps. */
            id: string;
        };
        /**
         * @description Whether the service and its components work.
         * @example {
         *       "components": {
         *         "database": {
         *           "latency_ms": 1,
         *           "status": "healthy"
         *         },
         *         "model": {
         *           "latency_ms": 0,
         *           "status": "healthy"
         *         },
         *         "queue": {
         *           "latency_ms": 2,
         *           "status": "healthy"
         *         },
         *         "storage": {
         *           "latency_ms": 3,
         *           "status": "healthy"
         *         }
         *       },
         *       "status": "healthy"
         *     }
         */
        DetailedHealth: {
            /** @description The components. */
            components: components["schemas"]["HealthComponents"];
            /** @description `healthy` if all components are. */
            status: components["schemas"]["HealthStatus"];
        };
        /** @description The reply was stored. */
        DoneEvent: {
            /** @description A `Exchange`, as JSON. */
            data: string;
            /**
             * @description Always `done`. (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            event: "done";
            /** @description The position after the event: bytes of the reply, and steps. */
            id: string;
        };
        /** @description An error. */
        Error: {
            /** @description The error, in one sentence. */
            detail: string;
            /**
             * @description The kind of the error. Later versions may add kinds: treat one that you do not know by its status.
             * @enum {string}
             */
            error_code: "BAD_REQUEST" | "UNAUTHORIZED" | "INSUFFICIENT_TOKENS" | "FORBIDDEN" | "NOT_FOUND" | "METHOD_NOT_ALLOWED" | "REQUEST_TIMEOUT" | "CONFLICT" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE" | "VALIDATION_ERROR" | "RATE_LIMITED" | "HEADERS_TOO_LARGE" | "INTERNAL_ERROR" | "MODEL_ERROR" | "UNAVAILABLE" | "MODEL_TIMEOUT";
            /** @description Every invalid field. Absent unless the status is 422. */
            errors?: components["schemas"]["FieldError"][];
            /** @description The status of the response. */
            status_code: number;
        };
        /** @description The turn failed. Nothing was charged. */
        ErrorEvent: {
            /** @description A `Error`, as JSON. */
            data: string;
            /**
             * @description Always `error`. (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            event: "error";
            /** @description The position after the event: bytes of the reply, and steps. */
            id: string;
        };
        /**
         * @description A kind of event. `webhook.disabled` and `webhook.test` are additions of Quintet.
         * @enum {string}
         */
        EventKind: "conversation.created" | "conversation.updated" | "message.received" | "assistant.status_changed" | "user.created" | "user.updated" | "webhook.disabled" | "webhook.test";
        /** @description The stream as text. Each of its events is a `StreamEvent`. */
        EventStream: components["schemas"]["StreamEvent"] | string;
        /**
         * @description A message and the reply to it.
         * @example {
         *       "assistant_message": {
         *         "attachments": [],
         *         "content": "Hi there!",
         *         "conversation_id": "018e376b-9ce0-7000-8000-000000000001",
         *         "created_at": "2024-01-01T00:00:00Z",
         *         "id": "018e376b-9ce0-8000-8000-000000000003",
         *         "model": "gpt-5-mini",
         *         "role": "assistant",
         *         "sources": [],
         *         "status": "complete",
         *         "steps": [],
         *         "usage": {
         *           "input_tokens": 12,
         *           "output_tokens": 34,
         *           "tokens_charged": 100
         *         }
         *       },
         *       "tokens_charged": 100,
         *       "tokens_left": 3900,
         *       "user_message": {
         *         "attachments": [],
         *         "content": "Hello",
         *         "conversation_id": "018e376b-9ce0-7000-8000-000000000001",
         *         "created_at": "2024-01-01T00:00:00Z",
         *         "id": "018e376b-9ce0-8000-8000-000000000002",
         *         "model": null,
         *         "role": "user",
         *         "sources": [],
         *         "status": "complete",
         *         "steps": [],
         *         "usage": null
         *       }
         *     }
         */
        Exchange: {
            /** @description The reply. */
            assistant_message: components["schemas"]["Message"];
            /**
             * Format: int64
             * @description The tokens of the caller's balance that the turn cost.
             */
            tokens_charged: number;
            /**
             * Format: int64
             * @description The tokens that the caller can still spend.
             */
            tokens_left: number;
            /** @description The user's message. */
            user_message: components["schemas"]["Message"];
        };
        /** @description What is wrong with a field. */
        FieldError: {
            /** @description The field or parameter. */
            field: string;
            /** @description The problem, in one sentence. */
            message: string;
        };
        /**
         * @description `processing` while the text of the file is being read, then `ready`, or `failed` if it cannot be read. `stored` for kinds of files that are not read.
         * @enum {string}
         */
        FileStatus: "processing" | "ready" | "failed" | "stored";
        /**
         * @description Whether the service answers.
         * @example {
         *       "status": "healthy"
         *     }
         */
        Health: {
            /** @description Always `healthy`: a service that is not does not answer. */
            status: components["schemas"]["HealthStatus"];
        };
        /** @description The condition of each component. */
        HealthComponents: {
            /** @description DynamoDB. */
            database: components["schemas"]["ComponentHealth"];
            /** @description The chat model. */
            model: components["schemas"]["ComponentHealth"];
            /** @description SQS. */
            queue: components["schemas"]["ComponentHealth"];
            /** @description S3. */
            storage: components["schemas"]["ComponentHealth"];
        };
        /**
         * @description Whether something works.
         * @enum {string}
         */
        HealthStatus: "healthy" | "unhealthy";
        /** @description A message in a frame. */
        LiveMessage: {
            /** @description The text. */
            content: string;
            /**
             * Format: date-time
             * @description When the message was created.
             */
            created_at: string;
            /**
             * Format: uuid
             * @description The message's id.
             */
            id: string;
            /** @description The author. */
            role: components["schemas"]["MessageRole"];
            /** @description What has become of the message. */
            status: components["schemas"]["MessageStatus"];
        };
        /**
         * @description A message: the user's, or a reply.
         * @example {
         *       "attachments": [],
         *       "content": "Hello",
         *       "conversation_id": "018e376b-9ce0-7000-8000-000000000001",
         *       "created_at": "2024-01-01T00:00:00Z",
         *       "id": "018e376b-9ce0-8000-8000-000000000002",
         *       "model": null,
         *       "role": "user",
         *       "sources": [],
         *       "status": "pending",
         *       "steps": [],
         *       "usage": null
         *     }
         */
        Message: {
            /** @description The attachments. A reply has none. */
            attachments: components["schemas"]["Attachment"][];
            /** @description The text. */
            content: string;
            /**
             * Format: uuid
             * @description The conversation's id.
             */
            conversation_id: string;
            /**
             * Format: date-time
             * @description When the message was created.
             */
            created_at: string;
            /**
             * Format: uuid
             * @description The message's id.
             */
            id: string;
            /** @description The model that replied. `null` for a message of the user. */
            model: string | null;
            /** @description The author. */
            role: components["schemas"]["MessageRole"];
            /** @description The passages of files that the reply is based on, best first. */
            sources: components["schemas"]["Source"][];
            /** @description What has become of the message. */
            status: components["schemas"]["MessageStatus"];
            /** @description The tools that were called for the reply. */
            steps: components["schemas"]["Step"][];
            /** @description What the reply used and cost. `null` for a message of the user. */
            usage: components["schemas"]["Usage"] | null;
        };
        /** @description The next piece of a reply. */
        MessageDeltaUpdate: {
            /**
             * Format: uuid
             * @description The conversation.
             */
            conversation_id: string;
            /** @description The text that comes next. */
            delta: string;
            /**
             * @description Always `message.delta`. (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            event: "message.delta";
            /**
             * Format: uuid
             * @description The message.
             */
            message_id: string;
            /**
             * Format: uuid
             * @description The user whose conversation it is.
             */
            user_id: string;
        };
        /** @description The user's message was stored. */
        MessageEvent: {
            /** @description A `Message`, as JSON. */
            data: string;
            /**
             * @description Always `message`. (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            event: "message";
            /** @description The position after the event: bytes of the reply, and steps. */
            id: string;
        };
        /** @description The `data` of an event about a message. */
        MessageEventData: {
            /**
             * Format: uuid
             * @description The assistant that replies. Absent if the default model does.
             */
            assistant_id?: string;
            /**
             * Format: uuid
             * @description The conversation.
             */
            conversation_id: string;
            /**
             * Format: uuid
             * @description The message.
             */
            message_id: string;
            /**
             * Format: uuid
             * @description The user whose conversation it is.
             */
            user_id: string;
        };
        /** @description The model failed. What came of the reply before is void. */
        MessageFailedUpdate: {
            /**
             * Format: uuid
             * @description The conversation.
             */
            conversation_id: string;
            /**
             * @description Always `message.failed`. (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            event: "message.failed";
            /**
             * Format: uuid
             * @description The message.
             */
            message_id: string;
            /**
             * Format: uuid
             * @description The user whose conversation it is.
             */
            user_id: string;
        };
        /** @description A message or a reply was stored. */
        MessageReceivedEvent: {
            /** @description The ids of what the event is about. Those that do not apply are absent. */
            data: components["schemas"]["MessageEventData"];
            /**
             * @description Always `message.received`. (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            event: "message.received";
            /**
             * Format: date-time
             * @description When the event happened.
             */
            timestamp: string;
        };
        /** @description A message or a reply was stored. */
        MessageReceivedUpdate: {
            /**
             * Format: uuid
             * @description The assistant that replies. Absent if the default model does.
             */
            assistant_id?: string;
            /**
             * Format: uuid
             * @description The conversation.
             */
            conversation_id: string;
            /**
             * @description Always `message.received`. (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            event: "message.received";
            /**
             * Format: uuid
             * @description The event's id, the same each time it is sent. `last_event_id` resumes after it.
             */
            event_id: string;
            /** @description The message. Absent if the frame would be too large: read the conversation then. */
            message?: components["schemas"]["LiveMessage"];
            /**
             * Format: uuid
             * @description The message.
             */
            message_id: string;
            /**
             * Format: uuid
             * @description The user whose conversation it is.
             */
            user_id: string;
        };
        /**
         * @description The author of a message: the user, or the assistant that replied.
         * @enum {string}
         */
        MessageRole: "user" | "assistant";
        /**
         * @description `pending` before the reply, then `complete`. `cut` if the reply reached its maximum length, `cancelled` if the user stopped it, `failed` if the model failed.
         * @enum {string}
         */
        MessageStatus: "pending" | "complete" | "cut" | "cancelled" | "failed";
        /** @description A model. */
        Model: {
            /** @description The model's id, for the `model` of an assistant. */
            id: string;
            /** @description Whether this model answers for assistants without a `model`, or with one that is not in the list. */
            is_default: boolean;
            /** @description The name, for people. */
            name: string;
        };
        /**
         * @description The models that assistants may use.
         * @example {
         *       "items": [
         *         {
         *           "id": "gpt-4",
         *           "is_default": true,
         *           "name": "GPT-4"
         *         }
         *       ]
         *     }
         */
        ModelList: {
            /** @description The models, in the operator's order. */
            items: components["schemas"]["Model"][];
        };
        /**
         * @description A new API key.
         * @example {
         *       "expires_in_days": 90,
         *       "name": "my bot"
         *     }
         */
        NewApiKey: {
            /**
             * Format: int32
             * @description The lifetime of the key, in days. `null` or absent for a key that does not expire.
             */
            expires_in_days?: number | null;
            /** @description What the key is for. */
            name: string;
        };
        /**
         * @description A new assistant. Only the name is required.
         * @example {
         *       "category": "general",
         *       "description": "A helpful assistant",
         *       "name": "My Assistant",
         *       "personality": "friendly",
         *       "temperature": 0.7,
         *       "tools": [
         *         "web_search"
         *       ]
         *     }
         */
        NewAssistant: {
            /** @description A category, by which lists can be filtered. `null` removes it. */
            category?: string | null;
            /** @description The company that the assistant works for. `null` removes it. */
            company_name?: string | null;
            /** @description What the assistant is for. `null` removes it. */
            description?: string | null;
            /** @description The ids of the files that the assistant answers from. `null` leaves them as they are. */
            files?: string[] | null;
            /** @description The model that replies, an id of `GET /api/v1/models`. `null` for the default one, which also replies in place of one that is not in that list. */
            model?: string | null;
            /** @description The name. It is unique among the caller's assistants. */
            name: string;
            /** @description How the assistant talks. `null` removes it. */
            personality?: string | null;
            /** @description Whether the assistant replies. `null` leaves the status as it is, which is `active` for a new assistant. */
            status?: components["schemas"]["AssistantStatus"] | null;
            /** @description The instructions for the model. `null` removes them. */
            system_prompt?: string | null;
            /**
             * Format: double
             * @description How freely the model replies, from 0 to 2. `null` for the model's own default.
             */
            temperature?: number | null;
            /** @description The ids of the tools that the assistant may use. `null` leaves them as they are. */
            tools?: string[] | null;
        };
        /** @description An attachment of a new message. */
        NewAttachment: {
            /** @description Whether to read it or to look at it. */
            type: components["schemas"]["AttachmentType"];
            /** @description An https address, or the `url` or `id` of one of the caller's files. */
            url: string;
        };
        /**
         * @description All fields are optional.
         * @example {
         *       "initial_message": "Hello",
         *       "title": "Conversation Title"
         *     }
         */
        NewConversation: {
            /**
             * Format: uuid
             * @description The assistant that replies. `null` or absent for the default model.
             */
            assistant_id?: string | null;
            /** @description The first message. `null` or absent for a conversation without messages. */
            initial_message?: string | null;
            /** @description The title. `null` or absent to have one made from the first reply. */
            title?: string | null;
        };
        /**
         * @description A form with the file in the part `file`.
         * @example {
         *       "file": "Hello"
         *     }
         */
        NewFile: {
            /**
             * Format: binary
             * @description The file.
             */
            file: string;
        };
        /**
         * @description A message to send.
         * @example {
         *       "attachments": [
         *         {
         *           "type": "file",
         *           "url": "https://example.com/file.pdf"
         *         }
         *       ],
         *       "content": "User message"
         *     }
         */
        NewMessage: {
            /** @description Files and images that belong to the message, 10 at most. `null` or absent for none. */
            attachments?: components["schemas"]["NewAttachment"][] | null;
            /** @description The text of the message. */
            content: string;
        };
        /**
         * @description A notification to send.
         * @example {
         *       "message": "Maintenance begins in ten minutes."
         *     }
         */
        NewNotification: {
            /** @description The text of the notification. */
            message: string;
        };
        /**
         * @description A new tool. Only the name and the endpoint are required.
         * @example {
         *       "category": "data",
         *       "description": "Tells the weather",
         *       "endpoint": "https://example.com/weather",
         *       "max_result_bytes": 100000,
         *       "name": "Weather",
         *       "parameters": {
         *         "city": {
         *           "description": "Where",
         *           "required": true,
         *           "type": "string"
         *         }
         *       },
         *       "secret_header": {
         *         "name": "X-Api-Key",
         *         "value": "a secret"
         *       },
         *       "timeout_seconds": 20
         *     }
         */
        NewTool: {
            /** @description A category, by which people find the tool. `null` removes it. */
            category?: string | null;
            /** @description What the tool does, for the model. `null` removes it. */
            description?: string | null;
            /**
             * Format: uri
             * @description The address that is called with the arguments as JSON.
             */
            endpoint: string;
            /**
             * Format: int32
             * @description How many bytes of an answer are read. `null` is the default, 100,000.
             */
            max_result_bytes?: number | null;
            /** @description The name, for people. */
            name: string;
            /** @description The parameters, by their names. */
            parameters?: {
                [key: string]: components["schemas"]["NewToolParameter"];
            };
            /** @description A header with a secret value that is sent with each call. `null` removes it. */
            secret_header?: components["schemas"]["SecretHeader"] | null;
            /**
             * Format: int32
             * @description How long a call may take, in seconds. `null` is the default, 20.
             */
            timeout_seconds?: number | null;
        };
        /** @description A parameter of a tool. */
        NewToolParameter: {
            /** @description What the parameter means. */
            description?: string;
            /** @description Whether a call must contain the parameter. */
            required?: boolean;
            /** @description The JSON type of the value. */
            type: components["schemas"]["ParameterType"];
        };
        /**
         * @description `content_type` may be absent.
         * @example {
         *       "content_type": "text/csv",
         *       "filename": "data.csv",
         *       "size": 73400320
         *     }
         */
        NewUpload: {
            /** @description The media type, which must fit the name. `null` or absent to tell it by the name alone. */
            content_type?: string | null;
            /** @description The name of the file. Its extension decides about the type. */
            filename: string;
            /**
             * Format: int64
             * @description The size in bytes.
             */
            size: number;
        };
        /**
         * @description A new webhook.
         * @example {
         *       "events": [
         *         "conversation.created",
         *         "message.received"
         *       ],
         *       "secret": "webhook-secret",
         *       "url": "https://your-domain.com/webhook"
         *     }
         */
        NewWebhook: {
            /** @description The events to deliver. */
            events: components["schemas"]["SubscribableEvent"][];
            /** @description The secret that signs the deliveries. `null` or absent to have the server generate one. */
            secret?: string | null;
            /**
             * Format: uri
             * @description The address that receives the events.
             */
            url: string;
        };
        /**
         * @description Without a secret, the server generates one.
         * @example {
         *       "secret": "webhook-secret"
         *     }
         */
        NewWebhookSecret: {
            /** @description The secret that signs the deliveries. `null` or absent to have the server generate one. */
            secret?: string | null;
        };
        /**
         * @description No fields: `{}`, or no body.
         * @example {}
         */
        NoFields: Record<string, never>;
        /**
         * @description A notification to all connected users.
         * @example {
         *       "created_at": "2024-03-13T10:00:00Z",
         *       "id": "018e3749-2fe0-7000-8000-000000000001",
         *       "message": "Maintenance begins in ten minutes."
         *     }
         */
        Notification: {
            /**
             * Format: date-time
             * @description When the notification was sent.
             */
            created_at: string;
            /**
             * Format: uuid
             * @description The `event_id` of the frames that carry the notification.
             */
            id: string;
            /** @description The text of the notification. */
            message: string;
        };
        /**
         * @description The JSON type of a value.
         * @enum {string}
         */
        ParameterType: "string" | "number" | "integer" | "boolean" | "array" | "object";
        /** @description Asks for a `pong`. */
        PingMessage: {
            /**
             * @description Always `ping`. (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            type: "ping";
        };
        /** @description The answer to `ping`. */
        PongFrame: {
            /** @description Nothing. */
            data: Record<string, never>;
            /**
             * Format: date-time
             * @description When it happened.
             */
            timestamp: string;
            /**
             * @description Always `pong`. (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            type: "pong";
        };
        /**
         * @description Absent fields keep their values.
         * @example {
         *       "full_name": "New Name"
         *     }
         */
        ProfileUpdate: {
            /**
             * Format: password
             * @description The current password. A new username, e-mail address or password requires it. `null` or absent otherwise.
             */
            current_password?: string | null;
            /**
             * Format: email
             * @description The e-mail address. `null` only for an account that has none.
             */
            email?: string | null;
            /** @description The full name. `null` removes it. */
            full_name?: string | null;
            /**
             * Format: password
             * @description A new password. It ends all sign-ins.
             */
            password?: string;
            /** @description The username. */
            username?: string;
        };
        /** @description What the server sends over a WebSocket. Later versions may send other types, and more in `data`. */
        RealtimeFrame: components["schemas"]["ConversationUpdateFrame"] | components["schemas"]["AssistantStatusFrame"] | components["schemas"]["SystemNotificationFrame"] | components["schemas"]["PongFrame"];
        /** @description What a client may send over a WebSocket. */
        RealtimeMessage: components["schemas"]["AuthenticateMessage"] | components["schemas"]["ResumeMessage"] | components["schemas"]["PingMessage"];
        /**
         * @description The refresh token that gives new tokens.
         * @example {
         *       "refresh_token": "eyJ0eXAi…"
         *     }
         */
        RefreshToken: {
            /** @description The refresh token of the latest response. */
            refresh_token: string;
        };
        /**
         * @description `username` and `full_name` may be absent.
         * @example {
         *       "email": "user@example.com",
         *       "password": "password"
         *     }
         */
        Registration: {
            /**
             * Format: email
             * @description The e-mail address.
             */
            email: string;
            /** @description The full name. `null` or absent for none. */
            full_name?: string | null;
            /**
             * Format: password
             * @description The password.
             */
            password: string;
            /** @description The username. `null` or absent to have one derived from the e-mail address. */
            username?: string | null;
        };
        /** @description Asks for what happened since an event, an hour ago at most. */
        ResumeMessage: {
            /**
             * Format: uuid
             * @description The last `event_id` that the client received.
             */
            last_event_id: string;
            /**
             * @description Always `resume`. (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            type: "resume";
        };
        /**
         * @description What became of a request to retry deliveries.
         * @example {
         *       "has_more": false,
         *       "retried": 12
         *     }
         */
        RetriedDeliveries: {
            /** @description Whether deliveries are left for another request. */
            has_more: boolean;
            /** @description How many deliveries are retried. */
            retried: number;
        };
        /** @description A header of which no answer shows the value. */
        SecretHeader: {
            /** @description The name. */
            name: string;
            /** @description The value. A change may leave it out to keep the stored one. */
            value?: string;
        };
        /** @description A header, without its value. */
        SecretHeaderName: {
            /** @description The name. */
            name: string;
        };
        /**
         * @description The token may be absent.
         * @example {
         *       "refresh_token": "eyJ0eXAi…"
         *     }
         */
        SignOut: {
            /** @description A refresh token of the caller, to end its sign-in, too. `null` or absent for none. */
            refresh_token?: string | null;
        };
        /** @description A passage of a file. */
        Source: {
            /**
             * Format: uuid
             * @description The file's id. `null` for a file that was attached by its address.
             */
            file_id: string | null;
            /** @description The file's name. */
            filename: string;
            /**
             * Format: int32
             * @description The page, counted from 1. `null` for files without pages.
             */
            page: number | null;
            /** @description The text of the passage. */
            text: string;
        };
        /** @description A call of a tool. */
        Step: {
            /** @description What it was called with, by the names of its parameters. */
            arguments: Record<string, never>;
            /** @description What the model was told. */
            result: string;
            /** @description Whether the call worked. */
            status: components["schemas"]["StepStatus"];
            /** @description The tool's id. */
            tool: string;
        };
        /** @description A tool call began or ended. */
        StepEvent: {
            /** @description A `StreamStep`, as JSON. */
            data: string;
            /**
             * @description Always `step`. (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            event: "step";
            /** @description The position after the event: bytes of the reply, and steps. */
            id: string;
        };
        /**
         * @description How a call of a tool ended.
         * @enum {string}
         */
        StepStatus: "complete" | "failed";
        /**
         * @description A file, without its content.
         * @example {
         *       "content_type": "application/pdf",
         *       "created_at": "2024-01-01T00:00:00Z",
         *       "filename": "report.pdf",
         *       "id": "018e376b-9ce0-7000-8000-000000000001",
         *       "size": 52341,
         *       "status": "processing",
         *       "status_detail": "The text of the file is being read.",
         *       "url": "https://chat.example.com/api/v1/files/018e376b-9ce0-7000-8000-000000000001/content"
         *     }
         */
        StoredFile: {
            /** @description The media type, such as `application/pdf`. */
            content_type: string;
            /**
             * Format: date-time
             * @description When the file was uploaded.
             */
            created_at: string;
            /** @description The name of the file, without folders. */
            filename: string;
            /**
             * Format: uuid
             * @description The file's id.
             */
            id: string;
            /**
             * Format: int64
             * @description The size in bytes.
             */
            size: number;
            /** @description Whether assistants can answer from the file: `processing` while its text is being read, then `ready` or `failed`; `stored` if files of this kind are not read. */
            status: components["schemas"]["FileStatus"];
            /** @description What the status means, in one sentence. Empty for `ready`. */
            status_detail: string;
            /**
             * Format: uri
             * @description The address of the content. It needs the owner's credential.
             */
            url: string;
        };
        /**
         * @description A page of a list.
         * @example {
         *       "has_next": false,
         *       "has_prev": false,
         *       "items": [
         *         {
         *           "content_type": "application/pdf",
         *           "created_at": "2024-01-01T00:00:00Z",
         *           "filename": "report.pdf",
         *           "id": "018e376b-9ce0-7000-8000-000000000001",
         *           "size": 52341,
         *           "status": "processing",
         *           "status_detail": "The text of the file is being read.",
         *           "url": "https://chat.example.com/api/v1/files/018e376b-9ce0-7000-8000-000000000001/content"
         *         }
         *       ],
         *       "next_cursor": null,
         *       "page": 1,
         *       "pages": 1,
         *       "size": 20,
         *       "total": 1
         *     }
         */
        StoredFileList: {
            /**
             * @description Whether a page follows.
             * @example false
             */
            has_next: boolean;
            /**
             * @description Whether a page precedes this one.
             * @example false
             */
            has_prev: boolean;
            /** @description The entries of this page. */
            items: components["schemas"]["StoredFile"][];
            /**
             * @description Requests the next page as `after`. `null` on the last page.
             * @example null
             */
            next_cursor: string | null;
            /**
             * Format: int64
             * @description The number of this page.
             * @example 1
             */
            page: number;
            /**
             * Format: int64
             * @description The number of pages.
             * @example 1
             */
            pages: number;
            /**
             * Format: int64
             * @description The number of entries that a full page has.
             * @example 20
             */
            size: number;
            /**
             * Format: int64
             * @description The number of entries in the whole list.
             * @example 1
             */
            total: number;
        };
        /** @description A piece of a reply. */
        StreamDelta: {
            /** @description The text that comes next. */
            text: string;
        };
        /** @description An event of the stream of a turn. Its `data` is JSON. */
        StreamEvent: components["schemas"]["MessageEvent"] | components["schemas"]["DeltaEvent"] | components["schemas"]["StepEvent"] | components["schemas"]["DoneEvent"] | components["schemas"]["ErrorEvent"];
        /** @description A tool call that began or ended. */
        StreamStep: {
            /** @description What it is called with, by the names of its parameters. */
            arguments: Record<string, never>;
            /** @description What the model is told. `null` before the end. */
            result: string | null;
            /** @description `running` before the end. */
            status: components["schemas"]["StreamStepStatus"];
            /** @description The tool's id. */
            tool: string;
        };
        /**
         * @description The state of a call of a tool: `running`, and then how it ended.
         * @enum {string}
         */
        StreamStepStatus: "running" | "complete" | "failed";
        /**
         * @description A kind of event to which webhooks can subscribe. `webhook.disabled` is an addition of Quintet.
         * @enum {string}
         */
        SubscribableEvent: "conversation.created" | "conversation.updated" | "message.received" | "assistant.status_changed" | "user.created" | "user.updated" | "webhook.disabled";
        /** @description A notification for the user. */
        SystemNotificationFrame: {
            /** @description The notification. */
            data: {
                /**
                 * Format: uuid
                 * @description The event's id, the same each time it is sent. `last_event_id` resumes after it.
                 */
                event_id: string;
                /** @description The text, for people. */
                message: string;
                /**
                 * Format: uuid
                 * @description The webhook that was switched off. Absent in notifications of administrators.
                 */
                webhook_id?: string;
            };
            /**
             * Format: date-time
             * @description When it happened.
             */
            timestamp: string;
            /**
             * @description Always `system_notification`. (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            type: "system_notification";
        };
        /**
         * @description A ticket for a WebSocket connection.
         * @example {
         *       "expires_in": 30,
         *       "ticket": "6f1d0c4be7a94c2f8e5b3a7d90c1e2f46f1d0c4be7a94c2f8e5b3a7d90c1e2f4",
         *       "url": "wss://live.example.com/ws"
         *     }
         */
        Ticket: {
            /**
             * Format: int64
             * @description The lifetime of the ticket, in seconds.
             */
            expires_in: number;
            /** @description The ticket. It is good for one connection. */
            ticket: string;
            /**
             * Format: uri
             * @description The address of live connections. The query of the handshake contains the ticket: `?ticket=…`.
             */
            url: string;
        };
        /**
         * @description The tokens of a sign-in.
         * @example {
         *       "access_token": "eyJ0eXAi…",
         *       "expires_in": 1800,
         *       "refresh_token": "eyJ0eXAi…",
         *       "token_type": "bearer"
         *     }
         */
        TokenPair: {
            /** @description The access token, for the header `Authorization`. Valid for 30 minutes. */
            access_token: string;
            /**
             * Format: int64
             * @description The lifetime of the access token, in seconds.
             */
            expires_in: number;
            /** @description The refresh token, for new tokens. Valid once, and for 7 days. */
            refresh_token: string;
            /** @description The word before the access token in the header `Authorization`. */
            token_type: components["schemas"]["TokenType"];
        };
        /**
         * @description Always `bearer`, in any case.
         * @enum {string}
         */
        TokenType: "bearer";
        /**
         * @description A tool that assistants may call.
         * @example {
         *       "category": "search",
         *       "created_at": null,
         *       "description": "Search the web for information",
         *       "endpoint": null,
         *       "id": "web_search",
         *       "max_result_bytes": null,
         *       "name": "Web Search",
         *       "parameters": {
         *         "query": {
         *           "description": "Search query",
         *           "required": true,
         *           "type": "string"
         *         }
         *       },
         *       "secret_header": null,
         *       "timeout_seconds": null,
         *       "updated_at": null
         *     }
         */
        Tool: {
            /** @description A category, by which people find the tool. `null` if there is none. */
            category: string | null;
            /**
             * Format: date-time
             * @description When the tool was created. `null` for built-in tools.
             */
            created_at: string | null;
            /** @description What the tool does, for the model. `null` if nobody said. */
            description: string | null;
            /**
             * Format: uri
             * @description The address that is called with the arguments as JSON. `null` for built-in tools, and for callers who are not administrators.
             */
            endpoint: string | null;
            /** @description The tool's id, derived from its first name. */
            id: string;
            /**
             * Format: int32
             * @description How many bytes of an answer are read. `null` for built-in tools.
             */
            max_result_bytes: number | null;
            /** @description The name, for people. */
            name: string;
            /** @description The parameters, by their names. */
            parameters: {
                [key: string]: components["schemas"]["ToolParameter"];
            };
            /** @description The header with a secret value that is sent with each call. `null` for callers who are not administrators. */
            secret_header: components["schemas"]["SecretHeaderName"] | null;
            /**
             * Format: int32
             * @description How long a call may take, in seconds. `null` for built-in tools.
             */
            timeout_seconds: number | null;
            /**
             * Format: date-time
             * @description When the tool last changed. `null` for built-in tools.
             */
            updated_at: string | null;
        };
        /**
         * @description A page of a list.
         * @example {
         *       "has_next": false,
         *       "has_prev": false,
         *       "items": [
         *         {
         *           "category": "search",
         *           "created_at": null,
         *           "description": "Search the web for information",
         *           "endpoint": null,
         *           "id": "web_search",
         *           "max_result_bytes": null,
         *           "name": "Web Search",
         *           "parameters": {
         *             "query": {
         *               "description": "Search query",
         *               "required": true,
         *               "type": "string"
         *             }
         *           },
         *           "secret_header": null,
         *           "timeout_seconds": null,
         *           "updated_at": null
         *         }
         *       ],
         *       "next_cursor": null,
         *       "page": 1,
         *       "pages": 1,
         *       "size": 20,
         *       "total": 1
         *     }
         */
        ToolList: {
            /**
             * @description Whether a page follows.
             * @example false
             */
            has_next: boolean;
            /**
             * @description Whether a page precedes this one.
             * @example false
             */
            has_prev: boolean;
            /** @description The entries of this page. */
            items: components["schemas"]["Tool"][];
            /**
             * @description Requests the next page as `after`. `null` on the last page.
             * @example null
             */
            next_cursor: string | null;
            /**
             * Format: int64
             * @description The number of this page.
             * @example 1
             */
            page: number;
            /**
             * Format: int64
             * @description The number of pages.
             * @example 1
             */
            pages: number;
            /**
             * Format: int64
             * @description The number of entries that a full page has.
             * @example 20
             */
            size: number;
            /**
             * Format: int64
             * @description The number of entries in the whole list.
             * @example 1
             */
            total: number;
        };
        /** @description A parameter of a tool. */
        ToolParameter: {
            /** @description What the parameter means. */
            description: string;
            /** @description Whether a call must contain the parameter. */
            required: boolean;
            /** @description The JSON type of the value. */
            type: components["schemas"]["ParameterType"];
        };
        /** @description The request to a tool. */
        ToolRequest: {
            /** @description The body. `null` for built-in tools. */
            body: Record<string, never> | null;
            /** @description The headers, without those of the connection. The secret value is `***`. `null` for built-in tools. */
            headers: {
                [key: string]: string;
            } | null;
            /**
             * Format: uri
             * @description The address. `null` for built-in tools.
             */
            url: string | null;
        };
        /** @description The answer of a tool. */
        ToolResponse: {
            /** @description Whether a model would be told that the call failed. */
            has_failed: boolean;
            /**
             * Format: int32
             * @description The status. `null` for built-in tools, and if there was no answer.
             */
            status: number | null;
            /** @description What a model would be told. */
            text: string;
        };
        /**
         * @description A call of a tool, to test it.
         * @example {
         *       "arguments": {
         *         "city": "Utrecht"
         *       }
         *     }
         */
        ToolTest: {
            /** @description The arguments, as a model would give them. */
            arguments: Record<string, never>;
        };
        /**
         * @description What a test of a tool sent and received.
         * @example {
         *       "request": {
         *         "body": {
         *           "city": "Utrecht"
         *         },
         *         "headers": {
         *           "X-Api-Key": "***",
         *           "accept": "application/json, text/*",
         *           "content-type": "application/json"
         *         },
         *         "url": "https://example.com/weather"
         *       },
         *       "response": {
         *         "has_failed": false,
         *         "status": 200,
         *         "text": "Sunny"
         *       }
         *     }
         */
        ToolTestResult: {
            /** @description What was sent. */
            request: components["schemas"]["ToolRequest"];
            /** @description What came back. */
            response: components["schemas"]["ToolResponse"];
        };
        /**
         * @description Absent fields keep their values.
         * @example {
         *       "category": "data",
         *       "description": "Tells the weather",
         *       "endpoint": "https://example.com/weather",
         *       "max_result_bytes": 100000,
         *       "name": "Weather",
         *       "parameters": {
         *         "city": {
         *           "description": "Where",
         *           "required": true,
         *           "type": "string"
         *         }
         *       },
         *       "secret_header": {
         *         "name": "X-Api-Key",
         *         "value": "a secret"
         *       },
         *       "timeout_seconds": 20
         *     }
         */
        ToolUpdate: {
            /** @description A category, by which people find the tool. `null` removes it. */
            category?: string | null;
            /** @description What the tool does, for the model. `null` removes it. */
            description?: string | null;
            /**
             * Format: uri
             * @description The address that is called with the arguments as JSON.
             */
            endpoint?: string;
            /**
             * Format: int32
             * @description How many bytes of an answer are read. `null` is the default, 100,000.
             */
            max_result_bytes?: number | null;
            /** @description The name, for people. */
            name?: string;
            /** @description The parameters, by their names. */
            parameters?: {
                [key: string]: components["schemas"]["NewToolParameter"];
            };
            /** @description A header with a secret value that is sent with each call. `null` removes it. */
            secret_header?: components["schemas"]["SecretHeader"] | null;
            /**
             * Format: int32
             * @description How long a call may take, in seconds. `null` is the default, 20.
             */
            timeout_seconds?: number | null;
        };
        /**
         * @description Where and how to send an announced file.
         * @example {
         *       "expires_at": "2024-01-01T01:00:00Z",
         *       "headers": {
         *         "content-length": "73400320",
         *         "content-type": "text/csv"
         *       },
         *       "id": "018e376b-9ce0-7000-8000-000000000001",
         *       "upload_url": "https://bucket.s3.eu-central-1.amazonaws.com/uploads/user/file?X-Amz-Signature=signature"
         *     }
         */
        Upload: {
            /**
             * Format: date-time
             * @description Until when the file may be sent and completed: an hour after it was announced.
             */
            expires_at: string;
            /** @description The headers that this request must have. Browsers set `content-length` themselves. */
            headers: {
                [key: string]: string;
            };
            /**
             * Format: uuid
             * @description The id that the file will have.
             */
            id: string;
            /**
             * Format: uri
             * @description Where to send the content, in the body of a PUT request without other credentials.
             */
            upload_url: string;
        };
        /** @description What a reply used and cost. */
        Usage: {
            /** @description `true` if the provider does not tell what the reply used: the cost is that of an estimate. Absent otherwise. */
            estimated?: boolean;
            /**
             * Format: int64
             * @description The tokens of the prompt, as the provider counts them. `null` if it does not tell.
             */
            input_tokens: number | null;
            /**
             * Format: int64
             * @description The tokens of the reply, as the provider counts them. `null` if it does not tell.
             */
            output_tokens: number | null;
            /**
             * Format: int64
             * @description The tokens of the caller's balance that the turn cost.
             */
            tokens_charged: number;
        };
        /**
         * @description An account, as platform shows it.
         * @example {
         *       "created_at": "2024-01-01T00:00:00Z",
         *       "email": "user@example.com",
         *       "full_name": null,
         *       "id": "018e376b-9ce0-7000-8000-000000000001",
         *       "is_active": true,
         *       "role": "user",
         *       "tokens": 4000,
         *       "updated_at": "2024-01-01T00:00:00Z",
         *       "username": "user"
         *     }
         */
        User: {
            /**
             * Format: date-time
             * @description When the account was created.
             */
            created_at: string;
            /** @description The e-mail address. `null` if the user has none. */
            email: string | null;
            /** @description The full name. `null` if the user has given none. */
            full_name: string | null;
            /**
             * Format: uuid
             * @description The user's id.
             */
            id: string;
            /** @description Whether the user may sign in. */
            is_active: boolean;
            /** @description The rights of the user. */
            role: components["schemas"]["UserRole"];
            /**
             * Format: int64
             * @description The tokens that the user can spend.
             */
            tokens: number;
            /**
             * Format: date-time
             * @description When the account last changed.
             */
            updated_at: string;
            /** @description The username. */
            username: string;
        };
        /** @description An account was registered. */
        UserCreatedEvent: {
            /** @description The ids of what the event is about. Those that do not apply are absent. */
            data: components["schemas"]["UserEventData"];
            /**
             * @description Always `user.created`. (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            event: "user.created";
            /**
             * Format: date-time
             * @description When the event happened.
             */
            timestamp: string;
        };
        /** @description The `data` of an event about an account. */
        UserEventData: {
            /**
             * Format: uuid
             * @description The user.
             */
            user_id: string;
        };
        /**
         * @description A page of a list.
         * @example {
         *       "has_next": false,
         *       "has_prev": false,
         *       "items": [
         *         {
         *           "created_at": "2024-01-01T00:00:00Z",
         *           "email": "user@example.com",
         *           "full_name": null,
         *           "id": "018e376b-9ce0-7000-8000-000000000001",
         *           "is_active": true,
         *           "role": "user",
         *           "tokens": 4000,
         *           "updated_at": "2024-01-01T00:00:00Z",
         *           "username": "user"
         *         }
         *       ],
         *       "next_cursor": null,
         *       "page": 1,
         *       "pages": 1,
         *       "size": 20,
         *       "total": 1
         *     }
         */
        UserList: {
            /**
             * @description Whether a page follows.
             * @example false
             */
            has_next: boolean;
            /**
             * @description Whether a page precedes this one.
             * @example false
             */
            has_prev: boolean;
            /** @description The entries of this page. */
            items: components["schemas"]["User"][];
            /**
             * @description Requests the next page as `after`. `null` on the last page.
             * @example null
             */
            next_cursor: string | null;
            /**
             * Format: int64
             * @description The number of this page.
             * @example 1
             */
            page: number;
            /**
             * Format: int64
             * @description The number of pages.
             * @example 1
             */
            pages: number;
            /**
             * Format: int64
             * @description The number of entries that a full page has.
             * @example 20
             */
            size: number;
            /**
             * Format: int64
             * @description The number of entries in the whole list.
             * @example 1
             */
            total: number;
        };
        /**
         * @description Administrators (`admin`) may also manage users and tools, and send notifications.
         * @enum {string}
         */
        UserRole: "user" | "admin";
        /**
         * @description Absent fields keep their values.
         * @example {
         *       "is_active": true,
         *       "role": "user",
         *       "tokens_granted": 1000
         *     }
         */
        UserUpdate: {
            /**
             * Format: email
             * @description The e-mail address. `null` only for an account that has none.
             */
            email?: string | null;
            /** @description The full name. `null` removes it. */
            full_name?: string | null;
            /** @description Whether the user may sign in. */
            is_active?: boolean;
            /**
             * Format: password
             * @description A new password. It ends all sign-ins.
             */
            password?: string;
            /** @description The rights of the user. */
            role?: components["schemas"]["UserRole"];
            /**
             * Format: int32
             * @description Tokens to add to the balance.
             */
            tokens_granted?: number;
            /** @description The username. */
            username?: string;
        };
        /** @description An account changed. */
        UserUpdatedEvent: {
            /** @description The ids of what the event is about. Those that do not apply are absent. */
            data: components["schemas"]["UserEventData"];
            /**
             * @description Always `user.updated`. (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            event: "user.updated";
            /**
             * Format: date-time
             * @description When the event happened.
             */
            timestamp: string;
        };
        /**
         * @description A webhook.
         * @example {
         *       "created_at": "2024-01-01T00:00:00Z",
         *       "events": [
         *         "conversation.created",
         *         "message.received"
         *       ],
         *       "id": "018e376b-9ce0-7000-8000-000000000001",
         *       "is_active": true,
         *       "url": "https://your-domain.com/webhook"
         *     }
         */
        Webhook: {
            /**
             * Format: date-time
             * @description When the webhook was created.
             */
            created_at: string;
            /** @description Why the server disabled the webhook. Absent otherwise. */
            disabled_reason?: components["schemas"]["WebhookDisabledReason"];
            /** @description The events to deliver. */
            events: components["schemas"]["SubscribableEvent"][];
            /**
             * Format: uuid
             * @description The webhook's id.
             */
            id: string;
            /** @description Whether events are delivered. */
            is_active: boolean;
            /** @description A generated secret. No later response contains it. */
            secret?: string;
            /**
             * Format: uri
             * @description The address that receives the events.
             */
            url: string;
        };
        /** @description A webhook was switched off, because its receiver accepts no events. */
        WebhookDisabledEvent: {
            /** @description The ids of what the event is about. Those that do not apply are absent. */
            data: components["schemas"]["WebhookEventData"];
            /**
             * @description Always `webhook.disabled`. (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            event: "webhook.disabled";
            /**
             * Format: date-time
             * @description When the event happened.
             */
            timestamp: string;
        };
        /**
         * @description `gone` if the receiver answered 410, `failing` if all deliveries failed for days.
         * @enum {string}
         */
        WebhookDisabledReason: "gone" | "failing";
        /** @description The body of a request to a webhook. Later versions may send other kinds of events, and more in `data`. */
        WebhookEvent: components["schemas"]["ConversationCreatedEvent"] | components["schemas"]["ConversationUpdatedEvent"] | components["schemas"]["MessageReceivedEvent"] | components["schemas"]["AssistantStatusChangedEvent"] | components["schemas"]["UserCreatedEvent"] | components["schemas"]["UserUpdatedEvent"] | components["schemas"]["WebhookDisabledEvent"] | components["schemas"]["WebhookTestEvent"];
        /** @description The `data` of an event about a webhook. */
        WebhookEventData: {
            /**
             * Format: uuid
             * @description The user whose webhook it is.
             */
            user_id: string;
            /**
             * Format: uuid
             * @description The webhook.
             */
            webhook_id: string;
        };
        /**
         * @description A page of a list.
         * @example {
         *       "has_next": false,
         *       "has_prev": false,
         *       "items": [
         *         {
         *           "created_at": "2024-01-01T00:00:00Z",
         *           "events": [
         *             "conversation.created",
         *             "message.received"
         *           ],
         *           "id": "018e376b-9ce0-7000-8000-000000000001",
         *           "is_active": true,
         *           "url": "https://your-domain.com/webhook"
         *         }
         *       ],
         *       "next_cursor": null,
         *       "page": 1,
         *       "pages": 1,
         *       "size": 20,
         *       "total": 1
         *     }
         */
        WebhookList: {
            /**
             * @description Whether a page follows.
             * @example false
             */
            has_next: boolean;
            /**
             * @description Whether a page precedes this one.
             * @example false
             */
            has_prev: boolean;
            /** @description The entries of this page. */
            items: components["schemas"]["Webhook"][];
            /**
             * @description Requests the next page as `after`. `null` on the last page.
             * @example null
             */
            next_cursor: string | null;
            /**
             * Format: int64
             * @description The number of this page.
             * @example 1
             */
            page: number;
            /**
             * Format: int64
             * @description The number of pages.
             * @example 1
             */
            pages: number;
            /**
             * Format: int64
             * @description The number of entries that a full page has.
             * @example 20
             */
            size: number;
            /**
             * Format: int64
             * @description The number of entries in the whole list.
             * @example 1
             */
            total: number;
        };
        /** @description The owner of the webhook tests it. */
        WebhookTestEvent: {
            /** @description The ids of what the event is about. Those that do not apply are absent. */
            data: components["schemas"]["WebhookEventData"];
            /**
             * @description Always `webhook.test`. (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            event: "webhook.test";
            /**
             * Format: date-time
             * @description When the event happened.
             */
            timestamp: string;
        };
        /**
         * @description Absent fields keep their values.
         * @example {
         *       "is_active": true
         *     }
         */
        WebhookUpdate: {
            /** @description The events to deliver. */
            events?: components["schemas"]["SubscribableEvent"][];
            /** @description Whether events are delivered. */
            is_active?: boolean;
            /**
             * Format: uri
             * @description The address that receives the events.
             */
            url?: string;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export type operations = Record<string, never>;
