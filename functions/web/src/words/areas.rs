//! The texts of single areas of the pages.

/// The texts of the pages of files.
pub struct FilesWords {
    /// You have no files yet. Files that you attach to messages are listed here, too.
    pub none: &'static str,
    /// No file is in this state.
    pub none_in_state: &'static str,
    /// Name
    pub name: &'static str,
    /// Type
    pub kind: &'static str,
    /// Size
    pub size: &'static str,
    /// Uploaded
    pub uploaded: &'static str,
    /// Choose files
    pub choose: &'static str,
    /// Upload
    pub upload: &'static str,
    /// Upload files
    pub upload_title: &'static str,
    /// Up to {max} MB together. Attach larger files to a message: they are then listed here, too.
    pub upload_limit: &'static str,
    /// Download
    pub download: &'static str,
    /// Its text is being read. Load this page again in a moment.
    pub is_being_read: &'static str,
    /// Answers can use its text.
    pub is_ready: &'static str,
    /// Its text cannot be read. The file itself is kept.
    pub is_unreadable: &'static str,
    /// It is encrypted. Upload it without a password to have it read.
    pub is_encrypted: &'static str,
    /// It is damaged, or is not what its name says.
    pub is_damaged: &'static str,
    /// It contains no text. Scanned pages are not read.
    pub has_no_text: &'static str,
    /// It is too long to be read.
    pub is_too_long: &'static str,
    /// It is too complex to be read.
    pub is_too_complex: &'static str,
    /// Files of this kind are kept, but their text is not read.
    pub is_stored: &'static str,
    /// Delete this file
    pub delete: &'static str,
    /// It is then gone for good, also for the assistants that know it. Messages stay.
    pub delete_text: &'static str,
}

/// The texts of the pages of assistants.
pub struct AssistantsWords {
    /// You have no assistants yet. An assistant has its own instructions, files and tools.
    pub none: &'static str,
    /// New assistant
    pub new: &'static str,
    /// Start a chat
    pub start_chat: &'static str,
    /// Name
    pub name: &'static str,
    /// Description
    pub description: &'static str,
    /// What the assistant is for.
    pub description_hint: &'static str,
    /// Personality
    pub personality: &'static str,
    /// How it talks: friendly, brief, formal.
    pub personality_hint: &'static str,
    /// Suggestions
    pub suggestions: &'static str,
    /// Messages to begin a chat with: one a line, at most four.
    pub suggestions_hint: &'static str,
    /// Instructions
    pub system_prompt: &'static str,
    /// What the model reads before every chat.
    pub system_prompt_hint: &'static str,
    /// Company
    pub company_name: &'static str,
    /// Category
    pub category: &'static str,
    /// State
    pub status: &'static str,
    /// Only an active assistant answers.
    pub status_hint: &'static str,
    /// active
    pub active: &'static str,
    /// inactive
    pub inactive: &'static str,
    /// draft
    pub draft: &'static str,
    /// Model
    pub model: &'static str,
    /// The default: {model}
    pub model_default: &'static str,
    /// Temperature
    pub temperature: &'static str,
    /// From 0 (always the same) to 2 (surprising). Empty: as the model does by itself.
    pub temperature_hint: &'static str,
    /// Tools
    pub tools: &'static str,
    /// What the assistant may do by itself.
    pub tools_hint: &'static str,
    /// Files
    pub files: &'static str,
    /// It answers from the text of these files.
    pub files_hint: &'static str,
    /// Add files
    pub add_files: &'static str,
    /// Create the assistant
    pub create: &'static str,
    /// Delete this assistant
    pub delete: &'static str,
    /// Its chats and files stay, but it does not answer any more.
    pub delete_text: &'static str,
}

/// The texts of the pages of the account.
pub struct AccountWords {
    /// Profile
    pub profile: &'static str,
    /// Full name
    pub full_name: &'static str,
    /// Current password
    pub current_password: &'static str,
    /// Needed to change the username or the e-mail address.
    pub current_password_hint: &'static str,
    /// Security
    pub security: &'static str,
    /// Change the password
    pub change_password: &'static str,
    /// New password
    pub new_password: &'static str,
    /// Your other browsers and programs are then signed out. API keys stay valid.
    pub password_text: &'static str,
    /// Where you are signed in
    pub sessions: &'static str,
    /// this browser
    pub this_browser: &'static str,
    /// A program
    pub program: &'static str,
    /// Signed in
    pub signed_in_since: &'static str,
    /// Ends
    pub ends_at: &'static str,
    /// Sign out
    pub end: &'static str,
    /// Sign out everywhere else
    pub end_others: &'static str,
    /// Signed out there.
    pub ended: &'static str,
    /// API keys
    pub keys: &'static str,
    /// A key lets a program act as you. Whoever has it can do what you can.
    pub keys_text: &'static str,
    /// You have no API keys.
    pub no_keys: &'static str,
    /// What it is for
    pub key_name: &'static str,
    /// Created
    pub key_created: &'static str,
    /// Expires
    pub key_expires: &'static str,
    /// never
    pub never: &'static str,
    /// after {n} days
    pub after_days: &'static str,
    /// Create a key
    pub create_key: &'static str,
    /// The key “{name}”
    pub new_key: &'static str,
    /// Delete the key “{name}”
    pub delete_key: &'static str,
    /// Balance
    pub balance: &'static str,
    /// Price
    pub price: &'static str,
    /// Messages cost nothing.
    pub free: &'static str,
    /// Refill
    pub refill_label: &'static str,
    /// {n} more every {hours} hours
    pub refill: &'static str,
}

