//! The web pages of spec 002. `pages` has the handlers, `templates/` the HTML, `assets/` styles and scripts, `words` all
//! texts. Everything works without scripts; they only make it better. This file is the route table.

mod assets;
mod fault;
mod form;
mod frame;
mod icons;
mod links;
mod member;
mod pager;
mod pages;
mod shell;
mod stream;
mod times;
mod turn;
mod visit;
mod words;

use axum::{Router, middleware::from_fn_with_state};
use pages::{
    account::{self, keys, sign_ins, webhooks},
    admin::{self, users},
    assistants, chat, files, manage, messages, preferences, search, sessions, sign_in, ticket,
};
use shared::{
    http::{Group, Pages, handlers},
    service::Services,
};

pub use frame::unknown;

/// The routes of this endpoint group.
pub fn routes() -> Group {
    Group::new("web").with::<Pages>(handlers![
        account::change,
        account::change_password,
        account::password_page,
        account::show,
        admin::health,
        admin::notice_page,
        admin::notify,
        admin::show,
        assets::show,
        assistants::change,
        assistants::create,
        assistants::list,
        assistants::new,
        assistants::show,
        chat::home,
        chat::show,
        files::announce,
        files::change,
        files::complete,
        files::content,
        files::list,
        files::show,
        files::upload,
        keys::change,
        keys::list,
        manage::change,
        manage::export,
        manage::show,
        messages::answer,
        messages::begin,
        messages::follow,
        messages::say,
        messages::stop,
        preferences::change,
        search::show,
        sessions::create,
        sessions::delete,
        sessions::load,
        sessions::rename,
        sign_in::login,
        sign_in::login_page,
        sign_in::logout,
        sign_in::logout_link,
        sign_in::register,
        sign_in::register_page,
        sign_ins::end,
        sign_ins::list,
        ticket::create,
        users::change,
        users::list,
        users::show,
        webhooks::change,
        webhooks::create,
        webhooks::list,
        webhooks::show
    ])
}

/// The router of this endpoint group.
pub fn router(services: &Services) -> Router {
    routes().router(services).layer(from_fn_with_state(services.clone(), frame::surround))
}
