//! What nearly every service names; each takes it whole.

pub(super) use super::{Core, Write, dice, version_of};
pub(super) use crate::db::audit::{self, Actor};
pub(super) use crate::db::sessions::Origin;
pub(super) use crate::db::{
    Db, Tx, accounts, attachments, bans, boosts, memberships, mentions, messages, previews, rooms, roster, sessions,
    transfers, users,
};
pub(super) use crate::domain::*;
pub(super) use crate::error::{AppError, Invalid, Result};
pub(super) use crate::live::hub::CloseReason;
pub(super) use std::sync::Arc;
