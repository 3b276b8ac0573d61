//! The web pages. Scripts, styles and what people see are tested in a browser, by `.ci/pages`.

mod browser;
mod chats;
mod permissions;
mod safety;
mod scripts;
mod sign_in;

use browser::Browser;
