//! Unit tests of `domain::boosts`.

use super::*;
use crate::domain::ids::UserId;
use crate::domain::people::Role;

fn boost(id: i64, booster: i64, content: &str) -> Boost {
    let name = format!("Person {booster}");
    let booster = Author { id: UserId(booster), name, role: Role::Member, avatar_version: None };
    Boost { id: BoostId(id), content: content.into(), created_at_ms: 0, booster }
}

#[test]
fn boosts_are_grouped_by_content_in_the_order_of_first_use() {
    let boosts = [boost(1, 7, "👍"), boost(2, 7, "ok"), boost(5, 9, "👍")];
    let groups = BoostGroup::of(&boosts);
    let shown: Vec<_> = groups.iter().map(|group| (group.content, group.count(), group.boosters())).collect();
    assert_eq!(shown, [("👍", 2, "|7:1|9:5|".to_owned()), ("ok", 1, "|7:2|".to_owned())]);
    assert_eq!(groups[0].names(), "Person 7 and Person 9");
    assert!(groups[0].is_emoji() && !groups[1].is_emoji());
}

#[test]
fn of_many_boosters_the_first_are_named_and_the_others_counted() {
    let boosts: Vec<Boost> = (1..=40).map(|id| boost(id, id, "👍")).collect();
    let groups = BoostGroup::of(&boosts);
    assert_eq!(groups[0].count(), 40);
    assert!(groups[0].names().ends_with("Person 30 and 10 more"), "{}", groups[0].names());
}

#[test]
fn what_is_offered_can_be_boosted_with() {
    for (emoji, _) in QUICK {
        assert!(crate::domain::text::BoostContent::parse(emoji).is_ok());
    }
}
