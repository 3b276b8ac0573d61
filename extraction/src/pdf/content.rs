//! Changes the operations of a page so that `pdf-extract` reads all of its text.

use pdf_extract::{
    Object,
    content::{Content, Operation},
};

/// Operators that show text or move it, with the number of their operands. `Do` shows another stream.
const OPERATORS: [(&str, usize); 18] = [
    ("BT", 0),
    ("ET", 0),
    ("q", 0),
    ("Q", 0),
    ("cm", 6),
    ("Do", 1),
    ("Tf", 2),
    ("Td", 2),
    ("TD", 2),
    ("Tm", 6),
    ("T*", 0),
    ("Tc", 1),
    ("Tw", 1),
    ("Tz", 1),
    ("TL", 1),
    ("Ts", 1),
    ("Tj", 1),
    ("TJ", 1),
];

/// Whether a page may have the operators `'` and `"`, which show text on the next line, and which the library ignores.
pub fn has_hidden_text(content: &[u8]) -> bool {
    let ends = |byte: Option<&u8>| byte.is_none_or(|byte| byte.is_ascii_whitespace());
    (1..content.len()).any(|at| {
        matches!(content[at], b'\'' | b'"')
            && (ends(content.get(at - 1)) || matches!(content[at - 1], b')' | b'>'))
            && ends(content.get(at + 1))
    })
}

/// The content with other operators for `'` and `"`.
pub fn completed(content: &[u8]) -> Option<Vec<u8>> {
    let operations = Content::decode(content).ok()?.operations;
    Content { operations: operations.into_iter().flat_map(replaced).collect::<Vec<_>>() }.encode().ok()
}

/// The content with nothing but well-formed operations that are about text.
pub fn only_text(content: &[u8]) -> Option<Vec<u8>> {
    let operations = Content::decode(content).ok()?.operations;
    let kept = operations.into_iter().flat_map(replaced).filter(is_well_formed);
    Content { operations: kept.collect::<Vec<_>>() }.encode().ok()
}

fn replaced(mut operation: Operation) -> Vec<Operation> {
    let (next_line, spacing) = (Operation::new("T*", Vec::new()), operation.operands.len());
    match (operation.operator.as_str(), spacing) {
        ("'", 1) => vec![next_line, Operation::new("Tj", operation.operands)],
        ("\"", 3) => {
            let text = operation.operands.split_off(2);
            let letters = operation.operands.split_off(1);
            let words = operation.operands;
            vec![Operation::new("Tw", words), Operation::new("Tc", letters), next_line, Operation::new("Tj", text)]
        }
        _ => vec![operation],
    }
}

fn is_well_formed(operation: &Operation) -> bool {
    let operands = operation.operands.as_slice();
    let is_number = |operand: &Object| matches!(operand, Object::Integer(_) | Object::Real(_));
    OPERATORS.contains(&(operation.operator.as_str(), operands.len()))
        && match (operation.operator.as_str(), operands) {
            ("Tj", [text]) => matches!(text, Object::String(..)),
            ("TJ", [pieces]) => matches!(pieces, Object::Array(_)),
            ("Do", [name]) => matches!(name, Object::Name(_)),
            ("Tf", [name, size]) => matches!(name, Object::Name(_)) && is_number(size),
            _ => operands.iter().all(is_number),
        }
}
