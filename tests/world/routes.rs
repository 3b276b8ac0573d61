//! The routes of all functions, from their crates.

pub use shared::http::Route;

/// Every route that belongs to a dialect, with its function.
pub fn declared() -> Vec<(&'static str, Route)> {
    let groups = docs::groups().into_iter();
    groups.flat_map(|group| group.routes().into_iter().map(move |route| (group.name(), route))).collect()
}

/// The routes of the web pages, with their function.
pub fn of_pages() -> Vec<(&'static str, Route)> {
    let group = web::routes();
    group.routes().into_iter().map(|route| (group.name(), route)).collect()
}

/// The paths of `docs`, which belong to no dialect and accept `GET`.
pub fn of_docs() -> Vec<&'static str> {
    docs::routes().into_iter().map(|(path, _)| path).collect()
}
