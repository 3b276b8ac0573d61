//! The chat pages: a new chat, and a chat with its turns.

use crate::{
    form::Choice,
    member::{Member, Refused},
    pager,
    shell::{Row, Shell, price, spent, title_of},
    stream::NewChat,
    turn::{Setting, TurnMessages, render},
    words::{Words, fill},
};
use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{Html, IntoResponse, Response},
};
use shared::{
    config::ModelProvider,
    domain::{
        Error,
        assistant::{Assistant, AssistantFilter, AssistantStatus},
        conversation::{Conversation, Message},
        ids::{AssistantId, ConversationId, MessageId, Speaker, TurnNumber},
        list::{AssistantField, Sort},
        text::{Label, Suggestion},
    },
    http::{App, InPath, Pages, pages::Query},
    service::Services,
};

/// The maximum number of turns on a page.
const TURNS: usize = 30;
/// The maximum number of assistants to choose from beside the message field.
const ASSISTANTS: usize = 100;

#[derive(Template)]
#[template(path = "chat.html")]
struct ChatPage {
    shell: Shell,
    /// The chat. `None` on the page of a new one.
    id: Option<String>,
    /// The assistant that answers. Empty if there is none.
    assistant: String,
    turns: Vec<String>,
    /// The turn before which there are more.
    earlier: Option<u64>,
    hello: String,
    suggestions: Vec<Suggested>,
    notes: Vec<String>,
    problem: Option<String>,
    spent: Option<String>,
    key: String,
    placeholder: String,
    message: String,
    assistants: Vec<(String, String)>,
    chosen: String,
    /// The models that may reply. None if there is no choice.
    models: Vec<Choice>,
    /// The one that is chosen. Empty for the usual one.
    model: String,
    price: String,
}

/// The beginning of a message.
struct Suggested {
    title: String,
    text: String,
    /// What it puts into the field of the message.
    fill: String,
}

/// What the field of a message contains, and why it was not sent.
#[derive(Default)]
pub struct Draft {
    /// The text.
    pub message: String,
    /// The assistant of a new chat.
    pub assistant: Option<AssistantId>,
    /// The model that shall reply.
    pub model: Option<String>,
    /// The reason, in one sentence.
    pub problem: Option<String>,
}

/// `GET /?assistant=`: the page of a new chat.
#[utoipa::path(get, path = "/", responses((status = 200, content_type = "text/html", body = String)))]
pub async fn home(State(app): State<App<Pages>>, member: Member, query: Query) -> Result<Response, Refused> {
    let assistant = query.parameter("assistant").and_then(|id| AssistantId::parse(&id));
    Ok(new_chat(&app, &member, Draft { assistant, ..Draft::default() }).await?.into_response())
}

/// `GET /chat/{conversation}/?before=`: a chat with its latest turns, or with those before a turn.
#[utoipa::path(
    get,
    path = "/chat/{conversation}/",
    params(InPath<ConversationId>),
    responses((status = 200, content_type = "text/html", body = String)),
)]
pub async fn show(
    State(app): State<App<Pages>>,
    member: Member,
    InPath(id): InPath<ConversationId>,
    query: Query,
) -> Result<Response, Refused> {
    let before = query.parameter("before").and_then(|number| TurnNumber::parse(&number));
    Ok(chat(&app, &member, id, before, Draft::default()).await?.into_response())
}

