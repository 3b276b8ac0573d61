//! A turn as HTML: the user's message, and the answer to it. Pages and streams show the same.

use crate::{
    icons,
    member::Member,
    times::Moment,
    visit::Visit,
    words::{Words, fill},
};
use askama::Template;
use shared::{
    domain::{
        Error,
        assistant::Assistant,
        conversation::{AboutReply, Attachment, AttachmentSource, Conversation, Message, MessageStatus, Source, Step},
        ids::{ConversationId, FileId, Speaker, TurnNumber},
        money::Tokens,
        text::Label,
    },
    service::Services,
};
use std::collections::HashMap;

/// The characters of a tool's arguments and results that a page shows.
const STEP_TEXT_MAX: usize = 2_000;

/// The two messages of a turn. There is no reply while the turn runs, and if it failed at once.
pub struct TurnMessages {
    /// The user's message.
    pub said: Message,
    /// The reply.
    pub reply: Option<Message>,
}

impl TurnMessages {
    /// Puts the messages of a conversation, oldest first, together. A failed turn that was tried again is left out: the
    /// later one takes its place.
    pub fn of(messages: Vec<Message>) -> Vec<Self> {
        let mut turns: Vec<Self> = Vec::new();
        for message in messages {
            match (message.id.speaker, turns.last_mut()) {
                (Speaker::Assistant, Some(turn)) if turn.said.id.turn == message.id.turn => turn.reply = Some(message),
                // The user's message is on the page before.
                (Speaker::Assistant, _) => {}
                (Speaker::User, last) => {
                    let is_repeated = last.is_some_and(|last| last.is_repeated_by(&message));
                    if is_repeated {
                        turns.pop();
                    }
                    turns.push(Self { said: message, reply: None });
                }
            }
        }
        turns
    }

    /// The number of the turn.
    pub const fn number(&self) -> TurnNumber {
        self.said.id.turn
    }

    fn is_repeated_by(&self, next: &Message) -> bool {
        self.said.status == MessageStatus::Failed
            && self.said.content == next.content
            && self.said.attachments == next.attachments
    }
}

/// What the turns of a page have in common.
pub struct Setting {
    /// The browser.
    pub visit: Visit,
    /// The conversation.
    pub conversation: ConversationId,
    /// Who answers.
    pub who: String,
    /// The model of the assistant, if it has one.
    pub model: Option<Label>,
    /// The token of forms.
    pub csrf: String,
    /// Makes the idempotency keys of the page's forms its own.
    pub key: String,
    /// The names of attached files. Deleted ones have none.
    pub files: HashMap<FileId, String>,
}

#[derive(Template)]
#[template(path = "turn.html", whitespace = "minimize")]
struct TurnPart<'a> {
    w: &'static Words,
    n: u64,
    state: &'static str,
    said: &'a str,
    said_at: Moment,
    files: Vec<FileChip>,
    answer: String,
}

struct FileChip {
    url: String,
    name: String,
    is_elsewhere: bool,
}

#[derive(Template)]
#[template(path = "answer.html", whitespace = "minimize")]
struct AnswerPart<'a> {
    n: u64,
    who: &'a str,
    at: Option<Moment>,
    is_pending: bool,
    header: String,
    steps: String,
    blocks: Vec<String>,
    sources: String,
    note: String,
    footer: String,
}

#[derive(Template)]
#[template(path = "answer_header.html", whitespace = "minimize")]
struct HeaderPart<'a> {
    w: &'static Words,
    who: &'a str,
    is_pending: bool,
    at: Option<Moment>,
}

#[derive(Template)]
#[template(path = "steps.html", whitespace = "minimize")]
struct StepsPart {
    w: &'static Words,
    steps: Vec<StepShown>,
}

struct StepShown {
    text: String,
    arguments: String,
    result: String,
    has_failed: bool,
}

#[derive(Template)]
#[template(path = "sources.html", whitespace = "minimize")]
struct SourcesPart<'a> {
    w: &'static Words,
    n: u64,
    sources: Vec<SourceShown<'a>>,
}

struct SourceShown<'a> {
    name: &'a str,
    page: String,
    text: &'a str,
    url: String,
}

#[derive(Template)]
#[template(path = "note.html", whitespace = "minimize")]
struct NotePart<'a> {
    w: &'static Words,
    kind: &'static str,
    icon: &'static str,
    text: &'a str,
    can_repeat: bool,
    again: String,
}

#[derive(Template)]
#[template(path = "again.html", whitespace = "minimize")]
struct AgainPart<'a> {
    action: String,
    csrf: &'a str,
    key: String,
    n: u64,
    class: &'static str,
    icon: &'static str,
    label: &'static str,
}

