//! The bell: how much somebody wants to hear of a room.

use super::prelude::*;
use super::sessions::safe_return;
use crate::domain::Involvement;
use crate::services::rooms::set_involvement;

/// The choice, as submitted, and the page of ours to go back to.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct InvolvementForm {
    involvement: String,
    return_to: Option<String>,
}

#[derive(Template)]
#[template(path = "involvements/_bell.html")]
struct BellFragment {
    room: Room,
}

#[derive(Template)]
#[template(path = "involvements/show.html")]
struct InvolvementPage {
    look: Look,
    room: Room,
}

/// `GET /rooms/{room_id}/involvement`: the bell as it is set.
pub async fn show(member: RoomMember) -> Answer {
    let room = member.room.clone();
    match member.wants() {
        Wants::Json => member.json(&json!({"involvement": room.involvement})),
        Wants::Fragment => member.page(&BellFragment { room }),
        Wants::Page => member.page(&InvolvementPage { look: member.look(), room }),
    }
}

/// `PUT /rooms/{room_id}/involvement`: sets the bell. Plain forms are sent back to where they were.
pub async fn update(member: RoomMember, submission: Submission) -> Answer {
    let form: InvolvementForm = submission.form().await?;
    let (app, involvement) = (&member.app, Involvement::parse(&form.involvement)?);
    set_involvement(app, member.id(), member.room.id, involvement).await?;
    match member.wants() {
        Wants::Json => member.json(&json!({"involvement": involvement})),
        Wants::Fragment => member.page(&BellFragment { room: Room { involvement, ..member.room.clone() } }),
        Wants::Page => match &form.return_to {
            Some(path) => Ok(see_other(safe_return(path))),
            None => Ok(see_other(&format!("/rooms/{}", member.room.id))),
        },
    }
}
