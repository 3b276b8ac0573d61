//! What a message has attached: files of the user, and addresses on the internet.

use super::{Retrieval, library::Document};
use crate::{
    blobs::whole,
    domain::{
        Error,
        conversation::{Attachment, AttachmentSource},
        file::{Check, ContentType, EXTENSIONS, File, FileName, FileState, MIB},
        ids::{FileId, UserId},
    },
    extraction::{self, Document as Extracted, ExtractError},
    log::Causes,
    model::Image,
    outbound::{Limits, OutboundAnswer},
};
use bytes::Bytes;
use futures::stream;
use knowledge::Index;
use std::{convert::Infallible, sync::Arc, time::Duration};
use tokio::time::Instant;

/// How long a turn waits until an attached file was read, which was just uploaded.
const READING_LIMIT: Duration = Duration::from_secs(20);
/// How long it waits before it looks again: at first, and at most. Each pause is twice as long as the one before.
const PAUSE_MIN: Duration = Duration::from_millis(250);
const PAUSE_MAX: Duration = Duration::from_secs(4);
/// The most images of a message, and the most bytes of one. Providers have limits like these.
const IMAGES_MAX: usize = 5;
const IMAGE_BYTES_MAX: u64 = 5 * MIB;
/// What reading a fetched document may take: a turn waits for it, in a function that has less memory than the one that
/// reads uploaded files.
const READING: extraction::Limits =
    extraction::Limits { memory: 256 * MIB, cpu_seconds: 30, time: Duration::from_secs(40) };
/// The limits of fetching an address.
const FETCHING: Limits = Limits { time: Duration::from_secs(20), bytes: FETCHED_MAX + 1 };
const FETCHED_MAX: usize = 10 * 1024 * 1024;
const TOO_LARGE: &str = "The image is too large.";

/// What is attached to a message, as far as it can be read.
#[derive(Default)]
pub(super) struct Attached {
    pub documents: Vec<Document>,
    pub images: Vec<Image>,
    /// The others, and why.
    pub unread: Vec<String>,
}

/// One of them.
enum One {
    Document(Document),
    Image(Image),
    Unread(String),
}

impl Retrieval {
    /// Reads what is attached. `own` are the user's files among it.
    pub(super) async fn attached(
        &self,
        user: UserId,
        attachments: &[Attachment],
        own: Vec<File>,
    ) -> Result<Attached, Error> {
        if attachments.is_empty() {
            return Ok(Attached::default());
        }
        let files = self.until_read(user, own).await?;
        let files = &files;
        let read = attachments.iter().map(async |attachment| match &attachment.source {
            AttachmentSource::Own(id) => match files.iter().find(|file| file.id == *id) {
                Some(file) => self.own(user, file.clone()).await,
                None => Ok(One::Unread("A file that does not exist any more.".to_owned())),
            },
            AttachmentSource::Elsewhere(url) => {
                let fetched = self.fetch(user, url.as_str()).await;
                Ok(fetched.unwrap_or_else(|why| One::Unread(format!("{}: {why}", url.as_str()))))
            }
        });
        let mut attached = Attached::default();
        for one in futures::future::try_join_all(read).await? {
            match one {
                One::Document(document) => attached.documents.push(document),
                One::Image(image) if attached.images.len() < IMAGES_MAX => attached.images.push(image),
                One::Image(Image { name, .. }) => attached.unread.push(format!("{name}: There are too many images.")),
                One::Unread(why) => attached.unread.push(why),
            }
        }
        Ok(attached)
    }

    /// The files, after their text was read, if that is soon.
    async fn until_read(&self, user: UserId, mut files: Vec<File>) -> Result<Vec<File>, Error> {
        let ids: Vec<FileId> = files.iter().map(|file| file.id).collect();
        let (deadline, mut pause) = (Instant::now() + READING_LIMIT, PAUSE_MIN);
        loop {
            let is_read = files.iter().all(|file| file.state != FileState::Processing);
            if is_read || Instant::now() >= deadline {
                return Ok(files);
            }
            tokio::time::sleep(pause).await;
            pause = PAUSE_MAX.min(pause * 2);
            files = self.files.find(user, &ids).await?.into_iter().flatten().collect();
        }
    }

