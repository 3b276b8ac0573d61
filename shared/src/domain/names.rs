//! Usernames and e-mail addresses: what they may hold, and when two of them are the same.

use super::Problem;
use unicode_normalization::UnicodeNormalization;

/// The most characters of a username.
const USERNAME_MAX: usize = 150;
/// The most characters of an e-mail address.
const EMAIL_MAX: usize = 254;
/// The most bytes of a folded name: keys of the store stay well below their limit.
const FOLDED_BYTES_MAX: usize = 1024;

/// What two spellings of the same name have in common: compatibility forms and cases are folded away.
/// Unique among all accounts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FoldedName(String);

impl FoldedName {
    /// `None` when the folded text is longer than a key may be; no account has such a name.
    fn of(text: &str) -> Option<Self> {
        // Unicode's compatibility caseless match (D146): folding once can leave letters that fold again.
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
    /// Trims, then checks. The characters are judged after NFKC, because that is what is compared.
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

    /// As registered, for showing.
    pub fn as_str(&self) -> &str {
        &self.shown
    }

    /// For comparing.
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
    /// Trims, then checks the form `local@domain.tld`; whether it receives mail is not our question.
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

    /// As registered, for showing.
    pub fn as_str(&self) -> &str {
        &self.shown
    }

    /// For comparing.
    pub fn folded(&self) -> &FoldedName {
        &self.folded
    }

    /// A username made from the part before the `@`; `user` when nothing of it is allowed in one.
    pub fn suggested_username(&self) -> String {
        let local = self.shown.rsplit_once('@').map_or("", |(local, _)| local);
        let kept: String =
            local.nfkc().filter(|c| c.is_alphanumeric() || ".+-_".contains(*c)).take(USERNAME_MAX - 10).collect();
        if kept.is_empty() { "user".to_owned() } else { kept }
    }
}

/// What somebody typed to sign in: a username or an e-mail address, not checked, because an impossible
/// name is answered like an unknown one.
#[derive(Debug, Clone)]
pub struct SignInName(String);

impl SignInName {
    /// Any text.
    pub fn new(text: &str) -> Self {
        // Longer than any name that exists; cut so that folding stays cheap.
        Self(text.trim().chars().take(EMAIL_MAX + 1).collect())
    }

    /// For comparing with usernames and e-mail addresses; `None` when nobody can have this name.
    pub fn folded(&self) -> Option<FoldedName> {
        FoldedName::of(&self.0)
    }
}
