//! The icons: outlines of 20 by 20, as HTML. All are decoration: what has an icon has a name, too.

macro_rules! icons {
    ($($name:ident $class:literal $shape:literal),+ $(,)?) => {$(
        #[doc = concat!("The icon `", stringify!($name), "`.")]
        pub const $name: &str =
            concat!("<svg class=\"", $class, "\" viewBox=\"0 0 20 20\" aria-hidden=\"true\">", $shape, "</svg>");
    )+};
}

icons! {
    PANEL "i" r#"<rect x="2.5" y="3.5" width="15" height="13" rx="2.5"/><path d="M8 3.5v13"/>"#,
    PLUS "i" r#"<path d="M10 4v12M4 10h12"/>"#,
    SEARCH "i" r#"<circle cx="8.7" cy="8.7" r="5.2"/><path d="m12.7 12.7 4 4"/>"#,
    DOTS "i dots" r#"<circle cx="4.5" cy="10" r="1.5"/><circle cx="10" cy="10" r="1.5"/><circle cx="15.5" cy="10" r="1.5"/>"#,
    MENU "i" r#"<path d="M3.5 6h13M3.5 10h13M3.5 14h8"/>"#,
    UP_DOWN "i" r#"<path d="m6.5 8 3.5-3.5L13.5 8M6.5 12l3.5 3.5 3.5-3.5"/>"#,
    PENCIL "i" r#"<path d="m4 16 .8-3.4L13.4 4a1.9 1.9 0 0 1 2.6 2.6l-8.6 8.6z"/>"#,
    COPY "i" r#"<rect x="7" y="7" width="9.5" height="9.5" rx="2"/><path d="M13 4.8A2 2 0 0 0 11.2 3.5H5.5a2 2 0 0 0-2 2v5.7A2 2 0 0 0 4.8 13"/>"#,
    AGAIN "i" r#"<path d="M16 10a6 6 0 1 1-1.8-4.3L16 7.5M16 3.5v4h-4"/>"#,
    CLIP "i" r#"<path d="m16.5 9.4-6.3 6.3a3.7 3.7 0 0 1-5.3-5.3l6.6-6.5a2.5 2.5 0 0 1 3.5 3.5l-6.5 6.5a1.2 1.2 0 0 1-1.8-1.7L12.3 7"/>"#,
    SEND "i" r#"<path d="M10 16V4.5M4.8 9.7 10 4.5l5.2 5.2"/>"#,
    FILE "i" r#"<path d="M11.5 2.5h-6a1.5 1.5 0 0 0-1.5 1.5v12a1.5 1.5 0 0 0 1.5 1.5h9A1.5 1.5 0 0 0 16 16V7zM11.5 2.5V7H16"/>"#,
    ALERT "i" r#"<circle cx="10" cy="10" r="7"/><path d="M10 6.3v4.4M10 13.4v.1"/>"#,
    STOPPED "i" r#"<rect x="5" y="5" width="10" height="10" rx="2"/>"#,
    WARNING "i" r#"<path d="M10 3.2 17.5 16.5h-15zM10 8v4M10 14.3v.1"/>"#,
    TOOL "i" r#"<path d="M12.6 3.6a4 4 0 0 0-4.9 5.2l-4.6 4.6a1.9 1.9 0 0 0 2.7 2.7l4.6-4.6a4 4 0 0 0 5.2-4.9l-2.5 2.5-2.2-.6-.6-2.2z"/>"#,
    BIN "i" r#"<path d="M4 5.8h12M8 5.8V4.2h4v1.6M5.5 5.8l.7 10.4h7.6l.7-10.4M8.5 8.8v4.6M11.5 8.8v4.6"/>"#,
}

/// The mark: five dots. The first one is the one in the middle.
pub const MARK: &str = concat!(
    r#"<svg class="mark" viewBox="0 0 24 24" aria-hidden="true"><circle class="first" cx="12" cy="12" r="3.6"/>"#,
    r#"<circle cx="5" cy="5" r="2.4"/><circle cx="19" cy="5" r="2.4"/><circle cx="19" cy="19" r="2.4"/>"#,
    r#"<circle cx="5" cy="19" r="2.4"/></svg>"#
);

/// The mark while an answer is being made.
pub const MARK_PLAYS: &str = concat!(
    r#"<svg class="mark plays" viewBox="0 0 24 24" aria-hidden="true"><circle cx="12" cy="12" r="3.6"/>"#,
    r#"<circle cx="5" cy="5" r="2.4"/><circle cx="19" cy="5" r="2.4"/><circle cx="19" cy="19" r="2.4"/>"#,
    r#"<circle cx="5" cy="19" r="2.4"/></svg>"#
);
