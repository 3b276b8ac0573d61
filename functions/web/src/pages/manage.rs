//! What can be done with a chat: renaming, deleting, exporting. Scripts do it in place, with other routes.

use crate::{
    fault::of_field,
    member::{Member, Posted, Refused, see},
    shell::{Shell, title_of},
    turn::{Setting, TurnMessages, render},
    words::fill,
};
use askama::Template;
use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use shared::{
    domain::{
        Error,
        conversation::{Conversation, Message},
        ids::{ConversationId, Speaker},
        text::Title,
    },
    http::{App, InPath, Pages},
    service::Services,
};

/// The maximum size of an exported chat, in bytes: a function's response is limited to 6 MB.
const EXPORT_MAX: usize = 4_000_000;

#[derive(Template)]
#[template(path = "manage.html")]
struct ManagePage {
    shell: Shell,
    id: String,
    chat_title: String,
    title: String,
    delete_text: String,
    problem: Option<String>,
}

/// `GET /chat/{conversation}/manage/`: forms to rename and to delete a chat.
#[utoipa::path(
    get,
    path = "/chat/{conversation}/manage/",
    params(InPath<ConversationId>),
    responses((status = 200, content_type = "text/html", body = String)),
)]
pub async fn show(
    State(app): State<App<Pages>>,
    member: Member,
    InPath(id): InPath<ConversationId>,
) -> Result<Response, Refused> {
    Ok(page(&app, &member, id, None).await?.into_response())
}

/// `POST /chat/{conversation}/manage/`: renames a chat, or deletes it if the form says so.
#[utoipa::path(
    post,
    path = "/chat/{conversation}/manage/",
    params(InPath<ConversationId>),
    responses((status = 303), (status = 422)),
)]
pub async fn change(
    State(app): State<App<Pages>>,
    InPath(id): InPath<ConversationId>,
    posted: Posted,
) -> Result<Response, Refused> {
    let (member, user) = (&posted.member, posted.member.user());
    if posted.text("action") == "delete" {
        app.conversations.delete(user, id).await?;
        return Ok(see(&member.visit, "/").into_response());
    }
    let renamed = async {
        let title = Title::parse(posted.text("title")).map_err(|problem| Error::invalid("title", problem))?;
        app.conversations.rename(user.id, id, title).await
    };
    match renamed.await {
        Ok(_) => Ok(see(&member.visit, &format!("/chat/{id}/")).into_response()),
        Err(error @ Error::Invalid(_)) => {
            let problem = of_field(member.visit.words, Some(&error), "title");
            let page = page(&app, member, id, Some((posted.text("title"), problem))).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

/// `GET /chat/{conversation}/export.md`: the whole chat as Markdown. The beginning of a very long one is left out.
#[utoipa::path(
    get,
    path = "/chat/{conversation}/export.md",
    params(InPath<ConversationId>),
    responses((status = 200, content_type = "text/markdown", body = String)),
)]
pub async fn export(
    State(app): State<App<Pages>>,
    member: Member,
    InPath(id): InPath<ConversationId>,
) -> Result<Response, Refused> {
    let (conversation, messages) = whole(&app, &member, id).await?;
    let turns = TurnMessages::of(messages);
    let setting = Setting::read(&app, &member, &conversation, &turns).await?;
    let title = title_of(member.visit.words, &conversation);
    let mut text = format!("# {title}\n");
    for turn in turns {
        let speakers = [(member.visit.words.you, Some(turn.said)), (setting.who.as_str(), turn.reply)];
        for (who, message) in speakers.into_iter().filter_map(|(who, message)| Some((who, message?))) {
            text.push_str(&format!("\n## {who}, {}\n\n{}\n", message.created_at, message.content.trim_end()));
        }
    }
    let headers = [
        (header::CONTENT_TYPE, "text/markdown; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"chat.md\""),
    ];
    Ok((headers, text).into_response())
}

/// A chat with its messages, oldest first, but not more than fit into an export.
async fn whole(
    services: &Services,
    member: &Member,
    id: ConversationId,
) -> Result<(Conversation, Vec<Message>), Error> {
    let user = member.user().id;
    let (conversation, mut messages) = services.conversations.messages(user, id, None).await?;
    let size = |messages: &[Message]| messages.iter().map(|message| message.content.len()).sum::<usize>();
    while let Some(first) =
        messages.first().filter(|first| first.id.turn.0 > 1 || first.id.speaker == Speaker::Assistant)
    {
        let (_, mut earlier) = services.conversations.messages(user, id, Some(first.id)).await?;
        if earlier.is_empty() || size(&earlier) + size(&messages) > EXPORT_MAX {
            break;
        }
        earlier.append(&mut messages);
        messages = earlier;
    }
    Ok((conversation, messages))
}

async fn page(
    services: &Services,
    member: &Member,
    id: ConversationId,
    refused: Option<(&str, Option<String>)>,
) -> Result<Html<String>, Error> {
    let words = member.visit.words;
    let conversation = services.conversations.find(member.user().id, id).await?;
    let chat_title = title_of(words, &conversation);
    let shell = Shell::for_member(services, member, words.rename_chat, Some(id)).await?;
    let delete_text = fill(words.delete_chat_text, &[("n", &words.number(conversation.messages()))]);
    let (title, problem) = match refused {
        Some((title, problem)) => (title.to_owned(), problem),
        None => (chat_title.clone(), None),
    };
    Ok(Html(render(&ManagePage { shell, id: id.to_string(), chat_title, title, delete_text, problem })?))
}
