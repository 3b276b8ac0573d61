//! Numbered pages as Django REST framework requests them (`?page=2&page_size=20`), and links to them.

use super::{App, Dialect, Failure, Field, Json};
use crate::domain::{
    Error,
    page::{Page, PageRequest},
};
use axum::{
    extract::FromRequestParts,
    http::{Extensions, HeaderMap, HeaderName, Uri, header, request::Parts},
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

/// The public address of this service, such as `https://api.example.com/v1`. The gateway or a trusted proxy puts it into
/// a request if it knows the address. Otherwise the `Host` header counts, over plain HTTP.
#[derive(Debug, Clone)]
pub struct PublicUrl(pub String);

/// The public address of this service, from [`PublicUrl`] or the `Host` header.
pub struct ServedAt(pub String);

impl ServedAt {
    /// The address that the request with these extensions and headers was sent to, without a final slash.
    pub fn of(extensions: &Extensions, headers: &HeaderMap) -> Self {
        Self(match extensions.get() {
            Some(PublicUrl(url)) => url.trim_end_matches('/').to_owned(),
            None => {
                let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
                format!("http://{host}")
            }
        })
    }
}

impl<D: Dialect> FromRequestParts<App<D>> for ServedAt {
    type Rejection = Failure<D>;

    async fn from_request_parts(parts: &mut Parts, _: &App<D>) -> Result<Self, Failure<D>> {
        Ok(Self::of(&parts.extensions, &parts.headers))
    }
}

/// A request's query.
pub struct Query(Uri);

impl Query {
    /// The value of the first parameter called `wanted`.
    pub fn parameter(&self, wanted: &str) -> Option<String> {
        let (_, pair) = self.pairs().find(|(name, _)| *name == wanted)?;
        let value = pair.split_once('=').map_or("", |(_, value)| value).replace('+', " ");
        Some(percent_decode_str(&value).decode_utf8_lossy().into_owned())
    }

    /// The same for a [`Form`](super::Form).
    pub fn field(&self, wanted: &str) -> Field {
        self.parameter(wanted).into()
    }

    /// A filter for a [`Form`](super::Form). An empty one is none.
    pub fn filter(&self, wanted: &str) -> Field {
        self.parameter(wanted).filter(|value| !value.is_empty()).into()
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

/// The query of a request for a page, and the address of the service.
pub struct Paged {
    served_at: String,
    query: Query,
    /// The size of pages that links add to the query.
    size: Option<usize>,
}

impl<D: Dialect> FromRequestParts<App<D>> for Paged {
    type Rejection = Failure<D>;

    async fn from_request_parts(parts: &mut Parts, app: &App<D>) -> Result<Self, Failure<D>> {
        let ServedAt(served_at) = ServedAt::from_request_parts(parts, app).await?;
        Ok(Self { served_at, query: Query::from_request_parts(parts, app).await?, size: None })
    }
}

impl Paged {
    /// The requested page, of pages with `size` items. `page_size` counts only if `size_is_free`.
    pub fn request(&self, size: usize, size_is_free: bool) -> Result<PageRequest, Error> {
        let number = match self.query.parameter("page") {
            None => 1,
            Some(number) => number.parse().map_err(|_| Error::NoSuchPage)?,
        };
        let chosen = self.query.parameter("page_size").filter(|_| size_is_free);
        let chosen = chosen.and_then(|size| size.parse::<usize>().ok()).filter(|&size| size > 0);
        PageRequest::new(number, chosen.unwrap_or(size).min(SIZE_MAX)).ok_or(Error::NoSuchPage)
    }

    /// The same request for pages with `size` items, unless it asks for a size itself. Links ask for that size, too.
    pub fn in_pages_of(self, size: usize) -> Option<Self> {
        self.query.parameter("page_size").is_none().then_some(Self { size: Some(size), ..self })
    }

    /// The addresses of the pages before and after `page`.
    pub fn neighbours<T>(&self, page: &Page<T>) -> (Option<String>, Option<String>) {
        self.around(page.request, page.has_next())
    }

    /// A JSON list of `items`, with the pages before and after it in the `Link` header (RFC 8288).
    pub fn linked<T>(&self, page: PageRequest, has_next: bool, items: Vec<T>) -> Linked<T> {
        let (previous, next) = self.around(page, has_next);
        let link = |address: Option<String>, relation| address.map(|it| format!("<{it}>; rel=\"{relation}\""));
        let links: Vec<String> = link(previous, "prev").into_iter().chain(link(next, "next")).collect();
        ((!links.is_empty()).then(|| [(header::LINK, links.join(", "))]), Json(items))
    }

    fn around(&self, page: PageRequest, has_next: bool) -> (Option<String>, Option<String>) {
        let number = page.number();
        ((number > 1).then(|| self.link(number - 1)), has_next.then(|| self.link(number + 1)))
    }

    /// The address of page `number`, with all other parameters of this request.
    fn link(&self, number: u64) -> String {
        let others = self.query.pairs().filter(|(name, _)| *name != "page").map(|(_, pair)| well_formed(pair));
        // The address of the first page has no `page` parameter.
        let page = (number > 1).then(|| format!("page={number}"));
        let size = self.size.map(|size| format!("page_size={size}"));
        let query: Vec<String> = others.chain(page).chain(size).collect();
        let separator = if query.is_empty() { "" } else { "?" };
        format!("{}{}{separator}{}", self.served_at, self.query.0.path(), query.join("&"))
    }
}

/// A JSON list with a `Link` header.
pub type Linked<T> = (Option<[(HeaderName, String); 1]>, Json<Vec<T>>);

/// A part of a query in the characters of RFC 3986. The HTTP parser accepts more of them.
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

/// A parameter of the query, for the descriptions of operations.
pub(super) fn parameter(name: &str, meaning: &str, schema: ObjectBuilder) -> Parameter {
    let query = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Query).schema(Some(schema));
    query.required(Required::False).description(Some(meaning)).build()
}

/// A parameter that counts from 1.
pub(super) fn counted(name: &str, meaning: &str, max: Option<u64>) -> Parameter {
    let schema = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1));
    parameter(name, meaning, schema.maximum(max))
}

/// The `page` parameter of lists with a fixed page size.
pub struct PageNumber;

impl IntoParams for PageNumber {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![counted("page", "The page number. The first page is 1.", None)]
    }
}

impl IntoParams for Paged {
    fn into_params(parameter_in: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let mut parameters = PageNumber::into_params(parameter_in);
        parameters.push(counted("page_size", "The number of entries per page.", Some(SIZE_MAX as u64)));
        parameters
    }
}
