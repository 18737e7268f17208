//! People and bots: who they are and what they may be called upon for.

use super::{SessionId, TokenHash, UserId};
use crate::error::Invalid;

words! {
    /// What somebody may do in the account.
    pub enum Role {
        Member = "member",
        /// Also runs the account.
        Administrator = "administrator",
        /// A program with a key of its own.
        Bot = "bot",
    }

    /// Whether somebody can still come in.
    pub enum Status {
        Active = "active",
        /// Removed from the account; what they wrote stays.
        Deactivated = "deactivated",
        /// Thrown out; what they wrote goes.
        Banned = "banned",
    }

    /// How somebody wants pages to look.
    pub enum Theme {
        System = "system",
        Light = "light",
        Dark = "dark",
    }
}

/// Why something of the account's is refused.
pub const ADMINISTRATORS_ONLY: &str = "Only administrators can do that.";

/// A person or a bot.
#[derive(Debug, Clone)]
pub struct User {
    pub id: UserId,
    pub name: String,
    pub role: Role,
    pub status: Status,
    /// Where to reach them; none for bots.
    pub email_address: Option<String>,
    pub bio: String,
    /// Changes with their picture; none: initials.
    pub avatar_version: Option<String>,
    pub theme: Theme,
    /// Whether sounds wait until they ask for one.
    pub mutes_sounds: bool,
}

impl Theme {
    pub fn parse(word: &str) -> Result<Self, Invalid> {
        Self::from_word(word).ok_or_else(|| Invalid::new("theme", "A theme is one of system, light and dark."))
    }
}

impl User {
    /// Whether they can come in.
    pub fn is_active(&self) -> bool {
        self.status == Status::Active
    }

    /// Whether they run the account.
    pub fn is_administrator(&self) -> bool {
        self.role == Role::Administrator
    }

    /// What a message says of its author.
    pub fn as_author(&self) -> Author {
        Author { id: self.id, name: self.name.clone(), role: self.role, avatar_version: self.avatar_version.clone() }
    }
}

/// What a message, a typing mark or a presence says of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    pub id: UserId,
    pub name: String,
    pub role: Role,
    /// Changes with their picture; none: initials.
    pub avatar_version: Option<String>,
}

impl Author {
    /// Where their picture is, with a version that changes when the picture does.
    pub fn avatar_url(&self) -> String {
        let Self { id, name, avatar_version, .. } = self;
        match avatar_version {
            Some(version) => format!("/users/{id}/avatar?v={version}"),
            // Initials are of the name, so the name is the version.
            None => format!("/users/{id}/avatar?v={}", hex::encode(&TokenHash::of(name).0[..4])),
        }
    }
}

/// Somebody signed in: the person and the session they came by.
#[derive(Debug, Clone)]
pub struct Viewer {
    pub user: User,
    pub session_id: SessionId,
}

/// The first letters of the first and the last word of `name`, upper case: more would not be readable at 40 pixels.
pub fn initials(name: &str) -> String {
    let mut words = name.split_whitespace().filter_map(|word| word.chars().find(|c| c.is_alphanumeric()));
    let (first, last) = (words.next(), words.next_back());
    first.into_iter().chain(last).flat_map(char::to_uppercase).collect()
}

unit_tests!("../../tests/unit/domain/people.rs");
