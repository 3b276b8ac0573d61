//! Documents of Word that can be read.

use super::{
    read,
    samples::{docx, package},
    text,
};
use shared::domain::file::{ContentType, Unreadable};

const EMPTY: &[u8] = b"<w:document/>";

async fn body(body: &str) -> String {
    text(ContentType::Docx, docx(body)).await
}

#[tokio::test]
async fn headings_paragraphs_and_lists_are_told_apart() {
    let told = body(
        r#"<w:p><w:pPr><w:pStyle w:val="Title"/></w:pPr><w:r><w:t>Annual report</w:t></w:r></w:p>
        <w:p><w:pPr><w:tabs><w:tab w:val="left"/></w:tabs></w:pPr><w:r><w:t>Revenue </w:t></w:r><w:r><w:t>rose &amp; grew.</w:t></w:r></w:p>
        <w:p/>
        <w:p><w:pPr><w:pStyle w:val="Heading2"/></w:pPr><w:r><w:t>Costs</w:t></w:r></w:p>
        <w:p><w:pPr><w:numPr/></w:pPr><w:r><w:t>Rent</w:t><w:tab/><w:t>12</w:t></w:r></w:p>
        <w:p><w:hyperlink><w:r><w:t>A link</w:t><w:br/><w:t>below</w:t></w:r></w:hyperlink></w:p>"#,
    );
    insta::assert_snapshot!(told.await);
}

#[tokio::test]
async fn rows_of_a_table_are_lines() {
    let cell = |text: &str| format!("<w:tc><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:tc>");
    let inner = format!("<w:tc><w:tbl><w:tr>{}{}</w:tr></w:tbl><w:p/></w:tc>", cell("in"), cell("side"));
    let row = |cells: &[String]| format!("<w:tr>{}</w:tr>", cells.concat());
    let rows = [row(&[cell("Year"), cell("Revenue")]), row(&[cell(""), cell("12")]), row(&[inner, cell("x")])];
    let told = body(&format!("<w:tbl>{}</w:tbl><w:p><w:r><w:t>After</w:t></w:r></w:p>", rows.concat())).await;
    assert_eq!(told.trim(), "Year\tRevenue\n    12\nin side\tx\n\nAfter");
}

#[tokio::test]
async fn what_was_deleted_is_not_told() {
    let told = body(
        "<w:p><w:r><w:t>kept</w:t></w:r><w:del><w:r><w:delText>lost</w:delText></w:r></w:del>\
         <w:moveFrom><w:r><w:t>moved</w:t></w:r></w:moveFrom><w:del/><w:ins><w:r><w:t> new</w:t></w:r></w:ins>\
         <w:r><w:instrText>PAGE</w:instrText></w:r></w:p>",
    );
    assert_eq!(told.await.trim(), "kept new");
}

#[tokio::test]
async fn notes_follow_the_body() {
    let relations =
        r#"<Relationships><Relationship Type="x/officeDocument" Target="/other/main.xml"/></Relationships>"#;
    let paragraph = |text: &str| format!("<w:x><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:x>");
    let (body, footnotes, endnotes) = (paragraph("Body"), paragraph("A footnote"), paragraph("An endnote"));
    let file = package([
        ("_rels/.rels", relations.as_bytes()),
        ("other/main.xml", body.as_bytes()),
        ("other/footnotes.xml", footnotes.as_bytes()),
        ("other/endnotes.xml", endnotes.as_bytes()),
    ]);
    assert_eq!(text(ContentType::Docx, file).await.trim(), "Body\n\nA footnote\n\nAn endnote");
}

#[tokio::test]
async fn headings_are_found_by_the_name_of_their_style() {
    let styles = r#"<w:styles><w:style w:styleId="Kop1"><w:name w:val="heading 1"/></w:style></w:styles>"#;
    let body = r#"<w:x><w:p><w:pPr><w:pStyle w:val="Kop1"/></w:pPr><w:r><w:t>Omzet</w:t></w:r></w:p></w:x>"#;
    let file = package([("word/document.xml", body.as_bytes()), ("word/styles.xml", styles.as_bytes())]);
    assert_eq!(text(ContentType::Docx, file).await.trim(), "# Omzet");
}

#[tokio::test]
async fn a_document_with_a_password_is_encrypted() {
    let file = [&b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"[..], &[0; 4096]].concat();
    assert_eq!(read(ContentType::Docx, file).await, Err(Unreadable::Encrypted));
}

#[tokio::test]
async fn a_document_without_text_or_body_is_refused() {
    assert_eq!(read(ContentType::Docx, package([("word/document.xml", EMPTY)])).await, Err(Unreadable::NoText));
    assert_eq!(read(ContentType::Docx, package([("other.xml", EMPTY)])).await, Err(Unreadable::Damaged));
}
