//! What people looked for, and the index that is searched.

use super::prelude::*;
use crate::db::{search, searches};
use crate::domain::search::QUERY_LEN_MAX;

/// Remembers what somebody looked for, as far as it is looked at. Nothing is remembered of nothing.
/// # Side effects
/// 1. it is the latest of their recent searches; of too many, the oldest are forgotten.
pub async fn record(core: &Core, user: UserId, text: &str) -> Result<(), AppError> {
    let text: String = text.trim().chars().filter(|c| !c.is_control()).take(QUERY_LEN_MAX).collect();
    if text.is_empty() {
        return Ok(());
    }
    core.db.write(move |tx| Ok(searches::insert(tx, user, &text).and_then(|()| searches::cut(tx, user))?)).await
}

/// Forgets what somebody looked for.
pub async fn forget(core: &Core, user: UserId) -> Result<(), AppError> {
    core.db.write(move |tx| Ok(searches::delete(tx, user)?)).await
}

/// Has the index made anew, by the background's work. What is interrupted goes on at the next start.
/// # Side effects
/// 1. an empty index takes its place and is filled in batches; until then searches find what is in it.
pub async fn reindex(core: &Core) -> Result<(), AppError> {
    core.db.write(|tx| Ok(search::start_reindex(tx)?)).await?;
    core.background.nudge();
    Ok(())
}
