//! Usernames and e-mail addresses: which are valid, and which are equal. Letters, normal forms, case folding and
//! domains come from the tables of ICU4X, so that all rules are of one Unicode version: a letter that is accepted also
//! has its case in the tables.

use super::Problem;
use icu_casemap::CaseMapper;
use icu_normalizer::{ComposingNormalizer, DecomposingNormalizer};
use icu_properties::{
    CodePointMapData, CodePointSetData,
    props::{Alphabetic, DefaultIgnorableCodePoint, GeneralCategory},
};
use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};
use std::borrow::Cow;

/// The maximum length of a username, in characters.
const USERNAME_MAX: usize = 150;
/// The characters of a username other than letters, marks and digits.
const USERNAME_SIGNS: &str = "@.+-_";
/// The maximum length of an e-mail address, in characters.
const EMAIL_MAX: usize = 254;
/// The maximum length of the part before the `@`, in characters.
const LOCAL_MAX: usize = 64;
/// The characters of the part before the `@` other than letters, marks and digits.
const LOCAL_SIGNS: &str = "!#$%&'*+/=?^_`{|}~.-";
/// The characters of a domain other than letters, marks and digits: hyphen, dots, and the middle dots of Catalan and
/// Japanese domains.
const DOMAIN_SIGNS: &str = "-.。·・";
/// The maximum number of nonspacing marks in a row (UTS 39, section 5.4). More would cover the lines around the name.
const STACKED_MARKS_MAX: usize = 4;
/// The maximum size of a folded name, in bytes. It keeps the keys of the store well below their limit.
const FOLDED_BYTES_MAX: usize = 1024;

/// A name without differences in case and in compatibility forms. It is unique among all accounts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FoldedName(String);

impl FoldedName {
    /// Folds the text. A domain after the last `@` becomes its ASCII form, as in `a@xn--bcher-kva.example`, also in a
    /// username that looks like an address. `None` if the result does not fit into a key. No account has such a name.
    fn of(text: &str) -> Option<Self> {
        let composed = composed(text);
        let folded = match composed.rsplit_once('@') {
            Some((local, domain)) => format!("{}@{}", case_folded(local), folded_domain(domain)),
            None => case_folded(&composed),
        };
        (folded.len() <= FOLDED_BYTES_MAX).then_some(Self(folded))
    }

    /// The folded text, for keys.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A username as its owner wrote it: 1–150 letters of any script with their marks, digits and `@.+-_`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Username {
    shown: String,
    folded: FoldedName,
}

