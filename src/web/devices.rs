//! Where somebody is signed in, and signing out from afar.

use super::prelude::*;
use super::sessions::signed_out;
use crate::db::sessions;
use crate::domain::clock::{iso, utc_label};
use crate::domain::devices::device;
use crate::domain::ids::SessionId;
use crate::services::sessions::revoke;
use serde::Serialize;

/// A session in its owner's list.
#[derive(Serialize)]
struct Device {
    id: SessionId,
    device: String,
    ip_address: String,
    last_used_at: String,
    created_at: String,
    current: bool,
    #[serde(skip)]
    last_used_label: String,
    #[serde(skip)]
    created_label: String,
}

#[derive(Template)]
#[template(path = "sessions/index.html")]
struct DevicesPage {
    look: Look,
    devices: Vec<Device>,
}

/// `GET /users/me/sessions`: one's own sessions, those used last first.
pub async fn index(user: CurrentUser) -> Answer {
    let (id, used_after_ms) = (user.id(), user.app.sessions_end_ms());
    let listed = user.app.db.read(move |snapshot| Ok(sessions::of_user(snapshot, id, used_after_ms)?)).await?;
    let shown = |session: sessions::Listed| Device {
        id: session.id,
        device: device(&session.origin.user_agent),
        ip_address: session.origin.ip_address,
        last_used_at: iso(session.last_used_at_ms),
        created_at: iso(session.created_at_ms),
        current: session.id == user.viewer.session_id,
        last_used_label: utc_label(session.last_used_at_ms),
        created_label: utc_label(session.created_at_ms),
    };
    let devices: Vec<Device> = listed.into_iter().map(shown).collect();
    if user.wants_json() { user.json(&devices) } else { user.page(&DevicesPage { look: user.look(), devices }) }
}

/// `DELETE /users/me/sessions/{session_id}`: ends one of one's own sessions; the one that asks: signs out. Other people's are
/// not found.
pub async fn destroy(user: CurrentUser) -> Answer {
    let id = user.path_id("session_id")?;
    revoke(&user.app, user.viewer.clone(), id).await?;
    if id == user.viewer.session_id { signed_out(&user) } else { user.done("/users/me/sessions") }
}
