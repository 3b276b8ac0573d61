//! Who uses the pages: the extractors for a signed-in user, and for the forms that browsers post. A form counts only if
//! it comes from a page of this browser: `Sec-Fetch-Site` and `Origin` say where it was sent from, and its field `csrf`
//! has the token of the browser's forms.

use crate::{
    form::can_be_corrected,
    pages::sign_in,
    visit::{Visit, Wants},
};
use axum::{
    extract::{FromRequest, FromRequestParts, Request},
    http::{HeaderMap, header, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use secrecy::ExposeSecret;
use serde_json::{Map, Value};
use shared::{
    domain::{
        Error,
        ids::LoginId,
        user::{Administrator, Caller, CallerCredential, User},
    },
    http::{
        App, Body, ClientAddress, Failure, Fault, Field, FileUpload, Pages, SESSION_COOKIE, WithFiles, cookie,
        is_same_origin,
    },
    service::{browser_sessions::BrowserSession, files::Received},
};
use std::ops::Deref;

/// The header in which scripts send the token of forms.
const TOKEN_HEADER: &str = "x-csrf-token";
/// The field in which forms send it.
const TOKEN_FIELD: &str = "csrf";

/// A signed-in user of the pages. Browsers without a session are sent to the sign-in form; scripts get 401.
#[derive(Clone)]
pub struct Member {
    /// The browser.
    pub visit: Visit,
    /// The user and the credential.
    pub caller: Caller,
}

/// Why a request is not from a signed-in user, or is no form of this browser.
pub enum Refused {
    /// It was answered: the browser signs in first, for example.
    Answered(Box<Response>),
    /// A fault.
    Fault(Fault),
}

impl Refused {
    /// A failure that is a response already.
    pub fn answered(failure: Failure<Pages>) -> Self {
        Self::Answered(Box::new(failure.into_response()))
    }
}

impl<F: Into<Fault>> From<F> for Refused {
    fn from(fault: F) -> Self {
        Self::Fault(fault.into())
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        match self {
            Self::Answered(response) => *response,
            Self::Fault(fault) => Failure::<Pages>::from(fault).into_response(),
        }
    }
}

impl Member {
    /// The user.
    pub const fn user(&self) -> &User {
        &self.caller.user
    }

    /// The sign-in of the session.
    pub const fn login(&self) -> Option<LoginId> {
        match self.caller.credential {
            CallerCredential::Login(login) => Some(login),
            CallerCredential::Opaque(_) | CallerCredential::ApiKey(_) => None,
        }
    }

    /// The token of the user's forms.
    pub fn form_token(&self) -> String {
        self.visit.form_token(self.login())
    }

    /// Refuses a request that is not from a page of this browser. `token` is that of its form.
    pub fn check_form(&self, token: Option<&str>) -> Result<(), Fault> {
        check_token(token, &self.form_token())
    }
}

impl FromRequestParts<App<Pages>> for Member {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, app: &App<Pages>) -> Result<Self, Refused> {
        let visit = visit(parts)?;
        let address = ClientAddress::from_request_parts(parts, app).await.map_err(|_| no_address())?.into();
        // Only the tokens of sessions have dots. Other credentials are for programs, and no cookie holds them.
        let session = cookie(&parts.headers, SESSION_COOKIE).filter(|token| token.contains('.'));
        let caller = match app.logins.authenticate(session, &address).await {
            Ok(caller) => caller,
            Err(Error::NoCredential | Error::InvalidCredential) if visit.wants == Wants::Page && visit.is_reading => {
                return Err(Refused::Answered(Box::new(sign_in::redirect(&visit))));
            }
            Err(error) => return Err(error.into()),
        };
        if let Some(token) = session.filter(|_| visit.wants == Wants::Page && visit.is_reading)
            && let Some(renewed) = app.logins.renew_session(&caller, token).await?
        {
            keep_session(&visit, &renewed);
        }
        Ok(Self { visit, caller })
    }
}

/// An administrator. For everybody else, the pages of administrators are forbidden.
pub struct AdministratorMember(pub Member, pub Administrator);

impl FromRequestParts<App<Pages>> for AdministratorMember {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, app: &App<Pages>) -> Result<Self, Refused> {
        let member = Member::from_request_parts(parts, app).await?;
        let administrator = member.caller.clone().into_administrator()?;
        Ok(Self(member, administrator))
    }
}

