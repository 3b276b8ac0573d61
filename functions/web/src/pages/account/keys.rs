//! API keys: a list, new ones, and deletion. A key itself is shown once.

use crate::{
    form::{self, Choice, Input, Notes, Typed, again, can_be_corrected},
    member::{Fields, Member, Posted, Refused, see},
    pager,
    shell::Shell,
    times::Moment,
    turn::render,
    words::fill,
};
use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{Html, IntoResponse, Response},
};
use secrecy::{ExposeSecret, SecretString};
use shared::{
    domain::{Error, Problem, api_key::ApiKey, ids::ApiKeyId, list::ApiKeyField, text::Label},
    http::{App, Form, Pages, pages::Query},
    service::Services,
};

/// The maximum number of keys that are listed. A user has fewer.
const SHOWN: usize = 100;
/// The lifetimes to choose from, in days.
const DAYS: [u32; 3] = [30, 90, 365];

#[derive(Template)]
#[template(path = "keys.html")]
struct KeysPage {
    shell: Shell,
    notes: Notes,
    /// A new key: what it is called, and the key itself.
    new: Option<(String, String)>,
    keys: Vec<KeyShown>,
    fields: Vec<Input>,
    key: String,
}

struct KeyShown {
    id: ApiKeyId,
    name: String,
    delete: String,
    created: Moment,
    expires: Option<Moment>,
}

/// `GET /account/keys/`: the user's API keys, without the keys themselves.
#[utoipa::path(get, path = "/account/keys/", responses((status = 200, content_type = "text/html", body = String)))]
pub async fn list(State(app): State<App<Pages>>, member: Member, query: Query) -> Result<Html<String>, Refused> {
    Ok(page(&app, &member, Typed::nothing(member.visit.words), Some(&query), None).await?)
}

/// `POST /account/keys/`: creates a key and shows it, or deletes the key `id` with `action=delete`. A form that is sent
/// twice shows the same key.
#[utoipa::path(post, path = "/account/keys/", responses((status = 201), (status = 303), (status = 422)))]
pub async fn change(State(app): State<App<Pages>>, posted: Posted) -> Result<Response, Refused> {
    let Posted { member, fields } = posted;
    if fields.text("action") == "delete" {
        let id = ApiKeyId::parse(fields.text("id")).ok_or(Error::NotFound)?;
        app.api_keys.delete(member.user().id, id).await?;
        return Ok(see(&member.visit, "/account/keys/?done=deleted").into_response());
    }
    let created = async {
        let (name, days) = read(&fields)?;
        app.api_keys.create(&member.caller, name, days, form::key(&fields)?).await
    };
    let words = member.visit.words;
    match created.await {
        Ok(new) => {
            let page = page(&app, &member, Typed::nothing(words), None, Some(new)).await?;
            Ok((StatusCode::CREATED, page).into_response())
        }
        Err(error) if can_be_corrected(&error) => {
            let page = page(&app, &member, Typed::refused(words, &fields, &error), None, None).await?;
            Ok(again(&error.into(), page))
        }
        Err(error) => Err(error.into()),
    }
}

fn read(fields: &Fields) -> Result<(Label, Option<u32>), Error> {
    let mut form = Form::default();
    let name = form.required("name", fields.field("name"), Label::parse);
    let days = form.optional("expires_in_days", fields.filled_field("expires_in_days"), lifetime);
    form.finish(|| Some((name?, days)))
}

fn lifetime(text: &str) -> Result<u32, Problem> {
    let days = text.parse().ok().filter(|days| DAYS.contains(days));
    days.ok_or(Problem::NotAChoice { choices: "30, 90, 365" })
}

async fn page(
    services: &Services,
    member: &Member,
    typed: Typed<'_>,
    query: Option<&Query>,
    new: Option<(ApiKey, SecretString)>,
) -> Result<Html<String>, Error> {
    let words = member.visit.words;
    let w = &words.for_account;
    let request = pager::request::<ApiKeyField>(SHOWN, None)?;
    let keys = services.api_keys.list(member.user().id, &request);
    let shell = Shell::for_member(services, member, w.keys, None);
    let (shell, keys) = futures::future::try_join(shell, keys).await?;
    let zone = member.visit.zone;
    let keys = keys.page.items.into_iter().map(|ApiKey { id, name, created_at, expires_at }| KeyShown {
        id,
        delete: fill(w.delete_key, &[("name", name.as_str())]),
        name: name.as_str().to_owned(),
        created: Moment::new(created_at, zone),
        expires: expires_at.map(|at| Moment::new(at, zone)),
    });
    let days =
        DAYS.map(|days| Choice::new(&days.to_string(), &fill(w.after_days, &[("n", &words.number(days.into()))])));
    let lifetimes = days.into_iter().chain([Choice::new("", w.never)]).collect();
    let page = KeysPage {
        shell,
        notes: typed.notes(query),
        new: new
            .map(|(key, secret)| (fill(w.new_key, &[("name", key.name.as_str())]), secret.expose_secret().to_owned())),
        keys: keys.collect(),
        fields: vec![
            typed.input(Input::new("name", w.key_name).required().at_most(255), ""),
            typed.input(Input::new("expires_in_days", w.key_expires).one_of(lifetimes), "90"),
        ],
        key: services.logins.new_form_secret(),
    };
    Ok(Html(render(&page)?))
}
