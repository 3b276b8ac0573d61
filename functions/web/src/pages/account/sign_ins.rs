//! Where the user is signed in, and signing out there.

use crate::{
    form::{Notes, Typed},
    member::{Member, Posted, Refused, see},
    pages::sign_in::signed_out,
    shell::Shell,
    times::Moment,
    turn::render,
};
use askama::Template;
use axum::{
    extract::State,
    response::{Html, IntoResponse, Response},
};
use shared::{
    domain::{Error, ids::LoginId},
    http::{App, Pages, pages::Query},
};

#[derive(Template)]
#[template(path = "sign_ins.html")]
struct SignInsPage {
    shell: Shell,
    notes: Notes,
    sign_ins: Vec<SignInShown>,
}

struct SignInShown {
    id: LoginId,
    device: String,
    is_own: bool,
    since: Moment,
    ends: Moment,
}

/// `GET /account/sessions/`: the sign-ins of the user.
#[utoipa::path(get, path = "/account/sessions/", responses((status = 200, content_type = "text/html", body = String)))]
pub async fn list(State(app): State<App<Pages>>, member: Member, query: Query) -> Result<Html<String>, Refused> {
    let words = member.visit.words;
    let shell = Shell::for_member(&app, &member, words.for_account.sessions, None);
    let (shell, sign_ins) = futures::future::try_join(shell, app.logins.sign_ins(member.user().id)).await?;
    let zone = member.visit.zone;
    let sign_ins = sign_ins.into_iter().map(|sign_in| SignInShown {
        id: sign_in.id,
        device: sign_in.device.unwrap_or_else(|| words.for_account.program.to_owned()),
        is_own: member.login() == Some(sign_in.id),
        since: Moment::new(sign_in.created_at, zone),
        ends: Moment::new(sign_in.expires_at, zone),
    });
    let page = SignInsPage { shell, notes: Typed::nothing(words).notes(Some(&query)), sign_ins: sign_ins.collect() };
    Ok(Html(render(&page)?))
}

/// `POST /account/sessions/`: ends the sign-in `id`, or with `action=others` all but that of this browser.
#[utoipa::path(post, path = "/account/sessions/", responses((status = 303), (status = 404)))]
pub async fn end(State(app): State<App<Pages>>, posted: Posted) -> Result<Response, Refused> {
    let (user, own) = (posted.member.user().id, posted.member.login());
    let ended: Vec<LoginId> = if posted.text("action") == "others" {
        let all = app.logins.sign_ins(user).await?.into_iter().map(|sign_in| sign_in.id);
        all.filter(|id| own != Some(*id)).collect()
    } else {
        vec![LoginId::parse(posted.text("id")).ok_or(Error::NotFound)?]
    };
    for id in &ended {
        app.logins.end_sign_in(user, *id).await?;
    }
    if own.is_some_and(|own| ended.contains(&own)) {
        return Ok(signed_out(&posted.member.visit));
    }
    Ok(see(&posted.member.visit, "/account/sessions/?done=ended").into_response())
}
