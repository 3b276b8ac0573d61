//! Searching the titles of chats.

use crate::{
    links,
    member::{Member, Refused},
    pager,
    shell::{Shell, title_of},
    times::Moment,
    turn::render,
    words::fill,
};
use askama::Template;
use axum::{extract::State, response::Html};
use shared::{
    domain::{
        conversation::Conversation,
        list::{ConversationField, ListPosition, Sort},
    },
    http::{App, Pages, pages::Query},
};

/// The number of chats that are read at once.
const READ: usize = 100;
/// How many times chats are read for one page. A link goes on after that.
const READS: usize = 5;
/// The number of chats on a page.
const SHOWN: usize = 100;

#[derive(Template)]
#[template(path = "search.html")]
struct SearchPage {
    shell: Shell,
    query: String,
    found: Vec<Found>,
    nothing: String,
    next: Option<String>,
}

/// A chat whose title contains what was searched for.
struct Found {
    id: String,
    before: String,
    /// The part of the title that was searched for.
    matched: String,
    after: String,
    at: Moment,
}

/// `GET /search/?q=&after=`: the chats whose titles contain `q`, latest first.
#[utoipa::path(get, path = "/search/", responses((status = 200, content_type = "text/html", body = String)))]
pub async fn show(State(app): State<App<Pages>>, member: Member, query: Query) -> Result<Html<String>, Refused> {
    let (visit, user) = (&member.visit, member.user());
    let wanted = query.parameter("q").unwrap_or_default();
    let wanted = wanted.trim();
    let mut after = pager::after(&query);
    let (mut found, mut reads) = (Vec::new(), 0);
    loop {
        let request = pager::sorted(READ, Sort { field: ConversationField::UpdatedAt, descending: true }, after)?;
        let listed = app.conversations.list(user, request).await?;
        found.extend(listed.page.items.into_iter().filter_map(|conversation| {
            Found::new(&conversation, &title_of(visit.words, &conversation), wanted, visit.zone)
        }));
        after = listed.next;
        reads += 1;
        if after.is_none() || reads == READS || found.len() >= SHOWN {
            break;
        }
    }
    let next = after.map(|ListPosition(after)| links::query(&[("q", wanted), ("after", &after)]));
    let shell = Shell::for_member(&app, &member, visit.words.search_titles, None).await?;
    let nothing = fill(visit.words.no_title_contains, &[("q", wanted)]);
    Ok(Html(render(&SearchPage { shell, query: wanted.to_owned(), found, nothing, next })?))
}

impl Found {
    fn new(conversation: &Conversation, title: &str, wanted: &str, zone: i64) -> Option<Self> {
        let (start, end) = position(title, wanted)?;
        Some(Self {
            id: conversation.id.to_string(),
            before: title[..start].to_owned(),
            matched: title[start..end].to_owned(),
            after: title[end..].to_owned(),
            at: Moment::new(conversation.updated_at, zone),
        })
    }
}

/// Where `title` contains `wanted`, in any case.
fn position(title: &str, wanted: &str) -> Option<(usize, usize)> {
    let wanted = wanted.to_lowercase();
    title.char_indices().map(|(at, _)| at).chain([title.len()]).find_map(|start| {
        let mut folded = String::new();
        let mut end = start;
        for (at, c) in title[start..].char_indices() {
            if folded.len() >= wanted.len() {
                break;
            }
            folded.extend(c.to_lowercase());
            end = start + at + c.len_utf8();
        }
        (folded == wanted).then_some((start, end))
    })
}
