//! What every page shows around its content: head, list of chats, balance, and the data of the scripts.

use crate::{
    frame::asset,
    member::Member,
    pager,
    times::{Day, Moment},
    visit::Visit,
    words::{ScriptWords, Words, fill},
};
use serde::Serialize;
use shared::{
    domain::{
        Error,
        conversation::Conversation,
        ids::ConversationId,
        list::{ConversationField, Sort},
        money::Tokens,
        user::Role,
    },
    service::Services,
};

/// The number of chats in the list.
const CHATS: usize = 40;

/// The modules that every page needs, named so that browsers load them at once and not one after another.
const MODULES: [&str; 12] = [
    "calls.js",
    "chats.js",
    "copy.js",
    "files.js",
    "html.js",
    "live.js",
    "say.js",
    "send.js",
    "stream.js",
    "thread.js",
    "times.js",
    "words.js",
];

/// What surrounds a page.
pub struct Shell {
    /// The browser.
    pub visit: Visit,
    /// The title of the page.
    pub title: String,
    /// The address of the styles.
    pub styles: String,
    /// The address of the script.
    pub script: String,
    /// The addresses of the modules that the script loads first.
    pub modules: Vec<String>,
    /// The address of the mark.
    pub mark: String,
    /// The data of the scripts, as JSON that HTML can contain.
    pub data: String,
    /// What a signed-in user sees. `None` for others.
    pub side: Option<Side>,
    /// The token of forms, if it is not that of a visitor.
    pub form_token: Option<String>,
}

/// The column beside the page.
pub struct Side {
    /// The user's name.
    pub username: String,
    /// The first letters of it.
    pub initials: String,
    /// What the page calls the user.
    pub called: String,
    /// Whether to show the pages of administrators.
    pub is_administrator: bool,
    /// The token of forms.
    pub csrf: String,
    /// What the user can spend.
    pub balance: Option<BalanceShown>,
    /// The chats by day, latest first.
    pub days: Vec<(&'static str, Vec<Row>)>,
    /// Whether there are more chats than the list shows.
    pub has_more: bool,
}

/// A chat in the list.
pub struct Row {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Whether the page shows it.
    pub is_current: bool,
}

/// What a user can spend.
#[derive(Clone, Serialize)]
pub struct BalanceShown {
    /// The tokens.
    pub left: Tokens,
    /// For a bar: what it is measured by.
    pub max: Tokens,
    /// The tokens in words.
    pub text: String,
    /// How many answers that is, in words. Empty if answers have no fixed price.
    pub about: String,
}

/// The data of the scripts. `assets/words.js` describes it.
#[derive(Serialize)]
struct Data<'a> {
    root: &'a str,
    user: Option<String>,
    chat: Option<String>,
    csrf: &'a str,
    enter: &'static str,
    say: &'static str,
    socket: Option<String>,
    price: Tokens,
    left: Option<Tokens>,
    file_limit: Option<u64>,
    words: &'a ScriptWords,
}

impl Shell {
    /// For somebody who is not signed in.
    pub fn for_visitor(visit: &Visit, title: &str) -> Self {
        let data = Data {
            root: &visit.root,
            user: None,
            chat: None,
            csrf: "",
            enter: visit.enter,
            say: visit.say,
            socket: None,
            price: 0,
            left: None,
            file_limit: None,
            words: &visit.words.script,
        };
        Self::new(visit, title, &data, None)
    }

    /// For a signed-in user. `current` is the chat of the page. Reads the list of chats and the balance, at once.
    pub async fn for_member(
        services: &Services,
        member: &Member,
        title: &str,
        current: Option<ConversationId>,
    ) -> Result<Self, Error> {
        let (visit, user) = (&member.visit, member.user());
        let request = pager::sorted(CHATS, Sort { field: ConversationField::UpdatedAt, descending: true }, None)?;
        let (listed, left) =
            futures::future::try_join(services.conversations.list(user, request), services.balance.available(user.id))
                .await?;
        let now = Moment::new(services.now(), visit.zone);
        let has_more = listed.next.is_some();
        let days = days(visit.words, listed.page.items, now, current);
        let balance = balance(services, visit.words, left);
        let csrf = member.form_token();
        let data = Data {
            root: &visit.root,
            user: Some(user.id.to_string()),
            chat: current.map(|id| id.to_string()),
            csrf: &csrf,
            enter: visit.enter,
            say: visit.say,
            socket: Some(services.config.websocket_url(&visit.served_at)).filter(|_| !visit.has_gateway),
            price: flat_price(services),
            left: balance.as_ref().map(|balance| balance.left),
            file_limit: services.config.files.in_request,
            words: &visit.words.script,
        };
        let username = user.username.as_str().to_owned();
        let full_name = user.full_name.as_ref().map(|name| name.as_str().to_owned());
        let side = Side {
            initials: initials(full_name.as_deref().unwrap_or(&username)),
            called: full_name
                .as_deref()
                .and_then(|name| name.split_whitespace().next())
                .unwrap_or(&username)
                .to_owned(),
            username,
            is_administrator: user.role == Role::Admin,
            csrf: csrf.clone(),
            balance,
            days,
            has_more,
        };
        Ok(Self::new(visit, title, &data, Some(side)))
    }

