//! Users, for administrators: a list that can be searched, and a page for each of them.

use crate::{
    form::{self, Choice, Input, Notes, Removal, Typed, again, can_be_corrected},
    member::{AdministratorMember, Fields, Member, PostedByAdministrator, Refused, see},
    pager::{self, Pager},
    shell::Shell,
    times::Moment,
    turn::render,
    words::Words,
};
use askama::Template;
use axum::{
    extract::State,
    response::{Html, IntoResponse, Response},
};
use shared::{
    domain::{
        Error, Problem,
        ids::UserId,
        list::{ListPosition, UserField},
        money::{TOKENS_MAX, Tokens},
        names::{Email, SignInName},
        text::{FullName, NewPassword},
        user::{Administrator, Role, User},
    },
    http::{App, Form, InPath, Pages, pages::Query},
    service::{
        Services,
        users::{AccountChange, PowersChange, UserFilter},
    },
};

/// The number of users in a part of the list.
const SHOWN: usize = 50;
/// The number of users that a search reads at once.
const READ: usize = 100;
/// How many times a search reads users for one page. A link goes on after that.
const READS: usize = 5;

#[derive(Template)]
#[template(path = "users.html")]
struct UsersPage {
    shell: Shell,
    notes: Notes,
    query: String,
    users: Vec<UserShown>,
    none: &'static str,
    pager: Pager,
}

#[derive(Template)]
#[template(path = "user.html")]
struct UserPage {
    shell: Shell,
    notes: Notes,
    user: UserShown,
    fields: Vec<Input>,
    is_active: bool,
    key: String,
    removal: Removal,
}

struct UserShown {
    id: UserId,
    username: String,
    full_name: String,
    email: String,
    role: &'static str,
    is_active: bool,
    tokens: String,
    at: Moment,
}

/// `GET /admin/users/?q=&after=`: the users, latest first, or those whose names or e-mail address contain `q`.
#[utoipa::path(
    get,
    path = "/admin/users/",
    responses((status = 200, content_type = "text/html", body = String), (status = 403)),
)]
pub async fn list(
    State(app): State<App<Pages>>,
    AdministratorMember(member, administrator): AdministratorMember,
    query: Query,
) -> Result<Html<String>, Refused> {
    let words = member.visit.words;
    let wanted = query.parameter("q").unwrap_or_default();
    let wanted = wanted.trim();
    let after = pager::after(&query);
    let found = find(&app, (&member, &administrator), wanted, after.clone());
    let shell = Shell::for_member(&app, &member, words.for_admin.users, None);
    let (shell, (found, next)) = futures::future::try_join(shell, found).await?;
    let page = UsersPage {
        shell,
        notes: Typed::nothing(words).notes(Some(&query)),
        query: wanted.to_owned(),
        none: if next.is_some() { words.for_admin.more_to_search } else { words.for_admin.nobody },
        users: found.iter().map(|found| UserShown::new(&member, found)).collect(),
        pager: Pager::new(after.as_ref(), next, &[("q", wanted)]),
    };
    Ok(Html(render(&page)?))
}

/// A user, and the tokens that they have.
type WithTokens = (User, Tokens);

/// The users that `wanted` describes, and where to go on. The one whose name or address it is comes first.
async fn find(
    services: &Services,
    (member, administrator): (&Member, &Administrator),
    wanted: &str,
    mut after: Option<ListPosition>,
) -> Result<(Vec<WithTokens>, Option<ListPosition>), Error> {
    let size = if wanted.is_empty() { SHOWN } else { READ };
    let name = SignInName::new(wanted).folded().filter(|_| !wanted.is_empty() && after.is_none());
    let named = match name {
        Some(name) => services.accounts.find(&name).await?.map(|user| user.id),
        None => None,
    };
    let (mut found, mut reads) = (Vec::new(), 0);
    if let Some(id) = named {
        found.push(services.users.show(&member.caller, Some(id)).await?);
    }
    let wanted = wanted.to_lowercase();
    loop {
        let listed = services
            .users
            .list(administrator, &UserFilter::default(), &pager::request::<UserField>(size, after)?)
            .await?;
        let others = listed.page.items.into_iter().filter(|(user, _)| named != Some(user.id));
        found.extend(others.filter(|(user, _)| is_wanted(user, &wanted)));
        (after, reads) = (listed.next, reads + 1);
        if after.is_none() || wanted.is_empty() || reads == READS || found.len() >= SHOWN {
            return Ok((found, after));
        }
    }
}

/// Whether a name or the address of a user contains `wanted`, which is in lower case.
fn is_wanted(user: &User, wanted: &str) -> bool {
    let full_name = user.full_name.as_ref().map(FullName::as_str);
    let email = user.email.as_ref().map(Email::as_str);
    let texts = [Some(user.username.as_str()), full_name, email];
    texts.into_iter().flatten().any(|text| text.to_lowercase().contains(wanted))
}

