//! Spec 002, "Web Routes", "Authentication": registering, signing in and out.

use crate::{
    fault::error_sentence,
    form::{Input, Typed, again},
    links::escaped,
    member::{Posted, PostedByVisitor, Refused, forget_session, keep_session, see},
    shell::Shell,
    turn::render,
    visit::Visit,
};
use askama::Template;
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use secrecy::SecretString;
use shared::{
    domain::{
        Error, Problem,
        error::Problems,
        names::{Email, SignInName, Username},
        text::NewPassword,
    },
    http::{App, Pages, SignInEndpoint, pages::Query, registration},
    service::{accounts::Registration, browser_sessions::Browser},
};

#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage {
    shell: Shell,
    next: String,
    username: String,
    problem: Option<String>,
}

#[derive(Template)]
#[template(path = "register.html")]
struct RegisterPage {
    shell: Shell,
    fields: Vec<Input>,
    problem: Option<String>,
}

#[derive(Template)]
#[template(path = "logout.html")]
struct LogoutPage {
    shell: Shell,
}

/// The form for a new account.
fn register_form(visit: &Visit, typed: Typed<'_>) -> Result<Html<String>, Error> {
    let words = visit.words;
    let fields = [
        Input::new("username", words.username).of("text", "username").required().at_most(150),
        Input::new("email", words.email_optional).of("email", "email").at_most(254),
        Input::new("password", words.password).of("password", "new-password").required().hint(words.at_least_8),
        Input::new("confirm_password", words.password_again).of("password", "new-password").required(),
    ];
    let fields = fields.map(|field| typed.input(field, "")).into();
    let shell = Shell::for_visitor(visit, words.make_account);
    Ok(Html(render(&RegisterPage { shell, fields, problem: typed.problem() })?))
}

/// `GET /accounts/login/?next=`: the sign-in form.
#[utoipa::path(get, path = "/accounts/login/", responses((status = 200, content_type = "text/html", body = String)))]
pub async fn login_page(visit: Visit, query: Query) -> Result<Html<String>, Refused> {
    let next = query.parameter("next").unwrap_or_default();
    Ok(login_form(&visit, local(&next), String::new(), None)?)
}

/// `POST /accounts/login/`: signs in, and goes on to `next`.
#[utoipa::path(post, path = "/accounts/login/", responses((status = 303), (status = 422)))]
pub async fn login(
    State(app): State<App<Pages>>,
    SignInEndpoint(address): SignInEndpoint,
    posted: PostedByVisitor,
) -> Result<Response, Refused> {
    let PostedByVisitor { visit, fields } = posted;
    let name = SignInName::new(fields.text("username"));
    let password = SecretString::from(fields.text("password"));
    let browser = Browser { address: &address, device: visit.device.clone(), stays: fields.has("stay") };
    let next = local(fields.text("next"));
    match app.logins.open_session(&name, password, browser).await {
        Ok((_, session)) => {
            keep_session(&visit, &session);
            Ok(see(&visit, next).into_response())
        }
        Err(error) => {
            let problem = Some(error_sentence(visit.words, &error));
            let page = login_form(&visit, next, fields.text("username").to_owned(), problem)?;
            Ok(again(&error.into(), page))
        }
    }
}

/// `GET /accounts/register/`: the form for a new account.
#[utoipa::path(get, path = "/accounts/register/", responses((status = 200, content_type = "text/html", body = String)))]
pub async fn register_page(visit: Visit) -> Result<Html<String>, Refused> {
    Ok(register_form(&visit, Typed::nothing(visit.words))?)
}

