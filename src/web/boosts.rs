//! Boosts: adding them and withdrawing one's own.

use super::messages::told;
use super::prelude::*;
use crate::services::messages::{boost, withdraw};

form! { BoostForm {
    content: String,
    // There when one's own boost of this is to be withdrawn: buttons are the same for everybody and don't know whose they are.
    toggle: Option<String>
} }

/// `GET /rooms/{room_id}/messages/{message_id}/boosts`: a message's boosts, in their order; browsers are sent to it.
pub async fn index(member: RoomMember) -> Answer {
    let message = member.message().await?;
    if !member.wants_json() {
        return told(&member, &message.url(), Change::Boosted(message));
    }
    member.json(&message.boosts)
}

/// `POST /rooms/{room_id}/messages/{message_id}/boosts`: adds a boost. 201 the first time, 200 with the first when it was there; with
/// `toggle`, it is withdrawn then. It costs as much of the rate as a post; a repeat costs nothing.
pub async fn create(member: RoomMember, submission: Submission) -> Answer {
    member.demand_same_viewer()?;
    let place = (member.room.id, member.path_id("message_id")?);
    let form: BoostForm = submission.form().await?;
    let content = BoostContent::parse(&form.content)?;
    member.spend_post()?;
    let (app, booster) = (&member.app, member.id());
    let (message, is_new, id) = boost(app, booster, place, content, form.toggle.is_some()).await?;
    if !is_new {
        app.posts.give_back(booster);
    }
    if !member.wants_json() {
        return told(&member, &message.url(), Change::Boosted(message));
    }
    let Some(mine) = message.boosts.iter().find(|boost| Some(boost.id) == id) else { return Ok(no_content()) };
    member.json_at(&format!("{}/boosts", message.path()), created(is_new), mine)
}

/// `DELETE /rooms/{room_id}/messages/{message_id}/boosts/{boost_id}`: withdraws one's own (else 404), at the price of a post.
pub async fn destroy(member: RoomMember) -> Answer {
    member.demand_same_viewer()?;
    let (place, boost) = ((member.room.id, member.path_id("message_id")?), member.path_id("boost_id")?);
    member.spend_post()?;
    let message = withdraw(&member.app, member.id(), place, boost).await?;
    if member.wants_json() { Ok(no_content()) } else { told(&member, &message.url(), Change::Boosted(message)) }
}
