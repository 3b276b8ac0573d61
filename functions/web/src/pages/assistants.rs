//! The user's assistants: a list, and a form for a new one and for each of them.

use super::files::{FileShown, upload_limit};
use crate::{
    form::{self, Choice, Input, Notes, Removal, Tick, Ticks, Typed, again, can_be_corrected, open_at_first_wrong},
    member::{Fields, Member, PostedWithFiles, Refused, see},
    pager::{self, Pager},
    shell::Shell,
    turn::render,
    words::{Words, fill},
};
use askama::Template;
use axum::{
    extract::State,
    response::{Html, IntoResponse, Response},
};
use shared::{
    domain::{
        Error, Problem,
        assistant::{
            Assistant, AssistantFilter, AssistantStatus, Character, CharacterChange, SUGGESTIONS_MAX, Temperature,
        },
        ids::{AssistantId, FileId},
        list::{AssistantField, FileField, Sort, ToolField},
        text::{AssistantName, Category, Description, Instructions, Label, Suggestion},
        tool::{Tool, ToolId},
    },
    http::{App, Form, InPath, Pages, pages::Query},
    service::{Services, assistants::Knowledge},
};

/// The number of assistants in a part of the list.
const SHOWN: usize = 50;
/// The number of the user's latest files that can be ticked. Those that the assistant knows are always among them.
const FILES: usize = 100;
/// The maximum number of tools that can be ticked.
const TOOLS: usize = 100;
/// The prefixes of the names of boxes.
const TOOL: &str = "tool.";
const FILE: &str = "file.";

#[derive(Template)]
#[template(path = "assistants.html")]
struct AssistantsPage {
    shell: Shell,
    notes: Notes,
    assistants: Vec<AssistantShown>,
    pager: Pager,
}

/// An assistant in the list.
struct AssistantShown {
    id: AssistantId,
    name: String,
    description: String,
    status: &'static str,
    class: &'static str,
}

#[derive(Template)]
#[template(path = "assistant.html")]
struct AssistantPage {
    shell: Shell,
    notes: Notes,
    /// `None` for a new one.
    id: Option<AssistantId>,
    key: String,
    fields: Vec<Input>,
    tools: Ticks,
    files: Ticks,
    limit: Option<String>,
    save: &'static str,
    removal: Removal,
}

/// `GET /assistants/?after=`: the user's assistants by name.
#[utoipa::path(get, path = "/assistants/", responses((status = 200, content_type = "text/html", body = String)))]
pub async fn list(State(app): State<App<Pages>>, member: Member, query: Query) -> Result<Html<String>, Refused> {
    let words = member.visit.words;
    let after = pager::after(&query);
    let by_name = Sort { field: AssistantField::Name, descending: false };
    let request = pager::sorted(SHOWN, by_name, after.clone())?;
    let all = AssistantFilter::default();
    let listed = app.assistants.list(member.user().id, &all, &request);
    let shell = Shell::for_member(&app, &member, words.assistants, None);
    let (shell, listed) = futures::future::try_join(shell, listed).await?;
    let page = AssistantsPage {
        shell,
        notes: Typed::nothing(words).notes(Some(&query)),
        pager: Pager::new(after.as_ref(), listed.next, &[]),
        assistants: listed.page.items.iter().map(|assistant| AssistantShown::new(words, assistant)).collect(),
    };
    Ok(Html(render(&page)?))
}

/// `GET /assistants/new/`: the form for a new assistant.
#[utoipa::path(get, path = "/assistants/new/", responses((status = 200, content_type = "text/html", body = String)))]
pub async fn new(State(app): State<App<Pages>>, member: Member) -> Result<Html<String>, Refused> {
    Ok(page(&app, &member, None, Typed::nothing(member.visit.words), (&[], None)).await?)
}

/// `POST /assistants/new/`: creates an assistant.
#[utoipa::path(post, path = "/assistants/new/", responses((status = 303), (status = 422)))]
pub async fn create(State(app): State<App<Pages>>, posted: PostedWithFiles) -> Result<Response, Refused> {
    save(&app, None, posted).await
}