#[derive(Template)]
#[template(path = "answer_footer.html", whitespace = "minimize")]
struct FooterPart {
    w: &'static Words,
    is_over: bool,
    again: String,
    price: String,
}

/// How an answer ended, if it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It is being made.
    Pending,
    /// It is whole.
    Complete,
    /// It became too long.
    Cut,
    /// Its user stopped it.
    Cancelled,
    /// The model failed.
    Failed,
    /// The model took too long.
    TimedOut,
}

impl State {
    /// The state for styles and scripts.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Complete => "complete",
            Self::Cut => "cut",
            Self::Cancelled => "cancelled",
            Self::Failed | Self::TimedOut => "failed",
        }
    }

    const fn is_over(self) -> bool {
        !matches!(self, Self::Pending)
    }

    const fn has_answer(self) -> bool {
        matches!(self, Self::Complete | Self::Cut | Self::Cancelled)
    }
}

impl From<MessageStatus> for State {
    fn from(status: MessageStatus) -> Self {
        match status {
            MessageStatus::Pending => Self::Pending,
            MessageStatus::Complete => Self::Complete,
            MessageStatus::Cut => Self::Cut,
            MessageStatus::Cancelled => Self::Cancelled,
            MessageStatus::Failed => Self::Failed,
        }
    }
}

impl Setting {
    /// What the turns of `conversation` have in common. Reads the names of the assistant and of the attached files.
    pub async fn read(
        services: &Services,
        member: &Member,
        conversation: &Conversation,
        turns: &[TurnMessages],
    ) -> Result<Self, Error> {
        let user = member.user().id;
        let mut attached: Vec<FileId> = attachments(turns).filter_map(Attachment::own_file).collect();
        attached.sort_unstable();
        attached.dedup();
        let files = async {
            match attached.is_empty() {
                true => Ok(Vec::new()),
                false => services.files.find(user, &attached).await,
            }
        };
        let assistant = assistant_of(services, member, conversation);
        let (assistant, found) = futures::future::try_join(assistant, files).await?;
        let character = assistant.map(|assistant| assistant.character);
        let who = character.as_ref().map(|character| character.name.as_str().to_owned());
        let model = character.and_then(|character| character.model);
        let names = attached.iter().zip(found).filter_map(|(id, file)| Some((*id, file?.name.as_str().to_owned())));
        Ok(Self {
            visit: member.visit.clone(),
            conversation: conversation.id,
            who: who.unwrap_or_else(|| member.visit.words.assistant.to_owned()),
            model,
            csrf: member.form_token(),
            key: services.logins.new_form_secret(),
            files: names.collect(),
        })
    }

