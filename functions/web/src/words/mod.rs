//! The texts of the pages: a struct with one value per language, so that a missing text does not compile. A third
//! language is one more file, and its entry in `LANGUAGES`.

mod areas;
mod en;
mod nl;

pub use areas::{AccountWords, AdminWords, AssistantsWords, FilesWords, WebhooksWords};
pub use en::EN;
pub use nl::NL;

use serde::Serialize;
use shared::domain::file::MIB;

/// The languages, each with its own name for itself.
pub const LANGUAGES: [(&str, &Words); 2] = [("English", &EN), ("Nederlands", &NL)];

/// `text` with the values in place of their names: `{n}`.
pub fn fill(text: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        filled.push_str(&rest[..at]);
        rest = &rest[at..];
        let known = values
            .iter()
            .find_map(|(name, value)| Some((value, rest.strip_prefix('{')?.strip_prefix(name)?.strip_prefix('}')?)));
        match known {
            Some((value, after)) => {
                filled.push_str(value);
                rest = after;
            }
            None => {
                filled.push('{');
                rest = &rest[1..];
            }
        }
    }
    filled.push_str(rest);
    filled
}

/// The texts of the pages in one language. In braces: what is filled in.
pub struct Words {
    /// The texts that scripts show.
    pub script: ScriptWords,
    /// What separates thousands.
    pub thousands: char,
    /// en
    pub language: &'static str,
    /// Chats
    pub chats: &'static str,
    /// Your chats
    pub your_chats: &'static str,
    /// New chat
    pub new_chat: &'static str,
    /// Search titles
    pub search_titles: &'static str,
    /// Search
    pub search: &'static str,
    /// No title contains “{q}”.
    pub no_title_contains: &'static str,
    /// Today
    pub today: &'static str,
    /// Yesterday
    pub yesterday: &'static str,
    /// Previous 7 days
    pub previous_7_days: &'static str,
    /// Older
    pub older: &'static str,
    /// Your chats will be listed here.
    pub chats_will_be_here: &'static str,
    /// More chats
    pub more_chats: &'static str,
    /// More for “{title}”
    pub more_for: &'static str,
    /// More for this chat
    pub more_for_chat: &'static str,
    /// Hide chats
    pub hide_chats: &'static str,
    /// Rename
    pub rename: &'static str,
    /// Rename this chat
    pub rename_chat: &'static str,
    /// Title
    pub title: &'static str,
    /// Delete
    pub delete: &'static str,
    /// Its {n} messages are then gone for good. Files and assistants stay.
    pub delete_chat_text: &'static str,
    /// Its messages are then gone for good. Files and assistants stay.
    pub delete_chat_lasting: &'static str,
    /// Delete chat
    pub delete_chat: &'static str,
    /// Cancel
    pub cancel: &'static str,
    /// Save
    pub save: &'static str,
    /// What shall we start with, {name}?
    pub hello: &'static str,
    /// Ask {assistant} something
    pub ask_assistant: &'static str,
    /// Write a message
    pub write_message: &'static str,
    /// Message
    pub message: &'static str,
    /// Send
    pub send: &'static str,
    /// Enter sends, Shift Enter starts a new line.
    pub enter_sends: &'static str,
    /// Ctrl Enter sends, Enter starts a new line.
    pub modifier_sends: &'static str,
    /// Answers can be wrong: check what matters.
    pub check_answers: &'static str,
    /// Without JavaScript the answer comes all at once.
    pub no_script: &'static str,
    /// Attach files
    pub attach_files: &'static str,
    /// Assistant
    pub assistant: &'static str,
    /// No assistant
    pub no_assistant: &'static str,
    /// Conversation
    pub conversation: &'static str,
    /// You
    pub you: &'static str,
    /// is answering
    pub is_answering: &'static str,
    /// Skip to the message field
    pub skip_to_message: &'static str,
    /// Skip to the content
    pub skip_to_content: &'static str,
    /// Earlier messages
    pub earlier_messages: &'static str,
    /// You stopped this answer.
    pub you_stopped: &'static str,
    /// Cut off here. It was charged.
    pub cut_off: &'static str,
    /// No answer came. This cost nothing, and your message is kept.
    pub no_answer: &'static str,
    /// The answer took too long. This cost nothing.
    pub too_long_waited: &'static str,
    /// Try again
    pub try_again: &'static str,
    /// Edit and send
    pub edit_and_send: &'static str,
    /// Ask again
    pub ask_again: &'static str,
    /// Copy
    pub copy: &'static str,
    /// Copy as Markdown
    pub copy_markdown: &'static str,
    /// Export as Markdown
    pub export: &'static str,
    /// Sources
    pub sources: &'static str,
    /// p. {n}
    pub page_n: &'static str,
    /// Image
    pub image_plain: &'static str,
    /// Code
    pub code_plain: &'static str,
    /// Table
    pub table: &'static str,
    /// {n} tokens
    pub tokens: &'static str,
    /// {n} tokens per message
    pub tokens_per_message: &'static str,
    /// priced by use
    pub price_by_use: &'static str,
    /// about {n} answers
    pub about_answers: &'static str,
    /// Your tokens are spent. A message costs {price}, you have {left}.
    pub spent: &'static str,
    /// You get {n} more every {hours} hours.
    pub more_tokens: &'static str,
    /// Ask your administrator.
    pub ask_administrator: &'static str,
    /// Your tokens are spent.
    pub tokens_are_spent: &'static str,
    /// What you wrote stays here.
    pub what_you_wrote: &'static str,
    /// Sign in
    pub sign_in: &'static str,
    /// Sign in to Quintet
    pub sign_in_to: &'static str,
    /// Sign out
    pub sign_out: &'static str,
    /// Make an account
    pub make_account: &'static str,
    /// I have an account
    pub have_account: &'static str,
    /// Username or e-mail
    pub username_or_email: &'static str,
    /// Username
    pub username: &'static str,
    /// E-mail
    pub email: &'static str,
    /// E-mail (optional)
    pub email_optional: &'static str,
    /// Password
    pub password: &'static str,
    /// Password again
    pub password_again: &'static str,
    /// At least 8 characters.
    pub at_least_8: &'static str,
    /// Keep me signed in
    pub keep_signed_in: &'static str,
    /// Name and password do not go together.
    pub wrong_password: &'static str,
    /// Do you want to sign out?
    pub sign_out_asked: &'static str,
    /// Sign in again to send this
    pub sign_in_again: &'static str,
    /// Your session has ended. What you wrote is kept on this device.
    pub sign_in_again_text: &'static str,
    /// Not now
    pub not_now: &'static str,
    /// Account
    pub account: &'static str,
    /// Assistants
    pub assistants: &'static str,
    /// Files
    pub files: &'static str,
    /// Administration
    pub admin: &'static str,
    /// Keyboard shortcuts
    pub shortcuts: &'static str,
    /// Search titles
    pub shortcut_search: &'static str,
    /// This list
    pub shortcut_list: &'static str,
    /// From message to message
    pub shortcut_messages: &'static str,
    /// Your last message, in an empty field
    pub shortcut_last: &'static str,
    /// Close, or stop the answer
    pub shortcut_stop: &'static str,
    /// Close
    pub close: &'static str,
    /// This is the built-in echo: it answers with one sentence, or quotes your files. Connect a model with MODEL_BASE_URL: see docs/models.md.
    pub echo_note: &'static str,
    /// Page not found
    pub not_found_title: &'static str,
    /// Documentation of the APIs
    pub api_documentation: &'static str,
    /// There is nothing at this address, or not any more.
    pub not_found: &'static str,
    /// This did not work
    pub error_title: &'static str,
    /// Something went wrong here. Try again: nothing is charged twice.
    pub went_wrong: &'static str,
    /// The service is busy or being restarted. Try again in a moment.
    pub unavailable: &'static str,
    /// You may not see this page.
    pub forbidden: &'static str,
    /// This form was sent from another site, or is too old. Nothing was changed. Load the page again.
    pub foreign_form: &'static str,
    /// Too many requests: try again in {n} s.
    pub too_many: &'static str,
    /// An answer is still being made in this chat.
    pub still_running: &'static str,
    /// This assistant does not answer now. Choose another.
    pub assistant_inactive: &'static str,
    /// Larger than {max} MB.
    pub too_large: &'static str,
    /// Your space for files is used up ({max} MB). Delete some to make room.
    pub quota: &'static str,
    /// To your chats
    pub home: &'static str,
    /// This kind of file is not supported.
    pub file_kind: &'static str,
    /// Empty file.
    pub file_empty: &'static str,
    /// The content is not of the kind that its name says.
    pub file_content: &'static str,
    /// There is no such file.
    pub no_such_file: &'static str,
    /// being read
    pub being_read: &'static str,
    /// ready
    pub ready: &'static str,
    /// cannot be read
    pub cannot_be_read: &'static str,
    /// stored
    pub stored: &'static str,
    /// is searching the web
    pub searches_web: &'static str,
    /// is reading a file
    pub reads_file: &'static str,
    /// is using {tool}
    pub uses_tool: &'static str,
    /// Used {tool}
    pub used_tool: &'static str,
    /// {tool} failed
    pub tool_failed: &'static str,
    /// Steps
    pub steps: &'static str,
    /// This field is required.
    pub required: &'static str,
    /// This field may not be empty.
    pub blank: &'static str,
    /// At most {max} characters.
    pub at_most: &'static str,
    /// At least {min} characters.
    pub too_short: &'static str,
    /// This character is not allowed.
    pub nul: &'static str,
    /// Only letters, digits and @ . + - _ are allowed.
    pub username_characters: &'static str,
    /// This is not an e-mail address.
    pub email_form: &'static str,
    /// The passwords differ.
    pub passwords_differ: &'static str,
    /// This name is taken.
    pub username_taken: &'static str,
    /// This e-mail address is taken.
    pub email_taken: &'static str,
    /// The current password is not right.
    pub wrong_current_password: &'static str,
    /// You have an assistant with this name.
    pub assistant_name_taken: &'static str,
    /// There is no such assistant.
    pub unknown_assistant: &'static str,
    /// From {min} to {max}.
    pub out_of_range: &'static str,
    /// This is not valid.
    pub not_valid: &'static str,
    /// Saved.
    pub saved: &'static str,
    /// Preferences
    pub preferences: &'static str,
    /// Language
    pub language_label: &'static str,
    /// Theme
    pub theme: &'static str,
    /// As the device
    pub theme_device: &'static str,
    /// Light
    pub theme_light: &'static str,
    /// Dark
    pub theme_dark: &'static str,
    /// The Enter key
    pub enter_key: &'static str,
    /// sends the message
    pub enter_key_send: &'static str,
    /// starts a new line (Ctrl Enter sends)
    pub enter_key_line: &'static str,
    /// What a screen reader says
    pub announcements: &'static str,
    /// The whole answer
    pub say_all: &'static str,
    /// Short answers, and the beginning of long ones
    pub say_short: &'static str,
    /// Only that it is ready
    pub say_ready: &'static str,
    /// Explain something
    pub suggestion_1: &'static str,
    /// in three short paragraphs:
    pub suggestion_1_text: &'static str,
    /// Improve a text
    pub suggestion_2: &'static str,
    /// keep its meaning and its tone:
    pub suggestion_2_text: &'static str,
    /// Make a list
    pub suggestion_3: &'static str,
    /// of pros and cons of:
    pub suggestion_3_text: &'static str,
    /// Deleted.
    pub deleted: &'static str,
    /// Sent.
    pub sent: &'static str,
    /// Pages of this list
    pub pages: &'static str,
    /// From the beginning
    pub first_page: &'static str,
    /// Next
    pub next_page: &'static str,
    /// All
    pub all: &'static str,
    /// Shown once: keep it now.
    pub shown_once: &'static str,
    /// State
    pub state: &'static str,
    /// At most {max}.
    pub too_many_entries: &'static str,
    /// This is not a number.
    pub not_a_number: &'static str,
    /// This address cannot be called. It must be a public https address.
    pub address_refused: &'static str,
    /// After whsec_, a secret is base64.
    pub secret_form: &'static str,
    /// The file has no name that can be used.
    pub file_name: &'static str,
    /// The file has another size than announced.
    pub file_size: &'static str,
    /// There is no such tool.
    pub unknown_tool: &'static str,
    /// The last administrator cannot be deleted, disabled or made a user.
    pub last_administrator: &'static str,
    /// You have reached the limit of {max}. Delete one to make room.
    pub limit_reached: &'static str,
    /// The webhook is not active.
    pub webhook_inactive: &'static str,
    /// A delivery attempt is under way. Try again in a moment.
    pub being_delivered: &'static str,
    /// The content of the file has not arrived yet.
    pub not_sent: &'static str,
    /// The file is already being checked.
    pub being_checked: &'static str,
    /// The answer has already ended.
    pub already_ended: &'static str,
    /// The texts of the pages of files.
    pub for_files: FilesWords,
    /// The texts of the pages of assistants.
    pub for_assistants: AssistantsWords,
    /// The texts of the pages of the account.
    pub for_account: AccountWords,
    /// The texts of the pages of webhooks.
    pub for_webhooks: WebhooksWords,
    /// The texts of the pages of administrators.
    pub for_admin: AdminWords,
}