    fn new(visit: &Visit, title: &str, data: &Data<'_>, side: Option<Side>) -> Self {
        // In HTML, only `<` could end the element of the data or begin a comment.
        let data = serde_json::to_string(data).unwrap_or_default().replace('<', "\\u003c");
        Self {
            visit: visit.clone(),
            title: title.to_owned(),
            styles: asset(visit, "style.css"),
            script: asset(visit, "page.js"),
            modules: MODULES.map(|name| asset(visit, name)).to_vec(),
            mark: asset(visit, "mark.svg"),
            data,
            form_token: side.as_ref().map(|side| side.csrf.clone()),
            side,
        }
    }

    /// The texts.
    pub fn words(&self) -> &'static Words {
        self.visit.words
    }

    /// The token of forms.
    pub fn csrf(&self) -> String {
        self.form_token.clone().unwrap_or_else(|| self.visit.form_token(None))
    }
}

/// The title of a chat. Without one of its own, it is called new in the reader's language.
pub fn title_of(words: &Words, conversation: &Conversation) -> String {
    match conversation.wants_title() {
        true => words.new_chat.to_owned(),
        false => conversation.title.as_str().to_owned(),
    }
}

fn days(
    words: &'static Words,
    conversations: Vec<Conversation>,
    now: Moment,
    current: Option<ConversationId>,
) -> Vec<(&'static str, Vec<Row>)> {
    let mut days: Vec<(&'static str, Vec<Row>)> = Vec::new();
    for conversation in conversations {
        let day = match Moment::new(conversation.updated_at, now.zone()).day(now) {
            Day::Today => words.today,
            Day::Yesterday => words.yesterday,
            Day::Week => words.previous_7_days,
            Day::Older => words.older,
        };
        let row = Row {
            id: conversation.id.to_string(),
            title: title_of(words, &conversation),
            is_current: current == Some(conversation.id),
        };
        match days.last_mut().filter(|(last, _)| *last == day) {
            Some((_, rows)) => rows.push(row),
            None => days.push((day, vec![row])),
        }
    }
    days
}

/// The price of a turn, if all have the same.
fn flat_price(services: &Services) -> Tokens {
    let prices = &services.config.prices;
    if prices.by_use.is_some() { 0 } else { prices.per_turn }
}

/// Whether turns cost anything.
fn is_metered(services: &Services) -> bool {
    services.config.prices.by_use.is_some() || services.config.prices.per_turn > 0
}

/// What a user with `left` tokens can spend. `None` if turns cost nothing.
pub fn balance(services: &Services, words: &Words, left: Tokens) -> Option<BalanceShown> {
    let price = flat_price(services);
    let about =
        left.checked_div(price).map_or_else(String::new, |n| fill(words.about_answers, &[("n", &words.number(n))]));
    is_metered(services).then(|| BalanceShown {
        left,
        max: left.max(services.config.prices.initial).max(1),
        text: fill(words.tokens, &[("n", &words.number(left))]),
        about,
    })
}

/// The price of a message in words. Empty if turns cost nothing.
pub fn price(services: &Services, words: &Words) -> String {
    match (is_metered(services), flat_price(services)) {
        (false, _) => String::new(),
        (true, 0) => words.price_by_use.to_owned(),
        (true, price) => fill(words.tokens_per_message, &[("n", &words.number(price))]),
    }
}

/// Why the user cannot send a message, if the tokens are spent.
pub fn spent(services: &Services, words: &Words, left: Tokens) -> Option<String> {
    let prices = &services.config.prices;
    let price = flat_price(services);
    if !is_metered(services) || left >= price.max(1) {
        return None;
    }
    let spent = match price {
        0 => words.tokens_are_spent.to_owned(),
        price => fill(words.spent, &[("price", &words.number(price)), ("left", &words.number(left))]),
    };
    let more = prices.refill.map_or_else(
        || words.ask_administrator.to_owned(),
        |refill| {
            let hours = words.number(refill.every.as_secs() / 3600);
            fill(words.more_tokens, &[("n", &words.number(refill.tokens)), ("hours", &hours)])
        },
    );
    Some(format!("{spent} {more} {}", words.what_you_wrote))
}

/// Up to two letters of a name.
fn initials(name: &str) -> String {
    let words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.filter_map(|word| word.chars().next()).take(2).flat_map(char::to_uppercase).collect()
}
