//! Finds the passages that fit a question: BM25 over all indexes together, and a threshold on how much of the question a
//! passage covers.

use crate::{
    expansion,
    index::{Entry, Index},
    question::{self, Asked},
};
use std::collections::BTreeSet;

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The words of the user.
    pub text: &'a str,
    /// What was asked before in the conversation, newest first.
    pub earlier: &'a [&'a str],
}

impl Question<'_> {
    /// The text whose meaning is asked for: the question, after the one before it if it points to that. `None` if the
    /// question asks for nothing, as greetings do.
    pub fn meaning(&self) -> Option<String> {
        question::meaning(self)
    }
}

/// A passage that fits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit {
    /// Which of the indexes.
    pub index: usize,
    /// Which of its passages, for [`Index::passage`].
    pub passage: u32,
    /// Comparable within one search only.
    pub score: f32,
}

/// How fast repetitions of a word lose value (BM25's k₁).
const SATURATION: f32 = 1.2;
/// How much long passages lose (BM25's b).
const LENGTH: f32 = 0.5;
/// Passages without any of the words that are added when the rarity of words is judged. In a file of three passages,
/// each word would be frequent.
const IMAGINED: f32 = 50.0;
/// The part of a short question that one passage must cover.
const COVERED: f32 = 0.42;
/// What it must cover of a long one: so many unknown words' worth, and a part of the question.
const COVERED_LONG: (f32, f32) = (0.7, 0.12);
/// What every passage must cover, of what one must.
const COVERED_OTHERS: f32 = 0.5;
/// The importance of an unknown word: the text may say it in other words. A name has none.
const UNKNOWN_WORD: f32 = 0.75;
const UNKNOWN_NAME: f32 = 1.5;
/// The part of the best score that others must reach.
const OF_BEST: f32 = 0.35;
/// What the parts of a joined word count for without the word.
const PARTS: f32 = 0.8;
/// What a similar word counts for.
const SIMILAR: f32 = 0.6;
/// Lists of contents have the words of all questions, and no answers.
const LIST: f32 = 0.5;
/// Letters of a name that may be a misspelt one. Short names are similar to many words.
const NAME: usize = 8;
/// Unknown words for which similar ones are looked for.
const UNKNOWN: usize = 6;

/// The passages that fit a question, best first, at most `limit`. Empty where nothing fits.
pub fn search(question: &Question<'_>, indexes: &[&Index], limit: usize) -> Vec<Hit> {
    let asked = question::read(question);
    let collection = Collection::new(indexes);
    let mut unknown = UNKNOWN;
    let groups: Vec<Group<'_>> = asked.iter().map(|asked| collection.group(asked, &mut unknown)).collect();
    let whole: f32 = groups.iter().map(|group| group.importance).sum();
    if whole <= 0.0 {
        return Vec::new();
    }
    let rarest = collection.rarity(0);
    let enough = (COVERED * whole).min(COVERED_LONG.0 * rarest + COVERED_LONG.1 * whole);
    let mut hits = Vec::new();
    let mut best_covered: f32 = 0.0;
    for (number, index) in indexes.iter().enumerate() {
        let mut slots = vec![Slot::default(); index.passages() as usize];
        let mut touched = Vec::new();
        for group in &groups {
            collection.score(group, number, index, &mut slots, &mut touched);
        }
        touched.sort_unstable();
        touched.dedup();
        for passage in touched {
            let slot = slots.get(passage as usize).copied().unwrap_or_default();
            best_covered = best_covered.max(slot.covered);
            if slot.covered >= COVERED_OTHERS * enough {
                let is_list = index.length(passage).1;
                let score = slot.score * if is_list { LIST } else { 1.0 };
                hits.push(Hit { index: number, passage, score });
            }
        }
    }
    if best_covered < enough {
        return Vec::new();
    }
    sort(&mut hits);
    let best = hits.first().map_or(0.0, |hit| hit.score);
    hits.retain(|hit| hit.score >= OF_BEST * best);
    hits.truncate(limit);
    hits
}

/// Best first. The order is the same each time.
pub(crate) fn sort(hits: &mut [Hit]) {
    hits.sort_by(|one, other| {
        other.score.total_cmp(&one.score).then((one.index, one.passage).cmp(&(other.index, other.passage)))
    });
}

/// The indexes of a search, taken together.
struct Collection<'a> {
    indexes: &'a [&'a Index],
    passages: f32,
    average_length: f32,
}

/// A word of the question, with the terms that stand for it.
struct Group<'a> {
    /// Any of them is the word.
    whole: Vec<Form<'a>>,
    /// All of them together are nearly the word.
    parts: Vec<Form<'a>>,
    weight: f32,
    /// Its part in what has to be covered.
    importance: f32,
}

/// A term, with its entry in each index.
struct Form<'a> {
    entries: Vec<Option<Entry<'a>>>,
    rarity: f32,
    /// How much of the word it covers, of 1.
    covers: f32,
}

/// What is known about a passage.
#[derive(Debug, Clone, Copy, Default)]
struct Slot {
    score: f32,
    covered: f32,
    whole: f32,
    whole_covered: f32,
    parts: f32,
    parts_covered: f32,
}

