//! Files that are made to harm those who read them. Each ends within the limits of the child, as a document or as one
//! that cannot be read.

use super::{
    read,
    samples::{Pdf, deflated, docx, package, pdf},
    text,
};
use shared::{
    domain::file::{ContentType, Unreadable},
    extraction::Document,
};

const GIB: usize = 1024 * 1024 * 1024;

/// Any end but that of a document that is fine.
fn is_refused(outcome: &Result<Document, Unreadable>) -> bool {
    matches!(outcome, Err(Unreadable::Damaged | Unreadable::NoText | Unreadable::TooComplex | Unreadable::TooLong))
}

async fn refused(content_type: ContentType, file: Vec<u8>) {
    let outcome = read(content_type, file).await;
    assert!(is_refused(&outcome), "{outcome:?}");
}

#[tokio::test]
async fn a_list_of_pages_that_contains_itself() {
    refused(ContentType::Pdf, Pdf::new("2 0 R 2 0 R").finish()).await;
}

#[tokio::test]
async fn a_page_that_is_its_own_ancestor() {
    let mut pdf = Pdf::new("4 0 R");
    pdf.replace(2, "<< /Type /Pages /Kids [4 0 R] /Count 1 /Parent 4 0 R >>");
    pdf.add("<< /Type /Page /Parent 2 0 R /Contents 5 0 R >>");
    pdf.stream("", b"BT (x) Tj ET");
    refused(ContentType::Pdf, pdf.finish()).await;
}

#[tokio::test]
async fn deeply_nested_arrays_in_an_object() {
    let mut pdf = Pdf::of_page("BT ET");
    pdf.add(format!("{}{}", "[".repeat(20_000), "]".repeat(20_000)));
    refused(ContentType::Pdf, pdf.finish()).await;
}

#[tokio::test]
async fn deeply_nested_arrays_in_a_page() {
    let content = format!("BT {}{} TJ ET", "[".repeat(20_000), "]".repeat(20_000));
    refused(ContentType::Pdf, Pdf::of_page(content).finish()).await;
}

#[tokio::test]
async fn entries_of_no_bytes_in_a_table_of_objects() {
    let mut file = b"%PDF-1.7\n1 0 obj\n<< /Type /XRef /Size 2000000000 /W [0 0 0] /Root 1 0 R /Length 0 >>\n\
        stream\n\nendstream\nendobj\n"
        .to_vec();
    file.extend(b"startxref\n9\n%%EOF\n");
    refused(ContentType::Pdf, file).await;
}

#[tokio::test]
async fn a_drawing_that_draws_itself() {
    let mut pdf = Pdf::of_page("/X Do");
    pdf.replace(5, "<< /Length 5 /Type /XObject /Subtype /Form >>\nstream\n/X Do\nendstream");
    refused(ContentType::Pdf, pdf.finish()).await;
}

#[tokio::test]
async fn a_font_without_what_it_needs() {
    for font in
        ["<< /Type /Font /Subtype /Type0 /BaseFont /X >>", "null", "<< /Subtype /Type3 /FirstChar 9 /LastChar 1 >>"]
    {
        let mut pdf = Pdf::of_page("BT /F 12 Tf (text) Tj ET");
        pdf.replace(3, font);
        refused(ContentType::Pdf, pdf.finish()).await;
    }
}

#[tokio::test]
async fn a_page_that_inflates_to_a_gigabyte() {
    let mut pdf = Pdf::of_page("");
    let bomb = deflated(b' ', GIB);
    let head = format!("<< /Length {} /Filter /FlateDecode >>\nstream\n", bomb.len());
    pdf.replace(5, [head.as_bytes(), &bomb, b"\nendstream"].concat());
    refused(ContentType::Pdf, pdf.finish()).await;
}

#[tokio::test]
async fn a_stream_of_objects_that_inflates_to_a_gigabyte() {
    let mut pdf = Pdf::of_page("BT ET");
    pdf.stream("/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode", &deflated(b'1', GIB));
    refused(ContentType::Pdf, pdf.finish()).await;
}

