//! Finds what a turn is told of files: passages of the assistant's files and of attached ones that fit the question,
//! attached texts as a whole if they are short, and images. `library` reads what is indexed; `attached` reads what a
//! message has with it.

mod attached;
mod library;

use super::{
    embedding::{AskedMeaning, Embedder, VECTORS_MAX},
    files::Files,
};
use crate::{
    blobs::Blobs,
    domain::{
        Error,
        conversation::{Attachment, Source},
        file::File,
        ids::{FileId, UserId},
    },
    extraction::Extractor,
    model::Image,
    outbound::Outbound,
};
use attached::Attached;
use knowledge::{Hit, Index, Meaning, Question, Vectors, search, search_both};
use library::{Document, Library};
use std::sync::Arc;

/// The most passages that a search gives.
const PASSAGES_MAX: usize = 8;
/// The most bytes of an attached text that is given as a whole, if there is room.
const WHOLE_MAX: u64 = 24_000;
/// The passages of an attached text in which the search finds nothing: its beginning.
const BEGINNING: u32 = 3;
/// The most bytes of all passages of a turn. They are stored with the answer.
const BYTES_MAX: u64 = 60_000;

/// Finds passages. Cheap to clone.
#[derive(Clone)]
pub struct Retrieval {
    files: Files,
    library: Library,
    extractor: Extractor,
    embedder: Option<Embedder>,
    outbound: Arc<Outbound>,
}

/// What is asked, and where an answer may be found.
pub struct Asked<'a> {
    /// Whose files they are.
    pub user: UserId,
    /// The files of the assistant, and those attached before in the conversation.
    pub files: Vec<FileId>,
    /// What is attached to the message.
    pub attachments: &'a [Attachment],
    /// The user's files among it.
    pub attached: Vec<File>,
    /// The message.
    pub question: &'a str,
    /// The messages before it, newest first.
    pub earlier: &'a [&'a str],
    /// How many bytes of passages fit into the prompt.
    pub room: usize,
}

/// What a turn is told of files.
#[derive(Debug, Default)]
pub struct Retrieved {
    /// Passages, best first.
    pub passages: Vec<Source>,
    /// Attached images.
    pub images: Vec<Image>,
    /// What else is attached, and why it cannot be read.
    pub unread: Vec<String>,
}

/// A passage that was chosen.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Chosen {
    document: usize,
    passage: u32,
}

impl Retrieval {
    /// Finds files in `files`, and their texts in `blobs`. Attached addresses are fetched through `outbound` and read with
    /// `extractor`. With an `embedder`, passages are found by their meaning, too.
    pub fn new(
        files: Files,
        blobs: Blobs,
        (extractor, embedder): (Extractor, Option<Embedder>),
        outbound: Arc<Outbound>,
    ) -> Self {
        let library = Library::new(blobs, embedder.as_ref().map(|embedder| embedder.model().to_owned()));
        Self { files, library, extractor, embedder, outbound }
    }

    /// What a model is to be told of files for a question. Nothing fits many questions.
    ///
    /// # Errors
    /// If the database or the bucket does not respond.
    pub async fn find(&self, mut asked: Asked<'_>) -> Result<Retrieved, Error> {
        if asked.files.is_empty() && asked.attachments.is_empty() {
            return Ok(Retrieved::default());
        }
        let own = std::mem::take(&mut asked.attached);
        let attached = self.attached(asked.user, asked.attachments, own);
        let (attached, known) = futures::future::try_join(attached, self.known(&asked)).await?;
        let Attached { mut documents, images, unread } = attached;
        let of_message = documents.len();
        documents.extend(known);
        let hits = self.search(&Question { text: asked.question, earlier: asked.earlier }, &documents).await;
        let chosen = choose(asked.room, &documents, of_message, &hits);
        let passages = self.library.texts(asked.user, &documents, &chosen).await?;
        Ok(Retrieved { passages, images, unread })
    }

    /// The passages that fit a question. The provider of embeddings is asked only if there are vectors to compare with.
    async fn search(&self, question: &Question<'_>, documents: &[Document]) -> Vec<Hit> {
        let has_vectors = documents.iter().any(|document| document.vectors.is_some());
        let meaning = match &self.embedder {
            Some(embedder) if has_vectors => embedder.of_question(question).await,
            _ => None,
        };
        let Some(AskedMeaning { direction, min_similarity }) = meaning else {
            let indexes: Vec<&Index> = documents.iter().map(|document| &*document.index).collect();
            return search(question, &indexes, PASSAGES_MAX);
        };
        let files: Vec<(&Index, Option<&Vectors>)> =
            documents.iter().map(|document| (&*document.index, document.vectors.as_deref())).collect();
        let meaning = Meaning { direction: &direction, least: min_similarity };
        search_both(question, meaning, &files, PASSAGES_MAX)
    }

    /// The other files that exist and can be searched.
    async fn known(&self, asked: &Asked<'_>) -> Result<Vec<Document>, Error> {
        let attached: Vec<FileId> = asked.attachments.iter().filter_map(Attachment::own_file).collect();
        let mut ids: Vec<FileId> = asked.files.iter().copied().filter(|id| !attached.contains(id)).collect();
        ids.sort_unstable();
        ids.dedup();
        let found = if ids.is_empty() { Vec::new() } else { self.files.find(asked.user, &ids).await? };
        self.library.load(asked.user, found.into_iter().flatten().collect()).await
    }

    /// A file's name and its text, or that of its pages with these numbers. `None` for a file whose text cannot be read.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn text_of(
        &self,
        user: UserId,
        file: FileId,
        pages: Option<(u32, u32)>,
        max_bytes: usize,
    ) -> Result<(File, Option<String>), Error> {
        let file = self.files.show(user, file).await?;
        let document = self.library.load(user, vec![file.clone()]).await?.pop();
        let Some(document) = document else { return Ok((file, None)) };
        let text = self.library.pages(user, &document, pages, max_bytes).await?;
        Ok((file, Some(text)))
    }
}

/// The passages for a question, best first, as many as fit into `room`. The first documents are attached. `hits` are what
/// the search found.
fn choose(room: usize, documents: &[Document], attached: usize, hits: &[Hit]) -> Vec<Chosen> {
    let room = (room as u64).min(BYTES_MAX);
    let mut left = room;
    let mut chosen = Vec::new();
    let mut add = |document: usize, passage: u32, left: &mut u64| {
        let one = Chosen { document, passage };
        let place = documents.get(document).and_then(|document| document.index.passage(passage));
        if let Some(bytes) = place.map(|place| place.end - place.start)
            && bytes <= *left
            && !chosen.contains(&one)
        {
            *left -= bytes;
            chosen.push(one);
        }
    };
    let is_short = |document: &Document| document.bytes() <= WHOLE_MAX.min(room / 2);
    let all = |document: &Document| 0..document.index.passages();
    for (number, document) in documents.iter().enumerate().take(attached).filter(|(_, document)| is_short(document)) {
        all(document).for_each(|passage| add(number, passage, &mut left));
    }
    for hit in hits {
        add(hit.index, hit.passage, &mut left);
    }
    for (number, document) in documents.iter().enumerate().take(attached) {
        if !is_short(document) && !hits.iter().any(|hit| hit.index == number) {
            all(document).take(BEGINNING as usize).for_each(|passage| add(number, passage, &mut left));
        }
    }
    chosen
}