/// `GET /assistants/{assistant}/`: the form of an assistant.
#[utoipa::path(
    get,
    path = "/assistants/{assistant}/",
    params(InPath<AssistantId>),
    responses((status = 200, content_type = "text/html", body = String)),
)]
pub async fn show(
    State(app): State<App<Pages>>,
    member: Member,
    InPath(id): InPath<AssistantId>,
    query: Query,
) -> Result<Html<String>, Refused> {
    let assistant = app.assistants.show(member.user().id, id).await?;
    Ok(page(&app, &member, Some(assistant), Typed::nothing(member.visit.words), (&[], Some(&query))).await?)
}

/// `POST /assistants/{assistant}/`: changes an assistant, or deletes it if the form says so.
#[utoipa::path(
    post,
    path = "/assistants/{assistant}/",
    params(InPath<AssistantId>),
    responses((status = 303), (status = 422)),
)]
pub async fn change(
    State(app): State<App<Pages>>,
    InPath(id): InPath<AssistantId>,
    posted: PostedWithFiles,
) -> Result<Response, Refused> {
    save(&app, Some(id), posted).await
}

/// Files that came with a form stay the user's even if the form is refused: they are then ticked in it, because a browser
/// cannot choose them again.
async fn save(app: &App<Pages>, id: Option<AssistantId>, posted: PostedWithFiles) -> Result<Response, Refused> {
    let (member, fields, received) = posted.read(app).await?;
    let (user, visit) = (member.user().id, &member.visit);
    if let Some(id) = id.filter(|_| fields.text("action") == "delete") {
        app.assistants.remove(user, id).await?;
        return Ok(see(visit, "/assistants/?done=deleted").into_response());
    }
    let assistant = match id {
        Some(id) => Some(app.assistants.show(user, id).await?),
        None => None,
    };
    let mut new: Vec<FileId> = Vec::new();
    let saved = async {
        let received = received?;
        if !received.is_empty() {
            new.extend(app.files.keep(received, None).await?.iter().map(|file| file.id));
        }
        let (character, mut files) = read(&fields, assistant.is_none())?;
        files.extend(&new);
        let knowledge = Knowledge::Exactly(files);
        match id {
            Some(id) => app.assistants.change(user, id, character, knowledge).await,
            None => app.assistants.create(user, character, knowledge, form::key(&fields)?).await,
        }
    }
    .await;
    match saved {
        Ok(assistant) => Ok(see(visit, &format!("/assistants/{}/?done=saved", assistant.id)).into_response()),
        Err(error) if can_be_corrected(&error) => {
            let typed = Typed::refused(visit.words, &fields, &error);
            let page = page(app, &member, assistant, typed, (&new, None)).await?;
            Ok(again(&error.into(), page))
        }
        Err(error) => Err(error.into()),
    }
}

/// The character in a form, and the files that are ticked.
fn read(fields: &Fields, is_new: bool) -> Result<(CharacterChange, Vec<FileId>), Error> {
    let mut form = Form::default();
    let tool = |id: &str| ToolId::parse(id).ok_or_else(|| Error::invalid("tools", Problem::UnknownTool));
    let file = |id: &str| FileId::parse(id).ok_or_else(|| Error::invalid("files", Problem::UnknownFile));
    let tools = fields.after(TOOL).map(tool).collect::<Result<_, _>>()?;
    let files = fields.after(FILE).map(file).collect::<Result<_, _>>()?;
    let name = fields.field("name");
    let character = CharacterChange {
        name: match is_new {
            true => form.required("name", name, AssistantName::parse),
            false => form.optional("name", name, AssistantName::parse),
        },
        description: form.change("description", fields.field("description"), Description::parse),
        personality: form.change("personality", fields.field("personality"), Description::parse),
        system_prompt: form.change("system_prompt", fields.field("system_prompt"), Instructions::parse),
        company_name: form.change("company_name", fields.field("company_name"), Label::parse),
        category: form.change("category", fields.field("category"), Category::parse),
        status: form.optional("status", fields.filled_field("status"), AssistantStatus::parse),
        model: form.change("model", fields.field("model"), Label::parse),
        temperature: form.change("temperature", fields.field("temperature"), degree),
        tools: Some(tools),
        suggestions: form.optional("suggestions", fields.field("suggestions"), suggestions),
    };
    form.finish(|| Some((character, files)))
}