/// A form that an administrator posted.
pub struct PostedByAdministrator {
    /// The form.
    pub posted: Posted,
    /// The administrator.
    pub administrator: Administrator,
}

impl FromRequest<App<Pages>> for PostedByAdministrator {
    type Rejection = Refused;

    async fn from_request(request: Request, app: &App<Pages>) -> Result<Self, Refused> {
        let posted = Posted::from_request(request, app).await?;
        let administrator = posted.member.caller.clone().into_administrator()?;
        Ok(Self { posted, administrator })
    }
}

/// Has the browser keep its session.
pub fn keep_session(visit: &Visit, session: &BrowserSession) {
    let max_age = session.max_age.map(|age| age.as_secs());
    visit.set_cookie(SESSION_COOKIE, session.token.expose_secret(), max_age, true);
}

/// Has the browser forget its session.
pub fn forget_session(visit: &Visit) {
    visit.set_cookie(SESSION_COOKIE, "", Some(0), true);
}

/// A signed-in user who changes something through a documented route of scripts. Cross-site requests are refused.
pub struct Script(pub Member);

impl FromRequestParts<App<Pages>> for Script {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, app: &App<Pages>) -> Result<Self, Refused> {
        refuse_other_sites(&parts.headers)?;
        Ok(Self(Member::from_request_parts(parts, app).await?))
    }
}

/// The fields of a form.
#[derive(Default)]
pub struct Fields(Map<String, Value>);

impl Fields {
    /// The text of a field. Empty if there is none.
    pub fn text(&self, name: &str) -> &str {
        self.0.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// The text of a field that is not empty.
    pub fn filled(&self, name: &str) -> Option<&str> {
        Some(self.text(name)).filter(|text| !text.trim().is_empty())
    }

    /// The text of a field, if the form has the field.
    pub fn given(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }

    /// The field for a reader of forms. Browsers send lines that end in CR LF.
    pub fn field(&self, name: &str) -> Field {
        self.given(name).map(|text| text.replace("\r\n", "\n")).into()
    }

    /// The same for a field in which nothing but spaces counts as absent.
    pub fn filled_field(&self, name: &str) -> Field {
        if self.has(name) { self.field(name) } else { Field::default() }
    }

    /// Whether a box is ticked.
    pub fn has(&self, name: &str) -> bool {
        self.filled(name).is_some()
    }

    /// The rest of the names of all fields that begin with `prefix`, such as `<id>` of `file.<id>`.
    pub fn after<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter_map(move |(name, value)| name.strip_prefix(prefix).filter(|_| value.as_str() != Some("")))
    }
}

/// A form that a signed-in user posted.
pub struct Posted {
    /// The user.
    pub member: Member,
    /// The fields.
    pub fields: Fields,
}

impl FromRequest<App<Pages>> for Posted {
    type Rejection = Refused;

    async fn from_request(request: Request, app: &App<Pages>) -> Result<Self, Refused> {
        let (mut parts, body) = request.into_parts();
        refuse_other_sites(&parts.headers)?;
        let member = Member::from_request_parts(&mut parts, app).await?;
        let (token, fields) = fields(parts, body, app).await?;
        member.check_form(token.as_deref())?;
        Ok(Self { member, fields })
    }
}

/// A form that may carry files, of a signed-in user.
pub struct PostedWithFiles {
    /// The user.
    pub member: Member,
    token: Option<String>,
    form: WithFiles<Map<String, Value>>,
}

impl FromRequest<App<Pages>> for PostedWithFiles {
    type Rejection = Refused;

    async fn from_request(request: Request, app: &App<Pages>) -> Result<Self, Refused> {
        let (mut parts, body) = request.into_parts();
        refuse_other_sites(&parts.headers)?;
        let member = Member::from_request_parts(&mut parts, app).await?;
        let token = header_token(&parts.headers);
        let Ok(form) = WithFiles::from_request(Request::from_parts(parts, body), app).await;
        Ok(Self { member, token, form })
    }
}