/// The texts of the pages of webhooks.
pub struct WebhooksWords {
    /// Webhook
    pub webhook: &'static str,
    /// Secret (optional)
    pub secret_optional: &'static str,
    /// Leave it empty to get a new one, which is shown once.
    pub secret_hint: &'static str,
    /// Webhooks
    pub webhooks: &'static str,
    /// A webhook sends events to an address of yours, signed with its secret.
    pub text: &'static str,
    /// You have no webhooks.
    pub none: &'static str,
    /// Address
    pub url: &'static str,
    /// Events
    pub events: &'static str,
    /// New webhook
    pub new: &'static str,
    /// Create the webhook
    pub create: &'static str,
    /// Its secret
    pub secret_title: &'static str,
    /// To the webhook
    pub open: &'static str,
    /// Events are delivered
    pub is_active: &'static str,
    /// active
    pub active: &'static str,
    /// off
    pub inactive: &'static str,
    /// off: its receiver answered 410
    pub gone: &'static str,
    /// off: every delivery failed for days
    pub failing: &'static str,
    /// Settings
    pub settings: &'static str,
    /// Send a test event
    pub test: &'static str,
    /// Replace the secret
    pub rotate: &'static str,
    /// For 24 hours, deliveries are signed with both secrets.
    pub rotate_text: &'static str,
    /// Deliveries
    pub deliveries: &'static str,
    /// Nothing was delivered yet.
    pub no_deliveries: &'static str,
    /// Event
    pub event: &'static str,
    /// Time
    pub time: &'static str,
    /// pending
    pub pending: &'static str,
    /// delivered
    pub delivered: &'static str,
    /// failed
    pub failed: &'static str,
    /// Last attempt
    pub last_attempt: &'static str,
    /// no response
    pub no_response: &'static str,
    /// Deliver again
    pub retry: &'static str,
    /// It is being delivered again.
    pub retried: &'static str,
    /// Delete this webhook
    pub delete: &'static str,
    /// Pending deliveries are dropped.
    pub delete_text: &'static str,
}

/// The texts of the pages of administrators.
pub struct AdminWords {
    /// Before others use this service
    pub checklist: &'static str,
    /// Model
    pub model: &'static str,
    /// None: the built-in echo answers. Set MODEL_BASE_URL.
    pub model_echo: &'static str,
    /// Web search
    pub search: &'static str,
    /// Off. Set SEARCH_URL, so that assistants can search the web.
    pub search_none: &'static str,
    /// On.
    pub search_on: &'static str,
    /// Rate limits
    pub limits: &'static str,
    /// {api} requests and {auth} sign-ins per minute.
    pub limits_on: &'static str,
    /// Some are off. Set RATE_LIMIT_API and RATE_LIMIT_AUTH.
    pub limits_off: &'static str,
    /// Prices
    pub prices: &'static str,
    /// E-mail
    pub mail: &'static str,
    /// This service sends no e-mail. Who forgot a password asks an administrator, who sets a new one below “Users”.
    pub mail_none: &'static str,
    /// Backup
    pub backup: &'static str,
    /// Back up the data regularly, and try to restore it: see docs/operate.md.
    pub backup_text: &'static str,
    /// in order
    pub ok: &'static str,
    /// have a look
    pub look: &'static str,
    /// Users
    pub users: &'static str,
    /// Find by name or e-mail
    pub find: &'static str,
    /// Nobody was found.
    pub nobody: &'static str,
    /// The search has not reached all users yet.
    pub more_to_search: &'static str,
    /// Account
    pub rights: &'static str,
    /// Role
    pub role: &'static str,
    /// user
    pub role_user: &'static str,
    /// administrator
    pub role_admin: &'static str,
    /// May sign in
    pub is_active: &'static str,
    /// active
    pub active: &'static str,
    /// disabled
    pub disabled: &'static str,
    /// Disabling ends all sign-ins and API keys for good.
    pub disable_text: &'static str,
    /// Balance
    pub balance: &'static str,
    /// Tokens to add
    pub tokens_granted: &'static str,
    /// Registered
    pub registered: &'static str,
    /// New password
    pub reset_password: &'static str,
    /// Leave it empty to keep the password. A new one signs the user out everywhere.
    pub reset_password_hint: &'static str,
    /// Delete this user
    pub delete_user: &'static str,
    /// All chats, assistants, files and keys of this user are then gone for good.
    pub delete_user_text: &'static str,
    /// Notice to all users
    pub notice: &'static str,
    /// Everybody who has a page open sees it at once. Who comes back within an hour sees it, too.
    pub notice_text: &'static str,
    /// Text
    pub notice_field: &'static str,
    /// Health
    pub health: &'static str,
    /// healthy
    pub healthy: &'static str,
    /// unhealthy
    pub unhealthy: &'static str,
    /// Database
    pub database: &'static str,
    /// File storage
    pub storage: &'static str,
    /// Queue
    pub queue: &'static str,
    /// {n} ms
    pub milliseconds: &'static str,
}
