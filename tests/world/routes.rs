//! The routes of all functions, as their crates have them.

pub use shared::http::Route;

/// Every route that belongs to a dialect, with the function that has it.
pub fn declared() -> Vec<(&'static str, Route)> {
    let groups = docs::groups().into_iter();
    groups.flat_map(|group| group.routes().into_iter().map(move |route| (group.name(), route))).collect()
}

/// The paths of `docs`, which belong to no dialect and answer `GET`.
pub fn of_docs() -> Vec<&'static str> {
    docs::routes().into_iter().map(|(path, _)| path).collect()
}