/// A temperature, with a point or a comma.
fn degree(text: &str) -> Result<Temperature, Problem> {
    let number = text.trim().replace(',', ".").parse().map_err(|_| Problem::NotANumber)?;
    Temperature::parse(number)
}

/// One suggestion a line. Empty lines do not count.
fn suggestions(text: &str) -> Result<Vec<Suggestion>, Problem> {
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    let suggestions: Vec<_> = lines.map(Suggestion::parse).collect::<Result<_, _>>()?;
    if suggestions.len() > SUGGESTIONS_MAX {
        return Err(Problem::TooMany { max: SUGGESTIONS_MAX });
    }
    Ok(suggestions)
}

/// `new` are files that came with a refused form.
async fn page(
    services: &Services,
    member: &Member,
    assistant: Option<Assistant>,
    typed: Typed<'_>,
    (new, query): (&[FileId], Option<&Query>),
) -> Result<Html<String>, Error> {
    let words = member.visit.words;
    let title = assistant.as_ref().map_or(words.for_assistants.new, |assistant| assistant.character.name.as_str());
    let tools = async {
        let request = pager::sorted::<ToolField>(TOOLS, Sort { field: ToolField::Name, descending: false }, None)?;
        services.tools.list(&request).await
    };
    let shell = Shell::for_member(services, member, title, None);
    let files = file_ticks(services, member, assistant.as_ref(), typed, new);
    let (shell, tools, files) = futures::future::try_join3(shell, tools, files).await?;
    let tools = tools.page.items.iter().map(|tool| tool_tick(tool, assistant.as_ref(), typed));
    let w = &words.for_assistants;
    let mut fields = inputs(services, words, assistant.as_ref().map(|assistant| &assistant.character), typed);
    open_at_first_wrong(&mut fields);
    let page = AssistantPage {
        shell,
        notes: typed.notes(query),
        id: assistant.as_ref().map(|assistant| assistant.id),
        key: services.logins.new_form_secret(),
        fields,
        tools: typed.ticks("tools", (w.tools, w.tools_hint), tools.collect()),
        files: typed.ticks("files", (w.files, w.files_hint), files),
        limit: upload_limit(services, words),
        save: if assistant.is_some() { words.save } else { w.create },
        removal: Removal { title: w.delete, text: w.delete_text },
    };
    Ok(Html(render(&page)?))
}

fn inputs(services: &Services, words: &'static Words, stored: Option<&Character>, typed: Typed<'_>) -> Vec<Input> {
    let w = &words.for_assistants;
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let of = |part: fn(&Character) -> Option<&str>| text(stored.and_then(part));
    let status = stored.map_or(AssistantStatus::Active, |stored| stored.status);
    let temperature = stored.and_then(|stored| stored.temperature).map(|temperature| temperature.degree().to_string());
    let statuses = [AssistantStatus::Active, AssistantStatus::Inactive, AssistantStatus::Draft];
    let statuses = statuses.map(|status| Choice::new(status.as_str(), status_words(words, status).0)).into();
    let suggested: Vec<&str> = stored.iter().flat_map(|stored| &stored.suggestions).map(Suggestion::as_str).collect();
    let model = of(|stored| stored.model.as_ref().map(Label::as_str));
    vec![
        typed.input(Input::new("name", w.name).required().at_most(120), &of(|stored| Some(stored.name.as_str()))),
        typed.input(
            Input::new("description", w.description).of("textarea", "off").at_most(2_000).hint(w.description_hint),
            &of(|stored| stored.description.as_ref().map(Description::as_str)),
        ),
        typed.input(
            Input::new("system_prompt", w.system_prompt)
                .of("textarea", "off")
                .at_most(32_000)
                .hint(w.system_prompt_hint),
            &of(|stored| stored.system_prompt.as_ref().map(Instructions::as_str)),
        ),
        typed.input(
            Input::new("personality", w.personality).of("textarea", "off").at_most(2_000).hint(w.personality_hint),
            &of(|stored| stored.personality.as_ref().map(Description::as_str)),
        ),
        typed.input(
            Input::new("suggestions", w.suggestions).of("textarea", "off").hint(w.suggestions_hint),
            &suggested.join("\n"),
        ),
        typed.input(Input::new("model", w.model).one_of(models(services, words, &model)), &model),
        typed.input(
            Input::new("temperature", w.temperature).of("number", "off").hint(w.temperature_hint),
            temperature.as_deref().unwrap_or_default(),
        ),
        typed.input(
            Input::new("company_name", w.company_name).at_most(255),
            &of(|stored| stored.company_name.as_ref().map(Label::as_str)),
        ),
        typed.input(
            Input::new("category", w.category).at_most(64),
            &of(|stored| stored.category.as_ref().map(Category::as_str)),
        ),
        typed.input(Input::new("status", w.status).one_of(statuses).hint(w.status_hint), status.as_str()),
    ]
}

