//! Finds the passages that fit a question by their words and by their meaning. The two orders are merged by reciprocal rank
//! fusion, which needs no common scale for their scores.

use crate::{
    index::Index,
    search::{Hit, Question, search, sort},
    vectors::{Direction, Vectors},
};
use std::collections::HashMap;

/// What a rank counts for: 1 / (`FUSION` + rank). The larger it is, the less the first ranks differ.
const FUSION: f32 = 60.0;
/// How many passages each order contributes, at most.
const CONTRIBUTED: usize = 50;

/// What a question means, and how near a passage must be that does not have its words.
#[derive(Debug, Clone, Copy)]
pub struct Meaning<'a> {
    /// The direction of the question.
    pub direction: &'a Direction,
    /// The least cosine, from 0 to 1.
    pub least: f32,
}

/// The passages that fit a question, best first, at most `limit`. Empty where nothing fits. A file may have no vectors;
/// then its passages are found by words alone.
pub fn search_both(
    question: &Question<'_>,
    meaning: Meaning<'_>,
    files: &[(&Index, Option<&Vectors>)],
    limit: usize,
) -> Vec<Hit> {
    let indexes: Vec<&Index> = files.iter().map(|(index, _)| *index).collect();
    let by_words = search(question, &indexes, CONTRIBUTED);
    let mut scores: HashMap<(usize, u32), f32> = HashMap::new();
    let mut add = |hit: &Hit, rank: usize| {
        *scores.entry((hit.index, hit.passage)).or_default() += 1.0 / (FUSION + 1.0 + rank as f32);
    };
    let mut by_meaning = Vec::new();
    for (number, (index, vectors)) in files.iter().enumerate() {
        let Some(vectors) = vectors else { continue };
        let near = (0..index.passages()).zip(vectors.similarities(meaning.direction));
        by_meaning.extend(near.map(|(passage, score)| Hit { index: number, passage, score }));
    }
    let has_words = |hit: &Hit| by_words.iter().any(|word| is_same(word, hit));
    let is_list = |hit: &Hit| indexes.get(hit.index).is_some_and(|index| index.length(hit.passage).1);
    by_meaning.retain(|hit| (hit.score >= meaning.least && !is_list(hit)) || has_words(hit));
    sort(&mut by_meaning);
    for (rank, hit) in by_meaning.iter().enumerate().filter(|(rank, hit)| *rank < CONTRIBUTED || has_words(hit)) {
        add(hit, rank);
    }
    for (rank, hit) in by_words.iter().enumerate() {
        add(hit, rank);
        // The order by words stands for the one that the passage is missing in.
        if !by_meaning.iter().any(|near| is_same(near, hit)) {
            add(hit, rank);
        }
    }
    let mut hits: Vec<Hit> =
        scores.into_iter().map(|((index, passage), score)| Hit { index, passage, score }).collect();
    sort(&mut hits);
    hits.truncate(limit);
    hits
}

fn is_same(one: &Hit, other: &Hit) -> bool {
    (one.index, one.passage) == (other.index, other.passage)
}
