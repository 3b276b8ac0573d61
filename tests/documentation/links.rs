//! Every link of a document to a file of this repository, and to a heading in one, leads somewhere.

use super::{page, root};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Component, Path, PathBuf},
};

/// Folders in which there are documents, beside the root.
const FOLDERS: [&str; 5] = ["docs", "docs/apis", "docs/decisions", "examples", "tests/deploy"];

/// The paths of all documents, from the root.
fn documents() -> Vec<String> {
    let mut found = Vec::new();
    for folder in [""].into_iter().chain(FOLDERS) {
        for entry in fs::read_dir(root().join(folder)).unwrap() {
            let path = Path::new(folder).join(entry.unwrap().file_name());
            if path.extension().is_some_and(|extension| extension == "md") {
                found.push(path.to_str().unwrap().to_owned());
            }
        }
    }
    found
}

/// The lines that are not in a code block.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut is_code = false;
    text.lines().filter(move |line| {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        !is_code && !is_fence
    })
}

/// The anchor that GitHub gives a heading: letters, digits, `-` and `_` stay, spaces become `-`.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().to_lowercase();
    let kept = kept.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// The anchors of a document: a heading that is there twice gets a number.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let headings = prose(text).filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#'));
    let numbered = headings.map(|heading| {
        let anchor = anchor(heading);
        let times = seen.entry(anchor.clone()).and_modify(|times| *times += 1).or_default();
        if *times == 0 { anchor } else { format!("{anchor}-{times}") }
    });
    numbered.collect()
}

/// What `[…](target)` leads to.
fn targets(text: &str) -> Vec<String> {
    let links = prose(text).flat_map(|line| line.split("](").skip(1));
    links.filter_map(|rest| Some(rest.split_once(')')?.0.to_owned())).collect()
}

/// The path that `..` and `.` in it mean.
fn resolved(path: &Path) -> PathBuf {
    let mut resolved = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => assert!(resolved.pop(), "{} leads out of the repository", path.display()),
            Component::CurDir => {}
            other => resolved.push(other),
        }
    }
    resolved
}

#[test]
fn every_link_within_the_repository_leads_somewhere() {
    let mut links = 0;
    for document in documents() {
        let text = page(&document);
        for target in targets(&text).into_iter().filter(|target| !target.contains("://")) {
            links += 1;
            let (path, fragment) = target.split_once('#').unwrap_or((&target, ""));
            let path = match path {
                "" => PathBuf::from(&document),
                _ => resolved(&Path::new(&document).parent().unwrap().join(path)),
            };
            assert!(root().join(&path).exists(), "{document}: {target} does not exist");
            if !fragment.is_empty() {
                let there = anchors(&page(path.to_str().unwrap()));
                assert!(there.contains(fragment), "{document}: {target} is not among {there:?}");
            }
        }
    }
    assert!(links > 50, "{links} links");
}

#[test]
fn every_page_is_on_the_map() {
    let linked = |map: &str, folder: &str| -> BTreeSet<String> {
        let of_pages = targets(&page(map)).into_iter().map(|target| target.split('#').next().unwrap().to_owned());
        of_pages.filter(|target| target.ends_with(".md")).map(|target| format!("{folder}/{target}")).collect()
    };
    let mut on_a_map = linked("docs/README.md", "docs");
    on_a_map.extend(linked("docs/decisions/README.md", "docs/decisions"));
    let pages = documents().into_iter().filter(|path| path.starts_with("docs/") && path != "docs/README.md");
    let missing: Vec<String> = pages.filter(|path| !on_a_map.contains(path)).collect();
    assert_eq!(missing, Vec::<String>::new());
}

#[test]
fn the_readme_and_the_architecture_stay_short() {
    for (document, most) in [("README.md", 200), ("ARCHITECTURE.md", 300)] {
        let lines = page(document).lines().count();
        assert!(lines <= most, "{document} has {lines} lines, more than {most}");
    }
}
