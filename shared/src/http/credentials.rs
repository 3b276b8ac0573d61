//! Name and password, as four of the five documents send them.

use super::Field;
use crate::{
    domain::{
        Error,
        error::Problems,
        names::{SignInName, Username},
        text::NewPassword,
        user::Role,
    },
    service::accounts::Registration,
};
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;

/// `{"username": "string", "password": "string"}`.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(example = json!({"username": "newuser", "password": "password123"}))]
pub struct UsernameAndPassword {
    #[schema(value_type = String, required, min_length = 1, max_length = 254)]
    username: Field,
    #[schema(value_type = String, required, min_length = 8, max_length = 1024, format = Password)]
    password: Field,
}

impl UsernameAndPassword {
    /// For signing in.
    pub fn into_sign_in(self) -> Result<(SignInName, SecretString), Error> {
        sign_in(("username", self.username), self.password)
    }

    /// For registering.
    pub fn into_registration(self) -> Result<Registration, Error> {
        let mut problems = Problems::default();
        let username = problems.note("username", self.username.required().and_then(|text| Username::parse(&text)));
        let password = problems.note("password", self.password.required().and_then(NewPassword::parse));
        match username.zip(password) {
            Some((username, password)) => {
                Ok(Registration { username: Some(username), email: None, full_name: None, password, role: Role::User })
            }
            None => Err(problems.into_error()),
        }
    }
}

/// A name, whatever its field is called, and a password. Neither is checked beyond being there: what
/// cannot be right is answered like what is wrong.
pub fn sign_in((field, name): (&'static str, Field), password: Field) -> Result<(SignInName, SecretString), Error> {
    let mut problems = Problems::default();
    let name = problems.note(field, name.filled());
    let password = problems.note("password", password.filled());
    match name.zip(password) {
        Some((name, password)) => Ok((SignInName::new(&name), password.into())),
        None => Err(problems.into_error()),
    }
}