impl<'a> Collection<'a> {
    fn new(indexes: &'a [&'a Index]) -> Self {
        let passages: u64 = indexes.iter().map(|index| u64::from(index.passages())).sum();
        let words: u64 = indexes.iter().map(|index| index.words).sum();
        Self { indexes, passages: passages as f32, average_length: (words as f32 / passages.max(1) as f32).max(1.0) }
    }

    /// BM25's inverse document frequency.
    fn rarity(&self, passages: u64) -> f32 {
        let without = (self.passages + IMAGINED - passages as f32).max(0.0);
        ((without + 0.5) / (passages as f32 + 0.5)).ln_1p()
    }

    /// A term, which may be another one in each index.
    fn form(&self, covers: f32, term: impl Fn(&Index) -> Vec<u8>) -> Option<Form<'a>> {
        let entries: Vec<Option<Entry<'a>>> = self.indexes.iter().map(|index| index.entry(&term(index))).collect();
        let passages: u64 = entries.iter().flatten().map(|entry| u64::from(entry.passages)).sum();
        (passages > 0).then(|| Form { entries, rarity: self.rarity(passages), covers })
    }

    fn stemmed(&self, word: &str) -> Option<Form<'a>> {
        self.form(1.0, |index| index.language.stem(word).into_bytes())
    }

    fn group(&self, asked: &Asked, unknown: &mut usize) -> Group<'a> {
        let word = &asked.word;
        let mut whole: Vec<Form<'a>> =
            word.joined.iter().filter_map(|joined| self.form(1.0, |_| joined.clone().into_bytes())).collect();
        whole.extend(word.together.iter().filter_map(|together| self.stemmed(together)));
        let mut parts = Vec::new();
        if let [only] = word.parts.as_slice() {
            whole.extend(self.stemmed(only));
            let may_be_misspelt = !asked.is_name || only.len() >= NAME;
            if whole.is_empty() && *unknown > 0 && may_be_misspelt {
                *unknown -= 1;
                (whole, parts) = self.instead_of(only);
            }
        } else {
            parts = word.parts.iter().map(|part| self.stemmed(part)).collect::<Option<_>>().unwrap_or_default();
        }
        let of_parts: f32 = parts.iter().map(|form| form.rarity).sum();
        for form in &mut parts {
            form.covers = PARTS * form.rarity / of_parts.max(f32::EPSILON);
        }
        let rarity = match (whole.as_slice(), parts.as_slice()) {
            ([], []) if asked.is_name => UNKNOWN_NAME * self.rarity(0),
            ([], []) => UNKNOWN_WORD * self.rarity(0),
            (forms, []) | (_, forms) => forms.iter().map(|form| form.rarity).fold(0.0, f32::max),
        };
        Group { whole, parts, weight: asked.weight, importance: asked.importance * rarity }
    }

    /// Terms for a word that no index has.
    fn instead_of(&self, word: &str) -> (Vec<Form<'a>>, Vec<Form<'a>>) {
        let similar: BTreeSet<Vec<u8>> =
            self.indexes.iter().flat_map(|index| expansion::similar(index, word)).collect();
        let whole = similar.iter().filter_map(|term| self.form(SIMILAR, |_| term.clone())).collect();
        let compound = self.indexes.iter().find_map(|index| expansion::compound(index, word));
        let parts = compound.iter().flatten().filter_map(|term| self.form(1.0, |_| term.clone())).collect();
        (whole, parts)
    }

    /// Adds what a word contributes to the passages of one index.
    fn score(&self, group: &Group<'a>, number: usize, index: &Index, slots: &mut [Slot], touched: &mut Vec<u32>) {
        let mut seen = Vec::new();
        for (forms, is_whole) in [(&group.whole, true), (&group.parts, false)] {
            for form in forms {
                let Some(entry) = form.entries.get(number).and_then(Option::as_ref) else { continue };
                for (passage, times) in index.postings(entry) {
                    let Some(slot) = slots.get_mut(passage as usize) else { continue };
                    let score = form.covers.max(if is_whole { 0.0 } else { 0.5 })
                        * self.relevance(form.rarity, times, index.length(passage).0);
                    if is_whole {
                        slot.whole = slot.whole.max(score);
                        slot.whole_covered = slot.whole_covered.max(form.covers);
                    } else {
                        slot.parts += score;
                        slot.parts_covered += form.covers;
                    }
                    seen.push(passage);
                }
            }
        }
        for passage in &seen {
            let Some(slot) = slots.get_mut(*passage as usize) else { continue };
            // A passage can be there several times. The second time, there is nothing to add.
            slot.score += group.weight * slot.whole.max(slot.parts);
            slot.covered += group.importance * slot.whole_covered.max(slot.parts_covered);
            *slot = Slot { score: slot.score, covered: slot.covered, ..Slot::default() };
        }
        touched.append(&mut seen);
    }

    /// BM25 of one term in one passage.
    fn relevance(&self, rarity: f32, times: u32, length: u16) -> f32 {
        let times = times as f32;
        let norm = 1.0 - LENGTH + LENGTH * f32::from(length) / self.average_length;
        rarity * times * (SATURATION + 1.0) / (times + SATURATION * norm)
    }
}
