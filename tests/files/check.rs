//! Names and contents, looked at without storing anything.

use super::PNG;
use proptest::{collection::vec, prelude::*};
use shared::domain::{
    Problem,
    file::{Check, EXTENSIONS, FileName, MIB, Unfit},
};

const ZIP: &[u8] = b"PK\x03\x04\x14\0\0\0\x08\0";
const WEBP: &[u8] = b"RIFF\x24\0\0\0WEBPVP8 ";

fn name(text: &str) -> FileName {
    FileName::parse(text).unwrap()
}

/// What becomes of a file that comes in these chunks.
fn check(file: &str, declared: Option<&str>, chunks: &[&[u8]]) -> Result<&'static str, Unfit> {
    let mut check = Check::new(&name(file), declared, u64::MAX)?;
    for chunk in chunks {
        check.feed(chunk)?;
    }
    check.finish()?;
    Ok(check.content_type().as_str())
}

/// A text in UTF-16 with a byte order mark.
fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    let text = text.trim_start_matches('\u{feff}');
    ["\u{feff}", text].concat().encode_utf16().flat_map(bytes).collect()
}

fn problem(problem: Problem) -> Result<&'static str, Unfit> {
    Err(Unfit::Problem(problem))
}

#[test]
fn names_lose_their_folders_and_what_controls() {
    let names = [
        ("notes.txt", "notes.txt"),
        ("  notes.txt\t", "notes.txt"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ada\\r\u{e9}sum\u{e9}.pdf", "r\u{e9}sum\u{e9}.pdf"),
        ("a/b\\c.txt", "c.txt"),
        ("no\0tes\r\n.txt\u{7f}", "notes.txt"),
        ("gnp.\u{202e}exe.png", "gnp.exe.png"),
        (".png", ".png"),
        ("...", "..."),
    ];
    for (sent, kept) in names {
        assert_eq!(name(sent).as_str(), kept, "{sent:?}");
    }
    for nothing in ["", " ", ".", "..", "a/", "a\\..", "\0", "\u{202e}"] {
        assert_eq!(FileName::parse(nothing), Err(Problem::FileName), "{nothing:?}");
    }
}

#[test]
fn a_long_name_keeps_its_extension() {
    let kept = name(&format!("{}.pdf", "n".repeat(1000)));
    assert_eq!(kept.as_str(), format!("{}.pdf", "n".repeat(251)));
    let kept = name(&format!("a.{}", "\u{e9}".repeat(1000)));
    assert_eq!(kept.as_str().chars().count(), 255);
}

#[test]
fn every_kind_begins_as_it_must() {
    let kinds: [(&str, &[u8], &str); 20] = [
        ("a.png", PNG, "image/png"),
        ("a.JPG", b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01", "image/jpeg"),
        ("a.jpeg", b"\xff\xd8\xff\xdb", "image/jpeg"),
        ("a.gif", b"GIF89a\x01\0\x01\0", "image/gif"),
        ("a.gif", b"GIF87a", "image/gif"),
        ("a.webp", WEBP, "image/webp"),
        ("a.pdf", b"%PDF-1.7\n", "application/pdf"),
        ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0", "application/msword"),
        ("a.docx", ZIP, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("a.zip", ZIP, "application/zip"),
        ("a.zip", b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", "application/zip"),
        ("a.rar", b"Rar!\x1a\x07\x01\0", "application/vnd.rar"),
        ("a.rar", b"Rar!\x1a\x07\0", "application/vnd.rar"),
        ("a.txt", b"\xef\xbb\xbfna\xc3\xafve", "text/plain"),
        ("a.md", b"<div align=\"center\"><!-- a badge -->", "text/markdown"),
        ("a.md", b"Write `<!doctype html>` first.", "text/markdown"),
        ("a.csv", b"a;b\n1;2\n", "text/csv"),
        ("a.json", b"\n [1]", "application/json"),
        ("a.json", b"null", "application/json"),
        ("a.xml", b"\xef\xbb\xbf<?xml version=\"1.0\"?><a/>", "application/xml"),
    ];
    for (file, content, expected) in kinds {
        assert_eq!(check(file, None, &[content]), Ok(expected), "{file}");
        let bytes: Vec<&[u8]> = content.chunks(1).collect();
        assert_eq!(check(file, None, &bytes), Ok(expected), "{file} byte by byte");
    }
}

#[test]
fn nothing_passes_for_another_kind() {
    let contents: [&[u8]; 13] = [
        PNG,
        WEBP,
        ZIP,
        b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01",
        b"GIF89a\x01\0\x01\0",
        b"%PDF-1.7\n\0",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0",
        b"Rar!\x1a\x07\x01\0",
        b"MZ\x90\0\x03\0\0\0",
        b"\x7fELF\x02\x01\x01\0",
        b"\xca\xfe\xba\xbe\0\0\0\x34",
        b"RIFF\x24\0\0\0WAVEfmt ",
        b"\xff\xfeh\0i\0",
    ];
    for content in contents {
        let accepted: Vec<&str> = EXTENSIONS
            .iter()
            .filter(|(extension, _)| check(&format!("a.{extension}"), None, &[content]).is_ok())
            .map(|(extension, _)| *extension)
            .collect();
        let expected: &[&str] = match content {
            [0x89, ..] => &["png"],
            [0xff, 0xd8, ..] => &["jpg", "jpeg"],
            [b'G', ..] => &["gif"],
            [b'%', ..] => &["pdf"],
            [0xd0, ..] => &["doc"],
            [b'P', ..] => &["docx", "zip"],
            [b'R', b'a', ..] => &["rar"],
            WEBP => &["webp"],
            [0xff, 0xfe, ..] => &["txt", "md", "csv"],
            _ => &[],
        };
        assert_eq!(accepted, expected, "{content:x?}");
    }
}

#[test]
fn html_and_scripts_are_no_text() {
    let pages: [&[u8]; 8] = [
        b"<!DOCTYPE html>",
        b" \t\r\n\x0c <HTML lang=en>",
        b"\xef\xbb\xbf\n<script>alert(1)</script>",
        b"<!-- hidden --> <html>",
        b"<?xml version=\"1.0\"?>\n<!-- x -->\n<html xmlns=\"http://www.w3.org/1999/xhtml\">",
        b"<iframe src=x>",
        b"<body onload=alert(1)>",
        b"#!/bin/sh\n",
    ];
    for page in pages {
        let text = std::str::from_utf8(page).unwrap();
        for extension in ["txt", "md", "csv", "json", "xml"] {
            for page in [page.to_vec(), utf16(text, u16::to_le_bytes), utf16(text, u16::to_be_bytes)] {
                let refused = check(&format!("a.{extension}"), None, &[&page]);
                assert_eq!(refused, problem(Problem::FileContent), "{extension} {}", String::from_utf8_lossy(&page));
            }
        }
    }
    let spaces = vec![b' '; 1_000_000];
    assert_eq!(check("a.txt", None, &[&spaces, b"<html>"]), problem(Problem::FileContent));
}

#[test]
fn a_longer_name_than_that_of_a_tag_is_no_html() {
    for text in ["<header/>", "<metadata>", "<titles>", "<bodywork a='1'/>", "<html5/>", "<scripts/>", "<styles>"] {
        assert_eq!(check("a.xml", None, &[text.as_bytes()]), Ok("application/xml"), "{text}");
        assert_eq!(check("a.md", None, &[text.as_bytes()]), Ok("text/markdown"), "{text}");
    }
    for text in ["<head>", "<head/>", "<META\tcharset=x>", "<title\n>", "<style/", "<html"] {
        assert_eq!(check("a.xml", None, &[text.as_bytes()]), problem(Problem::FileContent), "{text}");
    }
}

#[test]
fn a_pdf_may_begin_in_its_first_1024_bytes_but_not_after_html() {
    let beginning_at = |at: usize| [&vec![b'\n'; at][..], b"%PDF-1.7\n"].concat();
    for at in [1, 500, 1019] {
        let pdf = beginning_at(at);
        assert_eq!(check("a.pdf", None, &[&pdf]), Ok("application/pdf"), "at {at}");
        let bytes: Vec<&[u8]> = pdf.chunks(1).collect();
        assert_eq!(check("a.pdf", None, &bytes), Ok("application/pdf"), "at {at}, byte by byte");
        assert_eq!(check("a.pdf", None, &[&pdf, &[0; 5000]]), Ok("application/pdf"), "at {at}, long");
    }
    for at in [1020, 1024, 5000] {
        assert_eq!(check("a.pdf", None, &[&beginning_at(at)]), problem(Problem::FileContent), "at {at}");
    }
    for before in ["<html>", "\n <SCRIPT src=x>", "a\0<body onload=x>", "<!doctype html>", "<svg/>", "<!--", "</p>"] {
        let wide = [utf16(before, u16::to_le_bytes), utf16(before, u16::to_be_bytes)];
        for before in [before.as_bytes(), &wide[0], &wide[1], &wide[0][2..], &wide[1][2..]] {
            let content = [before, b"%PDF-1.7\n"].concat();
            assert_eq!(check("a.pdf", None, &[&content]), problem(Problem::FileContent), "{before:?}");
        }
    }
    assert_eq!(check("a.pdf", None, &[b"1 < 2 <3 %PDF-1.7"]), Ok("application/pdf"));
}

#[test]
fn texts_in_the_encodings_that_programs_write() {
    let list = "N\u{e4}mn;Pris\r\nK\u{f6}k;10 \u{20ac}\r\n\u{1f600}";
    let texts: [(&str, Vec<u8>); 13] = [
        ("a.csv", list.into()),
        ("a.csv", ["\u{feff}", list].concat().into()),
        ("a.csv", utf16(list, u16::to_le_bytes)),
        ("a.csv", utf16(list, u16::to_be_bytes)),
        ("a.csv", b"N\xe4mn;Pris\r\nK\xf6k;10 \x80\r\n".to_vec()),
        ("a.txt", b"\xfeetta er \xedslenska".to_vec()),
        ("a.txt", b"Cut off: \xc3".to_vec()),
        ("a.txt", b"\xff".to_vec()),
        ("a.txt", b"page\x0cpage\x0bcolumn\ttab \x1b[1mbold\x1b[0m".to_vec()),
        ("a.txt", b"MZ, Halle (Saale)".to_vec()),
        ("a.json", utf16("\n{\"a\": 1}", u16::to_le_bytes)),
        ("a.xml", utf16("<?xml version=\"1.0\" encoding=\"UTF-16\"?><a/>", u16::to_be_bytes)),
        ("a.xml", b"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>\xe9</a>".to_vec()),
    ];
    for (file, text) in texts {
        let bytes: Vec<&[u8]> = text.chunks(1).collect();
        assert!(check(file, None, &[&text]).is_ok(), "{file} {text:x?}");
        assert!(check(file, None, &bytes).is_ok(), "{file} {text:x?} byte by byte");
    }
}

#[test]
fn binary_content_is_no_text_in_any_encoding() {
    let program = [&b"MZ\x90\0\x03"[..], &[0; 55], b"\x80\0\0\0", b"This program cannot be run in DOS mode."].concat();
    let contents: [&[u8]; 22] = [
        &program,
        b"\x7fELF",
        b"\xff\xd8\xff\xdb",
        b"GIF89a",
        b"%PDF-1.4 without a binary byte",
        b"\xef\xbb\xbf%PDF-1.4",
        b"RIFFabcdWEBP",
        b"\x1f\x8b\x08",
        b"7z\xbc\xaf\x27\x1c",
        b"nul\0",
        b"h\0i\0",
        b"\0h\0i",
        b"shift out \x0e",
        b"delete \x7f",
        b"neither UTF-8 nor Windows-1252 \xe9\x81",
        b"\xef\xbb\xbfmarked as UTF-8 \xe9",
        b"\xff\xfeh\0i",
        b"\xff\xfe\0\0h\0\0\0",
        b"\xff\xfe\x00\xd8",
        b"\xff\xfe\x00\xd8h\0",
        b"\xfe\xff\xdc\x00\0h",
        b"\xfe\xff\0h\0\x07",
    ];
    for content in contents {
        for extension in ["txt", "md", "csv", "json", "xml"] {
            let bytes: Vec<&[u8]> = content.chunks(1).collect();
            for chunks in [&[content][..], &bytes] {
                let refused = check(&format!("a.{extension}"), None, chunks);
                assert_eq!(refused, problem(Problem::FileContent), "{extension} {content:x?}");
            }
        }
    }
}

#[test]
fn the_declared_type_must_agree() {
    let agree = [
        ("a.png", "image/png; x=y", PNG),
        ("a.png", "IMAGE/PNG", PNG),
        ("a.png", "", PNG),
        ("a.png", "application/octet-stream", PNG),
        ("a.csv", "application/vnd.ms-excel", b"a,b"),
        ("a.csv", "text/plain; charset=utf-8", b"a,b"),
        ("a.md", "text/plain", b"# A"),
        ("a.docx", "application/zip", ZIP),
        ("a.zip", "application/x-zip-compressed", ZIP),
    ];
    for (file, declared, content) in agree {
        assert!(check(file, Some(declared), &[content]).is_ok(), "{file} {declared}");
    }
    let disagree = [
        ("a.png", "image/jpeg"),
        ("a.png", "text/html"),
        ("a.png", "nonsense"),
        ("a.txt", "text/html"),
        ("a.txt", "application/json"),
        ("a.pdf", "text/plain"),
    ];
    for (file, declared) in disagree {
        assert_eq!(check(file, Some(declared), &[]), problem(Problem::FileContent), "{file} {declared}");
    }
}

#[test]
fn limits_by_kind_and_by_the_caller() {
    for (extension, kind) in EXTENSIONS {
        let expected = match extension {
            "png" | "jpg" | "jpeg" | "gif" | "webp" => 10 * MIB,
            "csv" | "json" | "xml" => 100 * MIB,
            _ => 50 * MIB,
        };
        assert_eq!(kind.max_bytes(), expected, "{extension}");
    }
    let mut check = Check::new(&name("a.txt"), None, 3).unwrap();
    assert_eq!(check.feed(b"abc"), Ok(()));
    assert_eq!(check.feed(b"d"), Err(Unfit::TooLarge { max_bytes: 3 }));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_name_is_harmless_and_stays_as_it_is(text in any::<String>()) {
        if let Ok(kept) = FileName::parse(&text) {
            let kept = kept.as_str();
            prop_assert!((1..=255).contains(&kept.chars().count()));
            prop_assert!(!kept.contains(['/', '\\']) && !kept.contains(char::is_control));
            prop_assert!(kept != "." && kept != "..");
            let again = FileName::parse(kept);
            prop_assert_eq!(again.as_ref().map(FileName::as_str), Ok(kept));
        }
    }

    /// A text is what the standard library can decode as a whole, wherever the chunks end.
    #[test]
    fn it_does_not_matter_where_chunks_end(
        text in "[a\n\u{e9}\u{20ac}\u{1f600}<]{1,20}",
        encode in proptest::sample::select(&ENCODINGS[..]),
        broken in proptest::option::of((0_usize..60, prop_oneof![any::<u8>(), Just(0xe9), Just(0xd8)])),
        lost in 0_usize..3,
        cuts in vec(0_usize..60, 0..6),
    ) {
        let mut bytes = encode(&text);
        bytes.truncate(bytes.len().saturating_sub(lost).max(1));
        if let Some((at, byte)) = broken {
            let at = at % bytes.len();
            bytes[at] = byte;
        }
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let chunks: Vec<&[u8]> = cuts.windows(2).map(|ends| &bytes[ends[0]..ends[1]]).collect();
        prop_assert_eq!(check("a.txt", None, &chunks).is_ok(), is_text(&bytes), "{:x?}", bytes);
    }

    /// A kilobyte without structure is not taken for Windows-1252.
    #[test]
    fn noise_is_no_text(noise in vec(any::<u8>(), 1024)) {
        prop_assert!(check("a.txt", None, &[&noise]).is_err());
    }
}

/// UTF-8 with and without a byte order mark, UTF-16 in both orders, Windows-1252.
const ENCODINGS: [fn(&str) -> Vec<u8>; 5] = [
    |text| text.into(),
    |text| ["\u{feff}", text].concat().into(),
    |text| utf16(text, u16::to_le_bytes),
    |text| utf16(text, u16::to_be_bytes),
    |text| text.chars().map(|c| if c == '\u{20ac}' { 0x80 } else { u8::try_from(c).unwrap_or(b'?') }).collect(),
];

/// Whether bytes are a text, looked at as a whole.
fn is_text(bytes: &[u8]) -> bool {
    let is_allowed = |c: char| !c.is_ascii_control() || "\t\n\x0b\x0c\r\x1b".contains(c);
    let units = |order: fn([u8; 2]) -> u16| bytes.chunks(2).map(move |unit| order(unit.try_into().unwrap()));
    let decoded: Option<String> = match bytes {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] if bytes.len() % 2 == 1 => None,
        [0xff, 0xfe, ..] => char::decode_utf16(units(u16::from_le_bytes)).collect::<Result<_, _>>().ok(),
        [0xfe, 0xff, ..] => char::decode_utf16(units(u16::from_be_bytes)).collect::<Result<_, _>>().ok(),
        _ => match String::from_utf8(bytes.to_vec()) {
            Ok(text) => Some(text),
            Err(_) if bytes.starts_with("\u{feff}".as_bytes()) => None,
            Err(_) if bytes.iter().any(|byte| [0x81, 0x8d, 0x8f, 0x90, 0x9d].contains(byte)) => None,
            // The bytes that differ in Windows-1252 are not control characters in either.
            Err(_) => Some(bytes.iter().copied().map(char::from).collect()),
        },
    };
    decoded.is_some_and(|text| text.chars().all(is_allowed))
}
