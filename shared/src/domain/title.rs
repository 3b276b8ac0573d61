//! Titles of conversations whose users did not choose one: from what a model suggests, or from the question.

use super::text::Title;

/// The maximum length of a suggestion, in characters. A longer one is an answer and no title.
const SUGGESTION_MAX: usize = 80;
/// The maximum length of a title from a question, in characters.
const WORDS_MAX: usize = 60;

const THINK: &str = "<think>";
const THOUGHT: &str = "</think>";
/// Marks that models put around a title. Longer ones come first.
const PAIRS: [(&str, &str); 13] = [
    ("**", "**"),
    ("__", "__"),
    ("*", "*"),
    ("_", "_"),
    ("`", "`"),
    ("\"", "\""),
    ("'", "'"),
    ("\u{201c}", "\u{201d}"),
    ("\u{201e}", "\u{201c}"),
    ("\u{2018}", "\u{2019}"),
    ("\u{ab}", "\u{bb}"),
    ("\u{300c}", "\u{300d}"),
    ("\u{300e}", "\u{300f}"),
];

/// The title in a model's answer, without its reasoning and without marks around it. `None` if it is not one line of at
/// most 80 characters, or only punctuation.
pub fn suggested(answer: &str) -> Option<Title> {
    let said = without_reasoning(answer);
    let title = without_marks(&said);
    let is_line = !title.contains(|c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}'));
    let has_words = !title.chars().all(|c| c.is_ascii_punctuation());
    if is_line && has_words && title.chars().count() <= SUGGESTION_MAX { Title::parse(title).ok() } else { None }
}

/// The first words of a question, at most 60 characters. A first word that is longer is cut. A question without words
/// gives the default title.
pub fn first_words(question: &str) -> Title {
    let text: String = question.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let mut title = String::new();
    for word in text.split_whitespace() {
        let space = usize::from(!title.is_empty());
        if title.chars().count() + space + word.chars().count() > WORDS_MAX {
            break;
        }
        title.extend([" "].into_iter().take(space).chain([word]));
    }
    if title.is_empty() {
        title.extend(text.split_whitespace().next().into_iter().flat_map(str::chars).take(WORDS_MAX));
    }
    Title::parse(&title).unwrap_or_default()
}

/// `text` without what is between the tags. Reasoning that does not end hides the rest, and reasoning that does not begin
/// hides what comes before its end, because some servers leave out the first tag.
fn without_reasoning(text: &str) -> String {
    let mut said = String::new();
    let mut rest = text;
    while let Some((before, thoughts)) = rest.split_once(THINK) {
        said.push_str(before);
        rest = thoughts.split_once(THOUGHT).map_or("", |(_, after)| after);
    }
    said.push_str(rest);
    said.rsplit_once(THOUGHT).map_or(said.as_str(), |(_, after)| after).to_owned()
}

fn without_marks(text: &str) -> &str {
    let mut title = text.trim();
    loop {
        let bare = without_pair(without_heading(title)).trim();
        if bare == title {
            return title;
        }
        title = bare;
    }
}

fn without_heading(text: &str) -> &str {
    let heading = text.trim_start_matches('#');
    if heading.starts_with(' ') { heading } else { text }
}

fn without_pair(text: &str) -> &str {
    let inside = |(open, close): &(&str, &str)| text.strip_prefix(open)?.strip_suffix(close);
    // Marks that come again inside belong to words, as in `"Yes" or "no"`.
    let is_whole = |inner: &&str, (open, close): (&str, &str)| !inner.contains(open) && !inner.contains(close);
    PAIRS.iter().find_map(|pair| inside(pair).filter(|inner| is_whole(inner, *pair))).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suggestion_is_bare() {
        let cases = [
            "Rust on Lambda",
            "  Rust on Lambda\n",
            "\"Rust on Lambda\"",
            "'Rust on Lambda'",
            "\u{201c}Rust on Lambda\u{201d}",
            "\u{201e}Rust on Lambda\u{201c}",
            "**Rust on Lambda**",
            "# Rust on Lambda",
            "### **\"Rust on Lambda\"**",
            "`_Rust on Lambda_`",
            "<think>A title. Maybe\n\"Rust\"?</think>\n\nRust on Lambda",
            "<think></think>Rust on <think>no</think>Lambda",
            "It is about Rust.\n</think>\nRust on Lambda",
        ];
        for answer in cases {
            assert_eq!(suggested(answer).unwrap().as_str(), "Rust on Lambda", "{answer}");
        }
    }

    #[test]
    fn marks_that_belong_to_words_stay() {
        let cases =
            ["\"Yes\" or \"no\"", "C#", "#rust", "snake_case_", "**Bold** and **bolder**", "It's 'fine'", "a < b"];
        for answer in cases {
            assert_eq!(suggested(answer).unwrap().as_str(), answer);
        }
    }

    #[test]
    fn what_is_no_title() {
        let long = "t".repeat(81);
        let cases = [
            "",
            " \n",
            "\"\"",
            "****",
            "***",
            "# ",
            "<think>Rust on Lambda",
            "<think>Rust</think>",
            "Here is a title:\nRust on Lambda",
            "Rust\ron Lambda",
            "Rust\u{2028}on Lambda",
            "Rust\0on Lambda",
            &long,
        ];
        for answer in cases {
            assert_eq!(suggested(answer), None, "{answer:?}");
        }
        assert_eq!(suggested(&long[1..]).unwrap().as_str(), &long[1..]);
        assert_eq!(suggested(&"\u{1f600}".repeat(80)).unwrap().as_str().chars().count(), 80);
    }

    #[test]
    fn the_first_words_of_a_question() {
        let sixty = format!("{} {}", "a".repeat(40), "b".repeat(19));
        let cases = [
            ("Hello", "Hello"),
            ("  How do I\n\n\tbake\u{a0}bread?  ", "How do I bake bread?"),
            ("a\u{1}b", "a b"),
            ("\u{1}\u{7f}", "New Chat"),
            ("", "New Chat"),
            (&format!("{sixty} c"), &sixty),
            (&format!("{sixty}c"), &"a".repeat(40)),
            (&"w".repeat(100), &"w".repeat(60)),
            (&"\u{1f600}".repeat(100), &"\u{1f600}".repeat(60)),
            (&format!("{} more", "w".repeat(100)), &"w".repeat(60)),
        ];
        for (question, title) in cases {
            assert_eq!(first_words(question).as_str(), title, "{question:?}");
        }
    }
}
