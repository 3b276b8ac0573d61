//! Scores the search with the questions of `tests/knowledge`. Arguments: the file of questions, and a directory with the
//! text of each document, whose pages are separated by form feeds. Each question is asked about its document and about
//! all of them together. With a third argument, only questions whose id contains it are asked, and what they find is
//! shown.

use knowledge::{Builder, Index, Page, Question, search};
use serde::Deserialize;
use std::{collections::BTreeMap, env, error::Error, fs, path::Path};

/// Passages among which the right one must be.
const LIMIT: usize = 5;

/// A question, as in `questions.json`.
#[derive(Deserialize)]
struct Asked {
    id: String,
    document: String,
    question: String,
    #[serde(default)]
    earlier: Vec<String>,
    expect: Option<Expected>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Expected {
    Any { any: Vec<Spot> },
    One(Spot),
}

#[derive(Deserialize)]
struct Spot {
    page: Option<u32>,
    contains: Vec<String>,
}

struct Document {
    text: Vec<u8>,
    index: Index,
}

/// Right and all answers of one kind.
#[derive(Default)]
struct Score {
    right: u32,
    all: u32,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [questions, texts, rest @ ..] = arguments.as_slice() else { return Err("questions and texts".into()) };
    let questions: Vec<Asked> = serde_json::from_str(&fs::read_to_string(questions)?)?;
    let mut documents: BTreeMap<String, Document> = BTreeMap::new();
    for asked in &questions {
        if !documents.contains_key(&asked.document) {
            documents.insert(asked.document.clone(), read(Path::new(texts), &asked.document)?);
        }
    }
    let all: Vec<(&String, &Document)> = documents.iter().collect();
    for (scope, together) in [("alone", false), ("together", true)] {
        let mut scores: BTreeMap<(String, bool), Score> = BTreeMap::new();
        for asked in questions.iter().filter(|asked| rest.first().is_none_or(|id| asked.id.contains(id.as_str()))) {
            let among: Vec<(&String, &Document)> =
                all.iter().filter(|(name, _)| together || **name == asked.document).copied().collect();
            let (right, found) = ask(asked, &among);
            for name in [asked.document.as_str(), "all"] {
                let score = scores.entry((name.to_owned(), asked.expect.is_some())).or_default();
                score.all += 1;
                score.right += u32::from(right);
            }
            if !right || !rest.is_empty() {
                println!("{} {scope}: {}: {}", if right { "right" } else { "MISS" }, asked.id, asked.question);
                found.iter().take(if rest.is_empty() { 1 } else { LIMIT }).for_each(|found| println!("    {found}"));
            }
        }
        for ((document, positive), Score { right, all }) in scores {
            let kind = if positive { "places" } else { "nothing" };
            println!("{scope:9} {document:26} {kind:8} {right:4} of {all:4}, {}%", 100 * right / all.max(1));
        }
    }
    Ok(())
}

fn read(texts: &Path, name: &str) -> Result<Document, Box<dyn Error>> {
    let text = fs::read_to_string(texts.join(format!("{name}.txt")))?;
    let mut builder = Builder::new();
    for (page, text) in (1..).zip(text.split('\u{c}')) {
        builder.add(Page { number: name.ends_with(".pdf").then_some(page), text: text.to_owned() });
    }
    let built = builder.finish();
    Ok(Document { text: built.text, index: Index::parse(&built.index)? })
}

/// Whether the answer is right, and what was found.
fn ask(asked: &Asked, among: &[(&String, &Document)]) -> (bool, Vec<String>) {
    let indexes: Vec<&Index> = among.iter().map(|(_, document)| &document.index).collect();
    let earlier: Vec<&str> = asked.earlier.iter().rev().map(String::as_str).collect();
    let hits = search(&Question { text: &asked.question, earlier: &earlier }, &indexes, LIMIT);
    let spots = match &asked.expect {
        None => &[],
        Some(Expected::One(spot)) => std::slice::from_ref(spot),
        Some(Expected::Any { any }) => any.as_slice(),
    };
    let mut right = asked.expect.is_none() && hits.is_empty();
    let mut found = Vec::new();
    for hit in hits {
        let Some((name, document)) = among.get(hit.index) else { continue };
        let Some(place) = document.index.passage(hit.passage) else { continue };
        let text = document.text.get(place.start as usize..place.end as usize).unwrap_or_default();
        let text = String::from_utf8_lossy(text);
        right |= **name == asked.document
            && spots.iter().any(|spot| {
                spot.page == place.page && spot.contains.iter().any(|part| plain(&text).contains(&plain(part)))
            });
        let shown: String = text.replace('\n', " ").chars().take(130).collect();
        found.push(format!("{:.2} {name} {:?} {shown}", hit.score, place.page.unwrap_or_default()));
    }
    (right, found)
}

/// Without spaces, hyphens, ligatures and case.
fn plain(text: &str) -> String {
    let text = text.replace('\u{fb01}', "fi").replace('\u{fb02}', "fl").replace('\u{fb00}', "ff");
    text.to_lowercase()
        .chars()
        .filter(|character| !character.is_whitespace() && !"-‐\u{ad}".contains(*character))
        .collect()
}
