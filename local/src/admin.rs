//! What operators do to accounts on the command line: they create administrators, which no route does, make accounts
//! administrators, and grant tokens.

use anyhow::{Result, bail, ensure};
use secrecy::{ExposeSecret, SecretString};
use shared::{
    domain::{
        Error, Problem,
        money::Tokens,
        names::{Email, Username},
        text::NewPassword,
        user::{Role, User},
    },
    service::{
        Services,
        accounts::Registration,
        users::{AccountChange, PowersChange},
    },
};

/// An existing account, by its username, its e-mail address, or both.
pub struct AccountName {
    /// The username.
    pub username: Option<String>,
    /// The e-mail address.
    pub email: Option<String>,
}

impl AccountName {
    /// Finds the account. An error says in one line which name no account has.
    async fn find(&self, services: &Services) -> Result<User> {
        let username = self.username.as_deref().map(parse_username).transpose()?;
        let email = self.email.as_deref().map(parse_email).transpose()?;
        let by_username = match &username {
            Some(name) => {
                let user = services.accounts.find(name.folded()).await?;
                let user = user.filter(|user| user.username.folded() == name.folded());
                Some(user.ok_or_else(|| anyhow::anyhow!("no account has the username {}", name.as_str()))?)
            }
            None => None,
        };
        let by_email = match &email {
            Some(address) => {
                let user = services.accounts.find(address.folded()).await?;
                let user = user.filter(|user| user.email.as_ref().is_some_and(|own| own.folded() == address.folded()));
                Some(user.ok_or_else(|| anyhow::anyhow!("no account has the e-mail address {}", address.as_str()))?)
            }
            None => None,
        };
        match (by_username, by_email) {
            (Some(one), Some(other)) if one.id != other.id => {
                bail!("the username and the e-mail address belong to two accounts")
            }
            (Some(user), _) | (None, Some(user)) => Ok(user),
            (None, None) => bail!("no account is named: give --username or --email"),
        }
    }
}

/// Creates an administrator. An error says in one line what is wrong with the name, the address or the password.
pub async fn create(services: &Services, username: &str, email: &str, password: &SecretString) -> Result<()> {
    let registration = Registration {
        username: Some(parse_username(username)?),
        email: Some(parse_email(email)?),
        full_name: None,
        password: NewPassword::parse(password.expose_secret()).map_err(wrong("password"))?,
        role: Role::Admin,
    };
    match services.accounts.register(registration).await {
        Ok(_) => Ok(()),
        Err(Error::Invalid(fields)) => {
            let problems = fields.iter().map(|field| format!("{}: {}", field.field, field.problem));
            let is_taken = |problem: &Problem| matches!(problem, Problem::UsernameTaken | Problem::EmailTaken);
            let advice = fields.iter().any(|field| is_taken(&field.problem)).then(|| PROMOTE.to_owned());
            bail!("{}", problems.chain(advice).collect::<Vec<_>>().join(" "))
        }
        Err(error) => Err(error.into()),
    }
}

/// What helps if a name is taken.
const PROMOTE: &str = "`quintet create-admin --promote` makes an existing account an administrator.";

/// Makes an existing account an administrator. Returns its username.
pub async fn promote(services: &Services, account: &AccountName) -> Result<String> {
    let user = account.find(services).await?;
    let username = user.username.as_str().to_owned();
    ensure!(user.is_active, "{username} is disabled: an administrator has to enable the account first");
    ensure!(user.role != Role::Admin, "{username} is an administrator already");
    let powers = PowersChange { role: Some(Role::Admin), ..PowersChange::default() };
    services.users.change_for_operator(user.id, AccountChange { powers, ..AccountChange::default() }).await?;
    Ok(username)
}

/// Adds tokens to the balance of an account. Returns its username and the new balance.
pub async fn grant(services: &Services, account: &AccountName, tokens: Tokens) -> Result<(String, Tokens)> {
    let user = account.find(services).await?;
    let powers = PowersChange { tokens_granted: Some(tokens), ..PowersChange::default() };
    let change = AccountChange { powers, ..AccountChange::default() };
    let (user, balance) = services.users.change_for_operator(user.id, change).await?;
    Ok((user.username.as_str().to_owned(), balance))
}

/// Creates the administrator `username`, unless an administrator already has the name or the address. That
/// administrator may have changed the other of the two.
pub async fn create_if_absent(services: &Services, username: &str, email: &str, password: &SecretString) -> Result<()> {
    let (name, address) = (parse_username(username)?, parse_email(email)?);
    let mut is_taken = false;
    for wanted in [name.folded(), address.folded()] {
        match services.accounts.find(wanted).await? {
            Some(user) if user.role == Role::Admin => return Ok(()),
            owner => is_taken |= owner.is_some(),
        }
    }
    if is_taken {
        bail!("{username} or {email} belongs to somebody who is no administrator. {PROMOTE}");
    }
    create(services, username, email, password).await
}

fn parse_username(text: &str) -> Result<Username> {
    Username::parse(text).map_err(wrong("username"))
}

fn parse_email(text: &str) -> Result<Email> {
    Email::parse(text).map_err(wrong("e-mail"))
}

fn wrong(what: &'static str) -> impl Fn(Problem) -> anyhow::Error {
    move |problem| anyhow::anyhow!("{what}: {problem}")
}
