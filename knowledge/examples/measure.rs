//! Measures how long files take to index and to search. Arguments: text files, whose pages are separated by form feeds,
//! and questions, which are arguments that name no file.

use knowledge::{Builder, Index, Page, Question, search};
use std::{env, fs, time::Instant};

#[expect(clippy::disallowed_methods, reason = "this program measures time")]
fn main() {
    let (mut questions, mut texts, mut bytes) = (Vec::new(), Vec::new(), Vec::new());
    for argument in env::args().skip(1) {
        let Ok(text) = fs::read_to_string(&argument) else {
            questions.push(argument);
            continue;
        };
        let start = Instant::now();
        let mut builder = Builder::new();
        for (page, text) in (1..).zip(text.split('\u{c}')) {
            builder.add(Page { number: Some(page), text: text.to_owned() });
        }
        let built = builder.finish();
        println!(
            "{argument}: {} bytes, {} passages, {:.2} s, index {} bytes",
            text.len(),
            built.passages,
            start.elapsed().as_secs_f32(),
            built.index.len()
        );
        texts.push(built.text);
        bytes.push(built.index);
    }
    let start = Instant::now();
    let indexes: Vec<Index> = bytes.iter().filter_map(|bytes| Index::parse(bytes).ok()).collect();
    let heap: usize = indexes.iter().map(Index::heap_bytes).sum();
    println!("loaded in {:.1} ms, {heap} bytes of memory", start.elapsed().as_secs_f32() * 1e3);
    let indexes: Vec<&Index> = indexes.iter().collect();
    for text in &questions {
        let question = Question { text, earlier: &[] };
        let start = Instant::now();
        let hits = search(&question, &indexes, 5);
        println!("\n{text}: {:.2} ms", start.elapsed().as_secs_f32() * 1e3);
        for hit in hits {
            let place = indexes.get(hit.index).and_then(|index| index.passage(hit.passage));
            let Some((text, place)) = texts.get(hit.index).zip(place) else { continue };
            let shown = text.get(place.start as usize..place.end as usize).unwrap_or_default();
            let shown: String = String::from_utf8_lossy(shown).replace('\n', " ").chars().take(150).collect();
            println!("  {:.2} file {} page {:?}: {shown}", hit.score, hit.index, place.page);
        }
    }
}
