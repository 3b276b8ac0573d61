//! Runs the tools that a model calls, with the rights of the user whose turn it is. Whatever goes wrong is told to the
//! model, in a sentence, and is no error of the turn.

use super::{retrieval::Retrieval, tools::Tools};
pub use crate::model::arguments::Arguments;
use crate::{
    domain::{
        Error, Problem,
        assistant::Assistant,
        conversation::{Attachment, Said, Turn},
        ids::{FileId, UserId},
        secret_header::HIDDEN,
        tool::{CallableTool, Parameters, RESULT_BYTES, Tool, ToolId},
    },
    entropy::Entropy,
    log::Causes,
    model::{Fence, ToolDefinition, arguments::schema},
    outbound::{Limits, Outbound, OutboundAnswer},
    search::{Found, Search},
};
use bytes::Bytes;
use secrecy::SecretString;
use std::{num::ParseIntError, sync::Arc, time::Duration};

/// How long an administrator who tries a tool may wait. The gateway gives up a little later.
const TRIAL_TIME_MAX: Duration = Duration::from_secs(25);
/// The most bytes of any result.
pub const RESULT_MAX: usize = RESULT_BYTES.1 as usize;
/// The most bytes of the arguments of a call.
pub const ARGUMENTS_MAX: usize = 8_000;
/// The most files whose ids the model is told.
const FILES_NAMED_MAX: usize = 100;
/// The ids of the built-in tools.
const WEB_SEARCH: &str = "web_search";
const FILE_UPLOAD: &str = "file_upload";

/// Runs tools. Cheap to clone.
#[derive(Clone)]
pub struct ToolRunner {
    tools: Tools,
    retrieval: Retrieval,
    outbound: Arc<Outbound>,
    search: Option<Arc<Search>>,
    entropy: Arc<dyn Entropy>,
}

/// The tools of one turn.
#[derive(Default)]
pub struct Toolbox {
    /// Stands around results.
    fence: Fence,
    tools: Vec<CallableTool>,
    /// The files of the assistant and of the conversation, with the names that are known.
    files: Vec<(FileId, String)>,
}

/// What came of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolOutcome {
    /// What the model is told: the result, or a sentence about what went wrong. Never empty.
    pub text: String,
    /// Whether the call failed.
    pub has_failed: bool,
}

/// A call as it is sent, and what came back.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolTrial {
    /// The address that is called. `None` for a tool that calls none.
    pub url: Option<String>,
    /// The headers that are sent, those with secret values as [`HIDDEN`]. `None` for a tool that calls no address.
    pub headers: Option<Vec<(String, String)>>,
    /// The body that is sent.
    pub body: Option<Arguments>,
    /// The status that came back, if the tool calls an address and got an answer.
    pub status: Option<u16>,
    /// What a model would be told.
    pub outcome: ToolOutcome,
}

impl ToolOutcome {
    fn failed(text: impl Into<String>) -> Self {
        Self { text: text.into(), has_failed: true }
    }

    /// The first bytes of `text`, at most `most`.
    fn found(text: &str, most: usize) -> Self {
        let text = cut(text, most);
        Self { text: if text.trim().is_empty() { "(nothing)".to_owned() } else { text.to_owned() }, has_failed: false }
    }
}

impl Toolbox {
    /// Whether there are no tools.
    pub const fn is_empty(&self) -> bool {
        self.tools.is_empty()
    }

    /// What a tool does, and for the tool that reads files, which there are.
    fn described(&self, tool: &Tool) -> String {
        let description = tool.definition.description.as_ref().map_or("", |text| text.as_str());
        if tool.id.as_str() != FILE_UPLOAD || self.files.is_empty() {
            return description.to_owned();
        }
        let files = self.files.iter().take(FILES_NAMED_MAX).map(|(id, name)| format!("{id} {name}"));
        let files = files.collect::<Vec<_>>().join(", ");
        format!("{description}. The files: {files}")
    }

    /// The tools, as a model is told of them.
    pub fn definitions(&self) -> Vec<ToolDefinition> {
        let definition = |CallableTool { tool, .. }: &CallableTool| ToolDefinition {
            name: tool.id.as_str().to_owned(),
            description: self.described(tool),
            parameters: schema(&tool.definition.parameters),
        };
        self.tools.iter().map(definition).collect()
    }

    /// What the model has to know about results.
    pub fn instructions(&self) -> String {
        self.fence.explained("Results of tools")
    }

