//! Transfers: a link that signs somebody in on another device, once.

use super::sessions::SignedIn;
use super::{Core, dice};
use crate::db::audit::{self, Actor};
use crate::db::sessions::{self, Origin};
use crate::db::{Tx, transfers, users};
use crate::domain::{Act, Role, Token, TokenHash, UserId, Viewer};
use crate::error::AppError;

/// How long a link is good: time to walk to the other device, or to send the link to somebody who is locked out.
const GOOD_FOR_MS: i64 = 4 * 60 * 60 * 1000;
/// Links of one person that are good at once; with another one, the oldest goes.
const OUTSTANDING_MAX: u32 = 5;
/// Links that are too old and dropped when one is made, so that they don't pile up and no single write is long.
const EXPIRED_MAX: u32 = 100;

/// A new link.
pub struct Transfer {
    /// Its secret part; this is the only time it is seen.
    pub token: Token,
    /// When it stops being good, in milliseconds since 1970.
    pub expires_at_ms: i64,
}

/// Makes a link for oneself.
/// # Errors
/// `SignedOut` when the session ended meanwhile.
/// # Side effects
/// 1. the link is written; older ones of this person, and some that are too old, are dropped.
pub async fn make(core: &Core, viewer: Viewer) -> Result<Transfer, AppError> {
    core.write(move |tx| {
        sessions::demand(tx, &viewer)?;
        insert(tx, viewer.user.id)
    })
    .await
}

/// Makes a link for somebody else, who is locked out.
/// # Errors
/// An administrator's; `NotFound` when there is no such person, or they can't come in.
/// # Side effects
/// 1. the link is written; older links of that person, and some that are too old, are dropped.
pub async fn make_for(core: &Core, by: Actor, user: UserId) -> Result<Transfer, AppError> {
    core.write(move |tx| {
        users::demand_administrator(tx, &by)?;
        let person = users::find(tx, user)?;
        if !person.is_active() || person.role == Role::Bot {
            return Err(AppError::NotFound);
        }
        audit::insert(tx, &by, Act::TransferMade, &person.name, "")?;
        insert(tx, user)
    })
    .await
}

fn insert(tx: &Tx<'_>, user: UserId) -> Result<Transfer, AppError> {
    let token = Token::generate(&mut dice());
    let expires_at_ms = tx.now_ms() + GOOD_FOR_MS;
    transfers::delete_expired(tx, EXPIRED_MAX)?;
    transfers::insert(tx, user, &token.hash(), expires_at_ms)?;
    transfers::delete_older(tx, user, OUTSTANDING_MAX)?;
    Ok(Transfer { token, expires_at_ms })
}

/// Uses a link up and signs its owner in. `None` when it is unknown, used, too old, or its owner can't come in: of any number
/// at once, one gets in.
/// # Side effects
/// 1. the link is deleted and the session written.
pub async fn take(core: &Core, token: &str, origin: Origin) -> Result<Option<SignedIn>, AppError> {
    let hash = TokenHash::of(token);
    let token = Token::generate(&mut dice());
    core.write(move |tx| {
        let Some(id) = transfers::take(tx, &hash)? else { return Ok(None) };
        SignedIn::begin(tx, users::find(tx, id)?, token, &origin)
    })
    .await
}
