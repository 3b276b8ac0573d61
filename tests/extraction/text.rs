//! Text, tables and data.

use super::{read, text};
use shared::domain::file::{ContentType, Unreadable};

fn utf_16(text: &str, to_bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(to_bytes).collect()
}

#[tokio::test]
async fn text_is_decoded() {
    let (plain, text_of) = ("Café für dich: naïve façade\n", ContentType::Text);
    let files = [
        plain.as_bytes().to_vec(),
        [b"\xef\xbb\xbf", plain.as_bytes()].concat(),
        utf_16(&format!("\u{feff}{plain}"), u16::to_le_bytes),
        utf_16(&format!("\u{feff}{plain}"), u16::to_be_bytes),
        utf_16(plain, u16::to_le_bytes),
        utf_16(plain, u16::to_be_bytes),
        plain.chars().map(|c| u8::try_from(c).unwrap()).collect(),
    ];
    for file in files {
        assert_eq!(text(text_of, file).await.trim(), plain.trim());
    }
}

#[tokio::test]
async fn markdown_stays_as_it_is() {
    assert_eq!(
        text(ContentType::Markdown, "# Title\n\nText with *marks*\n").await.trim(),
        "# Title\n\nText with *marks*"
    );
}

#[tokio::test]
async fn empty_text_is_refused() {
    for file in ["", " \n\t", "... --- ..."] {
        assert_eq!(read(ContentType::Text, file).await, Err(Unreadable::NoText));
    }
}

#[tokio::test]
async fn values_of_a_table_follow_the_names_of_their_columns() {
    let expected = "Name: Alice\nCity: Utrecht\nNote: two\nlines, \"quoted\"\n\nName: Bob\nCity: Gent";
    for delimiter in [",", ";", "\t"] {
        let file =
            "Name,City,Note\r\nAlice,Utrecht,\"two\nlines§ \"\"quoted\"\"\"\r\nBob,Gent,\r\n".replace(',', delimiter);
        assert_eq!(text(ContentType::Csv, file.replace('§', ",")).await.trim(), expected);
    }
}

#[tokio::test]
async fn what_is_no_table_stays_text() {
    for file in ["just one column\nand another", "1,2\n3,4", "word", "a \"b\nc"] {
        assert_eq!(text(ContentType::Csv, file).await.trim(), file);
    }
}

#[tokio::test]
async fn values_of_json_follow_their_path() {
    let file = r#"{"report": {"year": 2024, "items": [{"name": "Rent", "cost": 12.5}, {"name": "Tax", "paid": true}],
        "tags": ["a", "b"], "none": null}}"#;
    insta::assert_snapshot!(text(ContentType::Json, file).await);
}

#[tokio::test]
async fn several_values_of_json_are_read() {
    assert_eq!(text(ContentType::Json, "{\"a\": 1}\n{\"a\": 2}\n").await.trim(), "a: 1\n\na: 2");
}

#[tokio::test]
async fn what_is_not_json_stays_text() {
    let nested = format!("{}7{}", "[".repeat(100_000), "]".repeat(100_000));
    let words = text(ContentType::Json, nested).await;
    assert!(words.contains('7'), "{}", words.len());
    assert_eq!(text(ContentType::Json, "{\"a\": 1,").await.trim(), "{\"a\": 1,");
}

#[tokio::test]
async fn elements_and_attributes_of_xml_are_read() {
    let file = r#"<?xml version="1.0"?><!-- no --><order xmlns="urn:x" id="A-7"><price currency="EUR">12 &lt; 13</price>
        <note>Some <b class="x">bold</b> text</note><![CDATA[raw & more]]></order>"#;
    insta::assert_snapshot!(text(ContentType::Xml, file).await);
}

#[tokio::test]
async fn the_declared_encoding_of_xml_counts() {
    let file = b"<?xml version='1.0' encoding='iso-8859-2'?><a>\xb3\xf3d\xbc</a>";
    assert_eq!(text(ContentType::Xml, &file[..]).await.trim(), "a: łódź");
}

#[tokio::test]
async fn what_is_not_xml_stays_text() {
    for file in ["<a><b>text</a>", "<a>text"] {
        assert_eq!(text(ContentType::Xml, file).await.trim(), file);
    }
}

#[tokio::test]
async fn text_that_is_too_long_is_refused() {
    assert_eq!(read(ContentType::Text, "word ".repeat(4_000_000)).await, Err(Unreadable::TooLong));
}
