//! How texts are cut.

use crate::world::File;
use proptest::prelude::*;

/// Text without whitespace.
fn ink(text: &str) -> String {
    text.chars().filter(|character| !character.is_whitespace()).collect()
}

fn sentences(count: usize) -> String {
    (0..count).map(|n| format!("Sentence number {n} tells something about the topic of this text. ")).collect()
}

#[test]
fn a_short_text_is_one_passage() {
    assert_eq!(File::text("  One  line \r\n\r\n\r\nand\tanother. \n").passages(), ["  One line\n\nand\tanother.\n"]);
}

#[test]
fn a_file_without_text_has_no_passages() {
    let file = File::with_pages(&["", " \n\n ", "\u{feff}"]);
    assert_eq!((file.index.passages(), file.built.passages, file.built.text.len()), (0, 0, 0));
    assert_eq!(file.index.passage(0), None);
    assert_eq!(file.index.pages().len(), 3);
}

#[test]
fn passages_end_after_sentences() {
    let file = File::text(&sentences(100));
    assert!(file.passages().len() >= 5);
    for passage in file.passages() {
        let length = passage.chars().count();
        assert!((300..=1_200).contains(&length), "{length}");
        assert!(passage.trim_end().ends_with('.'), "{passage}");
    }
}

#[test]
fn a_sentence_over_several_lines_is_not_cut() {
    let lines: String =
        (0..200).map(|n| format!("Line {n} of a text with breaks\nwithin each of its sentences. ")).collect();
    for passage in File::text(&lines).passages() {
        assert!(passage.trim_end().ends_with('.'), "{passage}");
    }
}

#[test]
fn paragraphs_stay_whole_where_they_fit() {
    let paragraphs: Vec<String> = (0..20).map(|n| format!("Paragraph {n}. {}", sentences(6))).collect();
    for passage in File::text(&paragraphs.join("\n\n")).passages() {
        assert!(passage.starts_with("Paragraph"), "{passage}");
    }
}

#[test]
fn a_heading_stays_with_what_follows_it() {
    let marks: [fn(usize) -> String; 4] = [
        |n| format!("## Topic {n} of it\n"),
        |n| format!("Topic {n} of it\n===============\n"),
        |n| format!("{n}.2 Topic of it\n"),
        |n| format!("Topic {n} of it\n\n"),
    ];
    for mark in marks {
        let sections: Vec<String> = (1..30).map(|n| format!("{}{}", mark(n), sentences(3 + n % 11))).collect();
        for passage in File::text(&sections.join("\n\n")).passages() {
            let last = passage.trim_end().lines().last().unwrap();
            assert!(last.ends_with('.'), "{passage}");
        }
    }
}

#[test]
fn pages_are_never_mixed() {
    let file = File::with_pages(&["The first page.", "", &sentences(40), "The last page."]);
    let pages: Vec<_> = file.index.pages().collect();
    assert_eq!(pages.iter().map(|page| page.number).collect::<Vec<_>>(), [Some(1), Some(2), Some(3), Some(4)]);
    assert_eq!(pages[1].start, pages[1].end);
    assert_eq!(&file.built.text[pages[3].start as usize..pages[3].end as usize], b"The last page.\n");
    for number in 0..file.index.passages() {
        let place = file.index.passage(number).unwrap();
        let page = pages.iter().find(|page| page.number == place.page).unwrap();
        assert!(page.start <= place.start && place.end <= page.end);
    }
}

#[test]
fn one_line_of_two_megabytes_is_cut_in_linear_time() {
    // Quadratic time would be minutes.
    let lines =
        ["word ".repeat(400_000), "a".repeat(2_000_000), "東京都の売上".repeat(100_000), "-\n".repeat(1_000_000)];
    for line in lines {
        let file = File::text(&line);
        assert!(file.passages().iter().all(|passage| passage.chars().count() <= 1_200));
        assert_eq!(ink(&file.passages().concat()), ink(&line));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn all_text_is_in_a_passage(
        pieces in prop::collection::vec(
            prop_oneof![
                "[a-zA-Z0-9 ,.]{0,80}",
                "\\PC{0,40}",
                Just("\n".to_owned()), Just("\r\n\r\n".to_owned()), Just("# Heading\n".to_owned()), Just("2.1 Title\n\n".to_owned()),
                Just("word ".repeat(300)), Just("x".repeat(1_500)), Just("漢字かな交じり文。".repeat(200)),
            ],
            0..40,
        ),
        split in 0_usize..40,
    ) {
        let at = split.min(pieces.len());
        let pages = [pieces[..at].concat(), pieces[at..].concat()];
        let file = File::with_pages(&[&pages[0], &pages[1]]);
        let text = String::from_utf8(file.built.text.clone()).unwrap();
        prop_assert_eq!(file.passages().concat(), &text[..]);
        let unseen = ['\u{ad}', '\u{200b}', '\u{feff}'];
        let seen = |text: &str| ink(text).replace(unseen, "");
        prop_assert_eq!(seen(&text).replace('-', ""), seen(&pages.concat()).replace('-', ""));
        for passage in file.passages() {
            prop_assert!(!passage.is_empty() && passage.chars().count() <= 1_210);
        }
    }
}
