//! Lists as the platform dialect requests them (`?page=2&size=20&sort=name:asc`, or `?after=<cursor>`) and
//! shows them.

use super::{
    App, Dialect, Failure, Form,
    pages::{Query, counted, parameter},
};
use crate::domain::{
    Error, Problem,
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
        ObjectBuilder, Type,
        path::{Parameter, ParameterIn},
    },
};

const SIZE: u64 = 20;
const SIZE_MAX: u64 = 100;
const PAGE_MAX: u64 = 1_000_000_000;
const SEPARATOR: char = '|';

/// `{"items": […], "total": 100, "page": 1, "size": 20, "pages": 5, "has_next": true, "has_prev": false,
/// "next_cursor": "…"}`. A page of a list.
#[derive(Serialize, ToSchema)]
pub struct Listing<T> {
    /// The entries of this page.
    items: Vec<T>,
    /// The number of entries in the whole list.
    #[schema(example = 1)]
    total: u64,
    /// The number of this page.
    #[schema(example = 1)]
    page: u64,
    /// The number of entries that a full page has.
    #[schema(example = 20)]
    size: u64,
    /// The number of pages.
    #[schema(example = 1)]
    pages: u64,
    /// Whether a page follows.
    #[schema(example = false)]
    has_next: bool,
    /// Whether a page precedes this one.
    #[schema(example = false)]
    has_prev: bool,
    /// Requests the next page as `after`. `null` on the last page.
    #[schema(example = json!(null))]
    next_cursor: Option<String>,
}

impl<T> Listing<T> {
    /// The page, with its entries as `show` converts them.
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
            next_cursor: next.map(|position| cursor(number + 1, sort, &position)),
            items: page.items.into_iter().map(show).collect(),
        }
    }
}

/// The part of a list that the query requests, and its order. Every invalid parameter is a field of `Invalid`.
pub struct Wanted<F>(pub ListRequest<F>);

impl<D: Dialect, F: SortField> FromRequestParts<App<D>> for Wanted<F> {
    type Rejection = Failure<D>;

    async fn from_request_parts(parts: &mut Parts, app: &App<D>) -> Result<Self, Failure<D>> {
        Ok(Self(wanted(&Query::from_request_parts(parts, app).await?)?))
    }
}

fn wanted<F: SortField>(query: &Query) -> Result<ListRequest<F>, Error> {
    let mut form = Form::default();
    let page = form.optional("page", query.field("page"), whole(PAGE_MAX)).unwrap_or(1);
    let size = form.optional("size", query.field("size"), whole(SIZE_MAX)).unwrap_or(SIZE);
    let sort = form.optional("sort", query.field("sort"), sort::<F>).unwrap_or_default();
    let after = form.optional("after", query.field("after"), |cursor: &str| match query.parameter("page") {
        Some(_) => Err(Problem::PageAndCursor),
        None => position(cursor, sort),
    });
    form.finish(|| {
        let (number, after) = after.map_or((page, None), |(number, position)| (number, Some(position)));
        let page = PageRequest::new(number, usize::try_from(size).ok()?)?;
        Some(ListRequest { page, sort, after })
    })
}

/// A whole number from 1 to `max`.
fn whole(max: u64) -> impl FnOnce(&str) -> Result<u64, Problem> {
    move |text| {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse().ok().filter(|number| digits && (1..=max).contains(number));
        number.ok_or(Problem::OutOfRange { min: 1, max: i64::try_from(max).unwrap_or(i64::MAX) })
    }
}

/// `field:asc`, `field:desc`, or `field`, which is ascending. In any case.
fn sort<F: SortField>(text: &str) -> Result<Sort<F>, Problem> {
    let text = text.to_ascii_lowercase();
    let (name, direction) = text.split_once(':').unwrap_or((&text, "asc"));
    let descending = match direction {
        "asc" => false,
        "desc" => true,
        _ => return Err(Problem::NotAChoice { choices: "asc, desc" }),
    };
    let field = F::named(name).ok_or(Problem::NotAChoice { choices: F::CHOICES })?;
    Ok(Sort { field, descending })
}

/// A cursor: the number of the next page, the order, and the position of the last entry in that order.
fn cursor<F: SortField>(page: u64, sort: Sort<F>, ListPosition(position): &ListPosition) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(format!("{page}{SEPARATOR}{}{SEPARATOR}{position}", order(sort)))
}

fn position<F: SortField>(cursor: &str, sort: Sort<F>) -> Result<(u64, ListPosition), Problem> {
    let read = || {
        let text = String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
        let mut parts = text.splitn(3, SEPARATOR);
        let (page, ordered, position) = (parts.next()?.parse().ok()?, parts.next()?, parts.next()?);
        let fits = ordered == order(sort) && (1..=PAGE_MAX).contains(&page);
        fits.then(|| (page, ListPosition(position.to_owned())))
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
        let text = || ObjectBuilder::new().schema_type(Type::String);
        let size = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1)).maximum(Some(SIZE_MAX));
        let orders =
            F::ALL.iter().flat_map(|(name, _)| [name.to_string(), format!("{name}:asc"), format!("{name}:desc")]);
        let sort = text().enum_values(Some(orders)).default(Some(order(Sort::<F>::default()).into()));
        vec![
            counted("page", "The page number. The first page is 1.", Some(PAGE_MAX)),
            parameter("size", "The number of entries per page.", size.default(Some(SIZE.into()))),
            parameter("sort", "A field and a direction. The direction defaults to `asc`.", sort),
            parameter("after", "The `next_cursor` of a page in the same order, instead of `page`.", text()),
        ]
    }
}
