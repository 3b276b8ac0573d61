//! Usernames and e-mail addresses: which are valid, and which are equal.

use super::Problem;
use unicode_normalization::UnicodeNormalization;

/// The maximum length of a username, in characters.
const USERNAME_MAX: usize = 150;
/// The maximum length of an e-mail address, in characters.
const EMAIL_MAX: usize = 254;
/// The maximum size of a folded name, in bytes. It keeps the keys of the store well below their limit.
const FOLDED_BYTES_MAX: usize = 1024;

/// A name without differences in case and in compatibility forms. It is unique among all accounts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FoldedName(String);

impl FoldedName {
    /// `None` if the folded text does not fit into a key. No account has such a name.
    fn of(text: &str) -> Option<Self> {
        // Unicode's compatibility caseless match (D146). Folding once can leave letters that fold again.
        let decomposed: String = text.nfd().collect();
        let once: String = caseless::default_case_fold_str(&decomposed).nfkd().collect();
        let folded: String = caseless::default_case_fold_str(&once).nfkc().collect();
        (folded.len() <= FOLDED_BYTES_MAX).then_some(Self(folded))
    }

    /// The folded text, for keys.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A username as its owner wrote it: 1–150 letters of any script, digits and `@.+-_`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Username {
    shown: String,
    folded: FoldedName,
}

impl Username {
    /// Trims, then checks the characters after NFKC, because comparisons use that form.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let text = text.trim();
        let composed: String = text.nfkc().collect();
        if text.is_empty() {
            return Err(Problem::Blank);
        }
        if text.contains('\0') {
            return Err(Problem::NulCharacter);
        }
        if text.chars().count() > USERNAME_MAX || composed.chars().count() > USERNAME_MAX {
            return Err(Problem::TooLong { max: USERNAME_MAX });
        }
        if !composed.chars().all(|c| c.is_alphanumeric() || "@.+-_".contains(c)) {
            return Err(Problem::UsernameCharacters);
        }
        let folded = FoldedName::of(text).ok_or(Problem::TooLong { max: USERNAME_MAX })?;
        Ok(Self { shown: text.to_owned(), folded })
    }

    /// As registered, for display.
    pub fn as_str(&self) -> &str {
        &self.shown
    }

    /// For comparisons.
    pub fn folded(&self) -> &FoldedName {
        &self.folded
    }
}

/// An e-mail address of at most 254 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email {
    shown: String,
    folded: FoldedName,
}

impl Email {
    /// Trims, then checks the form `local@domain.tld`. Nothing checks whether the address receives mail.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let text = text.trim();
        if text.is_empty() {
            return Err(Problem::Blank);
        }
        if text.chars().count() > EMAIL_MAX {
            return Err(Problem::TooLong { max: EMAIL_MAX });
        }
        let (local, domain) = text.rsplit_once('@').ok_or(Problem::EmailForm)?;
        let label = |part: &str| {
            !part.is_empty()
                && part.chars().all(|c| c.is_alphanumeric() || c == '-')
                && !part.starts_with('-')
                && !part.ends_with('-')
        };
        let local_fits = !local.is_empty()
            && local.chars().count() <= 64
            && local.chars().all(|c| c.is_alphanumeric() || "!#$%&'*+/=?^_`{|}~.-".contains(c))
            && !local.starts_with('.')
            && !local.ends_with('.')
            && !local.contains("..");
        let domain_fits = domain == "localhost" || (domain.contains('.') && domain.split('.').all(label));
        if !(local_fits && domain_fits) {
            return Err(Problem::EmailForm);
        }
        let folded = FoldedName::of(text).ok_or(Problem::TooLong { max: EMAIL_MAX })?;
        Ok(Self { shown: text.to_owned(), folded })
    }

    /// As registered, for display.
    pub fn as_str(&self) -> &str {
        &self.shown
    }

    /// For comparisons.
    pub fn folded(&self) -> &FoldedName {
        &self.folded
    }

    /// A username from the part before the `@`. `user` if that part has no valid character.
    pub fn suggested_username(&self) -> String {
        let local = self.shown.rsplit_once('@').map_or("", |(local, _)| local);
        let kept: String =
            local.nfkc().filter(|c| c.is_alphanumeric() || ".+-_".contains(*c)).take(USERNAME_MAX - 10).collect();
        if kept.is_empty() { "user".to_owned() } else { kept }
    }
}

/// The username or e-mail address of a sign-in. It is not checked, because an invalid name gets the same answer as
/// an unknown one.
#[derive(Debug, Clone)]
pub struct SignInName(String);

impl SignInName {
    /// Any text.
    pub fn new(text: &str) -> Self {
        // A text of this length cannot be a name. The cut keeps folding cheap.
        Self(text.trim().chars().take(EMAIL_MAX + 1).collect())
    }

    /// For comparisons with usernames and e-mail addresses. `None` if no account can have this name.
    pub fn folded(&self) -> Option<FoldedName> {
        FoldedName::of(&self.0)
    }
}