/// The models to choose from. One that the operator does not offer any more stays chosen.
fn models(services: &Services, words: &Words, current: &str) -> Vec<Choice> {
    let models = services.models.all();
    let default = services.models.answering(None).name.as_str();
    let mut choices = vec![Choice::new("", &fill(words.for_assistants.model_default, &[("model", default)]))];
    choices.extend(models.iter().map(|model| Choice::new(model.id.as_str(), model.name.as_str())));
    if choices.iter().all(|choice| choice.value != current) {
        choices.push(Choice::new(current, current));
    }
    choices
}

fn tool_tick(tool: &Tool, assistant: Option<&Assistant>, typed: Typed<'_>) -> Tick {
    let name = format!("{TOOL}{}", tool.id.as_str());
    let has_tool = assistant.is_some_and(|assistant| assistant.character.tools.contains(&tool.id));
    Tick {
        is_ticked: typed.is_ticked(&name, has_tool),
        name,
        label: tool.definition.name.as_str().to_owned(),
        hint: tool.definition.description.as_ref().map_or_else(String::new, |text| text.as_str().to_owned()),
    }
}

/// The files that the assistant knows, then the latest ones of the user.
async fn file_ticks(
    services: &Services,
    member: &Member,
    assistant: Option<&Assistant>,
    typed: Typed<'_>,
    new: &[FileId],
) -> Result<Vec<Tick>, Error> {
    let user = member.user().id;
    let known: Vec<FileId> = assistant.iter().flat_map(|assistant| &assistant.files).map(|file| file.id).collect();
    let request = pager::request::<FileField>(FILES, None)?;
    let (found, latest) =
        futures::future::try_join(services.files.find(user, &known), services.files.list(user, None, &request)).await?;
    let others = latest.page.items.into_iter().filter(|file| !known.contains(&file.id));
    let ticks = found.into_iter().flatten().chain(others).map(|file| {
        let name = format!("{FILE}{}", file.id);
        let shown = FileShown::new(&member.visit, &file);
        Tick {
            is_ticked: new.contains(&file.id) || typed.is_ticked(&name, known.contains(&file.id)),
            name,
            label: shown.name,
            hint: format!("{}, {}", shown.size, shown.state),
        }
    });
    Ok(ticks.collect())
}

/// A state in words, and the class of its badge.
fn status_words(words: &Words, status: AssistantStatus) -> (&'static str, &'static str) {
    match status {
        AssistantStatus::Active => (words.for_assistants.active, "ok"),
        AssistantStatus::Inactive => (words.for_assistants.inactive, ""),
        AssistantStatus::Draft => (words.for_assistants.draft, "warn"),
    }
}

impl AssistantShown {
    fn new(words: &Words, assistant: &Assistant) -> Self {
        let Character { name, description, status, .. } = &assistant.character;
        let (status, class) = status_words(words, *status);
        Self {
            id: assistant.id,
            name: name.as_str().to_owned(),
            description: description.as_ref().map_or_else(String::new, |text| text.as_str().to_owned()),
            status,
            class,
        }
    }
}
