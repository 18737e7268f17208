//! Banning people, and lifting bans.

use super::prelude::*;
use crate::domain::ids::UserId;
use crate::services::bans::{ban, lift};

/// `POST /users/{user_id}/ban`: throws somebody out, with all that they wrote. 409 for oneself and for whoever is banned already.
pub async fn create(administrator: Administrator) -> Answer {
    let (app, id) = (&administrator.app, administrator.path_id::<UserId>("user_id")?);
    ban(app, administrator.actor(), id).await?;
    app.background.nudge();
    administrator.done(&format!("/users/{id}"))
}

/// `DELETE /users/{user_id}/ban`: lets somebody back in.
pub async fn destroy(administrator: Administrator) -> Answer {
    let (app, id) = (&administrator.app, administrator.path_id::<UserId>("user_id")?);
    lift(app, administrator.actor(), id).await?;
    administrator.done(&format!("/users/{id}"))
}