impl Username {
    /// Trims, then checks the characters after NFKC, because comparisons use that form. Invisible characters are
    /// refused, including the two joiners U+200C and U+200D, which some scripts write between letters.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let text = text.trim();
        let composed = composed(text);
        if text.is_empty() {
            return Err(Problem::Blank);
        }
        if text.contains('\0') {
            return Err(Problem::NulCharacter);
        }
        if text.chars().count() > USERNAME_MAX || composed.chars().count() > USERNAME_MAX {
            return Err(Problem::TooLong { max: USERNAME_MAX });
        }
        if !is_written_with(&composed, USERNAME_SIGNS) {
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
    /// Trims, then checks the form `local@domain.tld`. The domain must be valid in IDNA (UTS 46), or `localhost`.
    /// Invisible characters are refused. Nothing checks whether the address receives mail.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let text = text.trim();
        if text.is_empty() {
            return Err(Problem::Blank);
        }
        if text.chars().count() > EMAIL_MAX {
            return Err(Problem::TooLong { max: EMAIL_MAX });
        }
        let (local, domain) = text.rsplit_once('@').ok_or(Problem::EmailForm)?;
        let local_fits = !local.is_empty()
            && local.chars().count() <= LOCAL_MAX
            && is_written_with(local, LOCAL_SIGNS)
            && !local.starts_with('.')
            && !local.ends_with('.')
            && !local.contains("..");
        if !local_fits || ascii_domain(&composed(domain)).is_none() {
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

    /// A username from the part before the `@`, with room for ten more characters. `user` if that part has no valid
    /// character.
    pub fn suggested_username(&self) -> String {
        let local = self.shown.rsplit_once('@').map_or("", |(local, _)| local);
        let mut kept = String::new();
        for c in composed(local).chars() {
            kept.push(c);
            if kept.chars().count() > USERNAME_MAX - 10 || !is_written_with(&composed(&kept), USERNAME_SIGNS) {
                kept.pop();
            }
        }
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

/// The text in NFKC.
fn composed(text: &str) -> Cow<'_, str> {
    ComposingNormalizer::new_nfkc().normalize(text)
}

/// Folds for Unicode's compatibility caseless match (D146). Folding once can leave letters that fold again.
fn case_folded(text: &str) -> String {
    let (cases, compatible) = (CaseMapper::new(), DecomposingNormalizer::new_nfkd());
    let decomposed = DecomposingNormalizer::new_nfd().normalize(text);
    let once = cases.fold_string(&decomposed);
    let once = compatible.normalize(&once);
    let twice = cases.fold_string(&once);
    composed(&twice).into_owned()
}

/// The form of a domain in a folded name. A text in NFKC that is no domain is folded like all other text. Afterwards it
/// may be one, which must not be folded differently the next time.
fn folded_domain(text: &str) -> String {
    ascii_domain(text).unwrap_or_else(|| {
        let folded = case_folded(text);
        ascii_domain(&folded).unwrap_or(folded)
    })
}

/// The ASCII form of the domain of an e-mail address, in lower case. `None` if the text, in NFKC, is not a domain. IDNA
/// keeps `ß` and `ς`: `straße.example` and `strasse.example` are two domains.
fn ascii_domain(text: &str) -> Option<String> {
    // IDNA alone would accept symbols, brackets and invisible characters.
    if !is_written_with(text, DOMAIN_SIGNS) {
        return None;
    }
    let (idna, hyphens) = (Uts46::new(), Hyphens::CheckFirstLast);
    let ascii = idna.to_ascii(text.as_bytes(), AsciiDenyList::STD3, hyphens, DnsLength::Verify).ok()?;
    (ascii == "localhost" || ascii.contains('.')).then(|| ascii.into_owned())
}

/// Whether the text consists of letters, digits, their marks and these signs. A mark needs a letter or a digit before
/// it.
fn is_written_with(text: &str, signs: &str) -> bool {
    let mut takes_marks = false;
    let is_spelled = text.chars().all(|c| {
        let is_sign = signs.contains(c);
        let fits = is_sign || is_letter_or_digit(c) || (takes_marks && is_mark(c));
        takes_marks = !is_sign;
        fits
    });
    is_spelled && !stacks_marks(text)
}

/// Whether more marks lie on one letter than any orthography needs: too many, or one twice. Only the vowel signs of
/// Gurung Khema have one twice, U+1611E.
fn stacks_marks(text: &str) -> bool {
    let (mut count, mut previous) = (0, None);
    let decomposed = DecomposingNormalizer::new_nfkd().normalize(text);
    decomposed.chars().any(|c| {
        if category(c) != GeneralCategory::NonspacingMark {
            (count, previous) = (0, None);
            return false;
        }
        count += 1;
        count > STACKED_MARKS_MAX || (previous.replace(c) == Some(c) && c != '\u{1611e}')
    })
}

fn category(c: char) -> GeneralCategory {
    CodePointMapData::<GeneralCategory>::new().get(c)
}

/// Marks that enclose a letter, such as U+20DD, are no part of any spelling.
fn is_mark(c: char) -> bool {
    matches!(category(c), GeneralCategory::NonspacingMark | GeneralCategory::SpacingMark) && !is_invisible(c)
}

/// Letters include letter-like numbers and circled letters, such as `Ⅷ` and `🅐`. Digits include other numbers, such as
/// `❶`.
fn is_letter_or_digit(c: char) -> bool {
    let is_digit = matches!(category(c), GeneralCategory::DecimalNumber | GeneralCategory::OtherNumber);
    (is_digit || CodePointSetData::new::<Alphabetic>().contains(c)) && !is_mark(c) && !is_invisible(c)
}

/// Whether the character has no shape of its own. The four without Unicode's property are a filler of Khitan, two
/// blanks of Egyptian hieroglyphs, and a joiner of Brahmi numbers.
fn is_invisible(c: char) -> bool {
    CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
        || matches!(c, '\u{1107f}' | '\u{13441}' | '\u{13442}' | '\u{16fe4}')
}
