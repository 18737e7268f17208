//! Signing in and out.

use super::{Core, dice};
use crate::db::sessions::{self, Origin};
use crate::db::{Tx, transfers, users};
use crate::domain::{EmailAddress, SessionId, Token, User, Viewer};
use crate::error::AppError;
use crate::live::hub::CloseReason;

/// Expired sessions dropped at each sign-in, so that they don't pile up and no single write is long.
const EXPIRED_MAX: u32 = 100;

/// Somebody who just came in, with the token to hand to them.
pub struct SignedIn {
    /// Who.
    pub user: User,
    /// Their token; this is the only time it is seen.
    pub token: Token,
    /// When, in milliseconds since 1970.
    pub now_ms: i64,
}

impl SignedIn {
    /// Begins a session of somebody; none when they can't come in.
    pub(super) fn begin(tx: &Tx<'_>, user: User, token: Token, origin: &Origin) -> Result<Option<Self>, AppError> {
        let session = sessions::insert(tx, user.id, &token.hash(), origin)?;
        Ok(session.map(|_| Self { user, token, now_ms: tx.now_ms() }))
    }
}

/// Signs somebody in by address and password.
/// # Errors
/// `BadCredentials` for an unknown address, a wrong password and a person who can't come in alike, after the same time.
/// # Side effects
/// 1. the session is written; some that expired before `expired_at_ms` are dropped.
pub async fn sign_in(
    core: &Core, email_address: &str, password: String, origin: Origin, expired_at_ms: i64,
) -> Result<SignedIn, AppError> {
    let found = match EmailAddress::parse(email_address) {
        Ok(address) => core.db.read(move |snapshot| Ok(users::with_password(snapshot, &address)?)).await?,
        Err(_) => None,
    };
    let (user, hash) = found.unzip();
    let is_right = core.passwords.verify(password, hash).await?;
    let Some(user) = user.filter(|_| is_right) else { return Err(AppError::BadCredentials) };
    let token = Token::generate(&mut dice());
    core.write(move |tx| {
        sessions::delete_expired(tx, expired_at_ms, EXPIRED_MAX)?;
        SignedIn::begin(tx, user, token, &origin)?.ok_or(AppError::BadCredentials)
    })
    .await
}

/// Ends a session.
/// # Side effects
/// 1. the session is deleted; 2. its sockets are closed.
pub async fn sign_out(core: &Core, session: SessionId) -> Result<(), AppError> {
    core.write(move |tx| {
        sessions::delete(tx, session)?;
        tx.tell(move |topics, _| topics.close(CloseReason::SIGNED_OUT, |it| it.session_id == session));
        Ok(())
    })
    .await
}

/// Ends a session of somebody's own, by whichever of their sessions they ask.
/// # Errors
/// `NotFound` when it is not theirs or gone already; `SignedOut` when the session they ask by ended meanwhile.
/// # Side effects
/// 1. the session and the person's links to sign in elsewhere are deleted; 2. its sockets are closed.
pub async fn revoke(core: &Core, viewer: Viewer, session: SessionId) -> Result<(), AppError> {
    core.write(move |tx| {
        sessions::demand(tx, &viewer)?;
        if !sessions::delete_own(tx, viewer.user.id, session)? {
            return Err(AppError::NotFound);
        }
        // One that was made by the session that ends would lead back in.
        transfers::delete_of(tx, viewer.user.id)?;
        tx.tell(move |topics, _| topics.close(CloseReason::SIGNED_OUT, |it| it.session_id == session));
        Ok(())
    })
    .await
}

/// Writes down that a session was used, so that it does not expire.
/// # Side effects
/// 1. the session's last use and origin are written.
pub async fn touch(core: &Core, session: SessionId, origin: Origin) -> Result<(), AppError> {
    core.write(move |tx| Ok(sessions::update_last_used(tx, session, &origin)?)).await
}
