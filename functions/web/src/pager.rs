//! Lists in parts: each part has a link to the next one.

use crate::links;
use shared::{
    domain::{
        Error,
        list::{ListPosition, ListRequest, Sort, SortField},
        page::PageRequest,
    },
    http::pages::Query,
};

/// The links below a part of a list. Both are queries for the same page.
pub struct Pager {
    /// To the beginning, if this is not the beginning.
    pub first: Option<String>,
    /// To the next part, if there is one.
    pub next: Option<String>,
}

/// Where the part begins that a query asks for. `None` for the beginning of the list.
pub fn after(query: &Query) -> Option<ListPosition> {
    query.parameter("after").filter(|after| !after.is_empty()).map(ListPosition)
}

/// A request for `size` entries after a position, in the default order.
pub fn request<F: SortField>(size: usize, after: Option<ListPosition>) -> Result<ListRequest<F>, Error> {
    sorted(size, Sort::default(), after)
}

/// The same in another order.
pub fn sorted<F: SortField>(size: usize, sort: Sort<F>, after: Option<ListPosition>) -> Result<ListRequest<F>, Error> {
    Ok(ListRequest { page: PageRequest::new(1, size).ok_or(Error::NoSuchPage)?, sort, after })
}

impl Pager {
    /// The links of a part that begins `after` a position, and is followed by the part after `next`. They keep the
    /// `others` of the query's parameters.
    pub fn new(after: Option<&ListPosition>, next: Option<ListPosition>, others: &[(&str, &str)]) -> Self {
        let to = |after: &str| links::query(&[others, &[("after", after)]].concat());
        Self { first: after.map(|_| to("")), next: next.map(|ListPosition(next)| to(&next)) }
    }
}
