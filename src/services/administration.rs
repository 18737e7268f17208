//! What administrators set of the account: its name, who may make rooms, the invite link, its logo and custom styles.
//!
//! Each act checks the right again inside its write and leaves a line in the audit log, in the same transaction. What is
//! as it was already is neither written nor logged.

use super::dice;
use super::pictures::Logo;
use crate::db::audit::{self, Actor};
use crate::db::{Db, Tx, accounts, logos, sessions, users};
use crate::domain::audit::Act;
use crate::domain::people::Viewer;
use crate::domain::secrets::JoinCode;
use crate::domain::text::{CustomStyles, Name};
use crate::error::AppError;
use sha2::{Digest, Sha256};

/// Bytes of a logo's digest in its version: enough that no two logos share one.
const VERSION_LEN: usize = 8;

/// Who acts on the account.
#[derive(Clone)]
pub enum By {
    /// An administrator, from an address; an empty one when it is not known.
    Administrator(Viewer, String),
    /// Whoever may write in the storage.
    CommandLine,
}

impl By {
    /// Makes sure, inside a write, that they still may; and tells who they are, for the log.
    ///
    /// # Errors
    /// `SignedOut` when their session ended meanwhile, `Forbidden` when they don't run the account any more.
    pub(super) fn demand(&self, tx: &Tx<'_>) -> Result<Actor, AppError> {
        match self {
            Self::Administrator(viewer, ip_address) => {
                sessions::demand(tx, viewer)?;
                users::demand_administrator(tx, viewer.user.id)?;
                let name = users::find(tx, viewer.user.id)?.name;
                Ok(Actor { id: Some(viewer.user.id), name, ip_address: ip_address.clone() })
            }
            Self::CommandLine => Ok(Actor { id: None, name: "command line".to_owned(), ip_address: String::new() }),
        }
    }
}

/// What of the account changes; none: stays.
#[derive(Default)]
pub struct Changes {
    /// Its name.
    pub name: Option<Name>,
    /// Whether only administrators may make rooms.
    pub restricts_room_creation: Option<bool>,
    /// Its logo.
    pub logo: Option<Logo>,
}

/// Changes the account.
///
/// # Errors
/// `SignedOut` and `Forbidden` when the right has gone meanwhile; nothing is written then.
///
/// # Side effects
/// 1. what changes is written, with a line of the audit log for each.
pub async fn update(db: &Db, by: By, changes: Changes) -> Result<(), AppError> {
    db.write(move |tx| {
        let actor = by.demand(tx)?;
        let before = accounts::account(tx)?.ok_or(AppError::NotFound)?;
        if let Some(name) = changes.name.filter(|name| name.as_str() != before.name) {
            accounts::update_name(tx, &name)?;
            let detail = format!("it was {}", before.name);
            audit::insert(tx, &actor, Act::AccountRenamed, name.as_str(), &detail)?;
        }
        let restricts = changes.restricts_room_creation;
        if let Some(restricts) = restricts.filter(|restricts| *restricts != before.restricts_room_creation) {
            accounts::update_room_creation(tx, restricts)?;
            let detail = if restricts { "administrators" } else { "everyone" };
            audit::insert(tx, &actor, Act::RoomCreationChanged, "", detail)?;
        }
        if let Some(logo) = changes.logo {
            let version = hex::encode(&Sha256::digest(&logo.large_png)[..VERSION_LEN]);
            if before.logo_version.as_ref() != Some(&version) {
                logos::update(tx, &logo.small_png, &logo.large_png, &version)?;
                audit::insert(tx, &actor, Act::LogoChanged, "", "")?;
            }
        }
        Ok(())
    })
    .await
}

/// Removes the logo: the flame takes its place. Without one, nothing happens.
///
/// # Errors
/// As for [`update`].
///
/// # Side effects
/// 1. the logo is deleted, with a line of the audit log.
pub async fn remove_logo(db: &Db, by: By) -> Result<(), AppError> {
    db.write(move |tx| {
        let actor = by.demand(tx)?;
        if logos::delete(tx)? {
            audit::insert(tx, &actor, Act::LogoRemoved, "", "")?;
        }
        Ok(())
    })
    .await
}

/// Gives the account another invite link; the old one is worth nothing from then on.
///
/// # Errors
/// As for [`update`].
///
/// # Side effects
/// 1. the code is written, with a line of the audit log.
pub async fn regenerate_join_code(db: &Db, by: By) -> Result<JoinCode, AppError> {
    let join_code = JoinCode::generate(&mut dice());
    db.write(move |tx| {
        let actor = by.demand(tx)?;
        accounts::update_join_code(tx, &join_code)?;
        audit::insert(tx, &actor, Act::JoinCodeRegenerated, "", "")?;
        Ok(join_code)
    })
    .await
}

/// Gives the account other custom styles; empty: none.
///
/// # Errors
/// As for [`update`].
///
/// # Side effects
/// 1. the styles are written, with a line of the audit log.
pub async fn update_custom_styles(db: &Db, by: By, styles: CustomStyles) -> Result<(), AppError> {
    db.write(move |tx| {
        let actor = by.demand(tx)?;
        if accounts::update_custom_styles(tx, styles.as_str())? {
            let detail = format!("{} bytes", styles.as_str().len());
            audit::insert(tx, &actor, Act::StylesChanged, "", &detail)?;
        }
        Ok(())
    })
    .await
}
