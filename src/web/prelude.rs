//! What nearly every handler names; each takes it whole.

pub(super) use super::App;
pub(super) use super::answer::{
    self, Answer, Wants, X_TOTAL_COUNT, cut, never_kept, no_content, see_other, with_header, with_next,
};
pub(super) use super::auth::{
    Administrator, CurrentUser, MaybeUser, MessageEditor, RoomCreator, RoomEditor, RoomMember, RoomRemover,
};
pub(super) use super::errors::{refused, sentence};
pub(super) use super::forms::{Submission, Typed};
pub(super) use super::limits::Attempter;
pub(super) use super::look::Look;
pub(super) use super::sessions::signed_in;
pub(super) use super::visit::Visit;
pub(super) use crate::domain::ids::{MessageId, Revision, RoomId, UserId};
pub(super) use crate::domain::people::User;
pub(super) use crate::domain::rooms::Room;
pub(super) use crate::domain::text::Name;
pub(super) use crate::error::{AppError, Invalid};
pub(super) use crate::live::json::UserJson;
pub(super) use actix_web::http::StatusCode;
pub(super) use actix_web::web::{Path, Query};
pub(super) use actix_web::{HttpResponse, ResponseError};
pub(super) use askama::Template;
pub(super) use serde::Deserialize;
pub(super) use serde_json::json;
