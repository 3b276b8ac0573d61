//! Writers of small documents.

use flate2::{Compression, write::ZlibEncoder};
use std::io::{Cursor, Write as _};
use zip::{ZipWriter, write::SimpleFileOptions};

/// A PDF, object by object.
#[derive(Default)]
pub struct Pdf {
    objects: Vec<Vec<u8>>,
}

impl Pdf {
    /// A catalog (object 1) with a list of pages (2), and a font (3).
    pub fn new(kids: &str) -> Self {
        let mut pdf = Self::default();
        pdf.add("<< /Type /Catalog /Pages 2 0 R >>");
        pdf.add(format!("<< /Type /Pages /Kids [{kids}] /Count 1 /MediaBox [0 0 612 792] >>"));
        pdf.add("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>");
        pdf
    }

    /// One page (object 4), with this content (object 5).
    pub fn of_page(content: impl AsRef<[u8]>) -> Self {
        let mut pdf = Self::new("4 0 R");
        pdf.add("<< /Type /Page /Parent 2 0 R /Contents 5 0 R /Resources << /Font << /F 3 0 R >> /XObject << /X 5 0 R >> >> >>");
        pdf.stream("", content.as_ref());
        pdf
    }

    /// Adds an object. The first one has number 1.
    pub fn add(&mut self, object: impl Into<Vec<u8>>) {
        self.objects.push(object.into());
    }

    /// Replaces an object.
    pub fn replace(&mut self, number: usize, object: impl Into<Vec<u8>>) {
        self.objects[number - 1] = object.into();
    }

    /// Adds a stream with more entries in its dictionary.
    pub fn stream(&mut self, entries: &str, content: &[u8]) {
        let head = format!("<< /Length {} {entries} >>\nstream\n", content.len());
        self.add([head.as_bytes(), content, b"\nendstream"].concat());
    }

    /// The file.
    pub fn finish(self) -> Vec<u8> {
        let (mut file, mut table) = (b"%PDF-1.7\n".to_vec(), String::new());
        let size = self.objects.len() + 1;
        for (number, object) in (1..).zip(self.objects) {
            table.push_str(&format!("{:010} 00000 n \n", file.len()));
            file.extend(format!("{number} 0 obj\n").bytes().chain(object).chain(*b"\nendobj\n"));
        }
        let start = file.len();
        let end = format!(
            "xref\n0 {size}\n0000000000 65535 f \n{table}trailer\n<< /Size {size} /Root 1 0 R \
             /ID [<0123456789abcdef> <0123456789abcdef>] >>\nstartxref\n{start}\n%%EOF\n"
        );
        file.extend(end.bytes());
        file
    }
}

/// A PDF with a page for each text. Each line of a text is a line of the page.
pub fn pdf(pages: &[&str]) -> Vec<u8> {
    let kids: Vec<String> = (0..pages.len()).map(|page| format!("{} 0 R", 4 + 2 * page)).collect();
    let mut pdf = Pdf::new(&kids.join(" "));
    for (page, text) in pages.iter().enumerate() {
        let lines: String = text.lines().map(|line| format!("({line}) Tj T* ")).collect();
        let content = 5 + 2 * page;
        pdf.add(format!(
            "<< /Type /Page /Parent 2 0 R /Contents {content} 0 R /Resources << /Font << /F 3 0 R >> >> >>"
        ));
        pdf.stream("", format!("BT /F 12 Tf 14 TL 72 720 Td {lines}ET").as_bytes());
    }
    pdf.finish()
}

/// The byte, as often as said, compressed as streams in a PDF are.
pub fn deflated(byte: u8, count: usize) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    let block = vec![byte; 1024 * 1024];
    for start in (0..count).step_by(block.len()) {
        encoder.write_all(&block[..block.len().min(count - start)]).unwrap();
    }
    encoder.finish().unwrap()
}

/// A zip of parts.
pub fn package<'a>(parts: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A DOCX with this content of its body.
pub fn docx(body: &str) -> Vec<u8> {
    let document = format!(
        r#"<?xml version="1.0"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>{body}</w:body></w:document>"#
    );
    package([("word/document.xml", document.as_bytes())])
}
