//! PDFs that can be read.

use super::{
    read,
    samples::{Pdf, pdf},
    text,
};
use pdf_extract::{Document, EncryptionState, EncryptionVersion, Permissions};
use shared::domain::file::{ContentType, Unreadable};

#[tokio::test]
async fn pages_are_read_in_their_order() {
    let document = read(ContentType::Pdf, pdf(&["Revenue rose by 12%.\nCosts fell.", "Second page"])).await.unwrap();
    assert_eq!(String::from_utf8(document.text.to_vec()).unwrap(), "Revenue rose by 12%.\nCosts fell.\nSecond page\n");
    assert_eq!((document.pages, document.passages), (Some(2), 2));
    let index = knowledge::Index::parse(&document.index).unwrap();
    assert_eq!(index.passage(1).unwrap().page, Some(2));
}

#[tokio::test]
async fn words_are_told_apart_by_their_positions() {
    let content = "BT /F 10 Tf 72 720 Td [(Annu) 20 (al) -300 (report)] TJ \
                   1 0 0 1 200 720 Tm (2024) Tj 1 0 0 1 72 706 Tm (next) Tj ( line) Tj 1 0 0 1 72 600 Tm (paragraph) Tj ET";
    assert_eq!(
        text(ContentType::Pdf, Pdf::of_page(content).finish()).await.trim(),
        "Annual report 2024\nnext line\n\nparagraph"
    );
}

#[tokio::test]
async fn text_on_the_next_line_is_read() {
    let content = "BT /F 10 Tf 12 TL 72 720 Td (one) Tj (two) ' 1 2 (three) \" ET";
    assert_eq!(text(ContentType::Pdf, Pdf::of_page(content).finish()).await.trim(), "one\ntwo\nthree");
}

#[tokio::test]
async fn what_the_library_does_not_know_does_not_hide_the_text() {
    let content = "/Unknown cs /Missing gs BT /F 10 Tf 72 720 Td (still) Tj ET /Unknown cs BT 72 706 Td (here) Tj ET";
    assert_eq!(text(ContentType::Pdf, Pdf::of_page(content).finish()).await.trim(), "still\nhere");
}

#[tokio::test]
async fn a_page_that_cannot_be_read_leaves_the_others() {
    let mut pdf = Pdf::new("4 0 R 6 0 R");
    for (font, text) in [("9", "lost"), ("3", "kept")] {
        let content = if text == "lost" { "5" } else { "7" };
        pdf.add(format!(
            "<< /Type /Page /Parent 2 0 R /Contents {content} 0 R /Resources << /Font << /F {font} 0 R >> >> >>"
        ));
        pdf.stream("", format!("BT /F 12 Tf 72 720 Td ({text}) Tj ET").as_bytes());
    }
    let document = read(ContentType::Pdf, pdf.finish()).await.unwrap();
    assert_eq!((document.text.as_ref().trim_ascii(), document.pages), (&b"kept"[..], Some(2)));
}

#[tokio::test]
async fn a_pdf_may_begin_later_than_the_file() {
    let mut file = vec![b'x'; 900];
    file.extend(pdf(&["after other bytes"]));
    assert_eq!(text(ContentType::Pdf, file).await.trim(), "after other bytes");
}

fn encrypted(owner_password: &str, user_password: &str) -> Vec<u8> {
    let mut document = Document::load_mem(&pdf(&["A secret"])).unwrap();
    let permissions = Permissions::all();
    let version =
        EncryptionVersion::V2 { document: &document, owner_password, user_password, key_length: 128, permissions };
    let state = EncryptionState::try_from(version).unwrap();
    document.encrypt(&state).unwrap();
    let mut file = Vec::new();
    document.save_to(&mut file).unwrap();
    file
}

#[tokio::test]
async fn a_password_of_the_owner_does_not_hide_the_text() {
    assert_eq!(text(ContentType::Pdf, encrypted("owner", "")).await.trim(), "A secret");
}

#[tokio::test]
async fn a_password_for_opening_hides_the_text() {
    assert_eq!(read(ContentType::Pdf, encrypted("owner", "user")).await, Err(Unreadable::Encrypted));
}

#[tokio::test]
async fn a_scan_has_no_text() {
    let mut pdf = Pdf::of_page("q 612 0 0 792 0 0 cm /X Do Q");
    let page = "<< /Type /Page /Parent 2 0 R /Contents 5 0 R /Resources << /XObject << /X 6 0 R >> >> >>";
    pdf.replace(4, page);
    pdf.stream(
        "/Type /XObject /Subtype /Image /Width 2 /Height 2 /ColorSpace /DeviceGray /BitsPerComponent 8",
        b"abcd",
    );
    assert_eq!(read(ContentType::Pdf, pdf.finish()).await, Err(Unreadable::NoText));
}
