// Made by scripts/wire.mjs from the OpenAPI document of the platform API. Do not edit.

export type paths = Record<string, never>;
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * @description `content_type` may be absent.
         * @example {
         *       "content_type": "text/csv",
         *       "filename": "data.csv",
         *       "size": 73400320
         *     }
         */
        AnnouncedFields: {
            /** @description The media type, which must fit the name. */
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
         * @description A new assistant requires only the name. Changes keep the values of absent fields.
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
        AssistantFields: {
            /** @description A category, by which lists can be filtered. */
            category?: string | null;
            /** @description The company that the assistant works for. */
            company_name?: string | null;
            /** @description What the assistant is for. */
            description?: string | null;
            /** @description The ids of the files that the assistant knows. */
            files?: string[] | null;
            /** @description The model that replies. */
            model?: string | null;
            /** @description The name. It is unique among the caller's assistants. */
            name?: string;
            /** @description How the assistant talks. */
            personality?: string | null;
            /** @description `active`, `inactive` or `draft`. Only an active assistant replies. */
            status?: string | null;
            /** @description The instructions for the model. */
            system_prompt?: string | null;
            /**
             * Format: double
             * @description How freely the model replies, from 0 to 2.
             */
            temperature?: number | null;
            /** @description The ids of the tools that the assistant may use. */
            tools?: string[] | null;
        };
        /**
         * @example {
         *       "status": "healthy"
         *     }
         */
        Basic: {
            /** @description `healthy` or `unhealthy`. */
            status: string;
        };
        /** @description The condition of a component. */
        Component: {
            /**
             * Format: int64
             * @description How long the check took, in milliseconds.
             */
            latency_ms: number;
            /** @description `healthy` or `unhealthy`. */
            status: string;
        };
        /** @description The condition of each component. */
        Components: {
            /** @description DynamoDB. */
            database: components["schemas"]["Component"];
            /** @description The chat model. */
            model: components["schemas"]["Component"];
            /** @description SQS. */
            queue: components["schemas"]["Component"];
            /** @description S3. */
            storage: components["schemas"]["Component"];
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
        CreatedKey: {
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
        /** @description A piece of a reply. */
        Delta: {
            /** @description The text that comes next. */
            text: string;
        };
        /**
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
        Detailed: {
            /** @description The components. */
            components: components["schemas"]["Components"];
            /** @description `healthy` or `unhealthy`. */
            status: string;
        };
        Error: {
            /** @description The error, in one sentence. */
            detail: string;
            /**
             * @description The kind of the error.
             * @enum {string}
             */
            error_code: "BAD_REQUEST" | "UNAUTHORIZED" | "INSUFFICIENT_TOKENS" | "FORBIDDEN" | "NOT_FOUND" | "METHOD_NOT_ALLOWED" | "REQUEST_TIMEOUT" | "CONFLICT" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE" | "VALIDATION_ERROR" | "RATE_LIMITED" | "HEADERS_TOO_LARGE" | "INTERNAL_ERROR" | "MODEL_ERROR" | "UNAVAILABLE" | "MODEL_TIMEOUT";
            /** @description Every invalid field, with status 422. */
            errors?: {
                /** @description The field or parameter. */
                field: string;
                /** @description The problem, in one sentence. */
                message: string;
            }[];
            /** @description The status of the response. */
            status_code: number;
        };
        /**
         * @description A kind of event. Webhooks can subscribe to all of them but `webhook.test`. `webhook.disabled` and `webhook.test` are additions of Quintet.
         * @enum {string}
         */
        EventKind: "conversation.created" | "conversation.updated" | "message.received" | "assistant.status_changed" | "user.created" | "user.updated" | "webhook.disabled" | "webhook.test";
        /**
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
            assistant_message: components["schemas"]["ShownMessage"];
            /**
             * Format: int64
             * @description The tokens that the turn cost.
             */
            tokens_charged: number;
            /**
             * Format: int64
             * @description The tokens that the caller can still spend.
             */
            tokens_left: number;
            /** @description The user's message. */
            user_message: components["schemas"]["ShownMessage"];
        };
        /**
         * @description A form with the file in the part `file`.
         * @example {
         *       "file": "Hello"
         *     }
         */
        FileForm: {
            /**
             * Format: binary
             * @description The file.
             */
            file: string;
        };
        /**
         * @description Source: spec 001, "Pagination".
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
        Listing_ShownAssistant: {
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
            items: {
                /** @description A category, by which lists can be filtered. */
                category: string | null;
                /** @description The company that the assistant works for. */
                company_name: string | null;
                /**
                 * Format: date-time
                 * @description When the assistant was created.
                 */
                created_at: string;
                /** @description What the assistant is for. */
                description: string | null;
                /** @description The ids of the files that the assistant knows. */
                files: string[];
                /**
                 * Format: uuid
                 * @description The assistant's id.
                 */
                id: string;
                /** @description The model that replies. */
                model: string | null;
                /** @description The name. It is unique among the caller's assistants. */
                name: string;
                /** @description How the assistant talks. */
                personality: string | null;
                /** @description `active`, `inactive` or `draft`. Only an active assistant replies. */
                status: string;
                /** @description The instructions for the model. */
                system_prompt: string | null;
                /**
                 * Format: double
                 * @description How freely the model replies, from 0 to 2.
                 */
                temperature: number | null;
                /** @description The ids of the tools that the assistant may use. */
                tools: string[];
                /**
                 * Format: date-time
                 * @description When the assistant last changed.
                 */
                updated_at: string;
            }[];
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
         * @description Source: spec 001, "Pagination".
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
        Listing_ShownConversation: {
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
            items: {
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
                messages?: components["schemas"]["ShownMessage"][];
                /** @description The title. */
                title: string;
                /**
                 * Format: date-time
                 * @description When the conversation last got a reply.
                 */
                updated_at: string;
            }[];
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
         * @description Source: spec 001, "Pagination".
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
        Listing_ShownDelivery: {
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
            items: {
                /** @description The latest 20 attempts, oldest first. */
                attempts: components["schemas"]["ShownAttempt"][];
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
                payload: Record<string, never>;
                /** @description `pending`, `delivered` or `failed`. */
                status: string;
                /**
                 * Format: uuid
                 * @description The webhook's id.
                 */
                webhook_id: string;
            }[];
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
         * @description Source: spec 001, "Pagination".
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
        Listing_ShownFile: {
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
            items: {
                /** @description The media type. */
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
                /**
                 * @description Whether assistants can answer from the file: `processing` while its text is being read, then `ready` or `failed`;
                 *     `stored` if files of this kind are not read.
                 */
                status: string;
                /** @description What the status means, in one sentence. Empty for `ready`. */
                status_detail: string;
                /**
                 * Format: uri
                 * @description The address of the content.
                 */
                url: string;
            }[];
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
         * @description Source: spec 001, "Pagination".
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
        Listing_ShownKey: {
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
            items: {
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
            }[];
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
         * @description Source: spec 001, "Pagination".
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
        Listing_ShownTool: {
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
            items: {
                /** @description A category, by which people find the tool. */
                category: string | null;
                /**
                 * Format: date-time
                 * @description When the tool was created. `null` for built-in tools.
                 */
                created_at: string | null;
                /** @description What the tool does, for the model. */
                description: string | null;
                /**
                 * Format: iri
                 * @description The address that is called with the arguments as JSON. `null` for built-in tools, and for callers who are
                 *     not administrators.
                 */
                endpoint: string | null;
                /** @description The tool's id. */
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
                    [key: string]: components["schemas"]["ShownParameter"];
                };
                secret_header: components["schemas"]["ShownSecretHeader"] | null;
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
            }[];
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
         * @description Source: spec 001, "Pagination".
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
        Listing_ShownUser: {
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
            items: {
                /**
                 * Format: date-time
                 * @description When the account was created.
                 */
                created_at: string;
                /** @description The e-mail address, if the user has one. */
                email: string | null;
                /** @description The full name, if the user has given one. */
                full_name: string | null;
                /**
                 * Format: uuid
                 * @description The user's id.
                 */
                id: string;
                /** @description Whether the user may sign in. */
                is_active: boolean;
                /** @description `user` or `admin`. */
                role: string;
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
            }[];
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
         * @description Source: spec 001, "Pagination".
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
        Listing_ShownWebhook: {
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
            items: {
                /**
                 * Format: date-time
                 * @description When the webhook was created.
                 */
                created_at: string;
                /**
                 * @description Why the server disabled the webhook: its receiver is `gone` (410), or was `failing` for days. Absent
                 *     otherwise.
                 */
                disabled_reason?: string;
                /** @description The events to deliver. */
                events: components["schemas"]["EventKind"][];
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
                 * Format: iri
                 * @description The address that receives the events.
                 */
                url: string;
            }[];
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
         * @description `email` may contain a username.
         * @example {
         *       "email": "user@example.com",
         *       "password": "password"
         *     }
         */
        Login: {
            /** @description The e-mail address or the username. */
            email: string;
            /**
             * Format: password
             * @description The password.
             */
            password: string;
        };
        /**
         * @description The token may be absent.
         * @example {
         *       "refresh_token": "eyJ0eXAi…"
         *     }
         */
        Logout: {
            /** @description A refresh token of the caller, to end its sign-in, too. */
            refresh_token?: string | null;
        };
        /**
         * @description The outcome in words.
         * @example {
         *       "message": "Logout successful"
         *     }
         */
        Message: {
            /** @description The outcome in words. */
            message: string;
        };
        /** @description An attachment of a new message. */
        NewAttachment: {
            /** @description `file` or `image`. */
            type: string;
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
             * @description The assistant that replies. Without one, the default model replies.
             */
            assistant_id?: string | null;
            /** @description The first message. */
            initial_message?: string | null;
            /** @description The title. */
            title?: string | null;
        };
        /**
         * @example {
         *       "expires_in_days": 90,
         *       "name": "my bot"
         *     }
         */
        NewKey: {
            /**
             * Format: int32
             * @description The lifetime of the key, in days. Without it, the key does not expire.
             */
            expires_in_days?: number | null;
            /** @description What the key is for. */
            name: string;
        };
        /**
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
            /** @description Files and images that belong to the message. */
            attachments?: components["schemas"]["NewAttachment"][] | null;
            /** @description The text of the message. */
            content: string;
        };
        /**
         * @example {
         *       "message": "Maintenance begins in ten minutes."
         *     }
         */
        NewNotification: {
            /** @description The text of the notification. */
            message: string;
        };
        /**
         * @description Without a secret, the server generates one.
         * @example {
         *       "secret": "webhook-secret"
         *     }
         */
        NewSecret: {
            /** @description The secret that signs the deliveries. Without one, the server generates it. */
            secret?: string | null;
        };
        /**
         * @example {
         *       "title": "Another title"
         *     }
         */
        NewTitle: {
            /** @description The title. */
            title: string;
        };
        /**
         * @description No fields: `{}`, or no body.
         * @example {}
         */
        NoFields: Record<string, never>;
        /**
         * @description Absent fields keep their values.
         * @example {
         *       "full_name": "New Name"
         *     }
         */
        OwnChange: {
            /**
             * Format: password
             * @description The current password. A new username, e-mail address or password requires it.
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
        Received: {
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
         * @example {
         *       "refresh_token": "eyJ0eXAi…"
         *     }
         */
        Refresh: {
            /** @description The refresh token of the latest response. */
            refresh_token: string;
        };
        /**
         * @description `username` and `full_name` are optional.
         * @example {
         *       "email": "user@example.com",
         *       "password": "password"
         *     }
         */
        Register: {
            /**
             * Format: email
             * @description The e-mail address.
             */
            email: string;
            /** @description The full name. */
            full_name?: string | null;
            /**
             * Format: password
             * @description The password.
             */
            password: string;
            /** @description The username. Without one, the server derives it from the e-mail address. */
            username?: string | null;
        };
        SentRequest: {
            /** @description The body. `null` for built-in tools. */
            body: Record<string, never> | null;
            /** @description The headers, without those of the connection. The secret value is `***`. `null` for built-in tools. */
            headers: {
                [key: string]: string;
            } | null;
            /**
             * Format: iri
             * @description The address. `null` for built-in tools.
             */
            url: string | null;
        };
        /**
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
        ShownAssistant: {
            /** @description A category, by which lists can be filtered. */
            category: string | null;
            /** @description The company that the assistant works for. */
            company_name: string | null;
            /**
             * Format: date-time
             * @description When the assistant was created.
             */
            created_at: string;
            /** @description What the assistant is for. */
            description: string | null;
            /** @description The ids of the files that the assistant knows. */
            files: string[];
            /**
             * Format: uuid
             * @description The assistant's id.
             */
            id: string;
            /** @description The model that replies. */
            model: string | null;
            /** @description The name. It is unique among the caller's assistants. */
            name: string;
            /** @description How the assistant talks. */
            personality: string | null;
            /** @description `active`, `inactive` or `draft`. Only an active assistant replies. */
            status: string;
            /** @description The instructions for the model. */
            system_prompt: string | null;
            /**
             * Format: double
             * @description How freely the model replies, from 0 to 2.
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
        ShownAttachment: {
            /** @description `file` or `image`. */
            type: string;
            /**
             * Format: iri
             * @description The address of the content.
             */
            url: string;
        };
        ShownAttempt: {
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
            /** @description Why there was no response. */
            error: string | null;
            /** @description The first bytes of the receiver's response. */
            response: string | null;
            /**
             * Format: int32
             * @description The status of the receiver's response. `null` if there was none.
             */
            status_code: number | null;
        };
        /**
         * @example {
         *       "assistant_id": "018e376b-9ce0-7000-8000-000000000002",
         *       "created_at": "2024-01-01T00:00:00Z",
         *       "id": "018e376b-9ce0-7000-8000-000000000001",
         *       "message_count": 2,
         *       "title": "Conversation Title",
         *       "updated_at": "2024-01-01T00:00:00Z"
         *     }
         */
        ShownConversation: {
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
            messages?: components["schemas"]["ShownMessage"][];
            /** @description The title. */
            title: string;
            /**
             * Format: date-time
             * @description When the conversation last got a reply.
             */
            updated_at: string;
        };
        /**
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
        ShownDelivery: {
            /** @description The latest 20 attempts, oldest first. */
            attempts: components["schemas"]["ShownAttempt"][];
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
            payload: Record<string, never>;
            /** @description `pending`, `delivered` or `failed`. */
            status: string;
            /**
             * Format: uuid
             * @description The webhook's id.
             */
            webhook_id: string;
        };
        /**
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
        ShownFile: {
            /** @description The media type. */
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
            /**
             * @description Whether assistants can answer from the file: `processing` while its text is being read, then `ready` or `failed`;
             *     `stored` if files of this kind are not read.
             */
            status: string;
            /** @description What the status means, in one sentence. Empty for `ready`. */
            status_detail: string;
            /**
             * Format: uri
             * @description The address of the content.
             */
            url: string;
        };
        /**
         * @example {
         *       "created_at": "2024-01-01T00:00:00Z",
         *       "expires_at": null,
         *       "id": "018e376b-9ce0-7000-8000-000000000001",
         *       "name": "my bot"
         *     }
         */
        ShownKey: {
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
        ShownMessage: {
            /** @description The attachments. A reply has none. */
            attachments: components["schemas"]["ShownAttachment"][];
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
            /** @description `user`, or `assistant` for a reply. */
            role: string;
            /** @description The passages of files that the reply is based on, best first. */
            sources: components["schemas"]["Source"][];
            /**
             * @description `pending` before the reply, then `complete`. `cut` if the reply reached its maximum length, `cancelled` if the
             *     user stopped it, `failed` if the model failed.
             */
            status: string;
            /** @description The tools that were called for the reply. */
            steps: components["schemas"]["Step"][];
            usage: components["schemas"]["Usage"] | null;
        };
        ShownModel: {
            /** @description The model's id, for the `model` of an assistant. */
            id: string;
            /** @description Whether this model answers for assistants without a `model`, or with one that is not in the list. */
            is_default: boolean;
            /** @description The name, for people. */
            name: string;
        };
        /**
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
        ShownModels: {
            /** @description The models, in the operator's order. */
            items: components["schemas"]["ShownModel"][];
        };
        /**
         * @example {
         *       "created_at": "2024-03-13T10:00:00Z",
         *       "id": "018e3749-2fe0-7000-8000-000000000001",
         *       "message": "Maintenance begins in ten minutes."
         *     }
         */
        ShownNotification: {
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
        ShownParameter: {
            /** @description What the parameter means. */
            description: string;
            /** @description Whether a call must contain the parameter. */
            required: boolean;
            /** @description The JSON type of the value. */
            type: string;
        };
        /**
         * @example {
         *       "has_more": false,
         *       "retried": 12
         *     }
         */
        ShownRetried: {
            /** @description Whether deliveries are left for another request. */
            has_more: boolean;
            /** @description How many deliveries are retried. */
            retried: number;
        };
        ShownSecretHeader: {
            /** @description The name. */
            name: string;
        };
        /**
         * @example {
         *       "expires_in": 30,
         *       "ticket": "6f1d0c4be7a94c2f8e5b3a7d90c1e2f46f1d0c4be7a94c2f8e5b3a7d90c1e2f4",
         *       "url": "wss://live.example.com/ws"
         *     }
         */
        ShownTicket: {
            /**
             * Format: int64
             * @description The lifetime of the ticket, in seconds.
             */
            expires_in: number;
            /** @description The ticket. */
            ticket: string;
            /**
             * Format: uri
             * @description The address of live connections. The query of the handshake contains the ticket: `?ticket=…`.
             */
            url: string;
        };
        /**
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
        ShownTool: {
            /** @description A category, by which people find the tool. */
            category: string | null;
            /**
             * Format: date-time
             * @description When the tool was created. `null` for built-in tools.
             */
            created_at: string | null;
            /** @description What the tool does, for the model. */
            description: string | null;
            /**
             * Format: iri
             * @description The address that is called with the arguments as JSON. `null` for built-in tools, and for callers who are
             *     not administrators.
             */
            endpoint: string | null;
            /** @description The tool's id. */
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
                [key: string]: components["schemas"]["ShownParameter"];
            };
            secret_header: components["schemas"]["ShownSecretHeader"] | null;
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
        ShownTrial: {
            /** @description What was sent. */
            request: components["schemas"]["SentRequest"];
            /** @description What came back. */
            response: components["schemas"]["Received"];
        };
        /**
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
        ShownUpload: {
            /**
             * Format: date-time
             * @description Until when the file may be sent and completed.
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
        /**
         * @description A user in the platform dialect.
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
        ShownUser: {
            /**
             * Format: date-time
             * @description When the account was created.
             */
            created_at: string;
            /** @description The e-mail address, if the user has one. */
            email: string | null;
            /** @description The full name, if the user has given one. */
            full_name: string | null;
            /**
             * Format: uuid
             * @description The user's id.
             */
            id: string;
            /** @description Whether the user may sign in. */
            is_active: boolean;
            /** @description `user` or `admin`. */
            role: string;
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
        /**
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
        ShownWebhook: {
            /**
             * Format: date-time
             * @description When the webhook was created.
             */
            created_at: string;
            /**
             * @description Why the server disabled the webhook: its receiver is `gone` (410), or was `failing` for days. Absent
             *     otherwise.
             */
            disabled_reason?: string;
            /** @description The events to deliver. */
            events: components["schemas"]["EventKind"][];
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
             * Format: iri
             * @description The address that receives the events.
             */
            url: string;
        };
        /**
         * @example {
         *       "since": "2024-01-01T00:00:00Z"
         *     }
         */
        Since: {
            /**
             * Format: date-time
             * @description Deliveries of events since this time are retried.
             */
            since: string;
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
            /** @description The passage. */
            text: string;
        };
        /** @description A call of a tool. */
        Step: {
            /** @description What it was called with. */
            arguments: Record<string, never>;
            /** @description What the model was told. */
            result: string;
            /** @description `complete`, or `failed` if the call failed. */
            status: string;
            /** @description The tool's id. */
            tool: string;
        };
        /** @description A tool call that began or ended. */
        StepNews: {
            /** @description What it is called with. */
            arguments: Record<string, never>;
            /** @description What the model is told. `null` before the end. */
            result: string | null;
            /** @description `running` before the end, then `complete`, or `failed` if the call failed. */
            status: string;
            /** @description The tool's id. */
            tool: string;
        };
        /** @description An event of the stream of a turn. */
        StreamEvent: {
            /** @description The data. */
            data: string;
            /**
             * @description The kind of event.
             * @enum {string}
             */
            event: "message";
            /** @description The position after the event: bytes of the reply, and steps. */
            id: string;
        } | {
            /** @description The data. */
            data: string;
            /**
             * @description The kind of event.
             * @enum {string}
             */
            event: "delta";
            /** @description The position after the event: bytes of the reply, and steps. */
            id: string;
        } | {
            /** @description The data. */
            data: string;
            /**
             * @description The kind of event.
             * @enum {string}
             */
            event: "step";
            /** @description The position after the event: bytes of the reply, and steps. */
            id: string;
        } | {
            /** @description The data. */
            data: string;
            /**
             * @description The kind of event.
             * @enum {string}
             */
            event: "done";
            /** @description The position after the event: bytes of the reply, and steps. */
            id: string;
        } | {
            /** @description The data. */
            data: string;
            /**
             * @description The kind of event.
             * @enum {string}
             */
            event: "error";
            /** @description The position after the event: bytes of the reply, and steps. */
            id: string;
        };
        /**
         * @example {
         *       "access_token": "eyJ0eXAi…",
         *       "expires_in": 1800,
         *       "refresh_token": "eyJ0eXAi…",
         *       "token_type": "bearer"
         *     }
         */
        TokenPair: {
            /** @description The access token. */
            access_token: string;
            /**
             * Format: int64
             * @description The lifetime of the access token, in seconds.
             */
            expires_in: number;
            /** @description The refresh token. */
            refresh_token: string | null;
            /** @description Always `bearer`. */
            token_type: string;
        };
        /**
         * @description Changes keep the values of absent fields.
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
        ToolFields: {
            /** @description A category, by which people find the tool. */
            category?: string | null;
            /** @description What the tool does, for the model. */
            description?: string | null;
            /**
             * Format: iri
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
                [key: string]: components["schemas"]["WireParameter"];
            };
            secret_header?: components["schemas"]["WireSecretHeader"] | null;
            /**
             * Format: int32
             * @description How long a call may take, in seconds. `null` is the default, 20.
             */
            timeout_seconds?: number | null;
        };
        /**
         * @example {
         *       "arguments": {
         *         "city": "Utrecht"
         *       }
         *     }
         */
        Trial: {
            /** @description The arguments, as a model would give them. */
            arguments: Record<string, never>;
        };
        /** @description What a reply used and cost. */
        Usage: {
            /** @description Present if the provider does not tell what the reply used: the cost is that of an estimate. */
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
             * @description The tokens that the turn cost.
             */
            tokens_charged: number;
        };
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
            /** @description `user` or `admin`. */
            role?: string;
            /**
             * Format: int32
             * @description Tokens to add to the balance.
             */
            tokens_granted?: number;
            /** @description The username. */
            username?: string;
        };
        /**
         * @description Absent fields keep their values.
         * @example {
         *       "is_active": true
         *     }
         */
        WebhookChanges: {
            /** @description The events to deliver. */
            events?: components["schemas"]["EventKind"][];
            /** @description Whether events are delivered. */
            is_active?: boolean;
            /**
             * Format: iri
             * @description The address that receives the events.
             */
            url?: string;
        };
        /**
         * @example {
         *       "events": [
         *         "conversation.created",
         *         "message.received"
         *       ],
         *       "secret": "webhook-secret",
         *       "url": "https://your-domain.com/webhook"
         *     }
         */
        WebhookFields: {
            /** @description The events to deliver. */
            events: components["schemas"]["EventKind"][];
            /** @description The secret that signs the deliveries. Without one, the server generates it. */
            secret?: string | null;
            /**
             * Format: iri
             * @description The address that receives the events.
             */
            url: string;
        };
        /** @description A parameter of a tool. */
        WireParameter: {
            /** @description What the parameter means. */
            description?: string;
            /** @description Whether a call must contain the parameter. */
            required?: boolean;
            /** @description The JSON type of the value. */
            type: string;
        };
        /** @description A header of which no answer shows the value. */
        WireSecretHeader: {
            /** @description The name. */
            name: string;
            /** @description The value. A change may leave it out to keep the stored one. */
            value?: string;
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
