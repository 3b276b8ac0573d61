//! Sending a message, and following, stopping and copying its answer. One route has three answers: scripts get a stream
//! of events, or JSON if they are refused; browsers without scripts wait and are then sent to the turn.

use super::chat::{Draft, begun, with_problem};
use crate::{
    fault, form,
    member::{Fields, Member, Posted, PostedWithFiles, Refused, see},
    stream::{self, Beginning, Begins},
    turn::{Setting, TurnMessages},
    visit::Wants,
};
use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use futures::StreamExt;
use shared::{
    domain::{
        Error, Problem,
        conversation::{Attachment, AttachmentKind, AttachmentSource, MessageStatus, Said},
        file::File,
        ids::{AssistantId, ConversationId, FileId, MessageId, Speaker, TurnNumber},
        text::{Label, MessageText},
    },
    http::{App, Dialect, Fault, InPath, Pages, events},
    service::{
        idempotency::IdempotencyKey,
        turns::{TurnNews, TurnTarget},
    },
};

/// `POST /chat/messages/`: sends the first message of a new chat.
#[utoipa::path(
    post,
    path = "/chat/messages/",
    responses((status = 303), (status = 402), (status = 502), (status = 504)),
)]
pub async fn begin(State(app): State<App<Pages>>, posted: PostedWithFiles) -> Result<Response, Refused> {
    send(&app, None, posted).await
}

/// `POST /chat/{conversation}/messages/`: sends a message, or one of the chat again.
#[utoipa::path(
    post,
    path = "/chat/{conversation}/messages/",
    params(InPath<ConversationId>),
    responses((status = 303), (status = 402), (status = 502), (status = 504)),
)]
pub async fn say(
    State(app): State<App<Pages>>,
    InPath(id): InPath<ConversationId>,
    posted: PostedWithFiles,
) -> Result<Response, Refused> {
    send(&app, Some(id), posted).await
}

/// `GET /chat/{conversation}/messages/{chat}/stream/`: the events of an answer, with all that was said so far first.
#[utoipa::path(
    get,
    path = "/chat/{conversation}/messages/{chat}/stream/",
    params(InPath<(ConversationId, TurnNumber)>),
    responses((status = 200, content_type = "text/event-stream", body = String), (status = 504)),
)]
pub async fn follow(
    State(app): State<App<Pages>>,
    member: Member,
    InPath((id, turn)): InPath<(ConversationId, TurnNumber)>,
) -> Result<Response, Refused> {
    let user = member.user().id;
    let (conversation, followed) =
        futures::future::try_join(app.conversations.find(user, id), app.turns.follow(user, (id, turn), None)).await?;
    let setting = Setting::read(&app, &member, &conversation, &[]).await?;
    Ok(events::respond(stream::events(app.services().clone(), setting, (turn, Begins::TakenUp), followed)))
}

/// `POST /chat/{conversation}/messages/{chat}/stop/`: stops an answer, within two seconds.
#[utoipa::path(
    post,
    path = "/chat/{conversation}/messages/{chat}/stop/",
    params(InPath<(ConversationId, TurnNumber)>),
    responses((status = 202)),
)]
pub async fn stop(
    State(app): State<App<Pages>>,
    InPath((id, turn)): InPath<(ConversationId, TurnNumber)>,
    posted: Posted,
) -> Result<StatusCode, Refused> {
    let message = MessageId { turn, speaker: Speaker::User };
    app.turns.cancel(posted.member.user().id, id, message).await?;
    Ok(StatusCode::ACCEPTED)
}

/// `GET /chat/{conversation}/messages/{chat}/answer.md`: the Markdown of an answer.
#[utoipa::path(
    get,
    path = "/chat/{conversation}/messages/{chat}/answer.md",
    params(InPath<(ConversationId, TurnNumber)>),
    responses((status = 200, content_type = "text/markdown", body = String)),
)]
pub async fn answer(
    State(app): State<App<Pages>>,
    member: Member,
    InPath((id, turn)): InPath<(ConversationId, TurnNumber)>,
) -> Result<Response, Refused> {
    let before = MessageId { turn: TurnNumber(turn.0.saturating_add(1)), speaker: Speaker::User };
    let (_, messages) = app.conversations.messages(member.user().id, id, Some(before)).await?;
    let wanted = MessageId { turn, speaker: Speaker::Assistant };
    let reply = messages.into_iter().find(|message| message.id == wanted).ok_or(Error::NotFound)?;
    Ok(([(header::CONTENT_TYPE, "text/markdown; charset=utf-8")], reply.content).into_response())
}

/// A message as it was posted.
struct Message {
    said: Said,
    place: TurnTarget,
    key: Option<IdempotencyKey>,
    replaces: Option<TurnNumber>,
}

