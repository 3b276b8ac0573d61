//! What a question asks for: its words and their weights.

use crate::{
    search::Question,
    stop_words,
    words::{Word, words},
};
use std::collections::HashSet;

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
/// The importance of a code, such as an article number. It is what the user has in hand.
const CODE: f32 = 2.0;
/// The importance of the previous question's words to one that points to it.
const POINTED_TO: f32 = 0.5;
/// Words of a question that can be about the previous one, at most.
const FEW: usize = 2;
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
    /// Whether it has a capital letter that does not begin a sentence.
    pub is_name: bool,
}

/// The words that are asked for. Empty if the question asks for nothing, as greetings do.
pub fn read(question: &Question<'_>) -> Vec<Asked> {
    let Some(Content { mut asked, points }) = content(question.text, MOST_WORDS) else { return Vec::new() };
    let weighty = weighty(&asked);
    if weighty == 0 {
        // The question is about what the last one was about. What it says itself only changes the order.
        asked.iter_mut().for_each(|asked| asked.importance = 0.0);
    }
    let (mut weight, mut importance) = match weighty {
        0 => (1.0, 1.0),
        few if points && few <= FEW => (1.0, POINTED_TO),
        several => (PREVIOUS / several as f32, 0.0),
    };
    for earlier in question.earlier.iter().take(EARLIER) {
        let Some(Content { asked: words, .. }) = content(earlier, MOST_EARLIER) else { continue };
        let is_about = words.iter().any(Asked::is_weighty);
        for earlier in words {
            let known = asked.iter().any(|asked| asked.word == earlier.word);
            if !known && asked.len() < MOST_WORDS {
                let importance = importance * earlier.importance;
                asked.push(Asked { weight: weight * earlier.weight, importance, ..earlier });
            }
        }
        if is_about {
            importance = 0.0;
            weight *= FURTHER;
        }
    }
    if !asked.iter().any(|asked| asked.importance > 0.0) {
        // Nothing was asked before. Then the light words are what there is.
        asked.iter_mut().for_each(|asked| asked.importance = LIGHT);
    }
    asked
}

/// The text whose meaning is asked for. `None` if the question asks for nothing.
pub fn meaning(question: &Question<'_>) -> Option<String> {
    let Content { asked, points } = content(question.text, MOST_WORDS)?;
    let weighty = weighty(&asked);
    let is_follow_up = weighty == 0 || points && weighty <= FEW;
    let before = question.earlier.first().filter(|_| is_follow_up).copied();
    let texts = before.into_iter().chain([question.text]).flat_map(ends);
    Some(texts.collect::<Vec<_>>().join("\n"))
}

fn weighty(asked: &[Asked]) -> usize {
    asked.iter().filter(|asked| asked.is_weighty()).count()
}

impl Asked {
    fn is_weighty(&self) -> bool {
        self.importance >= 1.0
    }
}

/// What a text says.
struct Content {
    asked: Vec<Asked>,
    /// Whether it points to what was said before.
    points: bool,
}

/// The words of a text that say something. `None` if it has no words, or only greets.
fn content(text: &str, most: usize) -> Option<Content> {
    let mut all: Vec<Word> = Vec::new();
    let ends = ends(text);
    for text in &ends {
        words(text, |word| all.push(word));
    }
    let greets = |word: &Word| word.parts.iter().all(|part| stop_words::is_greeting(part) || is_function(part));
    let has_greeting = all.iter().any(|word| word.parts.iter().any(|part| stop_words::is_greeting(part)));
    if all.is_empty() || has_greeting && all.iter().all(greets) {
        return None;
    }
    let points = all.iter().any(|word| word.parts.iter().any(|part| stop_words::is_pointing(part)));
    let is_stop_word = function_words(&all);
    let names = names(&ends);
    let mut asked: Vec<Asked> = Vec::new();
    for word in all {
        let says_nothing = |part: &String| is_stop_word(part) || stop_words::is_asking(part);
        let skipped = word.joined.is_empty() && word.parts.iter().all(says_nothing);
        if skipped || asked.len() >= most || asked.iter().any(|asked| asked.word == word) {
            continue;
        }
        let importance = match word.parts.iter().all(|part| is_light(part)) {
            true => LIGHT,
            false if is_code(&word) => CODE,
            false => 1.0,
        };
        let is_name = word.parts.iter().any(|part| names.contains(part));
        asked.push(Asked { word, weight: 1.0, importance, is_name });
    }
    Some(Content { asked, points })
}

/// Letters and digits together.
fn is_code(word: &Word) -> bool {
    let has = |kind: fn(char) -> bool| word.parts.iter().any(|part| part.chars().any(kind));
    has(char::is_numeric) && has(char::is_alphabetic)
}

/// Words with a capital letter within a sentence, unless many words have one.
fn names(texts: &[&str]) -> HashSet<String> {
    let (mut names, mut tokens, mut capital) = (HashSet::new(), 0, 0);
    let mut begins = true;
    for token in texts.iter().flat_map(|text| text.split_whitespace()) {
        let is_capital = token.chars().find(|character| character.is_alphanumeric()).is_some_and(char::is_uppercase);
        tokens += 1;
        capital += usize::from(is_capital);
        if is_capital && !begins {
            words(token, |word| names.extend(word.parts));
        }
        begins = token.ends_with(['.', '!', '?', ':']);
    }
    if 2 * capital > tokens + 1 {
        names.clear();
    }
    names
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
