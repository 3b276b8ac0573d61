//! Vectors of passages, and the search by words and by meaning.

#![expect(clippy::unwrap_used, reason = "a test may fail here")]

use crate::world::File;
use knowledge::{BadVectors, Direction, Hit, Index, Meaning, Question, Vectors, VectorsBuilder, search, search_both};
use proptest::prelude::*;

const MODEL: &str = "small";

fn direction(numbers: &[f32]) -> Direction {
    Direction::of(numbers.to_vec()).unwrap()
}

fn bytes(vectors: &[&[f32]]) -> Vec<u8> {
    let mut builder = VectorsBuilder::default();
    assert!(vectors.iter().all(|vector| builder.push(&direction(vector))));
    builder.finish(MODEL)
}

fn vectors(of: &[&[f32]]) -> Vectors {
    Vectors::parse(&bytes(of), MODEL).unwrap().unwrap()
}

/// Files of one passage each.
fn files(texts: &[&str]) -> Vec<File> {
    texts.iter().map(|text| File::text(text)).collect()
}

/// The files whose passages are found, best first.
fn found(question: &str, meaning: (&[f32], f32), files: &[(&File, Option<&Vectors>)]) -> Vec<usize> {
    let files: Vec<(&Index, Option<&Vectors>)> = files.iter().map(|(file, vectors)| (&file.index, *vectors)).collect();
    let meaning = Meaning { direction: &direction(meaning.0), least: meaning.1 };
    let hits = search_both(&Question { text: question, earlier: &[] }, meaning, &files, 5);
    hits.into_iter().map(|hit| hit.index).collect()
}

#[test]
fn a_passage_in_other_words_is_found_by_its_meaning() {
    let files = files(&["The lorry was mended on Monday.", "Simmer the lentils with cumin."]);
    let question = "When did they repair the truck?";
    let by_words = search(&Question { text: question, earlier: &[] }, &[&files[0].index, &files[1].index], 5);
    assert_eq!(by_words, [], "no word is the same");
    let [near, far] = [vectors(&[&[0.9, 0.1, 0.0]]), vectors(&[&[0.0, 0.1, 0.9]])];
    let of_both = [(&files[0], Some(&near)), (&files[1], Some(&far))];
    assert_eq!(found(question, (&[1.0, 0.0, 0.0], 0.5), &of_both), [0]);
    // The least similarity decides what is near enough.
    assert_eq!(found(question, (&[1.0, 0.0, 0.0], 0.999), &of_both), [0_usize; 0]);
    // A file without vectors is found by words alone.
    assert_eq!(found(question, (&[1.0, 0.0, 0.0], 0.5), &[(&files[0], None), (&files[1], Some(&far))]), [0_usize; 0]);
    // Vectors of other dimensions cannot be compared.
    assert_eq!(found(question, (&[1.0, 0.0], 0.5), &of_both), [0_usize; 0]);
}

#[test]
fn both_orders_count_and_words_need_no_similarity() {
    let files = files(&[
        "The fee for parking is 4 euros.",
        "The parking fee: parking costs a fee of 4 euros for parking, and the fee of parking is due.",
        "Simmer the lentils.",
    ]);
    let question = "What is the parking fee?";
    let [opposite, near, middle] = [[-1.0, 0.1], [1.0, 0.1], [0.7, 0.7]].map(|vector| vectors(&[&vector]));
    // Nothing is near, and the words are found as without vectors.
    let far = [(&files[0], Some(&opposite)), (&files[1], Some(&opposite)), (&files[2], Some(&opposite))];
    let by_words = found(question, (&[1.0, 0.0], 0.5), &far);
    assert_eq!(by_words.len(), 2);
    let [first, second] = by_words[..] else { panic!("two passages have the words") };
    // The meaning turns the order around where the words are nearly as good.
    let mut all = [(&files[0], Some(&opposite)), (&files[1], Some(&opposite)), (&files[2], Some(&middle))];
    all[second].1 = Some(&near);
    let found = found(question, (&[1.0, 0.0], 0.6), &all);
    assert_eq!(found, [second, first, 2]);
}

#[test]
fn files_without_vectors_are_no_worse_than_others() {
    let files = files(&["The parking fee is 4 euros.", "Parking is at the back. There is a long walk to the door."]);
    let near = vectors(&[&[1.0, 0.0]]);
    let question = "What is the parking fee?";
    assert_eq!(found(question, (&[1.0, 0.0], 0.5), &[(&files[0], None), (&files[1], Some(&near))])[0], 0);
}

