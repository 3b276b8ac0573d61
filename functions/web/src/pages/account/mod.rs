//! The user's account: profile, balance, preferences and password. Sign-ins, API keys and webhooks have files of their
//! own.

pub mod keys;
pub mod sign_ins;
pub mod webhooks;

use crate::{
    form::{Choice, Input, Notes, Typed, again, can_be_corrected},
    member::{Fields, Member, Posted, Refused, forget_session, keep_session, see},
    shell::{BalanceShown, Shell, price},
    turn::render,
    visit::Visit,
    words::{LANGUAGES, Words, fill},
};
use askama::Template;
use axum::{
    extract::State,
    response::{Html, IntoResponse, Response},
};
use secrecy::SecretString;
use shared::{
    domain::{
        Error, Problem,
        error::Problems,
        names::{Email, SignInName, Username},
        text::{FullName, NewPassword},
        user::User,
    },
    http::{App, ClientAddress, Form, Pages, pages::Query, parse::any_text},
    service::{Services, browser_sessions::Browser, limits::Address, users::AccountChange},
};

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage {
    shell: Shell,
    notes: Notes,
    fields: Vec<Input>,
    balance: Option<BalanceShown>,
    price: String,
    refill: Option<String>,
    preferences: Vec<Input>,
}

#[derive(Template)]
#[template(path = "password.html")]
struct PasswordPage {
    shell: Shell,
    notes: Notes,
    username: String,
    fields: Vec<Input>,
    stays: bool,
}

/// `GET /account/`: profile, balance and preferences.
#[utoipa::path(get, path = "/account/", responses((status = 200, content_type = "text/html", body = String)))]
pub async fn show(State(app): State<App<Pages>>, member: Member, query: Query) -> Result<Html<String>, Refused> {
    Ok(page(&app, &member, Typed::nothing(member.visit.words), Some(&query)).await?)
}

/// `POST /account/`: changes the profile.
#[utoipa::path(post, path = "/account/", responses((status = 303), (status = 422)))]
pub async fn change(State(app): State<App<Pages>>, posted: Posted) -> Result<Response, Refused> {
    let Posted { member, fields } = posted;
    let changed = async {
        let (change, current) = read(&fields)?;
        app.users.change_me(&member.caller, change, current).await
    };
    match changed.await {
        Ok(_) => Ok(see(&member.visit, "/account/?done=saved").into_response()),
        Err(error) if can_be_corrected(&error) => {
            let typed = Typed::refused(member.visit.words, &fields, &error);
            let page = page(&app, &member, typed, None).await?;
            Ok(again(&error.into(), page))
        }
        Err(error) => Err(error.into()),
    }
}

/// `GET /account/password/`: the form for a new password.
#[utoipa::path(get, path = "/account/password/", responses((status = 200, content_type = "text/html", body = String)))]
pub async fn password_page(State(app): State<App<Pages>>, member: Member) -> Result<Html<String>, Refused> {
    Ok(password_form(&app, &member, Typed::nothing(member.visit.words)).await?)
}

/// `POST /account/password/`: changes the password. That ends all sign-ins. This browser is signed in again.
#[utoipa::path(post, path = "/account/password/", responses((status = 303), (status = 422)))]
pub async fn change_password(
    State(app): State<App<Pages>>,
    address: ClientAddress,
    posted: Posted,
) -> Result<Response, Refused> {
    let Posted { member, fields } = posted;
    let changed = async {
        let (change, current) = read_password(&fields)?;
        app.users.change_me(&member.caller, change, current).await
    };
    match changed.await {
        Ok((user, _)) => Ok(sign_in_again(&app, &member.visit, &address.into(), (&user, &fields)).await),
        Err(error) if can_be_corrected(&error) => {
            let page = password_form(&app, &member, Typed::refused(member.visit.words, &fields, &error)).await?;
            Ok(again(&error.into(), page))
        }
        Err(error) => Err(error.into()),
    }
}

/// Signs the browser in with the new password. If that is not possible now, its user does so.
async fn sign_in_again(
    services: &Services,
    visit: &Visit,
    address: &Address,
    (user, fields): (&User, &Fields),
) -> Response {
    let browser = Browser { address, device: visit.device.clone(), stays: fields.has("stay") };
    let name = SignInName::new(user.username.as_str());
    match services.logins.open_session(&name, SecretString::from(fields.text("password")), browser).await {
        Ok((_, session)) => {
            keep_session(visit, &session);
            see(visit, "/account/?done=saved").into_response()
        }
        Err(_) => {
            forget_session(visit);
            see(visit, "/accounts/login/").into_response()
        }
    }
}

