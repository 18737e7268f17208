//! Unit tests of `live::frames`.

use super::*;
use crate::domain::boosts::Boost;
use crate::domain::ids::{BoostId, MessageId};
use crate::domain::messages::{Body, ClientMessageId, Tombstone};
use crate::domain::people::Role;
use crate::domain::previews::Preview;
use serde_json::{Value, json};
use uuid::Uuid;

fn message() -> Arc<Message> {
    Arc::new(Message {
        id: MessageId(123),
        client_message_id: ClientMessageId(Uuid::from_u128(0x2f1c)),
        room_id: RoomId(4),
        creator: Author { id: UserId(7), name: "Ada <3".into(), role: Role::Member, avatar_version: None },
        created_revision: Revision(4711),
        revision: Revision(4711),
        body: Body::of("Hello <b>\nworld".to_owned()),
        created_at_ms: 1_769_862_896_789,
        updated_at_ms: 1_769_862_896_789,
        edited_at_ms: None,
        body_revision: Revision(4711),
        attachment: None,
        preview: None,
        boosts: Vec::new(),
    })
}

fn html_of(event: Event) -> String {
    Frame::new(event).text(Format::Html).unwrap().to_string()
}

#[test]
fn a_created_message_is_an_upsert_with_its_revision() {
    insta::assert_snapshot!(html_of(Event::Change(Change::Created(message()))), @r##"
    <hx-upsert hx-target="#messages" key="data-key" sort data-revision="4711">
    <article class="message" id="message_00000000-0000-0000-0000-000000002f1c" data-key="123" data-message-id="123" data-room-id="4" data-user-id="7" data-revision="4711" data-created-at-ms="1769862896789">
      <img class="message__avatar" src="/users/7/avatar?v=f1d64aa4" alt="" width="40" height="40">
      <div class="message__bubble">
        <p class="message__meta"><a class="message__author" href="/users/7" dir="auto">Ada &#60;3</a> <a class="message__time" href="/rooms/4/@123"><time datetime="2026-01-31T12:34:56.789Z">31 Jan 2026, 12:34 UTC</time></a></p>
        <div class="message__body" id="message_00000000-0000-0000-0000-000000002f1c_body" data-revision="4711" dir="auto"><p>Hello &lt;b&gt;<br>world</p></div>
        <div class="preview" id="message_00000000-0000-0000-0000-000000002f1c_preview" data-revision="4711"></div>
        <div class="boosts" id="message_00000000-0000-0000-0000-000000002f1c_boosts" data-revision="4711"></div>
      </div>
    </article>
    </hx-upsert>
    "##);
}

#[test]
fn an_updated_message_is_its_changed_part() {
    let mut edited = (*message()).clone();
    edited.revision = Revision(4712);
    edited.body_revision = Revision(4712);
    edited.edited_at_ms = Some(1_769_862_900_000);
    insta::assert_snapshot!(html_of(Event::Change(Change::Updated(Arc::new(edited)))), @r##"
    <hx-partial hx-target="#message_00000000-0000-0000-0000-000000002f1c_body" hx-swap="outerHTML" data-revision="4712">
    <div class="message__body" id="message_00000000-0000-0000-0000-000000002f1c_body" data-revision="4712" dir="auto"><p>Hello &lt;b&gt;<br>world</p><small class="message__edited" title="31 Jan 2026, 12:35 UTC">edited</small></div>
    </hx-partial>
    <hx-partial hx-target="#message_00000000-0000-0000-0000-000000002f1c_preview" hx-swap="outerHTML" data-revision="4712">
    <div class="preview" id="message_00000000-0000-0000-0000-000000002f1c_preview" data-revision="4712"></div>
    </hx-partial>
    <hx-partial hx-target="#message_00000000-0000-0000-0000-000000002f1c_boosts" hx-swap="outerHTML" data-revision="4712">
    <div class="boosts" id="message_00000000-0000-0000-0000-000000002f1c_boosts" data-revision="4712"></div>
    </hx-partial>
    "##);
}

#[test]
fn a_preview_is_that_part_alone_the_same_for_every_reader() {
    let mut previewed = (*message()).clone();
    previewed.revision = Revision(4712);
    previewed.preview = Some(Preview {
        url: "https://www.example.com/?a&b".into(),
        title: "A <b>".into(),
        description: "\"About\" it".into(),
        image_size: (610, 320),
        revision: 4712,
    });
    let frame = Frame::new(Event::Change(Change::Previewed(Arc::new(previewed))));
    let html = frame.text(Format::Html).unwrap().replace(&crate::web::assets::url("icons/sprite.svg"), "SPRITE");
    insta::assert_snapshot!(html, @r##"
    <hx-partial hx-target="#message_00000000-0000-0000-0000-000000002f1c_preview" hx-swap="outerHTML" data-revision="4712">
    <div class="preview" id="message_00000000-0000-0000-0000-000000002f1c_preview" data-revision="4712"><div class="preview__card">
        <p class="preview__host">example.com</p>
        <p class="preview__title" dir="auto"><a href="https://www.example.com/?a&#38;b" target="_blank" rel="noreferrer nofollow noopener">A &#60;b&#62;</a></p>
        <p class="preview__description" dir="auto">&#34;About&#34; it</p>
        <a class="preview__picture" href="https://www.example.com/?a&#38;b" target="_blank" rel="noreferrer nofollow noopener" tabindex="-1" aria-hidden="true"><img src="/rooms/4/messages/123/preview/image?v=4712" alt="" width="305" height="160" decoding="async"></a>
        <form class="preview__removal" method="post" action="/rooms/4/messages/123/preview?_method=DELETE"><button class="button button--icon button--quiet" type="submit" aria-label="Remove this preview" title="Remove this preview"><svg class="icon" aria-hidden="true"><use href="SPRITE#x"/></svg></button></form>
      </div></div>
    </hx-partial>
    "##);
    let object: Value = serde_json::from_str(&frame.text(Format::Json).unwrap()).unwrap();
    let preview = json!({"url": "https://www.example.com/?a&b", "title": "A <b>", "description": "\"About\" it",
        "image_url": "/rooms/4/messages/123/preview/image?v=4712", "image_width": 610, "image_height": 320});
    let expected =
        json!({"type": "preview_changed", "revision": 4712, "room_id": 4, "message_id": 123, "preview": preview});
    assert_eq!(object, expected);
}

#[test]
fn changed_boosts_are_that_part_alone_and_name_their_boosters_for_everybody() {
    let mut boosted = (*message()).clone();
    boosted.revision = Revision(4712);
    let boost = |id, booster, name: &str| Boost {
        id: BoostId(id),
        content: "<3".into(),
        created_at_ms: 1_769_862_900_000,
        booster: Author { id: UserId(booster), name: name.into(), role: Role::Member, avatar_version: None },
    };
    boosted.boosts = vec![boost(31, 7, "Ada <3"), boost(40, 9, "Bob")];
    let frame = Frame::new(Event::Change(Change::Boosted(Arc::new(boosted))));
    assert_eq!(frame.revision(), Some(Revision(4712)));
    insta::assert_snapshot!(frame.text(Format::Html).unwrap().to_string(), @r##"
    <hx-partial hx-target="#message_00000000-0000-0000-0000-000000002f1c_boosts" hx-swap="outerHTML" data-revision="4712">
    <div class="boosts" id="message_00000000-0000-0000-0000-000000002f1c_boosts" data-revision="4712"><form class="boosts__group" method="post" action="/rooms/4/messages/123/boosts"><input type="hidden" name="toggle" value="1"><button class="boost" name="content" value="&#60;3" data-boosters="|7:31|9:40|" title="Ada &#60;3 and Bob" aria-label="&#60;3: Ada &#60;3 and Bob"><bdi class="boost__content">&#60;3</bdi><span class="boost__count">2</span></button></form></div>
    </hx-partial>
    "##);
    let json: Value = serde_json::from_str(&frame.text(Format::Json).unwrap()).unwrap();
    assert_eq!((&json["type"], &json["message_id"]), (&json!("boosts_changed"), &json!(123)));
    assert_eq!(json["boosts"][1]["booster"]["name"], "Bob");
    assert_eq!(json["boosts"][0]["created_at"], "2026-01-31T12:35:00.000Z");
}

#[test]
fn a_removed_message_is_a_deletion() {
    let message = message();
    let tombstone = Tombstone {
        id: message.id,
        client_message_id: message.client_message_id,
        room_id: message.room_id,
        creator_id: message.creator.id,
        revision: Revision(4713),
    };
    insta::assert_snapshot!(html_of(Event::Change(Change::Removed(tombstone))), @r##"<hx-partial hx-target="#message_00000000-0000-0000-0000-000000002f1c" hx-swap="delete" data-revision="4713"></hx-partial>"##);
}

#[test]
fn typing_and_presence_are_fragments_without_a_revision() {
    let person = message().creator.clone();
    let user = Named { id: person.id, name: person.name.clone() };
    let typing = Frame::new(Event::Typing { room_id: RoomId(4), user, on: true });
    assert_eq!(typing.revision(), None);
    insta::assert_snapshot!(typing.text(Format::Html).unwrap().to_string(), @r##"<hx-upsert hx-target="#typing"><span class="typing__name" id="typing_7" data-user-id="7"><bdi>Ada &#60;3</bdi></span></hx-upsert>"##);
    insta::assert_snapshot!(html_of(Event::Here { people: vec![person], count: 1 }), @r##"
    <hx-partial hx-target="#present" hx-swap="innerHTML">
    <img class="present__face" data-user-id="7" src="/users/7/avatar?v=f1d64aa4" alt="Ada &#60;3" title="Ada &#60;3" width="28" height="28">
    <span class="present__count">1 here</span>
    </hx-partial>
    "##);
}

#[test]
fn the_json_of_a_message_has_the_documented_shape() {
    let frame = Frame::new(Event::Change(Change::Created(message())));
    let value: Value = serde_json::from_str(&frame.text(Format::Json).unwrap()).unwrap();
    insta::assert_snapshot!(serde_json::to_string_pretty(&value).unwrap(), @r##"
    {
      "message": {
        "attachment": null,
        "body": {
          "html": "<p>Hello &lt;b&gt;<br>world</p>",
          "plain_text": "Hello <b>\nworld",
          "source": "Hello <b>\nworld"
        },
        "boosts": [],
        "client_message_id": "00000000-0000-0000-0000-000000002f1c",
        "content": "Hello <b>\nworld",
        "created_at": "2026-01-31T12:34:56.789Z",
        "creator": {
          "avatar_url": "/users/7/avatar?v=f1d64aa4",
          "id": 7,
          "name": "Ada <3",
          "role": "member"
        },
        "creator_id": 7,
        "creator_name": "Ada <3",
        "edited_at": null,
        "id": 123,
        "preview": null,
        "revision": 4711,
        "room": {
          "id": 4
        },
        "room_id": 4,
        "updated_at": "2026-01-31T12:34:56.789Z",
        "url": "/rooms/4/@123"
      },
      "revision": 4711,
      "room_id": 4,
      "type": "message_created"
    }
    "##);
}