#[test]
fn a_question_means_itself_and_a_follow_up_also_the_question_before() {
    let meaning = |text: &str, earlier: &[&str]| Question { text, earlier }.meaning();
    let before = "What was the revenue in 2023?";
    assert_eq!(meaning("Hello!", &[before]), None);
    assert_eq!(meaning("Thanks", &[]), None);
    assert_eq!(
        meaning("Who opened the wind farm near Delfzijl?", &[before]).unwrap(),
        "Who opened the wind farm near Delfzijl?"
    );
    assert_eq!(meaning("And why?", &[before, "Hm"]).unwrap(), format!("{before}\nAnd why?"));
    let long = format!("{} {}", "word ".repeat(10_000), "What is it?");
    assert!(meaning(&long, &[]).unwrap().len() < 10_000);
}

#[test]
fn vectors_of_another_model_are_not_used() {
    let bytes = bytes(&[&[0.5, 0.5]]);
    assert!(Vectors::parse(&bytes, MODEL).unwrap().is_some());
    assert!(Vectors::parse(&bytes, "large").unwrap().is_none());
}

#[test]
fn what_has_no_direction_is_refused() {
    for vector in [vec![], vec![0.0; 4], vec![f32::NAN, 1.0], vec![f32::INFINITY, 1.0], vec![1.0; 8_193]] {
        assert_eq!(Direction::of(vector), None);
    }
    let mut builder = VectorsBuilder::default();
    assert!(builder.push(&direction(&[1.0, 2.0])));
    assert!(!builder.push(&direction(&[1.0, 2.0, 3.0])));
    assert_eq!(builder.bytes(), 4 + 2);
}

#[test]
fn what_is_not_vectors_is_refused() {
    let good = bytes(&[&[0.5, 0.5], &[1.0, 0.0]]);
    for length in 0..good.len() {
        assert_eq!(Vectors::parse(&good[..length], MODEL).err(), Some(BadVectors), "{length}");
    }
    let mut next_version = good.clone();
    next_version[3] += 1;
    assert!(Vectors::parse(&next_version, MODEL).is_err());
    assert!(Vectors::parse(&[good.as_slice(), b"x"].concat(), MODEL).is_err());
    // Counts of four billion.
    let greedy = [b"QKV\x01\x05small".as_slice(), &[0xff, 0xff, 0xff, 0xff, 0x0f].repeat(2)].concat();
    assert!(Vectors::parse(&greedy, MODEL).is_err());
}

proptest! {
    #[test]
    fn similarities_survive_a_byte_for_each_number(
        one in prop::collection::vec(-1.0_f32..1.0, 16),
        other in prop::collection::vec(-1.0_f32..1.0, 16),
    ) {
        prop_assume!(Direction::of(one.clone()).is_some() && Direction::of(other.clone()).is_some());
        let length = |vector: &[f32]| vector.iter().map(|number| number * number).sum::<f32>().sqrt();
        let product: f32 = one.iter().zip(&other).map(|(one, other)| one * other).sum();
        let exact = product / length(&one) / length(&other);
        let file = File::text("Lentils.");
        let vectors = vectors(&[&one]);
        let finds = |least: f32| found("Anything else", (&other, least), &[(&file, Some(&vectors))]) == [0];
        prop_assert!(finds(exact - 0.02), "{exact}");
        prop_assert!(!finds(exact + 0.02), "{exact}");
    }

    #[test]
    fn damaged_bytes_do_no_harm(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut bytes = bytes(&[&[0.5, 0.5], &[1.0, 0.0]]);
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        if let Ok(Some(vectors)) = Vectors::parse(&bytes, MODEL) {
            prop_assert!(vectors.heap_bytes() <= bytes.len());
            let file = File::text("Lentils.");
            let files = [(&file.index, Some(&vectors))];
            let meaning = Meaning { direction: &direction(&[1.0, 0.0]), least: 0.5 };
            let hits: Vec<Hit> = search_both(&Question { text: "Lentils", earlier: &[] }, meaning, &files, 5);
            prop_assert!(hits.iter().all(|hit| hit.passage < file.index.passages()));
        }
    }
}
