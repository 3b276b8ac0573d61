//! Numbered pages as Django REST framework asks for them (`?page=2&page_size=20`) and links to them.

use super::{App, Dialect, Failure};
use crate::domain::{
    Error,
    page::{Page, PageRequest},
};
use axum::{
    extract::FromRequestParts,
    http::{Uri, header, request::Parts},
};
use percent_encoding::{percent_decode_str, percent_encode_byte};
use utoipa::{
    IntoParams,
    openapi::{
        ObjectBuilder, Required, Type,
        path::{Parameter, ParameterBuilder, ParameterIn},
    },
};

const SIZE_MAX: usize = 100;

/// Where this service is reached from outside, such as `https://api.example.com/v1`, put into requests
/// by whoever knows it. Without it the `Host` header is believed, over plain HTTP.
#[derive(Debug, Clone)]
pub struct PublicUrl(pub String);

/// Where this service is reached from outside, found out.
pub struct ServedAt(pub String);

impl<D: Dialect> FromRequestParts<App<D>> for ServedAt {
    type Rejection = Failure<D>;

    async fn from_request_parts(parts: &mut Parts, _: &App<D>) -> Result<Self, Failure<D>> {
        Ok(Self(match parts.extensions.get() {
            Some(PublicUrl(url)) => url.clone(),
            None => {
                let host = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
                format!("http://{host}")
            }
        }))
    }
}

/// A request's query, by the names of its parameters.
pub struct Query(Uri);

impl Query {
    /// The value of the first parameter called `wanted`.
    pub fn parameter(&self, wanted: &str) -> Option<String> {
        let (_, pair) = self.pairs().find(|(name, _)| *name == wanted)?;
        let value = pair.split_once('=').map_or("", |(_, value)| value).replace('+', " ");
        Some(percent_decode_str(&value).decode_utf8_lossy().into_owned())
    }

    fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        let pairs = self.0.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
        pairs.map(|pair| (pair.split('=').next().unwrap_or_default(), pair))
    }
}

impl<D: Dialect> FromRequestParts<App<D>> for Query {
    type Rejection = Failure<D>;

    async fn from_request_parts(parts: &mut Parts, _: &App<D>) -> Result<Self, Failure<D>> {
        Ok(Self(parts.uri.clone()))
    }
}

/// The page that a request asks for, and the address that it came to.
pub struct Paged {
    served_at: String,
    query: Query,
}

impl<D: Dialect> FromRequestParts<App<D>> for Paged {
    type Rejection = Failure<D>;

    async fn from_request_parts(parts: &mut Parts, app: &App<D>) -> Result<Self, Failure<D>> {
        let ServedAt(served_at) = ServedAt::from_request_parts(parts, app).await?;
        Ok(Self { served_at, query: Query::from_request_parts(parts, app).await? })
    }
}

impl Paged {
    /// The wanted page, of pages with `size` items unless the client may and does choose another size.
    pub fn request(&self, size: usize, size_is_free: bool) -> Result<PageRequest, Error> {
        let number = match self.query.parameter("page") {
            None => 1,
            Some(number) => number.parse().map_err(|_| Error::NoSuchPage)?,
        };
        let chosen = self.query.parameter("page_size").filter(|_| size_is_free);
        let chosen = chosen.and_then(|size| size.parse::<usize>().ok()).filter(|&size| size > 0);
        PageRequest::new(number, chosen.unwrap_or(size).min(SIZE_MAX)).ok_or(Error::NoSuchPage)
    }

    /// The address of the page after `page`, if there is one.
    pub fn next<T>(&self, page: &Page<T>) -> Option<String> {
        page.has_next().then(|| self.link(page.request.number() + 1))
    }

    /// The address of the page before `page`, if there is one.
    pub fn previous<T>(&self, page: &Page<T>) -> Option<String> {
        page.has_previous().then(|| self.link(page.request.number() - 1))
    }

    /// The neighbours of `page` as a `Link` header (RFC 8288); `None` when it has none.
    pub fn links<T>(&self, page: &Page<T>) -> Option<String> {
        let previous = self.previous(page).map(|address| format!("<{address}>; rel=\"prev\""));
        let next = self.next(page).map(|address| format!("<{address}>; rel=\"next\""));
        let links: Vec<String> = previous.into_iter().chain(next).collect();
        (!links.is_empty()).then(|| links.join(", "))
    }

    /// The address of page `number`, with all other parameters of this request.
    pub fn link(&self, number: u64) -> String {
        let others = self.query.pairs().filter(|(name, _)| *name != "page").map(|(_, pair)| well_formed(pair));
        // The first page is the address without the parameter.
        let page = (number > 1).then(|| format!("page={number}"));
        let query: Vec<String> = others.chain(page).collect();
        let separator = if query.is_empty() { "" } else { "?" };
        format!("{}{}{separator}{}", self.served_at, self.query.0.path(), query.join("&"))
    }
}

/// A part of a query as RFC 3986 wants it: the parser of requests lets more through.
fn well_formed(part: &str) -> String {
    let bytes = part.as_bytes();
    let mut written = String::with_capacity(part.len());
    for (position, &byte) in bytes.iter().enumerate() {
        let is_escape = || bytes.get(position + 1..position + 3).is_some_and(|it| it.iter().all(u8::is_ascii_hexdigit));
        match byte {
            b'%' if is_escape() => written.push('%'),
            _ if byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/?".contains(&byte) => written.push(byte.into()),
            _ => written.push_str(percent_encode_byte(byte)),
        }
    }
    written
}

impl IntoParams for Paged {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let parameter = |name: &str, meaning: &str, schema: ObjectBuilder| {
            let schema = schema.schema_type(Type::Integer).minimum(Some(1));
            let query = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Query).schema(Some(schema));
            query.required(Required::False).description(Some(meaning)).build()
        };
        let size = ObjectBuilder::new().maximum(Some(SIZE_MAX));
        vec![
            parameter("page", "The page's number; the first is 1.", ObjectBuilder::new()),
            parameter("page_size", "How many entries a page has, where that can be chosen.", size),
        ]
    }
}
