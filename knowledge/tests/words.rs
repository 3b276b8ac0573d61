//! In which forms words are found.

use crate::world::{File, jaarverslag, report};

/// A file of three texts, of which only one contains the text in question.
fn among_others(text: &str) -> File {
    File::with_pages(&[
        "The committee met in the morning and spoke about the garden of the school.",
        text,
        "Nobody knew when the next train would leave for the coast, and it rained all afternoon.",
    ])
}

fn assert_found(text: &str, questions: &[&str]) {
    let file = among_others(text);
    for question in questions {
        assert_eq!(file.find(question).first(), Some(&file.passage(1)), "{question}");
    }
}

#[test]
fn numbers_and_codes_are_found_as_they_are_written() {
    assert_found("The result was 1,234.5 in that period.", &["1,234.5", "1234.5", "1.234,5"]);
    assert_found("It happened in 2024, they said.", &["2024"]);
    assert_found("See section 3.2.1 for details.", &["section 3.2.1", "3.2.1"]);
    assert_found("The plant is certified by ISO-9001 since long.", &["ISO-9001", "ISO 9001", "iso9001?"]);
    assert_found("Set the variable foo_bar before the call.", &["foo_bar", "foo bar"]);
    assert_found("Use --dry-run to try it, or -n for short.", &["--dry-run", "dry-run", "dry run", "-n"]);
    assert_found("It is written in C++ and partly in C#.", &["c++", "C#"]);
    assert_found("Write to jane.doe@example.com about it.", &["jane.doe@example.com", "jane doe"]);
}

#[test]
fn case_diacritics_ligatures_and_wide_forms_do_not_matter() {
    assert_found("We met at the café.", &["cafe", "CAFÉ", "cafe\u{301}"]);
    assert_found("Our of\u{fb01}ces are closed.", &["offices", "office"]);
    assert_found("The ＡＢＣ１２３ machine hums.", &["abc123"]);
    assert_found("Die Straße ist lang.", &["STRASSE", "straße"]);
}

#[test]
fn words_divided_at_the_end_of_a_line_are_joined() {
    assert_found("The inven-\ntory was counted twice.", &["inventory", "inventories"]);
    assert_found("It is a well-\nknown fact here.", &["well-known", "wellknown"]);
    assert_found("Send an e-mail to them.", &["email", "e-mail", "e-mails"]);
    assert_found("Soft hyphens di\u{ad}vide it in\u{ad}\nvisibly.", &["divide", "invisibly"]);
}

#[test]
fn inflections_of_english_and_dutch_are_found() {
    let english = report();
    assert!(english.finds("proposed dividends", "EUR 1.85"));
    assert!(english.finds("Which risk is greatest?", "supply chains"));
    let dutch = jaarverslag();
    assert!(dutch.finds("Hoeveel zonnepaneel?", "12.000"));
    assert!(dutch.finds("fabriek daken", "12.000"));
    assert!(dutch.finds("Waar is de uitstoot gedaald?", "broeikasgassen"));
    assert!(dutch.finds("cooperatie", "coöperatie"));
}

#[test]
fn apostrophes_do_not_hide_words() {
    assert_found("The company's pension fund grew.", &["company", "companies' pension", "company’s fund"]);
    assert_found("De auto’s stonden buiten op de parkeerplaats.", &["auto", "auto's"]);
}

#[test]
fn scripts_without_spaces_are_found_by_pairs() {
    assert_found("東京都の売上は三億円でした。", &["売上", "東京", "東京の売上は?"]);
    assert_found("ราคาของสินค้าเพิ่มขึ้น", &["สินค้า"]);
    assert!(among_others("東京都の売上は三億円でした。").find("大阪").is_empty());
}

#[test]
fn other_languages_are_found_without_stems() {
    let file = File::with_pages(&[
        "Der Umsatz der Gesellschaft stieg im vergangenen Jahr auf drei Millionen Euro, weil viele neue Kunden kamen.",
        "Die Zahl der Beschäftigten blieb unverändert, und der Aufsichtsrat dankt allen für ihre gute Arbeit.",
    ]);
    assert!(file.finds("Wie hoch war der Umsatz?", "drei Millionen"));
    assert!(file.finds("Beschaftigten", "Aufsichtsrat"));
}

#[test]
fn misspelt_words_are_found() {
    let file = report();
    assert!(file.finds("devidend per share", "EUR 1.85"));
    assert!(file.finds("compresors", "Gdansk"));
    assert!(file.finds("reveune", "1,234.5"));
}

#[test]
fn parts_of_dutch_compounds_are_found() {
    let file = jaarverslag();
    assert!(file.finds("omzetstijging", "312,4"));
    assert!(file.finds("ziekteverzuimpercentage", "4,1 procent"));
    assert!(file.finds("broeikasgas", "klimaatneutraal"));
}