    fn words(&self) -> &'static Words {
        self.visit.words
    }

    /// A whole turn.
    pub fn turn(&self, turn: &TurnMessages) -> Result<String, Error> {
        let n = turn.number().0;
        let TurnMessages { said, reply } = turn;
        let state = reply.as_ref().map_or_else(|| said.status.into(), |reply| State::from(reply.status));
        // A message without a reply has failed, or its turn runs.
        let state = if reply.is_none() && state == State::Complete { State::Pending } else { state };
        let answer = self.answer(n, state, reply.as_ref())?;
        let part = TurnPart {
            w: self.words(),
            n,
            state: state.as_str(),
            said: &said.content,
            said_at: Moment::new(said.created_at, self.visit.zone),
            files: said.attachments.iter().map(|attachment| self.chip(attachment)).collect(),
            answer,
        };
        render(&part)
    }

    fn answer(&self, n: u64, state: State, reply: Option<&Message>) -> Result<String, Error> {
        let about = reply.and_then(|reply| reply.about.as_ref());
        let text = reply.map_or("", |reply| reply.content.as_str());
        let at = reply.map(|reply| Moment::new(reply.created_at, self.visit.zone));
        let part = AnswerPart {
            n,
            who: &self.who,
            at,
            is_pending: state == State::Pending,
            header: self.header(state, at)?,
            steps: self.steps(about.map_or(&[], |about| &about.steps))?,
            blocks: markdown::render(text, &self.markdown_words()),
            sources: self.sources(n, about.map_or(&[], |about| &about.sources))?,
            note: self.note(n, state)?,
            footer: self.footer(n, state, about)?,
        };
        render(&part)
    }

    /// The texts that the HTML of an answer needs.
    pub fn markdown_words(&self) -> markdown::Words<'static> {
        let words = self.words();
        markdown::Words { code: words.code_plain, table: words.table, image: words.image_plain, copy: words.copy }
    }

    /// Who answers, and when.
    pub fn header(&self, state: State, at: Option<Moment>) -> Result<String, Error> {
        render(&HeaderPart { w: self.words(), who: &self.who, is_pending: state == State::Pending, at })
    }

    /// The tools that were called.
    pub fn steps(&self, steps: &[Step]) -> Result<String, Error> {
        let shown = steps.iter().map(|step| StepShown {
            text: self.step_ended(step),
            arguments: if step.arguments == "{}" { String::new() } else { beginning(&step.arguments) },
            result: beginning(&step.result),
            has_failed: step.has_failed,
        });
        render(&StepsPart { w: self.words(), steps: shown.collect() })
    }

    /// A tool call that runs, in words.
    pub fn step_runs(&self, step: &Step) -> String {
        let words = self.words();
        match step.tool.as_str() {
            "web_search" => words.searches_web.to_owned(),
            "file_upload" => words.reads_file.to_owned(),
            tool => fill(words.uses_tool, &[("tool", tool)]),
        }
    }

    /// A tool call that ended, in words.
    pub fn step_ended(&self, step: &Step) -> String {
        let text = if step.has_failed { self.words().tool_failed } else { self.words().used_tool };
        fill(text, &[("tool", &step.tool)])
    }

    /// The passages that the model was given.
    pub fn sources(&self, n: u64, sources: &[Source]) -> Result<String, Error> {
        let shown = sources.iter().map(|Source { file, filename, page, text }| SourceShown {
            name: filename,
            page: page.map_or_else(String::new, |page| fill(self.words().page_n, &[("n", &page.to_string())])),
            text,
            url: file.map_or_else(String::new, |file| self.visit.to(&format!("/files/{file}/"))),
        });
        render(&SourcesPart { w: self.words(), n, sources: shown.collect() })
    }

    /// What went another way than it should have.
    pub fn note(&self, n: u64, state: State) -> Result<String, Error> {
        let words = self.words();
        let (kind, icon, text) = match state {
            State::Pending | State::Complete => ("", "", ""),
            State::Cut => ("warn", icons::WARNING, words.cut_off),
            State::Cancelled => ("", icons::STOPPED, words.you_stopped),
            State::Failed => ("danger", icons::ALERT, words.no_answer),
            State::TimedOut => ("danger", icons::ALERT, words.too_long_waited),
        };
        let label = if state.has_answer() { words.ask_again } else { words.try_again };
        let again = if text.is_empty() { String::new() } else { self.again(n, "button line", "", label)? };
        render(&NotePart { w: words, kind, icon, text, can_repeat: !text.is_empty(), again })
    }

    /// What can be done with an answer, and what it cost.
    pub fn footer(&self, n: u64, state: State, about: Option<&AboutReply>) -> Result<String, Error> {
        let words = self.words();
        let price = about.filter(|about| about.charged > 0).map(|about| tokens(words, about.charged));
        let is_over = state.has_answer();
        let again = match state {
            State::Complete => self.again(n, "again", icons::AGAIN, words.ask_again)?,
            _ => String::new(),
        };
        let price = price.filter(|_| state.is_over()).unwrap_or_default();
        render(&FooterPart { w: words, is_over, again, price })
    }

    fn again(&self, n: u64, class: &'static str, icon: &'static str, label: &'static str) -> Result<String, Error> {
        let action = self.visit.to(&format!("/chat/{}/messages/", self.conversation));
        let key = format!("{}-{n}", self.key);
        render(&AgainPart { action, csrf: &self.csrf, key, n, class, icon, label })
    }

    fn chip(&self, attachment: &Attachment) -> FileChip {
        match &attachment.source {
            AttachmentSource::Own(file) => FileChip {
                url: self.visit.to(&format!("/files/{file}/")),
                name: self.files.get(file).cloned().unwrap_or_else(|| self.words().no_such_file.to_owned()),
                is_elsewhere: false,
            },
            AttachmentSource::Elsewhere(url) => {
                FileChip { url: url.as_str().to_owned(), name: url.as_str().to_owned(), is_elsewhere: true }
            }
        }
    }
}

/// The attachments of turns.
fn attachments(turns: &[TurnMessages]) -> impl Iterator<Item = &Attachment> {
    turns.iter().flat_map(|turn| &turn.said.attachments)
}

/// The assistant that answers in a conversation. `None` without one, and for one that was deleted.
async fn assistant_of(
    services: &Services,
    member: &Member,
    conversation: &Conversation,
) -> Result<Option<Assistant>, Error> {
    let Some(assistant) = conversation.assistant else { return Ok(None) };
    match services.assistants.show(member.user().id, assistant).await {
        Ok(assistant) => Ok(Some(assistant)),
        Err(Error::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

fn tokens(words: &Words, tokens: Tokens) -> String {
    fill(words.tokens, &[("n", &words.number(tokens))])
}

fn beginning(text: &str) -> String {
    match text.char_indices().nth(STEP_TEXT_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// The HTML of a template.
pub fn render(template: &impl Template) -> Result<String, Error> {
    template.render().map_err(Error::internal)
}
