//! The form in which words are compared: without case, diacritics, ligatures and full-width forms.

use icu_normalizer::{ComposingNormalizer, DecomposingNormalizer};

/// `text` in lower case, NFKC, and without the diacritics of European scripts. The signs of other scripts stay, since
/// they change the word.
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut folded = String::with_capacity(text.len());
    for character in DecomposingNormalizer::new_nfkd().normalize_iter(text.chars()) {
        for lower in character.to_lowercase() {
            match lower {
                '\u{300}'..='\u{36f}' => {}
                'ß' => folded.push_str("ss"),
                'æ' => folded.push_str("ae"),
                'œ' => folded.push_str("oe"),
                'þ' => folded.push_str("th"),
                'ø' => folded.push('o'),
                'ł' => folded.push('l'),
                'đ' | 'ð' => folded.push('d'),
                'ı' => folded.push('i'),
                'ς' => folded.push('σ'),
                '’' | 'ʼ' => folded.push('\''),
                '‐' | '\u{2212}' => folded.push('-'),
                other => folded.push(other),
            }
        }
    }
    match ComposingNormalizer::new_nfc().normalize(&folded) {
        std::borrow::Cow::Borrowed(_) => folded,
        std::borrow::Cow::Owned(composed) => composed,
    }
}