    async fn own(&self, user: UserId, file: File) -> Result<One, Error> {
        let name = file.name.as_str().to_owned();
        if is_image(file.content_type) {
            if file.size > IMAGE_BYTES_MAX {
                return Ok(One::Unread(format!("{name}: {TOO_LARGE}")));
            }
            let (file, content) = self.files.open(user, file.id).await?;
            let (content_type, bytes) = (file.content_type.as_str(), whole(content).await?);
            return Ok(One::Image(Image { name, content_type, bytes }));
        }
        let detail = file.state.detail().to_owned();
        let document = self.library.load(user, vec![file]).await?.pop();
        Ok(document.map_or_else(|| One::Unread(format!("{name}: {detail}")), One::Document))
    }

    /// Fetches an address and reads what it gives.
    ///
    /// # Errors
    /// Why that is not possible, for people.
    async fn fetch(&self, user: UserId, url: &str) -> Result<One, String> {
        let Ok(_slot) = self.outbound.slot(user.uuid(), url).await else {
            return Err("The host is busy.".to_owned());
        };
        let answer = self.outbound.get(url, FETCHING).await.map_err(|error| error.to_string())?;
        let OutboundAnswer { status, content_type, start, is_whole, retry_after: _ } = answer;
        if !(200..=299).contains(&status) {
            return Err(format!("The host answered with status {status}."));
        }
        if start.len() > FETCHED_MAX {
            return Err("It is too large.".to_owned());
        }
        if !is_whole {
            return Err("The answer was broken.".to_owned());
        }
        let (name, content_type) =
            checked(url, content_type.as_deref(), &start).ok_or("It is no file that is read.")?;
        if is_image(content_type) {
            if start.len() as u64 > IMAGE_BYTES_MAX {
                return Err(TOO_LARGE.to_owned());
            }
            return Ok(One::Image(Image { name, content_type: content_type.as_str(), bytes: start.into() }));
        }
        if !content_type.is_read() {
            return Err(FileState::Stored.detail().to_owned());
        }
        let content = stream::iter([Ok::<_, Infallible>(Bytes::from(start))]);
        let Extracted { text, index, pages: _, passages: _ } =
            self.extractor.clone().with_limits(READING).read(content_type, content).await.map_err(
                |error| match error {
                    ExtractError::Unreadable(why) => why.sentence().to_owned(),
                    ExtractError::Process(error) => {
                        tracing::warn!(error = %Causes(&error), "an attached address could not be read");
                        "It cannot be read now.".to_owned()
                    }
                },
            )?;
        let index = Arc::new(Index::parse(&index).map_err(|_| "It cannot be read now.")?);
        Ok(One::Document(Document { file: None, name, index, vectors: None, text: Some(text) }))
    }
}

/// The name and the type of what an address gave. `None` if it is no file of a known kind.
fn checked(url: &str, media_type: Option<&str>, bytes: &[u8]) -> Option<(String, ContentType)> {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let last = path.rsplit('/').next().unwrap_or_default();
    let media_type = media_type.unwrap_or_default();
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    let extension = EXTENSIONS.iter().find(|(_, kind)| kind.as_str() == essence).map(|(extension, _)| *extension);
    let names = [Some(last.to_owned()), extension.map(|extension| format!("{last}.{extension}"))];
    names.into_iter().flatten().find_map(|name| {
        let name = FileName::parse(&name).ok()?;
        let mut check = Check::new(&name, Some(media_type), FETCHED_MAX as u64).ok()?;
        check.feed(bytes).ok()?;
        check.finish().ok()?;
        Some((name.as_str().to_owned(), check.content_type()))
    })
}

const fn is_image(kind: ContentType) -> bool {
    matches!(kind, ContentType::Png | ContentType::Jpeg | ContentType::Gif | ContentType::Webp)
}