/// `GET /admin/users/{user}/`: a user.
#[utoipa::path(
    get,
    path = "/admin/users/{user}/",
    params(InPath<UserId>),
    responses((status = 200, content_type = "text/html", body = String), (status = 403)),
)]
pub async fn show(
    State(app): State<App<Pages>>,
    AdministratorMember(member, _): AdministratorMember,
    InPath(id): InPath<UserId>,
    query: Query,
) -> Result<Html<String>, Refused> {
    Ok(page(&app, &member, id, Typed::nothing(member.visit.words), Some(&query)).await?)
}

/// `POST /admin/users/{user}/`: changes a user, or deletes the user if the form says so.
#[utoipa::path(
    post,
    path = "/admin/users/{user}/",
    params(InPath<UserId>),
    responses((status = 303), (status = 403), (status = 409), (status = 422)),
)]
pub async fn change(
    State(app): State<App<Pages>>,
    InPath(id): InPath<UserId>,
    PostedByAdministrator { posted, administrator }: PostedByAdministrator,
) -> Result<Response, Refused> {
    let (member, fields) = (posted.member, posted.fields);
    let done = async {
        if fields.text("action") == "delete" {
            app.users.remove(&administrator, id).await?;
            return Ok("/admin/users/?done=deleted".to_owned());
        }
        app.users.change(&administrator, id, read(&fields)?, form::key(&fields)?).await?;
        Ok(format!("/admin/users/{id}/?done=saved"))
    };
    match done.await {
        Ok(next) => Ok(see(&member.visit, &next).into_response()),
        Err(error) if can_be_corrected(&error) => {
            let words = member.visit.words;
            // The form that deletes has none of the fields.
            let nothing = Fields::default();
            let typed = if fields.has("action") { &nothing } else { &fields };
            let page = page(&app, &member, id, Typed::refused(words, typed, &error), None).await?;
            Ok(again(&error.into(), page))
        }
        Err(error) => Err(error.into()),
    }
}

fn read(fields: &Fields) -> Result<AccountChange, Error> {
    let mut form = Form::default();
    let powers = PowersChange {
        role: form.optional("role", fields.field("role"), Role::parse),
        is_active: Some(fields.has("is_active")),
        tokens_granted: form.optional("tokens_granted", fields.filled_field("tokens_granted"), grant),
    };
    let password = form.optional("password", fields.filled_field("password"), NewPassword::parse);
    form.finish(|| Some(AccountChange { password, powers, ..AccountChange::default() }))
}

fn grant(text: &str) -> Result<Tokens, Problem> {
    let tokens = text.trim().parse().map_err(|_| Problem::NotAnInteger)?;
    let max = i64::try_from(TOKENS_MAX).unwrap_or(i64::MAX);
    if tokens <= TOKENS_MAX { Ok(tokens) } else { Err(Problem::OutOfRange { min: 0, max }) }
}

async fn page(
    services: &Services,
    member: &Member,
    id: UserId,
    typed: Typed<'_>,
    query: Option<&Query>,
) -> Result<Html<String>, Error> {
    let words = member.visit.words;
    let w = &words.for_admin;
    let found = services.users.show(&member.caller, Some(id)).await?;
    let user = UserShown::new(member, &found);
    let shell = Shell::for_member(services, member, &user.username, None).await?;
    let roles = [Role::User, Role::Admin].map(|role| Choice::new(role.as_str(), role_words(words, role)));
    let password = Input::new("password", w.reset_password).of("password", "new-password");
    let fields = vec![
        typed.input(Input::new("role", w.role).one_of(roles.into()), found.0.role.as_str()),
        typed.input(Input::new("tokens_granted", w.tokens_granted).of("number", "off"), ""),
        typed.input(password.hint(w.reset_password_hint), ""),
    ];
    let page = UserPage {
        shell,
        notes: typed.notes(query),
        is_active: typed.is_ticked("is_active", user.is_active),
        user,
        fields,
        key: services.logins.new_form_secret(),
        removal: Removal { title: w.delete_user, text: w.delete_user_text },
    };
    Ok(Html(render(&page)?))
}

fn role_words(words: &Words, role: Role) -> &'static str {
    match role {
        Role::User => words.for_admin.role_user,
        Role::Admin => words.for_admin.role_admin,
    }
}

impl UserShown {
    fn new(member: &Member, (user, tokens): &WithTokens) -> Self {
        let words = member.visit.words;
        Self {
            id: user.id,
            username: user.username.as_str().to_owned(),
            full_name: user.full_name.as_ref().map_or_else(String::new, |name| name.as_str().to_owned()),
            email: user.email.as_ref().map_or_else(String::new, |email| email.as_str().to_owned()),
            role: role_words(words, user.role),
            is_active: user.is_active,
            tokens: words.number(*tokens),
            at: Moment::new(user.created_at, member.visit.zone),
        }
    }
}