fn read(fields: &Fields) -> Result<(AccountChange, Option<SecretString>), Error> {
    let mut form = Form::default();
    let email = form.nullable("email", fields.filled_field("email"), Email::parse);
    let change = AccountChange {
        username: form.optional("username", fields.field("username"), Username::parse),
        full_name: form.change("full_name", fields.field("full_name"), FullName::parse),
        email: fields.given("email").map(|_| email),
        ..AccountChange::default()
    };
    let current = form.optional("current_password", fields.filled_field("current_password"), any_text);
    form.finish(|| Some((change, current.map(SecretString::from))))
}

fn read_password(fields: &Fields) -> Result<(AccountChange, Option<SecretString>), Error> {
    let mut problems = Problems::default();
    let current = fields.given("current_password").filter(|text| !text.is_empty()).ok_or(Problem::Required);
    let current = problems.note("current_password", current);
    let password = problems.note("password", NewPassword::parse(fields.text("password")));
    let is_same = password.as_ref().is_none_or(|password| password.is(fields.text("confirm_password")));
    problems.note("confirm_password", if is_same { Ok(()) } else { Err(Problem::PasswordsDiffer) });
    let change = AccountChange { password, ..AccountChange::default() };
    problems.or(current.map(|current| (change, Some(current.into()))))
}

async fn page(
    services: &Services,
    member: &Member,
    typed: Typed<'_>,
    query: Option<&Query>,
) -> Result<Html<String>, Error> {
    let (words, user) = (member.visit.words, member.user());
    let w = &words.for_account;
    let shell = Shell::for_member(services, member, words.account, None).await?;
    let full_name = user.full_name.as_ref().map_or("", FullName::as_str);
    let email = user.email.as_ref().map_or("", Email::as_str);
    let current = Input::new("current_password", w.current_password).of("password", "current-password");
    let fields = vec![
        typed.input(Input::new("full_name", w.full_name).of("text", "name").at_most(255), full_name),
        typed.input(
            Input::new("username", words.username).of("text", "username").required().at_most(150),
            user.username.as_str(),
        ),
        typed.input(Input::new("email", words.email).of("email", "email").at_most(254), email),
        typed.input(current.hint(w.current_password_hint), ""),
    ];
    let balance = shell.side.as_ref().and_then(|side| side.balance.clone());
    let price = price(services, words);
    let page = AccountPage {
        notes: typed.notes(query),
        fields,
        balance,
        price: if price.is_empty() { w.free.to_owned() } else { price },
        refill: refill(services, words),
        preferences: preferences(&member.visit),
        shell,
    };
    Ok(Html(render(&page)?))
}

/// The tokens that are added regularly, in words.
fn refill(services: &Services, words: &Words) -> Option<String> {
    let refill = services.config.prices.refill?;
    let hours = words.number(refill.every.as_secs() / 3600);
    Some(fill(words.for_account.refill, &[("n", &words.number(refill.tokens)), ("hours", &hours)]))
}

/// What this browser keeps. [`super::preferences`] stores it.
fn preferences(visit: &Visit) -> Vec<Input> {
    let w = visit.words;
    let select = |name, label, current: &str, options: &[(&str, &str)]| {
        let options = options.iter().map(|(value, label)| Choice::new(value, label)).collect();
        Input { value: current.to_owned(), ..Input::new(name, label).one_of(options) }
    };
    let themes = [("", w.theme_device), ("light", w.theme_light), ("dark", w.theme_dark)];
    let says = [("all", w.say_all), ("short", w.say_short), ("ready", w.say_ready)];
    vec![
        select("language", w.language_label, w.language, &LANGUAGES.map(|(name, words)| (words.language, name))),
        select("theme", w.theme, visit.theme.unwrap_or_default(), &themes),
        select("enter", w.enter_key, visit.enter, &[("send", w.enter_key_send), ("line", w.enter_key_line)]),
        select("announcements", w.announcements, visit.say, &says),
    ]
}

async fn password_form(services: &Services, member: &Member, typed: Typed<'_>) -> Result<Html<String>, Error> {
    let words = member.visit.words;
    let w = &words.for_account;
    let shell = Shell::for_member(services, member, w.change_password, None).await?;
    let fields = [
        Input::new("current_password", w.current_password).of("password", "current-password").required(),
        Input::new("password", w.new_password).of("password", "new-password").required().hint(words.at_least_8),
        Input::new("confirm_password", words.password_again).of("password", "new-password").required(),
    ];
    let page = PasswordPage {
        shell,
        notes: typed.notes(None),
        username: member.user().username.as_str().to_owned(),
        fields: fields.map(|field| typed.input(field, "")).into(),
        stays: typed.is_ticked("stay", true),
    };
    Ok(Html(render(&page)?))
}
