//! The vectors of a file's passages, as a model for embeddings made them: their bytes, and how near they are to a question.
//!
//! ```text
//! "QKV" 1
//! bytes of the model's name; name; dimensions; passages
//! passages × (scale, an f32 in little-endian; dimensions × i8)     the vector, of length 1, is scale × numbers
//! ```
//!
//! The other numbers are varints. A quarter of the bytes of `f32`s is enough: the order of passages hardly changes.

use crate::varint;
use std::fmt;

const MAGIC: &[u8] = b"QKV";
/// Changes with the format, and with every change of what is embedded.
const VERSION: u8 = 1;
/// The most numbers of a vector.
const DIMENSIONS_MAX: usize = 8_192;
const SCALE_BYTES: usize = 4;
/// The largest number that is stored.
const LARGEST: f32 = 127.0;

/// A vector of length 1: what a text means to a model.
#[derive(Debug, Clone, PartialEq)]
pub struct Direction(Vec<f32>);

impl Direction {
    /// The direction of a vector. `None` if it has none: it is empty, too long, zero, or not finite.
    pub fn of(mut vector: Vec<f32>) -> Option<Self> {
        let length = vector.iter().map(|number| f64::from(*number).powi(2)).sum::<f64>().sqrt() as f32;
        if vector.len() > DIMENSIONS_MAX || !length.is_normal() {
            return None;
        }
        vector.iter_mut().for_each(|number| *number /= length);
        Some(Self(vector))
    }
}

/// Collects the vectors of a file, passage by passage.
#[derive(Debug, Default)]
pub struct VectorsBuilder {
    dimensions: Option<usize>,
    passages: u64,
    records: Vec<u8>,
}

impl VectorsBuilder {
    /// Adds the direction of the next passage. Whether it has as many dimensions as those before it; if not, it is not
    /// added.
    pub fn push(&mut self, direction: &Direction) -> bool {
        let numbers = &direction.0;
        if *self.dimensions.get_or_insert(numbers.len()) != numbers.len() {
            return false;
        }
        let largest = numbers.iter().fold(f32::MIN_POSITIVE, |largest, number| largest.max(number.abs()));
        self.records.extend((largest / LARGEST).to_le_bytes());
        let quantised = numbers.iter().map(|number| (number / largest * LARGEST).round() as i8);
        self.records.extend(quantised.flat_map(i8::to_le_bytes));
        self.passages += 1;
        true
    }

    /// The bytes so far.
    pub fn bytes(&self) -> usize {
        self.records.len()
    }

    /// The bytes of the vectors that `model` made.
    pub fn finish(self, model: &str) -> Vec<u8> {
        let mut bytes = [MAGIC, &[VERSION]].concat();
        varint::write(&mut bytes, model.len() as u64);
        bytes.extend_from_slice(model.as_bytes());
        varint::write(&mut bytes, self.dimensions.unwrap_or_default() as u64);
        varint::write(&mut bytes, self.passages);
        bytes.extend(self.records);
        bytes
    }
}

/// The bytes are no vectors of this version, or are damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadVectors;

impl fmt::Display for BadVectors {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the vectors of a file are damaged or of another version")
    }
}

impl std::error::Error for BadVectors {}

/// The vectors of a file's passages, in the memory of their bytes.
#[derive(Debug)]
pub struct Vectors {
    dimensions: usize,
    records: Box<[u8]>,
}

impl Vectors {
    /// Reads the bytes of [`VectorsBuilder::finish`]. `None` if another model made them: what two models make cannot be
    /// compared.
    ///
    /// # Errors
    ///
    /// The bytes are not those of vectors of this version.
    pub fn parse(bytes: &[u8], model: &str) -> Result<Option<Self>, BadVectors> {
        Self::read(bytes, model).ok_or(BadVectors)
    }

    fn read(bytes: &[u8], model: &str) -> Option<Option<Self>> {
        let (&[version], mut bytes) = bytes.strip_prefix(MAGIC)?.split_first_chunk()?;
        if version != VERSION {
            return None;
        }
        let bytes = &mut bytes;
        let name = varint::read_u32(bytes)? as usize;
        let (name, rest) = bytes.split_at_checked(name)?;
        *bytes = rest;
        let (dimensions, passages) = (varint::read_u32(bytes)? as usize, varint::read_u32(bytes)? as usize);
        let expected = passages.checked_mul(dimensions.checked_add(SCALE_BYTES)?)?;
        if bytes.len() != expected || dimensions > DIMENSIONS_MAX {
            return None;
        }
        Some((name == model.as_bytes()).then(|| Self { dimensions, records: (*bytes).into() }))
    }

    /// The memory that they take, in bytes.
    pub fn heap_bytes(&self) -> usize {
        self.records.len()
    }

    /// How near each passage is to a direction, in order: the cosine of the angle between them, from −1 to 1. Nothing if
    /// they have different dimensions.
    pub(crate) fn similarities(&self, direction: &Direction) -> impl Iterator<Item = f32> {
        let numbers = direction.0.as_slice();
        let records = if numbers.len() == self.dimensions { &*self.records } else { &[] };
        records.chunks_exact(SCALE_BYTES + self.dimensions).map(move |record| {
            let Some((scale, record)) = record.split_first_chunk() else { return 0.0 };
            let sum: f32 = record.iter().zip(numbers).map(|(one, other)| f32::from(one.cast_signed()) * other).sum();
            f32::from_le_bytes(*scale) * sum
        })
    }
}
