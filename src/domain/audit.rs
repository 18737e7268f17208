//! What administrators do, as it is written down.

use serde::Serialize;

/// An administrative act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// The account got another name.
    AccountRenamed,
    /// The account got a logo.
    LogoChanged,
    /// The account lost its logo.
    LogoRemoved,
    /// The custom styles were changed.
    StylesChanged,
    /// Who may make rooms was changed; the detail says to whom.
    RoomCreationChanged,
    /// A new invite link made the old one useless.
    JoinCodeRegenerated,
    /// Somebody got another role; the detail says which.
    RoleChanged,
    /// Somebody was removed from the account.
    PersonRemoved,
    /// Somebody was banned.
    PersonBanned,
    /// A ban was lifted.
    BanLifted,
    /// A one-time sign-in link was made for somebody else.
    TransferMade,
    /// Somebody's password was set by the command line.
    PasswordReset,
    /// A room that somebody else made was changed.
    RoomChanged,
    /// A room was deleted.
    RoomDeleted,
}

impl Act {
    /// What was done, for people.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::AccountRenamed => "renamed the account",
            Self::LogoChanged => "changed the logo",
            Self::LogoRemoved => "removed the logo",
            Self::StylesChanged => "changed the custom styles",
            Self::RoomCreationChanged => "changed who may make rooms",
            Self::JoinCodeRegenerated => "made a new invite link",
            Self::RoleChanged => "changed the role of",
            Self::PersonRemoved => "removed",
            Self::PersonBanned => "banned",
            Self::BanLifted => "lifted the ban of",
            Self::TransferMade => "made a sign-in link for",
            Self::PasswordReset => "reset the password of",
            Self::RoomChanged => "changed the room",
            Self::RoomDeleted => "deleted the room",
        }
    }
}