/// `POST /accounts/register/`: creates an account and signs it in.
#[utoipa::path(post, path = "/accounts/register/", responses((status = 303), (status = 422)))]
pub async fn register(
    State(app): State<App<Pages>>,
    SignInEndpoint(address): SignInEndpoint,
    posted: PostedByVisitor,
) -> Result<Response, Refused> {
    let PostedByVisitor { visit, fields } = posted;
    let (username, email) = (fields.text("username"), fields.text("email"));
    let registered = async {
        let new = read_registration(username, email, fields.text("password"), fields.text("confirm_password"))?;
        let (user, _) = app.accounts.register(new).await?;
        let browser = Browser { address: &address, device: visit.device.clone(), stays: fields.has("stay") };
        app.logins.open_first_session(user.id, browser).await
    };
    match registered.await {
        Ok(session) => {
            keep_session(&visit, &session);
            Ok(see(&visit, "/").into_response())
        }
        Err(error) => {
            let page = register_form(&visit, Typed::refused(visit.words, &fields, &error))?;
            Ok(again(&error.into(), page))
        }
    }
}

/// `GET /accounts/logout/`: signs out, unless another site sent the browser here. Then it asks first.
#[utoipa::path(get, path = "/accounts/logout/", responses((status = 303)))]
pub async fn logout_link(
    State(app): State<App<Pages>>,
    headers: HeaderMap,
    visit: Visit,
    member: Result<crate::member::Member, Refused>,
) -> Result<Response, Refused> {
    let site = headers.get("sec-fetch-site").and_then(|site| site.to_str().ok()).unwrap_or("none");
    if !matches!(site, "same-origin" | "none") {
        let member = member?;
        let mut shell = Shell::for_visitor(&visit, visit.words.sign_out);
        shell.form_token = Some(member.form_token());
        return Ok(Html(render(&LogoutPage { shell })?).into_response());
    }
    if let Ok(member) = member {
        app.logins.sign_out(&member.caller, None).await?;
    }
    Ok(signed_out(&visit))
}

/// `POST /accounts/logout/`: signs out.
#[utoipa::path(post, path = "/accounts/logout/", responses((status = 303)))]
pub async fn logout(State(app): State<App<Pages>>, posted: Posted) -> Result<Response, Refused> {
    app.logins.sign_out(&posted.member.caller, None).await?;
    Ok(signed_out(&posted.member.visit))
}

/// Sends a browser without a session to the sign-in form, and from there back here.
pub fn redirect(visit: &Visit) -> Response {
    let to = visit.to(&format!("/accounts/login/?next={}", escaped(&visit.here)));
    (StatusCode::FOUND, [(header::LOCATION, to)]).into_response()
}

/// Ends a session in the browser, too.
pub fn signed_out(visit: &Visit) -> Response {
    forget_session(visit);
    // Drafts must not stay on a device that others use.
    ([("clear-site-data", "\"storage\"")], see(visit, "/accounts/login/")).into_response()
}

fn login_form(visit: &Visit, next: &str, username: String, problem: Option<String>) -> Result<Html<String>, Error> {
    let shell = Shell::for_visitor(visit, visit.words.sign_in);
    Ok(Html(render(&LoginPage { shell, next: next.to_owned(), username, problem })?))
}

/// `next` if it is a path of this service, else the path of the first page. Browsers take a backslash for a slash, and
/// leave out control characters.
fn local(next: &str) -> &str {
    let is_path = next.starts_with('/') && !next.starts_with("//");
    let is_plain = !next.chars().any(|c| c.is_control() || c == '\\');
    if is_path && is_plain { next } else { "/" }
}

fn read_registration(username: &str, email: &str, password: &str, again: &str) -> Result<Registration, Error> {
    let mut problems = Problems::default();
    let username = problems.note("username", Username::parse(username));
    let given = Some(email).filter(|email| !email.trim().is_empty());
    let email = problems.note("email", given.map(Email::parse).transpose()).flatten();
    let password = problems.note("password", NewPassword::parse(password));
    let is_same = password.as_ref().is_none_or(|password| password.is(again));
    problems.note("confirm_password", if is_same { Ok(()) } else { Err(Problem::PasswordsDiffer) });
    problems.or(username.zip(password).map(|(username, password)| registration(username, email, password)))
}