/// The texts that scripts show. `assets/words.js` lists the same names.
#[derive(Serialize)]
pub struct ScriptWords {
    /// Add the pasted text as a file
    pub add_pasted: &'static str,
    /// Answer complete, {n} words.
    pub answer_complete: &'static str,
    /// {who} is answering
    pub answering: &'static str,
    /// being read
    pub being_read: &'static str,
    /// Chat deleted.
    pub chat_deleted: &'static str,
    /// The connection was lost. The answer goes on.
    pub connection_lost: &'static str,
    /// Copied.
    pub copied: &'static str,
    /// Copying is not possible here: select the text.
    pub copy_failed: &'static str,
    /// Copy as Markdown
    pub copy_markdown: &'static str,
    /// Delete
    pub delete: &'static str,
    /// Delete “{title}”?
    pub delete_title: &'static str,
    /// This chat was deleted in another window.
    pub deleted_elsewhere: &'static str,
    /// Empty file.
    pub empty_file: &'static str,
    /// Export
    pub export: &'static str,
    /// cannot be read
    pub file_failed: &'static str,
    /// To the latest
    pub latest: &'static str,
    /// More for “{title}”
    pub more_for: &'static str,
    /// New title
    pub new_title: &'static str,
    /// You are offline. What you write is kept.
    pub offline: &'static str,
    /// Pasted text.txt
    pub pasted_name: &'static str,
    /// An answer is being made
    pub plays: &'static str,
    /// ready
    pub ready: &'static str,
    /// Remove {name}
    pub remove: &'static str,
    /// Rename
    pub rename: &'static str,
    /// Send
    pub send: &'static str,
    /// No connection. Try again: nothing is charged twice.
    pub no_connection: &'static str,
    /// Still answering.
    pub still_answering: &'static str,
    /// Stop
    pub stop: &'static str,
    /// Stop answering
    pub stop_answering: &'static str,
    /// A title has 1 to 255 characters.
    pub title_length: &'static str,
    /// Today
    pub today: &'static str,
    /// This is {n} characters too long.
    pub too_long: &'static str,
    /// Too many requests: try again in {n} s.
    pub too_many: &'static str,
    /// Something went wrong here. Try again: nothing is charged twice.
    pub went_wrong: &'static str,
}

impl Words {
    /// A size, such as `12 KB`.
    pub fn size(&self, bytes: u64) -> String {
        const KIB: u64 = 1024;
        match bytes {
            0..KIB => format!("{bytes} B"),
            KIB..MIB => format!("{} KB", self.number(bytes.div_ceil(KIB))),
            _ => format!("{} MB", self.number(bytes.div_ceil(MIB))),
        }
    }

    /// A number, such as `3,700`.
    pub fn number(&self, number: u64) -> String {
        let digits = number.to_string();
        let mut text = String::new();
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                text.push(self.thousands);
            }
            text.push(digit);
        }
        text
    }
}