/// The page of a new chat.
pub async fn new_chat(services: &Services, member: &Member, draft: Draft) -> Result<Html<String>, Error> {
    let (words, user) = (member.visit.words, member.user());
    let request = pager::sorted(ASSISTANTS, Sort { field: AssistantField::Name, descending: false }, None)?;
    let active = AssistantFilter { status: Some(AssistantStatus::Active), category: None };
    let assistants = services.assistants.list(user.id, &active, &request);
    let shell = Shell::for_member(services, member, words.new_chat, None);
    let (shell, assistants) = futures::future::try_join(shell, assistants).await?;
    let chosen = assistants.page.items.iter().find(|assistant| Some(assistant.id) == draft.assistant);
    let called = shell.side.as_ref().map_or("", |side| side.called.as_str());
    let models = models(services, chosen.and_then(|chosen| chosen.character.model.as_ref()));
    let mut notes = Vec::new();
    if matches!(services.config.model.provider, ModelProvider::Echo) {
        notes.push(words.echo_note.to_owned());
    }
    let page = ChatPage {
        id: None,
        hello: fill(words.hello, &[("name", called)]),
        suggestions: suggestions(chosen, member),
        model: chosen_of(&models, draft.model.clone()),
        models,
        notes,
        placeholder: placeholder(member, chosen.map(|assistant| assistant.character.name.as_str())),
        chosen: chosen.map_or_else(String::new, |assistant| assistant.id.to_string()),
        assistants: assistants
            .page
            .items
            .iter()
            .map(|assistant| (assistant.id.to_string(), assistant.character.name.as_str().to_owned()))
            .collect(),
        assistant: String::new(),
        turns: Vec::new(),
        earlier: None,
        ..ChatPage::around(services, member, shell, draft)
    };
    Ok(Html(render(&page)?))
}

/// The page of a chat.
pub async fn chat(
    services: &Services,
    member: &Member,
    id: ConversationId,
    before: Option<TurnNumber>,
    draft: Draft,
) -> Result<Html<String>, Error> {
    let user = member.user().id;
    let before = before.map(|turn| MessageId { turn, speaker: Speaker::User });
    let (conversation, messages) = services.conversations.messages(user, id, before).await?;
    let answered_by = messages.iter().rev().find_map(|message| message.about.as_ref()?.model.clone());
    let (turns, earlier) = shown(messages);
    let title = title_of(member.visit.words, &conversation);
    let (shell, setting) = futures::future::try_join(
        Shell::for_member(services, member, &title, Some(id)),
        Setting::read(services, member, &conversation, &turns),
    )
    .await?;
    let assistant = if conversation.assistant.is_some() { setting.who.clone() } else { String::new() };
    // Who chose a model for the latest message means it for the next one, too.
    let models = models(services, setting.model.as_ref());
    let turns = turns.iter().map(|turn| setting.turn(turn)).collect::<Result<_, _>>()?;
    let page = ChatPage {
        id: Some(id.to_string()),
        placeholder: placeholder(member, Some(assistant.as_str()).filter(|name| !name.is_empty())),
        assistant,
        model: chosen_of(&models, draft.model.clone().or(answered_by)),
        models,
        turns,
        earlier: earlier.map(|turn| turn.0),
        hello: String::new(),
        suggestions: Vec::new(),
        notes: Vec::new(),
        assistants: Vec::new(),
        chosen: String::new(),
        ..ChatPage::around(services, member, shell, draft)
    };
    Ok(Html(render(&page)?))
}

/// The chat page again, with what was wrong, and with the message that was not sent.
pub async fn with_problem(
    services: &Services,
    member: &Member,
    id: Option<ConversationId>,
    status: StatusCode,
    draft: Draft,
) -> Result<Response, Error> {
    let page = match id {
        Some(id) => chat(services, member, id, None, draft).await?,
        None => new_chat(services, member, draft).await?,
    };
    Ok((status, page).into_response())
}

impl ChatPage {
    /// What pages of old and new chats have in common. The rest is empty.
    fn around(services: &Services, member: &Member, shell: Shell, draft: Draft) -> Self {
        let words = member.visit.words;
        let left = shell.side.as_ref().and_then(|side| side.balance.as_ref()).map_or(0, |balance| balance.left);
        Self {
            shell,
            spent: spent(services, words, left),
            price: price(services, words),
            key: services.logins.new_form_secret(),
            problem: draft.problem,
            message: draft.message,
            id: None,
            assistant: String::new(),
            turns: Vec::new(),
            earlier: None,
            hello: String::new(),
            suggestions: Vec::new(),
            notes: Vec::new(),
            placeholder: String::new(),
            assistants: Vec::new(),
            chosen: String::new(),
            models: Vec::new(),
            model: String::new(),
        }
    }
}

