//! What nearly every file of queries names; each takes it whole.

pub(super) use super::Tx;
pub(super) use super::query::{
    Columns, FromRow, all, array, change, changed, exists, from_row, maybe, one, queries, run,
};
pub(super) use super::users::{AUTHOR, USER};
pub(super) use crate::domain::*;
pub(super) use crate::error::AppError;
pub(super) use rusqlite::{Connection, Params, Result};
pub(super) use std::sync::Arc;
