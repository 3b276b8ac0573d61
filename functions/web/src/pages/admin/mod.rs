//! Pages of administrators: what to look at before others use the service, the health of its components, and notices to
//! all users. Users have a file of their own.

pub mod users;

use crate::{
    form::{self, Input, Notes, Typed, again, can_be_corrected},
    member::{AdministratorMember, Member, PostedByAdministrator, Refused, see},
    shell::{Shell, price},
    turn::render,
    words::{Words, fill},
};
use askama::Template;
use axum::{
    extract::State,
    response::{Html, IntoResponse, Response},
};
use shared::{
    config::{Config, ModelProvider},
    domain::{Error, text::Announcement},
    http::{App, ClientAddress, Form, Pages, pages::Query},
    service::{
        Services,
        health::{Condition, Report},
    },
};

#[derive(Template)]
#[template(path = "admin.html")]
struct AdminPage {
    shell: Shell,
    checks: Vec<Check>,
}

/// Something to look at before others use the service.
struct Check {
    title: &'static str,
    text: String,
    is_done: bool,
}

#[derive(Template)]
#[template(path = "notice.html")]
struct NoticePage {
    shell: Shell,
    notes: Notes,
    field: Input,
    key: String,
}

#[derive(Template)]
#[template(path = "health.html")]
struct HealthPage {
    shell: Shell,
    components: Vec<Component>,
}

struct Component {
    title: &'static str,
    is_healthy: bool,
    latency: String,
}

/// `GET /admin/`: the checklist.
#[utoipa::path(
    get,
    path = "/admin/",
    responses((status = 200, content_type = "text/html", body = String), (status = 403)),
)]
pub async fn show(
    State(app): State<App<Pages>>,
    AdministratorMember(member, _): AdministratorMember,
) -> Result<Html<String>, Refused> {
    let words = member.visit.words;
    let shell = Shell::for_member(&app, &member, words.admin, None).await?;
    Ok(Html(render(&AdminPage { shell, checks: checks(&app, words) })?))
}

/// `GET /admin/notice/`: the form for a notice to all users.
#[utoipa::path(
    get,
    path = "/admin/notice/",
    responses((status = 200, content_type = "text/html", body = String), (status = 403)),
)]
pub async fn notice_page(
    State(app): State<App<Pages>>,
    AdministratorMember(member, _): AdministratorMember,
    query: Query,
) -> Result<Html<String>, Refused> {
    Ok(notice_form(&app, &member, Typed::nothing(member.visit.words), Some(&query)).await?)
}

/// `POST /admin/notice/`: sends a notice to all users.
#[utoipa::path(post, path = "/admin/notice/", responses((status = 303), (status = 403), (status = 422)))]
pub async fn notify(
    State(app): State<App<Pages>>,
    PostedByAdministrator { posted, administrator }: PostedByAdministrator,
) -> Result<Response, Refused> {
    let (member, fields) = (posted.member, posted.fields);
    let sent = async {
        let mut form = Form::default();
        let message = form.required("message", fields.field("message"), Announcement::parse);
        let message = form.finish(|| message)?;
        app.notifications.send(&administrator, message, form::key(&fields)?).await
    };
    match sent.await {
        Ok(_) => Ok(see(&member.visit, "/admin/notice/?done=sent").into_response()),
        Err(error) if can_be_corrected(&error) => {
            let typed = Typed::refused(member.visit.words, &fields, &error);
            let page = notice_form(&app, &member, typed, None).await?;
            Ok(again(&error.into(), page))
        }
        Err(error) => Err(error.into()),
    }
}

/// `GET /admin/health/`: checks every component.
#[utoipa::path(
    get,
    path = "/admin/health/",
    responses((status = 200, content_type = "text/html", body = String), (status = 403)),
)]
pub async fn health(
    State(app): State<App<Pages>>,
    AdministratorMember(member, _): AdministratorMember,
    address: ClientAddress,
) -> Result<Html<String>, Refused> {
    let words = member.visit.words;
    let address = address.into();
    let shell = Shell::for_member(&app, &member, words.for_admin.health, None);
    let (shell, report) = futures::future::try_join(shell, app.health.report(&address)).await?;
    Ok(Html(render(&HealthPage { shell, components: components(words, report) })?))
}

async fn notice_form(
    services: &Services,
    member: &Member,
    typed: Typed<'_>,
    query: Option<&Query>,
) -> Result<Html<String>, Error> {
    let w = &member.visit.words.for_admin;
    let field = Input::new("message", w.notice_field).of("textarea", "off").required().at_most(2_000);
    let page = NoticePage {
        shell: Shell::for_member(services, member, w.notice, None).await?,
        notes: typed.notes(query),
        field: typed.input(field.hint(w.notice_text), ""),
        key: services.logins.new_form_secret(),
    };
    Ok(Html(render(&page)?))
}

fn checks(services: &Services, words: &Words) -> Vec<Check> {
    let w = &words.for_admin;
    let Config { model, search, rate_limit_api, rate_limit_auth, .. } = &services.config;
    let has_model = !matches!(model.provider, ModelProvider::Echo);
    let models: Vec<&str> = services.models.all().iter().map(|model| model.name.as_str()).collect();
    let has_limits = *rate_limit_api > 0 && *rate_limit_auth > 0;
    let limits = || {
        let (api, auth) = (words.number(u64::from(*rate_limit_api)), words.number(u64::from(*rate_limit_auth)));
        fill(w.limits_on, &[("api", &api), ("auth", &auth)])
    };
    let price = price(services, words);
    let text = |is_done: bool, done: String, open: &str| if is_done { done } else { open.to_owned() };
    vec![
        Check { title: w.model, text: text(has_model, models.join(", "), w.model_echo), is_done: has_model },
        Check {
            title: w.search,
            text: if search.is_some() { w.search_on } else { w.search_none }.to_owned(),
            is_done: search.is_some(),
        },
        Check { title: w.limits, text: text(has_limits, limits(), w.limits_off), is_done: has_limits },
        Check { title: w.prices, text: text(!price.is_empty(), price, words.for_account.free), is_done: true },
        Check { title: w.mail, text: w.mail_none.to_owned(), is_done: true },
        Check { title: w.backup, text: w.backup_text.to_owned(), is_done: false },
    ]
}

fn components(words: &Words, report: Report) -> Vec<Component> {
    let w = &words.for_admin;
    let Report { database, storage, model, queue } = report;
    let all = [(w.database, database), (w.storage, storage), (w.model, model), (w.queue, queue)];
    let shown = all.map(|(title, condition)| {
        let (is_healthy, latency) = match condition {
            Condition::Healthy { latency } => (true, latency),
            Condition::Unhealthy { latency } => (false, latency),
        };
        let millis = u64::try_from(latency.as_millis()).unwrap_or(u64::MAX);
        Component { title, is_healthy, latency: fill(w.milliseconds, &[("n", &words.number(millis))]) }
    });
    shown.into()
}
