//! Lists as the platform dialect asks for them (`?page=2&size=20&sort=name:asc`, or `?after=<cursor>`) and
//! shows them.

use super::{App, Dialect, Failure, pages::Query};
use crate::domain::{
    Error, Problem,
    error::Problems,
    list::{ListPosition, ListRequest, Listed, Sort, SortField},
    page::PageRequest,
};
use axum::{extract::FromRequestParts, http::request::Parts};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::Serialize;
use std::marker::PhantomData;
use utoipa::{
    IntoParams, ToSchema,
    openapi::{
        ObjectBuilder, Required, Type,
        path::{Parameter, ParameterBuilder, ParameterIn},
    },
};

const SIZE: u64 = 20;
const SIZE_MAX: u64 = 100;
const PAGE_MAX: u64 = 1_000_000_000;
const SEPARATOR: char = '|';

/// `{"items": […], "total": 100, "page": 1, "size": 20, "pages": 5, "has_next": true, "has_prev": false,
/// "next_cursor": "…"}`. Source: spec 001, "Pagination".
#[derive(Serialize, ToSchema)]
pub struct Listing<T> {
    items: Vec<T>,
    total: u64,
    page: u64,
    size: u64,
    pages: u64,
    has_next: bool,
    has_prev: bool,
    next_cursor: Option<String>,
}

impl<T> Listing<T> {
    /// The page, each of its entries as `show` makes of it.
    pub fn new<U, F: SortField>(listed: Listed<U>, sort: Sort<F>, show: impl FnMut(U) -> T) -> Self {
        let Listed { page, next } = listed;
        let (total, number, size) = (page.total, page.request.number(), page.request.size() as u64);
        Self {
            total,
            page: number,
            size,
            pages: total.div_ceil(size),
            has_next: next.is_some(),
            has_prev: page.has_previous(),
            next_cursor: next.map(|place| cursor(number + 1, sort, &place)),
            items: page.items.into_iter().map(show).collect(),
        }
    }
}

/// What part of a list the query asks for, in which order. The answer to what makes no sense is `Invalid`,
/// for each such parameter.
pub struct Wanted<F>(pub ListRequest<F>);

impl<D: Dialect, F: SortField> FromRequestParts<App<D>> for Wanted<F> {
    type Rejection = Failure<D>;

    async fn from_request_parts(parts: &mut Parts, app: &App<D>) -> Result<Self, Failure<D>> {
        Ok(Self(wanted(&Query::from_request_parts(parts, app).await?)?))
    }
}

fn wanted<F: SortField>(query: &Query) -> Result<ListRequest<F>, Error> {
    let mut problems = Problems::default();
    let page = problems.note("page", whole(query.parameter("page"), 1, PAGE_MAX));
    let size = problems.note("size", whole(query.parameter("size"), SIZE, SIZE_MAX));
    let sort = problems.note("sort", sort(query.parameter("sort")));
    let after = match (query.parameter("after"), query.parameter("page")) {
        (Some(_), Some(_)) => problems.note("after", Err(Problem::PageAndCursor)),
        (Some(cursor), None) => problems.note("after", place(&cursor, sort.unwrap_or_default()).map(Some)),
        (None, _) => Some(None),
    };
    let (Some(page), Some(size), Some(sort), Some(after)) = (page, size, sort, after) else {
        return Err(problems.into_error());
    };
    let (number, after) = after.map_or((page, None), |(number, place)| (number, Some(place)));
    let page = PageRequest::new(number, usize::try_from(size).unwrap_or(1));
    Ok(ListRequest { page: page.ok_or_else(|| Error::internal("a page out of range"))?, sort, after })
}

/// A whole number from 1 to `max`, `default` when absent.
fn whole(text: Option<String>, default: u64, max: u64) -> Result<u64, Problem> {
    let Some(text) = text else {
        return Ok(default);
    };
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|number| digits && (1..=max).contains(number));
    number.ok_or(Problem::OutOfRange { min: 1, max: i64::try_from(max).unwrap_or(i64::MAX) })
}

/// `field:asc`, `field:desc`, or `field`, which is ascending.
fn sort<F: SortField>(text: Option<String>) -> Result<Sort<F>, Problem> {
    let Some(text) = text else {
        return Ok(Sort::default());
    };
    let (name, direction) = text.split_once(':').unwrap_or((&text, "asc"));
    let descending = match direction {
        "asc" => false,
        "desc" => true,
        _ => return Err(Problem::NotAChoice { choices: "asc, desc" }),
    };
    let field = F::named(name).ok_or(Problem::NotAChoice { choices: F::CHOICES })?;
    Ok(Sort { field, descending })
}

/// A place, the order that it is in, and the number of the page behind it.
fn cursor<F: SortField>(page: u64, sort: Sort<F>, ListPosition(place): &ListPosition) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(format!("{page}{SEPARATOR}{}{SEPARATOR}{place}", order(sort)))
}

fn place<F: SortField>(cursor: &str, sort: Sort<F>) -> Result<(u64, ListPosition), Problem> {
    let read = || {
        let text = String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
        let mut parts = text.splitn(3, SEPARATOR);
        let (page, ordered, place) = (parts.next()?.parse().ok()?, parts.next()?, parts.next()?);
        let fits = ordered == order(sort) && (1..=PAGE_MAX).contains(&page);
        fits.then(|| (page, ListPosition(place.to_owned())))
    };
    read().ok_or(Problem::Cursor)
}

fn order<F: SortField>(sort: Sort<F>) -> String {
    format!("{}:{}", sort.field.name(), if sort.descending { "desc" } else { "asc" })
}

/// The parameters of a list, for the descriptions of operations.
pub struct Parameters<F>(PhantomData<F>);

impl<F: SortField> IntoParams for Parameters<F> {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let parameter = |name: &str, meaning: &str, schema: ObjectBuilder| {
            let query = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Query).schema(Some(schema));
            query.required(Required::False).description(Some(meaning)).build()
        };
        let integer = || ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1));
        let text = || ObjectBuilder::new().schema_type(Type::String);
        let orders =
            F::ALL.iter().flat_map(|(name, _)| [name.to_string(), format!("{name}:asc"), format!("{name}:desc")]);
        let (page, size) =
            (integer().maximum(Some(PAGE_MAX)), integer().maximum(Some(SIZE_MAX)).default(Some(SIZE.into())));
        let sort = text().enum_values(Some(orders)).default(Some(order(Sort::<F>::default()).into()));
        vec![
            parameter("page", "The page's number; the first is 1.", page),
            parameter("size", "How many entries a page has.", size),
            parameter("sort", "A field and a direction, which is `asc` if there is none.", sort),
            parameter("after", "The `next_cursor` of a page in the same order, instead of `page`.", text()),
        ]
    }
}
