//! What others see of somebody.

use crate::db::{Tx, users};
use crate::domain::people::User;
use crate::error::AppError;
use crate::live::hub::Hub;

/// Leaves the news of somebody's new name or picture for every socket, to be told after the commit; pages that are away learn of it
/// when they come back.
pub(super) fn announce(tx: &Tx<'_>, hub: &Hub, user: &User) -> Result<(), AppError> {
    let revision = users::next_people_revision(tx, user.id)?;
    let (hub, person) = (hub.clone(), user.as_author());
    // Should it fail, a page shows the old name until it is loaded again.
    tx.after_commit(move || hub.person_changed(person, revision), || {});
    Ok(())
}