    /// A result as the model is given it, at most `most` bytes of it.
    pub fn fenced(&self, result: &str, most: usize) -> String {
        self.fence.around(cut(result, most))
    }
}

impl ToolRunner {
    /// Looks up tools in `tools`, reads files through `retrieval`, calls addresses through `outbound`, and searches with `search`.
    pub fn new(
        tools: Tools,
        retrieval: Retrieval,
        outbound: Arc<Outbound>,
        search: Option<Arc<Search>>,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        Self { tools, retrieval, outbound, search, entropy }
    }

    /// The tools that an assistant may call in a turn, and the files that they may read: those of the assistant and of the
    /// conversation.
    ///
    /// # Errors
    /// If the database does not respond.
    pub async fn toolbox(
        &self,
        assistant: Option<&Assistant>,
        history: &[Turn],
        said: &Said,
    ) -> Result<Toolbox, Error> {
        let Some(assistant) = assistant.filter(|assistant| !assistant.character.tools.is_empty()) else {
            return Ok(Toolbox::default());
        };
        let tools = self.tools.of(&assistant.character.tools).await?;
        let attached =
            history.iter().flat_map(|turn| &turn.attachments).chain(&said.attachments).filter_map(Attachment::own_file);
        let attached = attached.map(|id| (id, "(attached)".to_owned()));
        let files = assistant.files.iter().map(|file| (file.id, file.name.clone())).chain(attached).collect();
        let fence = Fence::new("result", &*self.entropy);
        Ok(Toolbox { fence, tools, files })
    }

    /// Calls a tool.
    pub async fn call(&self, user: UserId, toolbox: &Toolbox, name: &str, arguments: &str) -> ToolOutcome {
        let Some(found) = toolbox.tools.iter().find(|found| found.tool.id.as_str() == name) else {
            return ToolOutcome::failed(format!("There is no tool `{}`.", cut(name, 64)));
        };
        if arguments.len() > ARGUMENTS_MAX {
            return ToolOutcome::failed("The arguments are too long.");
        }
        match Arguments::read(&found.tool.definition.parameters, arguments) {
            Ok(arguments) => {
                let files: Vec<FileId> = toolbox.files.iter().map(|(id, _)| *id).collect();
                let time = time_limit(&found.tool);
                self.run(user, found, arguments, &files, time).await.outcome
            }
            Err(mistake) => ToolOutcome::failed(mistake),
        }
    }

    /// Calls a tool for an administrator who tries it, with the arguments that `read` finds to fit its parameters.
    ///
    /// # Errors
    /// `NotFound`; `Invalid` for arguments that do not fit.
    pub async fn try_out(
        &self,
        user: UserId,
        id: &ToolId,
        read: impl FnOnce(&Parameters) -> Result<Arguments, String>,
    ) -> Result<ToolTrial, Error> {
        let found = self.tools.callable(id).await?;
        let arguments = read(&found.tool.definition.parameters);
        let arguments = arguments.map_err(|_| Error::invalid("arguments", Problem::Arguments))?;
        let time = time_limit(&found.tool).min(TRIAL_TIME_MAX);
        // There is no conversation whose files could be read.
        Ok(self.run(user, &found, arguments, &[], time).await)
    }

    /// `files` may be read, within `time`.
    async fn run(
        &self,
        user: UserId,
        callable: &CallableTool,
        arguments: Arguments,
        files: &[FileId],
        time: Duration,
    ) -> ToolTrial {
        let definition = &callable.tool.definition;
        let bytes = usize::try_from(definition.result_bytes()).unwrap_or(RESULT_MAX);
        if let Some(endpoint) = &definition.endpoint {
            return self.call_endpoint(user, callable, endpoint.as_str(), arguments, Limits { time, bytes }).await;
        }
        let outcome = match callable.tool.id.as_str() {
            WEB_SEARCH => self.search(arguments.text("query"), Limits { time, bytes }).await,
            FILE_UPLOAD => self.read(user, (arguments.text("file_id"), arguments.text("pages")), files, bytes).await,
            _ => ToolOutcome::failed("The tool has no address."),
        };
        ToolTrial { url: None, headers: None, body: None, status: None, outcome }
    }

