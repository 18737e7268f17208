//! Coming in: by the first run, the invite link, a password, or a transfer (a link that signs in on another device, once); and going out.

use super::people::{announce, put_avatar};
use super::prelude::*;

/// What expired and is dropped where one more is made, of sessions as of links, so that they don't pile up and no single write is long.
const EXPIRED_MAX: u32 = 100;
/// How long a link is good: time to walk to the other device, or to send the link to somebody who is locked out.
const GOOD_FOR_MS: i64 = 4 * 60 * 60 * 1000;
/// Links of one person that are good at once; with another one, the oldest goes.
const OUTSTANDING_MAX: u32 = 5;

/// Somebody who just came in, with the token to hand to them.
pub struct SignedIn {
    pub user: User,
    /// This is the only time it is seen.
    pub token: Token,
    pub now_ms: i64,
}

impl SignedIn {
    /// Begins a session of somebody; none when they can't come in.
    pub(super) fn begin(tx: &Tx<'_>, user: User, token: Token, origin: &Origin) -> Result<Option<Self>> {
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
) -> Result<SignedIn> {
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
pub async fn sign_out(core: &Core, session: SessionId) -> Result<()> {
    core.write(move |tx| {
        sessions::delete(tx, session)?;
        tx.tell(move |topics, _| topics.close(CloseReason::SIGNED_OUT, |it| it.session_id == session));
        Ok(())
    })
    .await
}

/// Ends a session of somebody's own, by whichever of their sessions they ask.
/// # Errors
/// `NotFound` when it is not theirs or gone already.
/// # Side effects
/// 1. the session and the person's links to sign in elsewhere are deleted; 2. its sockets are closed.
pub async fn revoke(core: &Core, viewer: Viewer, session: SessionId) -> Result<()> {
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

/// Writes down a session's last use and where that came from, so that it does not expire. Should it fail, the next use tries again;
/// this one is none the worse.
pub async fn touch(core: &Core, session: SessionId, origin: Origin) {
    if let Err(error) = core.write(move |tx| Ok(sessions::update_last_used(tx, session, &origin)?)).await {
        tracing::warn!(?error, "a session's last use could not be written down");
    }
}

/// The secret part of a new link, which is seen this once, and when it stops being good, in milliseconds since 1970.
pub(crate) type Transfer = (Token, i64);

/// Makes a link for oneself.
/// # Side effects
/// 1. the link is written; older ones of this person, and some that are too old, are dropped.
pub async fn make_transfer(core: &Core, viewer: Viewer) -> Result<Transfer> {
    core.write(move |tx| {
        sessions::demand(tx, &viewer)?;
        insert_transfer(tx, viewer.user.id)
    })
    .await
}

/// Makes a link for somebody else, who is locked out.
/// # Errors
/// An administrator's; `NotFound` when there is no such person, or they can't come in.
/// # Side effects
/// 1. the link is written; older links of that person, and some that are too old, are dropped.
pub async fn make_transfer_for(core: &Core, by: Actor, user: UserId) -> Result<Transfer> {
    core.write(move |tx| {
        users::demand_administrator(tx, &by)?;
        let person = users::find(tx, user)?;
        if !person.is_active() || person.role == Role::Bot {
            return Err(AppError::NotFound);
        }
        audit::insert(tx, &by, Act::TransferMade, &person.name, "")?;
        insert_transfer(tx, user)
    })
    .await
}

fn insert_transfer(tx: &Tx<'_>, user: UserId) -> Result<Transfer> {
    let token = Token::generate(&mut dice());
    let expires_at_ms = tx.now_ms() + GOOD_FOR_MS;
    transfers::delete_expired(tx, EXPIRED_MAX)?;
    transfers::insert(tx, user, &token.hash(), expires_at_ms)?;
    transfers::delete_older(tx, user, OUTSTANDING_MAX)?;
    Ok((token, expires_at_ms))
}

/// Uses a link up and signs its owner in, one of any number at once. `None` when it is unknown, used or too old, or they can't come in.
pub async fn take_transfer(core: &Core, token: &str, origin: Origin) -> Result<Option<SignedIn>> {
    let hash = TokenHash::of(token);
    let token = Token::generate(&mut dice());
    core.write(move |tx| {
        let Some(id) = transfers::take(tx, &hash)? else { return Ok(None) };
        SignedIn::begin(tx, users::find(tx, id)?, token, &origin)
    })
    .await
}

/// The name of the account when none is given.
pub const ACCOUNT_NAME: &str = "Campfire";

/// Somebody new, parsed.
pub struct NewPerson {
    pub(crate) name: Name,
    pub(crate) email_address: EmailAddress,
    pub(crate) password: Password,
    /// Their picture, WebP; none: initials.
    pub(crate) avatar: Option<Vec<u8>>,
}

/// Makes the account, its administrator, signed in, and the first room. `None` when there is one: of any number at once, one makes it.
/// # Side effects
/// 1. the account, the person, the open room "All Talk", the membership and the session are written.
pub async fn first_run(core: &Core, account_name: Name, person: NewPerson, origin: Origin) -> Result<Option<SignedIn>> {
    let hash = core.passwords.hash(person.password.clone()).await?;
    let (token, join_code) = (Token::generate(&mut dice()), grouped(JOIN_CODE_GROUPS, &mut dice()));
    core.write(move |tx| {
        if !accounts::insert(tx, &account_name, &join_code)? {
            return Ok(None);
        }
        let user = users::insert(tx, &person.name, &person.email_address, &hash, Role::Administrator)?;
        let room_name = Name::parse("name", "All Talk")?;
        let room = rooms::insert(tx, RoomKind::Open, &room_name, user.id)?;
        memberships::insert(tx, room, user.id, Involvement::Mentions)?;
        signed_in(tx, user, person.avatar.as_deref(), token, &origin).map(Some)
    })
    .await
}

/// Lets somebody in by the invite link: a person of their own, in every open room, signed in.
/// # Errors
/// `NotFound` when the code is not the account's; `Conflict` when the address is taken.
/// # Side effects
/// 1. the person, the memberships and the session are written; 2. everyone's pages are told of them.
pub async fn join(core: &Core, join_code: String, person: NewPerson, origin: Origin) -> Result<SignedIn> {
    let hash = core.passwords.hash(person.password.clone()).await?;
    let token = Token::generate(&mut dice());
    core.write(move |tx| {
        let account = accounts::account(tx)?.ok_or(AppError::NotFound)?;
        if account.join_code != join_code {
            return Err(AppError::NotFound);
        }
        let user = users::insert(tx, &person.name, &person.email_address, &hash, Role::Member)?;
        memberships::insert_into_open_rooms(tx, user.id)?;
        let somebody = signed_in(tx, user, person.avatar.as_deref(), token, &origin)?;
        announce(tx, &somebody.user)?;
        Ok(somebody)
    })
    .await
}

fn signed_in(tx: &Tx<'_>, user: User, avatar: Option<&[u8]>, token: Token, origin: &Origin) -> Result<SignedIn> {
    let user = avatar.map(|webp| put_avatar(tx, &user, webp)).unwrap_or(Ok(user))?;
    SignedIn::begin(tx, user, token, origin)?.ok_or(AppError::SignedOut)
}
