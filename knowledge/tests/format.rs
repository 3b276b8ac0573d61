//! The bytes of an index.

use crate::world::{File, report};
use knowledge::{BadIndex, Hit, Index, Question, search};
use proptest::prelude::*;

/// Uses all of an index, however damaged.
fn use_all(index: &Index) -> Vec<Hit> {
    for number in (0..index.passages()).chain([u32::MAX]) {
        index.passage(number);
    }
    assert!(index.pages().all(|page| page.start <= page.end));
    let question =
        Question { text: "What was revenue, the devidend and capital expenditure by ISO-9001?", earlier: &[] };
    search(&question, &[index, index], 5)
}

#[test]
fn what_is_no_index_is_refused() {
    let good = report().built.index;
    assert!(Index::parse(&good).is_ok());
    for length in 0..good.len() {
        assert_eq!(Index::parse(&good[..length]).err(), Some(BadIndex), "{length}");
    }
    let mut next_version = good.clone();
    next_version[3] += 1;
    assert!(Index::parse(&next_version).is_err());
    let mut unknown_language = good;
    unknown_language[4] = 9;
    assert!(Index::parse(&unknown_language).is_err());
    // Counts of four billion.
    let greedy = [b"QKI\x01\x00".as_slice(), &[0xff, 0xff, 0xff, 0xff, 0x0f].repeat(4)].concat();
    assert!(Index::parse(&greedy).is_err());
}

#[test]
fn the_same_pages_make_the_same_bytes() {
    let (one, other) = (report(), report());
    assert_eq!(one.built, other.built);
    assert_eq!(use_all(&one.index), use_all(&other.index));
    assert!(one.index.heap_bytes() < 6 * one.built.index.len());
}

#[test]
fn an_empty_file_can_be_searched() {
    assert!(use_all(&File::text("").index).is_empty());
}

proptest! {
    #[test]
    fn damaged_bytes_do_no_harm(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut bytes = report().built.index;
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        if let Ok(index) = Index::parse(&bytes) {
            prop_assert!(index.heap_bytes() <= 8 * bytes.len());
            use_all(&index);
        }
    }

    #[test]
    fn random_bytes_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let bytes = [b"QKI\x01\x01".as_slice(), &bytes].concat();
        if let Ok(index) = Index::parse(&bytes) {
            use_all(&index);
        }
    }

    #[test]
    fn any_text_and_question_can_be_searched(text in "\\PC{0,400}", question in "\\PC{0,60}", earlier in "\\PC{0,60}") {
        let file = File::text(&text);
        let question = Question { text: &question, earlier: &[&earlier] };
        let found = search(&question, &[&file.index], 5);
        prop_assert!(found.iter().all(|hit| hit.passage < file.index.passages() && hit.score.is_finite()));
        prop_assert_eq!(search(&question, &[&file.index], 5), found);
    }
}
