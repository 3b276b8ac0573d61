//! What XML files and the parts of DOCX files have in common. No entity but the five of XML itself is replaced, and
//! nothing is loaded, so that a document type does nothing.

use quick_xml::{
    XmlVersion,
    events::{BytesRef, attributes::Attribute},
};
use std::borrow::Cow;

/// The character that a reference stands for. `None` for an entity that a document type could define.
pub fn character(reference: &BytesRef) -> Option<char> {
    if let Ok(Some(character)) = reference.resolve_char_ref() {
        return Some(character);
    }
    match &**reference {
        b"amp" => Some('&'),
        b"lt" => Some('<'),
        b"gt" => Some('>'),
        b"quot" => Some('"'),
        b"apos" => Some('\''),
        _ => None,
    }
}

/// The value of an attribute. One with an unknown entity is returned as written.
pub fn value<'a>(attribute: &Attribute<'a>) -> Cow<'a, str> {
    match attribute.normalized_value(XmlVersion::Implicit1_0) {
        Ok(value) => value,
        Err(_) => Cow::Owned(String::from_utf8_lossy(&attribute.value).into_owned()),
    }
}