async fn send(app: &App<Pages>, id: Option<ConversationId>, posted: PostedWithFiles) -> Result<Response, Refused> {
    let (member, fields, received) = posted.read(app).await?;
    let kept = match received {
        Ok(received) => app.files.keep(received, None).await,
        Err(error) => Err(error),
    };
    let (new_files, message) = match kept {
        Ok(new_files) => {
            let message = read(app, &member, id, &fields, &new_files).await;
            (new_files, message)
        }
        Err(error) => (Vec::new(), Err(error)),
    };
    let sent = match message {
        Ok(message) => match member.visit.wants {
            Wants::Events => stream_answer(app, &member, message).await,
            Wants::Page | Wants::Json => wait(app, &member, message).await,
        },
        Err(error) => Err(error),
    };
    // If it is not known whether the message was stored, it may refer to the files.
    if matches!(&sent, Err(error) if !matches!(error, Error::Unavailable(_) | Error::Internal(_))) {
        for file in new_files {
            app.files.remove(member.user().id, file.id).await?;
        }
    }
    match sent {
        Ok(response) => Ok(response),
        Err(error) if member.visit.wants == Wants::Page => {
            let fault = Fault::from(error);
            let draft = Draft {
                message: fields.text("message").to_owned(),
                assistant: AssistantId::parse(fields.text("assistant")),
                model: fields.filled("model").map(str::to_owned),
                problem: Some(fault::sentence(member.visit.words, &fault)),
            };
            let (status, _) = Pages::error(&fault);
            let status = if status == StatusCode::BAD_REQUEST { StatusCode::UNPROCESSABLE_ENTITY } else { status };
            Ok(with_problem(app, &member, id, status, draft).await?)
        }
        Err(error) => Err(error.into()),
    }
}

async fn read(
    app: &App<Pages>,
    member: &Member,
    id: Option<ConversationId>,
    fields: &Fields,
    new_files: &[File],
) -> Result<Message, Error> {
    let user = member.user().id;
    let key = form::key(fields)?;
    let assistant = fields.filled("assistant").and_then(AssistantId::parse);
    // One that is not offered any more is as good as none.
    let model = fields.filled("model").and_then(|id| Label::parse(id).ok()).filter(|id| app.models.has(id.as_str()));
    let place = id.map_or(TurnTarget::New { assistant, title: None }, TurnTarget::In);
    if let (Some(id), Some(again)) = (id, fields.filled("again")) {
        let turn = TurnNumber::parse(again).ok_or(Error::NotFound)?;
        let message = app.turns.question(user, id, turn).await?;
        let failed = message.status == MessageStatus::Failed;
        let text = MessageText::parse(message.content).map_err(|problem| Error::invalid("message", problem))?;
        let said = Said { text, attachments: message.attachments, model };
        return Ok(Message { said, place, key, replaces: failed.then_some(turn) });
    }
    let text = MessageText::parse(fields.text("message").to_owned());
    let text = text.map_err(|problem| Error::invalid("message", problem))?;
    let chosen: Vec<FileId> = fields.after("file.").filter_map(FileId::parse).collect();
    let found = if chosen.is_empty() { Vec::new() } else { app.files.find(user, &chosen).await? };
    let mut attachments = Vec::new();
    for file in found {
        attachments.push(attachment(&file.ok_or_else(|| Error::invalid("message", Problem::UnknownFile))?));
    }
    attachments.extend(new_files.iter().map(attachment));
    Ok(Message { said: Said { text, attachments, model }, place, key, replaces: None })
}

fn attachment(file: &File) -> Attachment {
    let is_image = file.content_type.as_str().starts_with("image/");
    let kind = if is_image { AttachmentKind::Image } else { AttachmentKind::File };
    Attachment { kind, source: AttachmentSource::Own(file.id) }
}

/// Waits for the answer, and sends the browser to the turn.
async fn wait(app: &App<Pages>, member: &Member, message: Message) -> Result<Response, Error> {
    let Message { said, place, key, .. } = message;
    let answered = app.turns.say(member.user(), place, said, key).await?;
    let (conversation, turn) = (answered.conversation, answered.turn.number.0);
    Ok(see(&member.visit, &format!("/chat/{conversation}/#m{turn}")).into_response())
}

async fn stream_answer(app: &App<Pages>, member: &Member, message: Message) -> Result<Response, Error> {
    let Message { said, place, key, replaces, .. } = message;
    let (user, is_new) = (member.user(), matches!(place, TurnTarget::New { .. }));
    let mut turn = Box::pin(app.turns.stream(user, place, said, key).await?);
    let first = turn.next().await.ok_or_else(|| Error::internal("a turn without events"))?;
    let TurnNews::Said(id, message) = &first.news else {
        return Err(Error::internal("a turn does not begin with its message"));
    };
    let (id, number) = (*id, message.id.turn);
    let conversation = app.conversations.find(user.id, id).await?;
    let turns = [TurnMessages { said: (**message).clone(), reply: None }];
    let setting = Setting::read(app, member, &conversation, &turns).await?;
    let new_chat = if is_new { Some(begun(member, &conversation, &setting)?) } else { None };
    let begins = Begins::Anew(Beginning { new_chat, replaces });
    let whole = futures::stream::iter([first]).chain(turn);
    Ok(events::respond(stream::events(app.services().clone(), setting, (number, begins), whole)))
}
