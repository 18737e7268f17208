//! What nearly every handler names; each takes it whole.

pub(super) use super::App;
pub(super) use super::answer::{Answer, Wants, no_content, see_other};
pub(super) use super::auth::{
    Administrator, CurrentUser, MaybeUser, MessageEditor, RoomCreator, RoomEditor, RoomMember, RoomRemover,
};
pub(super) use super::forms::Submission;
pub(super) use super::look::Look;
pub(super) use super::visit::Visit;
pub(super) use crate::domain::people::User;
pub(super) use crate::domain::rooms::Room;
pub(super) use crate::error::{AppError, Invalid};
pub(super) use actix_web::http::StatusCode;
pub(super) use actix_web::web::{Path, Query};
pub(super) use actix_web::{HttpResponse, ResponseError};
pub(super) use askama::Template;
pub(super) use serde::Deserialize;
pub(super) use serde_json::json;