    async fn call_endpoint(
        &self,
        user: UserId,
        callable: &CallableTool,
        url: &str,
        arguments: Arguments,
        limits: Limits,
    ) -> ToolTrial {
        let CallableTool { tool, secret } = callable;
        let secret_header = tool.definition.secret_header.as_ref().zip(secret.as_ref());
        let hidden = secret_header.map(|(name, _)| (name.as_str().to_owned(), HIDDEN.to_owned()));
        let headers = headers().map(|(name, value)| (name.to_owned(), value)).into_iter().chain(hidden).collect();
        let sent = secret_header.map(|(name, secret)| (name.as_str(), secret.value()));
        let (status, outcome) = match self.post(user, url, sent, arguments.to_json(), limits).await {
            Ok(OutboundAnswer { status, start, .. }) => {
                let text = String::from_utf8_lossy(&start);
                // The endpoint may repeat what it was sent.
                let text = match secret {
                    Some(secret) => secret.hidden_in(&text, start.len() == limits.bytes).into(),
                    None => text,
                };
                let outcome = match status {
                    200..=299 => ToolOutcome::found(&text, limits.bytes),
                    _ => ToolOutcome::failed(format!("The tool answered with status {status}.\n{}", cut(&text, 2_000))),
                };
                (Some(status), outcome)
            }
            Err(reason) => (None, ToolOutcome::failed(reason)),
        };
        ToolTrial { url: Some(url.to_owned()), headers: Some(headers), body: Some(arguments), status, outcome }
    }

    async fn post(
        &self,
        user: UserId,
        url: &str,
        secret: Option<(&str, &SecretString)>,
        body: String,
        limits: Limits,
    ) -> Result<OutboundAnswer, String> {
        let Ok(_slot) = self.outbound.slot(user.uuid(), url).await else {
            return Err("The tool is busy.".to_owned());
        };
        let sent = self.outbound.post_with_secret(url, &headers(), secret, Bytes::from(body), limits).await;
        sent.map_err(|error| error.to_string())
    }

    async fn search(&self, query: &str, Limits { time, bytes }: Limits) -> ToolOutcome {
        let Some(search) = &self.search else {
            return ToolOutcome::failed("Web search is not set up on this server (`SEARCH_URL`).");
        };
        match search.find(query, time).await {
            Ok(found) if found.is_empty() => ToolOutcome::found("There are no results.", bytes),
            Ok(found) => {
                let line = |Found { title, url, text }: &Found| format!("{title}\n{url}\n{text}");
                ToolOutcome::found(&found.iter().map(line).collect::<Vec<_>>().join("\n\n"), bytes)
            }
            Err(error) => ToolOutcome::failed(error.to_string()),
        }
    }

    async fn read(&self, user: UserId, (id, pages): (&str, &str), files: &[FileId], most: usize) -> ToolOutcome {
        let Some(id) = FileId::parse(id).filter(|id| files.contains(id)) else {
            return ToolOutcome::failed("There is no such file in this conversation.");
        };
        let Ok(pages) = page_range(pages) else {
            return ToolOutcome::failed("Give pages as `3` or `3-5`.");
        };
        match self.text_of(user, id, pages, most).await {
            Ok(outcome) => outcome,
            Err(Error::NotFound) => ToolOutcome::failed("There is no such file in this conversation."),
            Err(error) => {
                tracing::warn!(error = %Causes(&error), "a tool could not read a file");
                ToolOutcome::failed("The file cannot be read now.")
            }
        }
    }

    async fn text_of(
        &self,
        user: UserId,
        id: FileId,
        pages: Option<(u32, u32)>,
        most: usize,
    ) -> Result<ToolOutcome, Error> {
        let (file, text) = self.retrieval.text_of(user, id, pages, most).await?;
        let name = file.name.as_str();
        Ok(match text {
            Some(text) if text.is_empty() && pages.is_some() => {
                ToolOutcome::failed(format!("{name} has no such pages."))
            }
            Some(text) => ToolOutcome::found(&format!("{name}\n\n{}", text.trim_end()), most),
            None => ToolOutcome::failed(format!("{name} cannot be read. {}", file.state.detail())),
        })
    }
}

/// `3` or `3-5`; empty for all pages.
fn page_range(text: &str) -> Result<Option<(u32, u32)>, ParseIntError> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    Ok(Some((first.trim().parse()?, last.trim().parse()?)))
}

fn time_limit(tool: &Tool) -> Duration {
    Duration::from_secs(tool.definition.timeout_seconds().into())
}

/// The headers of every call.
fn headers() -> [(&'static str, String); 2] {
    [("content-type", "application/json".to_owned()), ("accept", "application/json, text/*".to_owned())]
}

/// The first bytes of a text, at most `most`.
pub fn cut(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}
