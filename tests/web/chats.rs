//! Chats without scripts: sending, reading, renaming, deleting, searching.

use super::Browser;
use crate::world::{Script, World};

/// Sends a message, and returns the path of its chat.
async fn says(browser: &mut Browser, path: &str, message: &str) -> String {
    let reply = browser.submit(path, &[("message", message), ("key", message)]).await;
    assert_eq!(reply.status, 303, "{}", reply.text);
    let location = reply.header("location");
    location.split('#').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_message_without_scripts_leads_to_its_answer() {
    let world = World::new();
    let mut browser = Browser::of(&world, "alice").await;
    world.model.next(Script::Answer("# Title\n\nSome **bold** text."));
    let chat = says(&mut browser, "/chat/messages/", "Hello <b>there</b>").await;
    let page = browser.get(&chat).await;
    assert_eq!(page.status, 200);
    assert!(
        page.text.contains("<div class=\"bubble\" dir=\"auto\">Hello &#60;b&#62;there&#60;/b&#62;</div>"),
        "{}",
        page.text
    );
    assert!(page.text.contains("<h4>Title</h4><p>Some <strong>bold</strong> text.</p>"), "{}", page.text);
    assert!(page.text.contains("3,900 tokens") && page.text.contains("<span class=\"price\">100 tokens</span>"));
    let again = says(&mut browser, &format!("{chat}messages/"), "And now?").await;
    assert_eq!(again, chat);
    assert!(browser.get(&chat).await.text.contains("id=\"m2\" data-n=\"2\" data-state=\"complete\""));
}

#[tokio::test]
async fn the_same_form_twice_is_one_message() {
    let world = World::new();
    let mut browser = Browser::of(&world, "alice").await;
    let first = says(&mut browser, "/chat/messages/", "Hello").await;
    assert_eq!(says(&mut browser, "/chat/messages/", "Hello").await, first);
    assert!(browser.get("/").await.text.contains("3,900 tokens"));
}

#[tokio::test]
async fn a_message_that_fails_is_kept_and_its_second_try_takes_its_place() {
    let world = World::new();
    let mut browser = Browser::of(&world, "alice").await;
    let chat = says(&mut browser, "/chat/messages/", "Hello").await;
    world.model.next(Script::Fail);
    let reply = browser.submit(&format!("{chat}messages/"), &[("message", "Are you there?")]).await;
    assert_eq!(reply.status, 502);
    assert!(reply.text.contains("No answer came. This cost nothing, and your message is kept."), "{}", reply.text);
    let page = browser.get(&chat).await;
    assert!(page.text.contains("id=\"m2\" data-n=\"2\" data-state=\"failed\""));
    assert!(page.text.contains("Try again"));
    let reply = browser.submit(&format!("{chat}messages/"), &[("again", "2"), ("key", "x-2")]).await;
    assert_eq!(reply.header("location"), format!("{chat}#m3"), "{}", reply.text);
    let page = browser.get(&chat).await.text;
    assert!(!page.contains("id=\"m2\"") && page.contains("id=\"m3\" data-n=\"3\" data-state=\"complete\""), "{page}");
    assert_eq!(page.matches("Are you there?").count(), 1);
}

#[tokio::test]
async fn a_form_that_is_refused_keeps_what_was_written() {
    let world = World::with(&[("INITIAL_TOKENS", "150")]);
    let mut browser = Browser::of(&world, "alice").await;
    let reply = browser.submit("/chat/messages/", &[("message", "  ")]).await;
    assert_eq!(reply.status, 422);
    let chat = says(&mut browser, "/chat/messages/", "Hello").await;
    let reply = browser.submit(&format!("{chat}messages/"), &[("message", "One more <word>")]).await;
    assert_eq!(reply.status, 402);
    assert!(reply.text.contains(">One more &#60;word&#62;</textarea>"), "{}", reply.text);
    assert!(reply.text.contains("Your tokens are spent. A message costs 100, you have 50."), "{}", reply.text);
    assert!(reply.text.contains("disabled"));
}

/// Which option of the choice of models is chosen.
fn chosen_model(page: &str) -> &str {
    let choice = page.split("name=\"model\"").nth(1).expect("no choice").split("</select>").next().unwrap();
    choice.split("\" selected>").next().unwrap().rsplit('"').next().unwrap()
}

#[tokio::test]
async fn the_model_of_a_message_is_chosen_beside_it() {
    let world = World::with(&[("MODELS", "first,second=Second <b>")]);
    let mut browser = Browser::of(&world, "alice").await;
    let page = browser.get("/").await.text;
    assert_eq!(chosen_model(&page), "");
    assert!(page.contains(" selected>first</option><option value=\"second\">Second &#60;b&#62;</option>"), "{page}");
    let sent = browser.submit("/chat/messages/", &[("message", "Hello"), ("model", "second")]).await;
    let chat = sent.header("location").split('#').next().unwrap().to_owned();
    assert_eq!(chosen_model(&browser.get(&chat).await.text), "second", "the next message goes to the same model");
    says(&mut browser, &format!("{chat}messages/"), "Who are you?").await;
    assert_eq!(chosen_model(&browser.get(&chat).await.text), "");
    let unknown = browser.submit(&format!("{chat}messages/"), &[("message", "And you?"), ("model", "third")]).await;
    assert_eq!(unknown.status, 303);
    let asked: Vec<_> = world.model.prompts().into_iter().map(|prompt| prompt.model.unwrap()).collect();
    assert_eq!(asked, ["second", "first", "first"]);
}

#[tokio::test]
async fn without_a_choice_of_models_there_is_none_to_make() {
    let world = World::new();
    let mut browser = Browser::of(&world, "alice").await;
    assert!(!browser.get("/").await.text.contains("name=\"model\""));
}

#[tokio::test]
async fn an_assistant_suggests_how_to_begin() {
    let world = World::new();
    let mut browser = Browser::of(&world, "alice").await;
    let typed = |suggestions| [("name", "Tides"), ("suggestions", suggestions)];
    let lines = "When is high tide?\r\n\r\n  What is a <neap> tide?  \r\n";
    let saved = browser.submit("/assistants/new/", &typed(lines)).await;
    assert_eq!(saved.status, 303, "{}", saved.text);
    let form = saved.header("location").split('?').next().unwrap().to_owned();
    let shown = browser.get(&form).await.text;
    assert!(shown.contains("\nWhen is high tide?\nWhat is a &#60;neap&#62; tide?</textarea>"), "{shown}");
    let id = form.split('/').nth(2).unwrap();
    let page = browser.get(&format!("/?assistant={id}")).await.text;
    let fills: Vec<_> = page.split("data-fill=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert_eq!(fills, ["When is high tide?", "What is a &#60;neap&#62; tide?"]);
    let none = browser.submit(&form, &typed("")).await;
    assert_eq!(none.status, 303, "{}", none.text);
    assert_eq!(browser.get(&format!("/?assistant={id}")).await.text.matches("data-fill").count(), 3, "general ones");
    for wrong in ["a\nb\nc\nd\ne", &"x".repeat(201), "a\0b"] {
        let refused = browser.submit(&form, &typed(wrong)).await;
        assert_eq!(refused.status, 422, "{wrong:?}");
        assert!(refused.text.contains("id=\"hint-suggestions\""), "{wrong:?}: {}", refused.text);
    }
}

#[tokio::test]
async fn files_of_a_form_are_attached_to_its_message() {
    let world = World::new();
    let mut browser = Browser::of(&world, "alice").await;
    let sent = browser
        .submit_files("/chat/messages/", &[("message", "Look")], &[("photo.png", b"\x89PNG\r\n\x1a\n0000")])
        .await;
    assert_eq!(sent.status, 303, "{}", sent.text);
    let page = browser.get(sent.header("location").split('#').next().unwrap()).await;
    assert!(page.text.contains("<span>photo.png</span>"), "{}", page.text);
    let refused = browser.submit_files("/chat/messages/", &[("message", "Look")], &[("run.exe", b"MZ")]).await;
    assert_eq!(refused.status, 422);
    assert!(refused.text.contains("This kind of file is not supported."), "{}", refused.text);
    assert!(refused.text.contains(">Look</textarea>"), "what was written stays: {}", refused.text);
}

#[tokio::test]
async fn a_form_whose_file_is_refused_keeps_its_fields() {
    let world = World::new();
    let mut browser = Browser::of(&world, "alice").await;
    let files: [(&str, &[u8]); 2] = [("good.txt", b"Tides rise."), ("run.exe", b"MZ")];
    browser.get("/files/").await;
    let refused = browser.submit_files("/files/", &[], &files).await;
    assert_eq!(refused.status, 422);
    assert!(
        refused.text.contains("<small id=\"hint-files\">This kind of file is not supported.</small>"),
        "{}",
        refused.text
    );
    let fields = [("name", "Tides"), ("description", "Knows <all>"), ("key", "a")];
    let refused = browser.submit_files("/assistants/new/", &fields, &files).await;
    assert_eq!(refused.status, 422);
    assert!(
        refused.text.contains("value=\"Tides\"") && refused.text.contains("Knows &#60;all&#62;"),
        "{}",
        refused.text
    );
    assert!(refused.text.contains("This kind of file is not supported."), "{}", refused.text);
    assert!(!browser.get("/assistants/").await.text.contains("Tides"));
    let stored = browser.get("/files/").await.text;
    assert!(!stored.contains("good.txt") && !stored.contains("run.exe"), "{stored}");
    // Only a form of this browser is shown again.
    browser.csrf = "guessed".to_owned();
    let forged = browser.submit_files("/assistants/new/", &fields, &files).await;
    assert_eq!(forged.status, 403);
    assert!(!forged.text.contains("Tides"));
}

#[tokio::test]
async fn why_a_file_cannot_be_read_is_told_in_the_readers_words() {
    let world = World::new();
    let mut browser = Browser::of(&world, "alice").await;
    browser.get("/files/").await;
    let sent = browser.submit_files("/files/", &[], &[("empty.txt", b"\n\n"), ("broken.pdf", b"%PDF-1.7\n")]).await;
    assert_eq!(sent.status, 303, "{}", sent.text);
    world.read_files().await;
    let list = browser.get("/files/").await.text;
    let files: Vec<_> = list.split("<th scope=\"row\"><a href=\"").skip(1).collect();
    let mut dutch = browser.sending("Accept-Language", "nl");
    for (name, english, other) in [
        ("empty.txt", "It contains no text. Scanned pages are not read.", "Er staat geen tekst in."),
        (
            "broken.pdf",
            "It is damaged, or is not what its name says.",
            "Het is beschadigd, of is niet wat de naam zegt.",
        ),
    ] {
        let link = files.iter().find(|rest| rest.contains(name)).unwrap().split('"').next().unwrap();
        let page = browser.get(link).await.text;
        assert!(page.contains(english), "{page}");
        let page = dutch.get(link).await.text;
        assert!(page.contains(other), "{page}");
    }
}

#[tokio::test]
async fn a_list_of_chats_that_was_hidden_stays_hidden() {
    let world = World::new();
    let mut browser = Browser::of(&world, "alice").await;
    assert!(!browser.get("/").await.text.contains("data-side"));
    for (value, hidden) in [("off", true), ("", false), ("x", false)] {
        browser.cookies.insert("quintet_side".to_owned(), value.to_owned());
        assert_eq!(browser.get("/").await.text.contains("data-side=\"off\""), hidden, "{value}");
    }
}

#[tokio::test]
async fn a_chat_is_renamed_exported_and_deleted_by_forms() {
    let world = World::new();
    let mut browser = Browser::of(&world, "alice").await;
    let chat = says(&mut browser, "/chat/messages/", "Hello").await;
    let manage = format!("{chat}manage/");
    browser.get(&manage).await;
    let reply = browser.submit(&manage, &[("action", "rename"), ("title", "")]).await;
    assert_eq!(reply.status, 422);
    let reply = browser.submit(&manage, &[("action", "rename"), ("title", "Tides & moons")]).await;
    assert_eq!((reply.status, reply.header("location")), (303, chat.as_str()));
    assert!(browser.get(&chat).await.text.contains("<title>Tides &#38; moons · Quintet</title>"));
    let export = browser.get(&format!("{chat}export.md")).await;
    assert!(export.text.starts_with("# Tides & moons\n\n## You, "), "{}", export.text);
    assert!(
        export.text.contains("\n\nHello\n\n## Assistant, ")
            && export.text.ends_with("\n\nThis is a dummy response from the AI.\n")
    );
    assert_eq!(browser.get(&format!("{chat}messages/1/answer.md")).await.text, "This is a dummy response from the AI.");
    let reply = browser.submit(&manage, &[("action", "delete")]).await;
    assert_eq!((reply.status, reply.header("location")), (303, "/"));
    assert_eq!(browser.get(&chat).await.status, 404);
}

#[tokio::test]
async fn a_search_marks_what_titles_contain() {
    let world = World::new();
    let mut browser = Browser::of(&world, "alice").await;
    for message in ["Tides of the North Sea", "Bread"] {
        says(&mut browser, "/chat/messages/", message).await;
    }
    world.services.turns.finish_titles().await;
    let page = browser.get("/search/?q=of+THE").await.text;
    assert!(page.contains("Tides <mark>of the</mark> North Sea"), "{page}");
    assert!(!page.contains("<mark>Bread"));
    let page = browser.get("/search/?q=%3Cscript%3E").await.text;
    assert!(page.contains("No title contains “&#60;script&#62;”."), "{page}");
}

#[tokio::test]
async fn a_long_chat_has_a_link_to_earlier_turns() {
    let world = World::with(&[("INITIAL_TOKENS", "100000"), ("RATE_LIMIT_API", "1000")]);
    let mut browser = Browser::of(&world, "alice").await;
    let chat = says(&mut browser, "/chat/messages/", "Message 1.").await;
    for n in 2..=33 {
        says(&mut browser, &format!("{chat}messages/"), &format!("Message {n}.")).await;
    }
    let page = browser.get(&chat).await.text;
    assert!(page.contains("href=\"?before=4\"") && !page.contains("Message 3.") && page.contains("Message 4."));
    let page = browser.get(&format!("{chat}?before=4")).await.text;
    assert!(page.contains("Message 1.") && page.contains("Message 3.") && !page.contains("Message 4."));
    assert!(!page.contains("class=\"button line earlier\""));
}
