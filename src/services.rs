//! One function for each thing a person can do that changes something. Reads don't come here.
//!
//! What holds for all of them, and is not said again at each:
//! - A service takes parsed input. It checks the right again inside its write; an act of an administrator leaves its line of the audit
//!   log in the same transaction.
//! - When it fails, nothing is written and nobody is told. Besides the errors that are named, any can end in `Busy` or `Storage`, as
//!   [`Db::write`] can; after `Storage`, whether it was written is not known, and trying again is safe.
//! - Where its right is an administrator's, it fails with `SignedOut` or `Forbidden` when that has gone meanwhile; where it is a session's,
//!   with `SignedOut`. Where no errors are named, it has no others; where no side effects are, what it says is written, and nobody told.
//! - What is written is written together. Whoever is told learns of it after the commit, in commit order.

pub(crate) mod administration;
pub(crate) mod background;
mod blanking;
mod fetching;
pub mod files;
pub(crate) mod messages;
pub(crate) mod passwords;
pub(crate) mod people;
pub(crate) mod pictures;
mod prelude;
pub(crate) mod previews;
pub(crate) mod reading;
pub(crate) mod rooms;
pub(crate) mod roster;
pub(crate) mod sessions;
mod stripping;
mod workers;

use crate::config::Config;
use crate::db::{Db, Storage, Tx};
use crate::domain::{Clock, system_ms};
use crate::error::Result;
use crate::live::hub::Hub;
use crate::live::topics::Topics;
use background::Background;
use files::Files;
use passwords::Passwords;
use pictures::Pictures;
use previews::Previews;
use rand::rand_core::UnwrapErr;
use rand::rngs::SysRng;
use reading::Reading;
use roster::BannedAddresses;
use sha2::{Digest, Sha256};
use std::io;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

/// Bytes of a picture's digest in its version: enough that no two pictures of one owner share one.
const VERSION_LEN: usize = 8;
/// How long the writer may take, at the end, to write what it has taken on.
pub(crate) const DRAIN_MAX: Duration = Duration::from_secs(10);

/// What services work with: one for the whole process.
pub struct Core {
    pub(crate) db: Db,
    pub(crate) hub: Hub,
    pub(crate) passwords: Passwords,
    pub(crate) pictures: Pictures,
    pub(crate) previews: Previews,
    pub(crate) files: Files,
    pub(crate) reading: Reading,
    pub(crate) banned: BannedAddresses,
    pub(crate) background: Arc<Background>,
    pub(crate) clock: Clock,
}

impl Core {
    /// Opens the database in `storage` and starts what they need besides. Fails in words for whoever starts it: when the database or
    /// the folder of files can't be used, or the system gives no threads.
    pub(crate) fn start(storage: Storage, config: &Config) -> Result<Self, String> {
        let clock: Clock = Arc::new(system_ms);
        let failed = |error: io::Error| format!("The server can't start: {error}.");
        Ok(Self {
            db: Db::open(storage, config.synchronous, clock.clone()).map_err(|error| error.to_string())?,
            hub: Hub::start(config.sockets_per_person, config.sockets_max, clock.clone()).map_err(failed)?,
            passwords: Passwords::default(),
            pictures: Pictures::default(),
            previews: Previews::start(config),
            files: Files::start(&config.storage, config.upload_max).map_err(failed)?,
            reading: Reading::default(),
            banned: BannedAddresses::default(),
            background: Arc::default(),
            clock,
        })
    }

    /// Runs `work` as [`Db::write`] does, with a way to tell others.
    async fn write<T: Send + 'static>(&self, work: impl FnOnce(&Write<'_>) -> Result<T> + Send + 'static) -> Result<T> {
        let hub = self.hub.clone();
        self.db.write(move |tx| work(&Write { tx, hub: &hub })).await
    }
}

/// The transaction of a write, and whom to tell of it.
struct Write<'t> {
    tx: &'t Tx<'t>,
    hub: &'t Hub,
}

impl Write<'_> {
    /// Leaves an order to the hub for after the commit. Should it panic, every socket re-reads, its right included, so nothing is missed.
    fn tell(&self, order: impl FnOnce(&mut Topics, i64) + Send + 'static) {
        let (hub, fallback) = (self.hub.clone(), self.hub.clone());
        self.tx.after_commit(move || hub.order(order), move || fallback.make_everyone_re_read());
    }
}

impl<'t> Deref for Write<'t> {
    type Target = Tx<'t>;

    fn deref(&self) -> &Tx<'t> {
        self.tx
    }
}

/// The operating system's generator. Without it no secret can be made, so its failure ends the request.
fn dice() -> UnwrapErr<SysRng> {
    UnwrapErr(SysRng)
}

/// The version of a picture, from its digest.
fn version_of(picture: &[u8]) -> String {
    hex::encode(&Sha256::digest(picture)[..VERSION_LEN])
}
