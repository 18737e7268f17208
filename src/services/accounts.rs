//! Coming in for the first time: the first run, and following the invite link.

use super::people::{self, put_avatar};
use super::sessions::SignedIn;
use super::{Core, dice};
use crate::db::sessions::Origin;
use crate::db::{Tx, accounts, memberships, rooms, users};
use crate::domain::{EmailAddress, Involvement, JoinCode, Name, Password, Role, RoomKind, Token, User};
use crate::error::AppError;

/// The name of the account when none is given.
pub const ACCOUNT_NAME: &str = "Campfire";
/// The name of the first room.
const FIRST_ROOM_NAME: &str = "All Talk";

/// Somebody new, parsed.
pub struct NewPerson {
    pub(crate) name: Name,
    pub(crate) email_address: EmailAddress,
    pub(crate) password: Password,
    /// Their picture, WebP; none: initials.
    pub(crate) avatar: Option<Vec<u8>>,
}

/// Makes the account, its administrator and the first room, and signs the administrator in. `None` when there is an
/// account already: of any number at once, one makes it.
/// # Side effects
/// 1. the account, the person, the open room "All Talk", the membership and the session are written.
pub async fn first_run(
    core: &Core, account_name: Name, person: NewPerson, origin: Origin,
) -> Result<Option<SignedIn>, AppError> {
    let hash = core.passwords.hash(person.password.clone()).await?;
    let (token, join_code) = (Token::generate(&mut dice()), JoinCode::generate(&mut dice()));
    core.write(move |tx| {
        if !accounts::insert(tx, &account_name, &join_code)? {
            return Ok(None);
        }
        let user = users::insert(tx, &person.name, &person.email_address, &hash, Role::Administrator)?;
        let room_name = Name::parse("name", FIRST_ROOM_NAME)?;
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
pub async fn join(core: &Core, join_code: String, person: NewPerson, origin: Origin) -> Result<SignedIn, AppError> {
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
        people::announce(tx, &somebody.user)?;
        Ok(somebody)
    })
    .await
}

fn signed_in(
    tx: &Tx<'_>, user: User, avatar: Option<&[u8]>, token: Token, origin: &Origin,
) -> Result<SignedIn, AppError> {
    let user = match avatar {
        Some(webp) => put_avatar(tx, &user, webp)?,
        None => user,
    };
    SignedIn::begin(tx, user, token, origin)?.ok_or(AppError::SignedOut)
}
