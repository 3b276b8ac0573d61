//! The change of an account: its effect on the row, and its fingerprint for an idempotency key.

use crate::{
    domain::{
        ids::UserId,
        money::Tokens,
        names::{Email, Username},
        text::{FullName, NewPassword},
        user::Role,
    },
    service::idempotency::{IdempotencyKey, Keyed},
    store::users::Account,
};

/// The fields of an account to change. Absent fields keep their values; an inner `None` removes a value.
#[derive(Default)]
pub struct AccountChange {
    /// A new username.
    pub username: Option<Username>,
    /// A new e-mail address. An inner `None` fits only an account that has none.
    pub email: Option<Option<Email>>,
    /// A new full name.
    pub full_name: Option<Option<FullName>>,
    /// A new password.
    pub password: Option<NewPassword>,
    /// The part that only administrators may change.
    pub powers: PowersChange,
}

/// The fields of an account that only administrators may change.
#[derive(Debug, Clone, Copy, Default)]
pub struct PowersChange {
    /// The new role.
    pub role: Option<Role>,
    /// Whether the account is enabled.
    pub is_active: Option<bool>,
    /// Tokens to add to the balance.
    pub tokens_granted: Option<Tokens>,
}

impl AccountChange {
    /// This change of the user `id` under an idempotency key. The fingerprint only records whether there is a password.
    /// Nothing that could verify one is stored.
    pub(super) fn keyed(&self, id: UserId, key: IdempotencyKey) -> Keyed {
        let Self { username, email, full_name, password, powers } = self;
        let PowersChange { role, is_active, tokens_granted } = powers;
        let full_name = full_name.as_ref().map(|name| meaning(name.as_ref().map(FullName::as_str)));
        let email = email.as_ref().map(|email| meaning(email.as_ref().map(Email::as_str)));
        let meanings = [
            meaning(username.as_ref().map(Username::as_str)),
            meaning(email.as_deref()),
            meaning(full_name.as_deref()),
            meaning(password.as_ref().map(|_| "")),
            meaning(role.map(Role::as_str)),
            meaning(is_active.map(|is_active| is_active.to_string()).as_deref()),
            meaning(tokens_granted.map(|tokens| tokens.to_string()).as_deref()),
        ];
        let id = id.to_string();
        Keyed::new(key, &["user", &id].into_iter().chain(meanings.iter().map(String::as_str)).collect::<Vec<_>>())
    }

    pub(super) fn apply(&self, before: &Account, password_hash: Option<&str>) -> Account {
        let PowersChange { role, is_active, tokens_granted: _ } = self.powers;
        let mut user = before.user.clone();
        user.username = self.username.clone().unwrap_or(user.username);
        user.email = self.email.clone().flatten().or(user.email);
        user.full_name = self.full_name.clone().unwrap_or(user.full_name);
        user.role = role.unwrap_or(user.role);
        user.is_active = is_active.unwrap_or(user.is_active);
        // Disabling ends sign-ins and API keys permanently. Enabling the account again does not restore them.
        let is_disabled = before.user.is_active && !user.is_active;
        let ends_logins = is_disabled || password_hash.is_some();
        Account {
            user,
            password_hash: password_hash.map_or_else(|| before.password_hash.clone(), str::to_owned),
            epoch: before.epoch + u64::from(ends_logins),
            key_epoch: before.key_epoch + u64::from(is_disabled),
        }
    }
}

/// Distinguishes a field that is absent from one that is empty.
fn meaning(field: Option<&str>) -> String {
    field.map_or_else(String::new, |value| format!("={value}"))
}
