//! Which questions find passages, and which do not.

use crate::world::{File, find_in, jaarverslag, report};

#[test]
fn questions_find_what_they_ask_for() {
    let file = report();
    assert!(file.finds("What was revenue?", "1,234.5"));
    assert!(file.finds("revenue", "1,234.5"));
    assert!(file.finds("Hi! Could you please tell me how many employees there are?", "4,812"));
    assert!(file.finds("when will the dividend be paid", "14 May 2024"));
    assert!(file.finds("What does the new factory in Gdansk produce?", "compressors"));
    assert!(file.finds("warehouse incident", "3 million"));
    let file = jaarverslag();
    assert!(file.finds("Wat was de omzet?", "312,4"));
    assert!(file.finds("Hoe hoog is het ziekteverzuim?", "4,1"));
}

#[test]
fn greetings_and_other_topics_find_nothing() {
    let nothing = [
        "",
        " ",
        "?!",
        "hi",
        "Hello!",
        "Hi there",
        "thanks",
        "Thank you very much!",
        "ok",
        "Good morning",
        "bedankt",
        "Dank je wel",
        "Goedemorgen!",
        "the",
        "Why?",
        "What is the capital of France?",
        "Who won the world cup?",
        "Write a poem about the sea",
        "How do I bake bread at home?",
        "Wat is de hoofdstad van Frankrijk?",
        "What is 7 times 8?",
    ];
    for question in nothing {
        assert!(report().find(question).is_empty(), "{question}");
        assert!(jaarverslag().find(question).is_empty(), "{question}");
    }
}

#[test]
fn a_follow_up_is_about_what_was_asked_before() {
    let file = report();
    for question in
        ["And in the year before?", "Why?", "Are you sure?", "And in 2022?", "How does that compare to 2022?"]
    {
        let found = file.follow_up(question, &["What was revenue in 2023?"]);
        assert!(found.first().is_some_and(|passage| passage.contains("1,100.2")), "{question}");
    }
    let dutch = jaarverslag();
    let found = dutch.follow_up("En het jaar daarvoor?", &["Wat was de omzet in 2023?"]);
    assert!(found[0].contains("298,1"));
    let found = file.follow_up("And before that?", &["And in 2022?", "What was revenue?"]);
    assert!(found[0].contains("1,100.2"));
}

#[test]
fn a_question_with_words_of_its_own_is_hardly_changed_by_those_before() {
    let file = report();
    let found = file.follow_up("How many employees were absent because of sickness?", &["What was revenue in 2023?"]);
    assert!(found[0].contains("4,812"));
    let found = file.follow_up("And the dividend?", &["What was revenue in 2023?", "What was revenue in 2022?"]);
    assert!(found[0].contains("EUR 1.85"));
}

#[test]
fn an_unrelated_question_after_others_finds_nothing() {
    let earlier = ["What was revenue in 2023?", "Who receives the dividend?"];
    for question in ["What is the capital of France?", "thanks", "Thanks, that is great!", "ok", "Tell me a joke", "?"]
    {
        assert!(report().follow_up(question, &earlier).is_empty(), "{question}");
    }
}

#[test]
fn several_files_are_searched_together() {
    let (english, dutch) = (report(), jaarverslag());
    let files = [&english, &dutch];
    let best = |question: &str| {
        let hit = find_in(&files, question)[0];
        (hit.index, files[hit.index].passage(hit.passage))
    };
    assert!(best("What was revenue?").1.contains("1,234.5"));
    assert!(best("Wat was de omzet?").1.contains("312,4"));
    assert_eq!(best("zonnepanelen").0, 1);
    assert!(find_in(&[], "revenue").is_empty());
}

#[test]
fn a_frequent_word_counts_less_than_a_rare_one() {
    let pages: Vec<String> = (0..40)
        .map(|n| {
            format!("The package {n} is installed. A package has a maintainer. This is {}.", ["fine", "epoch"][n / 39])
        })
        .collect();
    let pages: Vec<&str> = pages.iter().map(String::as_str).collect();
    assert!(File::with_pages(&pages).finds("package epoch", "package 39"));
}

#[test]
fn a_heading_counts_for_the_passages_below_it() {
    let filler = "It is measured once a month by an independent laboratory, which sends its results to the council. ";
    let section =
        |title: &str, fact: &str| format!("## {title}\n\n{}{fact} {}\n\n", filler.repeat(14), filler.repeat(4));
    let text =
        format!("# Water\n\n{}{}", section("Nitrate", "The limit is 50 mg."), section("Lead", "The limit is 5 µg."));
    let file = File::text(&text);
    assert!(file.find("limit of nitrate").iter().take(2).any(|passage| passage.contains("50 mg")));
    assert!(file.find("limit of lead").iter().take(2).any(|passage| passage.contains("5 µg")));
}

#[test]
fn a_list_of_contents_comes_after_the_passage_it_points_to() {
    let contents: String =
        ["Revenue", "Dividend policy", "Risks"].map(|title| format!("{title} . . . . . . . . 12\n")).concat();
    let file = File::with_pages(&[
        &contents,
        "Our policy on what shareholders receive is simple: the dividend grows each year.",
    ]);
    assert!(file.finds("dividend policy", "grows"));
}

#[test]
fn long_questions_are_bounded() {
    let file = report();
    let pasted = format!("{} What was revenue in Scandinavia?", "lorem ipsum dolor sit amet ".repeat(4_000));
    file.find(&pasted);
    let distinct: String = (0..10_000).map(|n| format!("word{n} ")).collect();
    assert!(file.find(&distinct).is_empty());
    assert!(file.find(&"a".repeat(100_000)).is_empty());
    file.find(&"東京都".repeat(30_000));
    let earlier = vec![distinct.as_str(); 1_000];
    assert!(file.follow_up("revenue", &earlier)[0].contains("1,234.5"));
}
