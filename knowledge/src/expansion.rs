//! Terms instead of a word that no index has: misspelt words, and compounds.

use crate::{index::Index, language::Language};

/// Terms that take the place of one word.
const MOST: usize = 6;
/// Entries of a dictionary that are compared with a word.
const COMPARED: usize = 4_096;
/// Letters of a word that may be misspelt once, and twice.
const ONE_MISTAKE: usize = 6;
const TWO_MISTAKES: usize = 10;
/// Letters of a stem that a misspelt word may mean, at least.
const SHORTEST_STEM: usize = 5;
/// Letters that a stem lacks, at most.
const ENDING: usize = 4;
/// Letters of the parts of a compound.
const COMPOUND_PART: usize = 4;
/// Letters of a word that may be the beginning of a compound.
const BEGINNING: usize = 5;

/// Terms of an index that may be meant by a folded word, most similar first.
pub fn similar(index: &Index, word: &str) -> Vec<Vec<u8>> {
    let stem = index.language.stem(word);
    let stem = stem.as_bytes();
    let allowed = match word.len() {
        TWO_MISTAKES.. => 2,
        ONE_MISTAKE.. => 1,
        _ => 0,
    };
    if !word.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return Vec::new();
    }
    let mut found: Vec<(usize, Vec<u8>)> = Vec::new();
    let first = stem.get(..1).unwrap_or_default();
    let entries = index.entries_from(first).take_while(|entry| entry.term.starts_with(first));
    if allowed > 0 {
        for entry in entries.take(COMPARED) {
            if let Some(mistakes) = mistakes(word.as_bytes(), entry.term, allowed) {
                found.push((mistakes, entry.term.to_vec()));
            }
        }
    }
    found.sort();
    let least = found.first().map(|(mistakes, _)| *mistakes);
    found.retain(|(mistakes, _)| Some(*mistakes) == least);
    let mut terms: Vec<Vec<u8>> = found.into_iter().map(|(_, term)| term).take(MOST).collect();
    if index.language == Language::Dutch && word.len() >= BEGINNING {
        let longer = index.entries_from(stem).take_while(|entry| entry.term.starts_with(stem));
        terms.extend(longer.map(|entry| entry.term.to_vec()).take(MOST));
        terms.extend(shorter(index, word));
    }
    terms
}

/// The longest beginning and the longest end of a Dutch compound that the index has.
fn shorter(index: &Index, word: &str) -> impl Iterator<Item = Vec<u8>> {
    let known = |part: &str| {
        let stem = index.language.stem(part).into_bytes();
        (part.len() >= BEGINNING && index.entry(&stem).is_some()).then_some(stem)
    };
    let head = (BEGINNING..word.len()).rev().find_map(|at| known(word.get(..at)?));
    let tail = (1..word.len()).find_map(|at| known(word.get(at..)?));
    head.into_iter().chain(tail)
}

/// The two parts of a Dutch compound that the index has, such as `jaar` and `omzet` for `jaaromzet`.
pub fn compound(index: &Index, word: &str) -> Option<[Vec<u8>; 2]> {
    if index.language != Language::Dutch || !word.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return None;
    }
    let known = |part: &str| {
        let stem = index.language.stem(part).into_bytes();
        (part.len() >= COMPOUND_PART && index.entry(&stem).is_some()).then_some(stem)
    };
    (COMPOUND_PART..word.len().saturating_sub(COMPOUND_PART - 1)).rev().find_map(|at| {
        let (head, tail) = word.split_at_checked(at)?;
        let tail = known(tail)?;
        let linked = ["", "s", "en"].iter().find_map(|link| known(head.strip_suffix(link)?))?;
        Some([linked, tail])
    })
}

/// How many letters of a word have to be inserted, removed, replaced or swapped with the next one to make a stem of it,
/// if not more than `allowed`. The ending, which the stem does not have, is free.
fn mistakes(word: &[u8], stem: &[u8], allowed: usize) -> Option<usize> {
    let is_close = stem.len() >= SHORTEST_STEM
        && stem.len() <= word.len() + allowed
        && stem.len() + ENDING + allowed >= word.len()
        && stem.iter().all(u8::is_ascii_lowercase);
    if !is_close {
        return None;
    }
    let get = |row: &[usize], at: usize| row.get(at).copied().unwrap_or(usize::MAX / 2);
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=stem.len()).collect();
    let mut least = usize::MAX;
    for (i, a) in word.iter().enumerate() {
        let mut next = vec![i + 1];
        for (j, b) in stem.iter().enumerate() {
            let replaced = get(&row, j) + usize::from(a != b);
            let mut fewest = replaced.min(get(&row, j + 1) + 1).min(get(&next, j) + 1);
            if i > 0 && j > 0 && word.get(i - 1) == Some(b) && stem.get(j - 1) == Some(a) {
                fewest = fewest.min(get(&before, j - 1) + 1);
            }
            next.push(fewest);
        }
        if next.iter().all(|&mistakes| mistakes > allowed) {
            break;
        }
        before = row;
        row = next;
        if i + 1 + ENDING >= word.len() {
            least = least.min(get(&row, stem.len()));
        }
    }
    (least <= allowed).then_some(least)
}