#[tokio::test]
async fn a_width_for_every_number() {
    let mut pdf = Pdf::of_page("BT /F 12 Tf (text) Tj ET");
    pdf.replace(3, "<< /Type /Font /Subtype /Type1 /BaseFont /X /FirstChar 0 /LastChar 4000000000 /Widths [1] >>");
    let outcome = read(ContentType::Pdf, pdf.finish()).await;
    assert!(outcome.is_ok() || is_refused(&outcome), "{outcome:?}");
}

#[tokio::test]
async fn a_page_with_too_much_text() {
    let content = format!("BT /F 12 Tf {} ET", "(many many words on one page) Tj\n".repeat(700_000));
    refused(ContentType::Pdf, Pdf::of_page(content).finish()).await;
}

#[tokio::test]
async fn more_pages_than_are_read() {
    let texts = vec!["x"; 10_001];
    let outcome = read(ContentType::Pdf, pdf(&texts)).await;
    assert_eq!(outcome, Err(Unreadable::TooLong));
}

#[tokio::test]
async fn a_part_that_inflates_to_a_gigabyte() {
    let bomb = vec![b' '; GIB / 4];
    assert_eq!(read(ContentType::Docx, package([("word/document.xml", &bomb[..])])).await, Err(Unreadable::TooLong));
}

const LAUGHS: &str = r#"<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
    <!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;">]>"#;
const OUTSIDE: &str = r#"<!DOCTYPE l [<!ENTITY d SYSTEM "file:///etc/passwd">]>"#;

#[tokio::test]
async fn entities_are_not_replaced() {
    for kind in [LAUGHS, OUTSIDE] {
        let xml = format!(r#"<?xml version="1.0"?>{kind}<a b="&d;">fine &d;</a>"#);
        assert_eq!(text(ContentType::Xml, xml).await.trim(), "a b: &d;\na: fine");
        let body = format!(r#"<?xml version="1.0"?>{kind}<w:p><w:r><w:t>fine &d;</w:t></w:r></w:p>"#);
        let file = package([("word/document.xml", body.as_bytes())]);
        assert_eq!(text(ContentType::Docx, file).await.trim(), "fine");
    }
}

#[tokio::test]
async fn deeply_nested_tables() {
    let (begin, end) = ("<w:tbl><w:tr><w:tc>".repeat(60_000), "</w:tc></w:tr></w:tbl>".repeat(60_000));
    let file = docx(&format!("{begin}<w:p><w:r><w:t>deep</w:t></w:r></w:p>{end}"));
    assert_eq!(text(ContentType::Docx, file).await.trim(), "deep");
}

#[tokio::test]
async fn deeply_nested_elements() {
    let xml = format!("{}deep{}", "<a>".repeat(300_000), "</a>".repeat(300_000));
    assert_eq!(text(ContentType::Xml, xml).await.trim(), "a: deep");
}

#[tokio::test]
async fn one_line_of_two_megabytes() {
    for word in ["word ", "a", "语"] {
        let line = word.repeat(2_000_000 / word.len());
        for kind in [ContentType::Text, ContentType::Csv, ContentType::Json, ContentType::Xml] {
            let document = read(kind, line.clone()).await.unwrap();
            assert!(document.text.len() + 10 >= line.len() && document.passages > 500, "{document:?}");
        }
    }
}

#[tokio::test]
async fn truncated_files() {
    let (pdf, docx) = (pdf(&["text", "more text"]), docx("<w:p><w:r><w:t>text</w:t></w:r></w:p>"));
    for part in 1..4 {
        for (kind, file) in [(ContentType::Pdf, &pdf), (ContentType::Docx, &docx)] {
            refused(kind, file[..file.len() * part / 4].to_vec()).await;
        }
    }
}

#[tokio::test]
async fn noise_that_begins_well() {
    let mut state = 1_u32;
    let mut noise = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_le_bytes()[3]
    };
    let noise: Vec<u8> = (0..100_000).map(|_| noise()).collect();
    for (kind, magic) in [(ContentType::Pdf, &b"%PDF-1.7\n"[..]), (ContentType::Docx, b"PK\x03\x04")] {
        refused(kind, [magic, &noise].concat()).await;
    }
}
