//! What nearly every file here names, taken whole, and how forms and templates are declared. Queries and services are named by their
//! module, as `db::rooms`.

pub(super) use super::App;
pub(super) use super::answer::{
    self, Answer, Look, Wants, X_TOTAL_COUNT, created, cut, kept, never_kept, no_content, rendered, see_other,
    with_header, with_next,
};
pub(super) use super::auth::{
    Administrator, CurrentUser, MaybeUser, MessageEditor, RoomCreator, RoomEditor, RoomMember, RoomRemover,
};
pub(super) use super::errors::{refused, sentence};
pub(super) use super::forms::{Submission, Typed};
pub(super) use super::limits::Attempter;
pub(super) use super::sessions::signed_in;
pub(super) use super::visit::Visit;
pub(super) use crate::db::Snapshot;
pub(super) use crate::db::accounts::Account;
pub(super) use crate::domain::*;
pub(super) use crate::error::{AppError, Invalid, Result};
pub(super) use crate::live::json;
pub(super) use crate::{db, services};
pub(super) use actix_web::http::StatusCode;
pub(super) use actix_web::web::{Path, Query};
pub(super) use actix_web::{HttpResponse, ResponseError};
pub(super) use askama::Template;
pub(super) use askama::filters::HtmlSafe;
pub(super) use serde::Deserialize;
pub(super) use serde_json::{Value, json};
pub(super) use std::sync::Arc;

/// A form and its fields: what is not there is as when it was left empty.
macro_rules! form {
    ($name:ident { $($field:ident: $kind:ty),+ }) => {
        #[derive(Deserialize, Default)]
        #[serde(default)]
        pub struct $name {
            $($field: $kind,)+
        }
    };
}
pub(super) use form;

/// A template and what it is given, as a function and its parameters.
macro_rules! template {
    (
        $path:tt $(, escape = $escape:tt)? =>
        $vis:vis $name:ident $(<$life:lifetime>)? { $($field_vis:vis $field:ident: $kind:ty),+ }
    ) => {
        #[derive(Template)]
        #[template(path = $path $(, escape = $escape)?)]
        $vis struct $name $(<$life>)? {
            $($field_vis $field: $kind,)+
        }
    };
}
pub(super) use template;
