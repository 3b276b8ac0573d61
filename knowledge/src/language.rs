//! Languages: how words are reduced to stems, and which words say nothing.

use crate::{stop_words, words::words};
use frostem::{Algorithm, Stemmer};
use whatlang::Lang;

/// How the words of an index were reduced. The number is stored; each means one algorithm forever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// No stems, no stop words.
    Other = 0,
    /// Snowball's `english`.
    English = 1,
    /// Snowball's `dutch` of 2025 and later, which is not the one that is now called `dutch_porter`.
    Dutch = 2,
}

impl Language {
    pub fn from_number(number: u8) -> Option<Self> {
        [Self::Other, Self::English, Self::Dutch].into_iter().find(|language| *language as u8 == number)
    }

    /// The language of a sample of some kilobytes.
    pub fn of(sample: &str) -> Self {
        match whatlang::detect(sample) {
            Some(info) if info.is_reliable() => match info.lang() {
                Lang::Eng => return Self::English,
                Lang::Nld => return Self::Dutch,
                _ if sample.len() > 400 => return Self::Other,
                _ => {}
            },
            _ => {}
        }
        // Trigrams say little about short texts and lists. Function words do.
        let (mut all, mut english, mut dutch) = (0_u32, 0_u32, 0_u32);
        words(sample, |word| {
            for part in word.parts.iter().filter(|part| part.chars().all(char::is_alphabetic)) {
                all += 1;
                english += u32::from(stop_words::is_english(part));
                dutch += u32::from(stop_words::is_dutch(part));
            }
        });
        match english.max(dutch) * 8 < all.max(1) {
            true => Self::Other,
            false if dutch > english => Self::Dutch,
            false => Self::English,
        }
    }

    /// The stem of a folded word. Words with digits stay as they are.
    pub fn stem(self, word: &str) -> String {
        let algorithm = match self {
            Self::Other => return word.to_owned(),
            Self::English => Algorithm::English,
            Self::Dutch => Algorithm::Dutch,
        };
        if word.bytes().all(|byte| byte.is_ascii_lowercase()) && word.len() < crate::words::LONGEST {
            let stem = Stemmer::new(algorithm).stem(word);
            if !stem.is_empty() {
                return stem.into_owned();
            }
        }
        word.to_owned()
    }

    pub fn is_stop_word(self, word: &str) -> bool {
        match self {
            Self::Other => false,
            Self::English => stop_words::is_english(word),
            Self::Dutch => stop_words::is_dutch(word),
        }
    }
}