impl PostedWithFiles {
    /// Reads the form and stores its files, which stay only if they are kept. If a file is refused, the fields before it
    /// are still returned, so that the form can be shown with them.
    pub async fn read(self, app: &App<Pages>) -> Result<(Member, Fields, Result<Received, Error>), Refused> {
        let Self { member, token, form } = self;
        let (mut fields, received) = match form.read_or_fields(app, &member.caller).await {
            Ok((fields, received)) => (fields, Ok(received)),
            Err((Fault::Domain(error), fields)) if can_be_corrected(&error) => (fields, Err(error)),
            Err((fault, _)) => return Err(fault.into()),
        };
        let token = token.or_else(|| take_token(&mut fields));
        if let Err(fault) = member.check_form(token.as_deref()) {
            if let Ok(received) = received {
                received.discard().await;
            }
            return Err(fault.into());
        }
        Ok((member, Fields(fields), received))
    }
}

/// A file that a script of a signed-in user sends, with the token of forms in a header.
pub struct PostedFile(pub Member, pub FileUpload);

impl FromRequest<App<Pages>> for PostedFile {
    type Rejection = Refused;

    async fn from_request(request: Request, app: &App<Pages>) -> Result<Self, Refused> {
        let (mut parts, body) = request.into_parts();
        refuse_other_sites(&parts.headers)?;
        let member = Member::from_request_parts(&mut parts, app).await?;
        member.check_form(header_token(&parts.headers).as_deref())?;
        let Ok(upload) = FileUpload::from_request(Request::from_parts(parts, body), app).await;
        Ok(Self(member, upload))
    }
}

/// A form that anybody posted.
pub struct PostedByVisitor {
    /// The browser.
    pub visit: Visit,
    /// The fields.
    pub fields: Fields,
}

impl FromRequest<App<Pages>> for PostedByVisitor {
    type Rejection = Refused;

    async fn from_request(request: Request, app: &App<Pages>) -> Result<Self, Refused> {
        let (parts, body) = request.into_parts();
        refuse_other_sites(&parts.headers)?;
        let visit = visit(&parts)?;
        let (token, fields) = fields(parts, body, app).await?;
        check_token(token.as_deref(), &visit.form_token(None))?;
        Ok(Self { visit, fields })
    }
}

impl Deref for PostedByVisitor {
    type Target = Fields;

    fn deref(&self) -> &Fields {
        &self.fields
    }
}

impl Deref for Posted {
    type Target = Fields;

    fn deref(&self) -> &Fields {
        &self.fields
    }
}

async fn fields(parts: Parts, body: axum::body::Body, app: &App<Pages>) -> Result<(Option<String>, Fields), Refused> {
    let token = header_token(&parts.headers);
    // Some browsers send no type with a form that has no field.
    let fields = Body::<Map<String, Value>>::from_request(Request::from_parts(parts, body), app).await;
    let Body(mut fields) = fields.map_err(Refused::answered)?;
    let token = token.or_else(|| take_token(&mut fields));
    Ok((token, Fields(fields)))
}

fn header_token(headers: &HeaderMap) -> Option<String> {
    headers.get(TOKEN_HEADER).and_then(|token| token.to_str().ok()).map(str::to_owned)
}

fn take_token(fields: &mut Map<String, Value>) -> Option<String> {
    fields.remove(TOKEN_FIELD).and_then(|token| token.as_str().map(str::to_owned))
}

fn check_token(token: Option<&str>, own: &str) -> Result<(), Fault> {
    // Both are hashes of a secret, so that the time of the comparison tells nothing.
    if token == Some(own) { Ok(()) } else { Err(Error::Forbidden.into()) }
}

/// Refuses a request that a page of another site has sent.
fn refuse_other_sites(headers: &HeaderMap) -> Result<(), Fault> {
    let is_foreign = match headers.get("sec-fetch-site").and_then(|site| site.to_str().ok()) {
        Some(site) => !matches!(site, "same-origin" | "none"),
        None => headers.contains_key(header::ORIGIN) && !is_same_origin(headers),
    };
    if is_foreign { Err(Error::Forbidden.into()) } else { Ok(()) }
}

fn visit(parts: &Parts) -> Result<Visit, Fault> {
    parts.extensions.get().cloned().ok_or_else(|| Error::internal("a page without a visit").into())
}

fn no_address() -> Fault {
    Error::internal("a request without the client's address").into()
}

/// Sends the browser to a path of this service, with GET.
pub fn see(visit: &Visit, path: &str) -> Redirect {
    Redirect::to(&visit.to(path))
}