/// The latest of the turns of `messages`, and the turn before which there are more.
fn shown(messages: Vec<Message>) -> (Vec<TurnMessages>, Option<TurnNumber>) {
    let mut turns = TurnMessages::of(messages);
    let rest = turns.len().saturating_sub(TURNS);
    turns.drain(..rest);
    let earlier = turns.first().map(TurnMessages::number).filter(|first| first.0 > 1);
    (turns, earlier)
}

fn placeholder(member: &Member, assistant: Option<&str>) -> String {
    let words = member.visit.words;
    assistant.map_or_else(
        || words.write_message.to_owned(),
        |assistant| fill(words.ask_assistant, &[("assistant", assistant)]),
    )
}

/// The models to choose from beside the message field, if there is a choice. The first one answers unless another one is
/// chosen: that of the assistant, or else the default.
fn models(services: &Services, of_assistant: Option<&Label>) -> Vec<Choice> {
    let (all, usual) = (services.models.all(), services.models.answering(of_assistant));
    if all.len() == 1 {
        return Vec::new();
    }
    let others = all.iter().filter(|model| model.id != usual.id).map(|model| (model.id.as_str(), &model.name));
    [("", &usual.name)].into_iter().chain(others).map(|(id, name)| Choice::new(id, name.as_str())).collect()
}

/// Which of the models is chosen: the `wanted` one, or else the first.
fn chosen_of(models: &[Choice], wanted: Option<String>) -> String {
    wanted.filter(|wanted| models.iter().any(|model| model.value == *wanted)).unwrap_or_default()
}

/// Beginnings of messages: those of the assistant, or else general ones.
fn suggestions(assistant: Option<&Assistant>, member: &Member) -> Vec<Suggested> {
    let words = member.visit.words;
    let own = assistant.map_or(&[][..], |assistant| &assistant.character.suggestions);
    if !own.is_empty() {
        let text = |own: &Suggestion| own.as_str().to_owned();
        let suggested = |own| Suggested { title: text(own), text: String::new(), fill: text(own) };
        return own.iter().map(suggested).collect();
    }
    let all = [
        (words.suggestion_1, words.suggestion_1_text),
        (words.suggestion_2, words.suggestion_2_text),
        (words.suggestion_3, words.suggestion_3_text),
    ];
    let suggested = |(title, text): (&str, &str)| Suggested {
        title: title.to_owned(),
        text: text.to_owned(),
        fill: format!("{title} {text}"),
    };
    all.map(suggested).into()
}

#[derive(Template)]
#[template(path = "row.html")]
struct RowPart<'a> {
    w: &'static Words,
    root: &'a str,
    row: Row,
}

#[derive(Template)]
#[template(path = "chat_head.html")]
struct HeadPart<'a> {
    w: &'static Words,
    root: &'a str,
    id: Option<String>,
    title: &'a str,
    assistant: &'a str,
}

/// What a chat that has just begun adds to the page of a new chat.
pub fn begun(member: &Member, conversation: &Conversation, setting: &Setting) -> Result<NewChat, Error> {
    let (w, root) = (member.visit.words, member.visit.root.as_str());
    let title = title_of(w, conversation);
    let id = conversation.id.to_string();
    let row = Row { id: id.clone(), title: title.clone(), is_current: true };
    let assistant = if conversation.assistant.is_some() { setting.who.as_str() } else { "" };
    Ok(NewChat {
        row_html: render(&RowPart { w, root, row })?,
        head_html: render(&HeadPart { w, root, id: Some(id), title: &title, assistant })?,
        title,
    })
}
