//! Search in the text of files. [`Builder`] cuts the pages of a file into passages and makes two objects of them: the
//! text, and a BM25 index. [`Index`] reads such an index, and [`search`] finds the passages that fit a question over the
//! indexes of several files. With [`Vectors`] of the passages, [`search_both`] also finds those that mean what is asked.
//! Nothing here reads files or waits; reading PDF and other formats is done elsewhere.

mod builder;
mod clean;
mod cut;
mod expansion;
mod fold;
mod heading;
mod hybrid;
mod index;
mod language;
mod question;
mod search;
mod stop_words;
mod varint;
mod vectors;
mod words;

pub use builder::{Builder, Built, Page};
pub use hybrid::{Meaning, search_both};
pub use index::{BadIndex, Index, PageRange, Place};
pub use search::{Hit, Question, search};
pub use vectors::{BadVectors, Direction, Vectors, VectorsBuilder};
