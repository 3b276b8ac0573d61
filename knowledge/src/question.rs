//! What a question asks for: its words and their weights.

use crate::{
    search::Question,
    stop_words,
    words::{Word, words},
};

/// Bytes of a question that are read: this many from its beginning, and as many from its end. A pasted text stands
/// before or after what is asked.
const READ: usize = 4 * 1_024;
/// Different words of a question and of what was asked before it.
const MOST_WORDS: usize = 64;
/// Words of one earlier question.
const MOST_EARLIER: usize = 12;
/// Earlier questions that count.
const EARLIER: usize = 3;

/// The importance of a word that the answer need not contain.
const LIGHT: f32 = 0.25;
/// What the words of the previous question count for in the order of passages, if the question has one word itself.
const PREVIOUS: f32 = 0.6;
/// What each question further back counts for, compared to the one after it.
const FURTHER: f32 = 0.5;

/// A word that is asked for.
#[derive(Debug)]
pub struct Asked {
    pub word: Word,
    /// Factor of its part in a passage's score.
    pub weight: f32,
    /// Factor of its part in what a passage must cover. 0 for words that only change the order.
    pub importance: f32,
}

/// The words that are asked for. Empty if the question asks for nothing, as greetings do.
pub fn read(question: &Question<'_>) -> Vec<Asked> {
    let own = content(question.text, MOST_WORDS);
    let Some(mut asked) = own else { return Vec::new() };
    let weighty = asked.iter().filter(|asked| asked.importance >= 1.0).count();
    let mut weight = if weighty == 0 { 1.0 } else { PREVIOUS / weighty as f32 };
    let mut must_cover = weighty == 0;
    if must_cover {
        // The question is about what the last one was about. What it says itself only changes the order.
        asked.iter_mut().for_each(|asked| asked.importance = 0.0);
    }
    for earlier in question.earlier.iter().take(EARLIER) {
        let words = content(earlier, MOST_EARLIER).unwrap_or_default();
        let is_about = words.iter().any(|asked| asked.importance >= 1.0);
        for earlier in words {
            let known = asked.iter().any(|asked| asked.word == earlier.word);
            if !known && asked.len() < MOST_WORDS {
                let importance = if must_cover { earlier.importance } else { 0.0 };
                asked.push(Asked { weight: weight * earlier.weight, importance, ..earlier });
            }
        }
        if is_about {
            must_cover = false;
            weight *= FURTHER;
        }
    }
    if weighty == 0 && !asked.iter().any(|asked| asked.importance > 0.0) {
        // Nothing was asked before. Then the light words are what there is.
        asked.iter_mut().for_each(|asked| asked.importance = LIGHT);
    }
    asked
}

/// The words of a text that say something. `None` if it has no words, or only greets.
fn content(text: &str, most: usize) -> Option<Vec<Asked>> {
    let mut all: Vec<Word> = Vec::new();
    for text in ends(text) {
        words(text, |word| all.push(word));
    }
    let greets = |word: &Word| word.parts.iter().all(|part| stop_words::is_greeting(part) || is_function(part));
    let asks = |word: &Word| word.parts.iter().all(|part| stop_words::is_asking(part));
    let has_greeting = all.iter().any(|word| word.parts.iter().any(|part| stop_words::is_greeting(part)));
    if all.is_empty() || has_greeting && all.iter().all(greets) {
        return None;
    }
    let is_stop_word = function_words(&all);
    let mut asked: Vec<Asked> = Vec::new();
    for word in all {
        let joined = !word.joined.is_empty();
        let says_nothing = !joined && (word.parts.iter().all(|part| is_stop_word(part)) || asks(&word));
        if says_nothing || asked.len() >= most || asked.iter().any(|asked| asked.word == word) {
            continue;
        }
        let importance = if word.parts.iter().all(|part| is_light(part)) { LIGHT } else { 1.0 };
        asked.push(Asked { word, weight: 1.0, importance });
    }
    Some(asked)
}

/// The parts of a text that are read.
fn ends(text: &str) -> Vec<&str> {
    if text.len() <= 2 * READ {
        return vec![text];
    }
    let head = text.get(..text.floor_char_boundary(READ));
    let tail = text.get(text.ceil_char_boundary(text.len() - READ)..);
    head.into_iter().chain(tail).collect()
}

fn is_function(word: &str) -> bool {
    stop_words::is_english(word) || stop_words::is_dutch(word)
}

/// The function words of the language in which a question is asked. Of English and Dutch both, if it could be either.
fn function_words(all: &[Word]) -> fn(&str) -> bool {
    let count = |is_one: fn(&str) -> bool| {
        all.iter().filter(|word| word.joined.is_empty() && word.parts.iter().all(|part| is_one(part))).count()
    };
    let [english, dutch, elsewhere] =
        [stop_words::is_english, stop_words::is_dutch, stop_words::is_elsewhere].map(|language| count(language));
    match english.cmp(&dutch) {
        _ if elsewhere > english.max(dutch) => stop_words::is_elsewhere,
        std::cmp::Ordering::Greater => stop_words::is_english,
        std::cmp::Ordering::Less => stop_words::is_dutch,
        std::cmp::Ordering::Equal => is_function,
    }
}

/// Single digits say little, and hiragana are mostly endings.
fn is_light(word: &str) -> bool {
    let is_digit = word.len() == 1 && word.bytes().all(|byte| byte.is_ascii_digit());
    is_digit
        || stop_words::is_light(word)
        || word.chars().all(|character| ('\u{3041}'..='\u{3096}').contains(&character))
}
