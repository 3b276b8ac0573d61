//! Creates administrators, which no route does.

use anyhow::{Result, bail};
use secrecy::{ExposeSecret, SecretString};
use shared::{
    domain::{
        Error,
        names::{Email, Username},
        text::NewPassword,
        user::Role,
    },
    service::{Services, accounts::Registration},
};

/// Creates an administrator. An error says in one line what is wrong with the name, the address or the password.
pub async fn create(services: &Services, username: &str, email: &str, password: &SecretString) -> Result<()> {
    let wrong = |what: &'static str| move |problem| anyhow::anyhow!("{what}: {problem}");
    let registration = Registration {
        username: Some(Username::parse(username).map_err(wrong("username"))?),
        email: Some(Email::parse(email).map_err(wrong("e-mail"))?),
        full_name: None,
        password: NewPassword::parse(password.expose_secret()).map_err(wrong("password"))?,
        role: Role::Admin,
    };
    match services.accounts.register(registration).await {
        Ok(_) => Ok(()),
        Err(Error::Invalid(fields)) => {
            let problems: Vec<String> =
                fields.iter().map(|field| format!("{}: {}", field.field, field.problem)).collect();
            bail!("{}", problems.join("; "))
        }
        Err(error) => Err(error.into()),
    }
}

/// Creates the administrator `username`, unless an administrator already has the name or the address. That
/// administrator may have changed the other of the two.
pub async fn create_if_absent(services: &Services, username: &str, email: &str, password: &SecretString) -> Result<()> {
    let name = Username::parse(username).map_err(|problem| anyhow::anyhow!("username: {problem}"))?;
    let address = Email::parse(email).map_err(|problem| anyhow::anyhow!("e-mail: {problem}"))?;
    let mut is_taken = false;
    for wanted in [name.folded(), address.folded()] {
        match services.accounts.find(wanted).await? {
            Some(user) if user.role == Role::Admin => return Ok(()),
            owner => is_taken |= owner.is_some(),
        }
    }
    if is_taken {
        bail!("{username} or {email} belongs to somebody who is no administrator");
    }
    create(services, username, email, password).await
}
