//! What administrators do, as it is written down.

macro_rules! acts {
    ($($act:ident = $word:literal, $sentence:literal;)*) => {
        words! {
            /// An administrative act.
            pub enum Act {
                $(#[doc = concat!("Somebody ", $sentence, ".")] $act = $word,)*
            }
        }

        impl Act {
            /// What was done, for people.
            pub fn sentence(self) -> &'static str {
                match self { $(Self::$act => $sentence),* }
            }
        }
    };
}

// Each with its word and what was done; whom or what it was done to follows.
acts! {
    AccountRenamed = "account_renamed", "renamed the account";
    LogoChanged = "logo_changed", "changed the logo";
    LogoRemoved = "logo_removed", "removed the logo";
    StylesChanged = "styles_changed", "changed the custom styles";
    RoomCreationChanged = "room_creation_changed", "changed who may make rooms";
    PreviewsChanged = "previews_changed", "changed whether links have previews";
    JoinCodeRegenerated = "join_code_regenerated", "made a new invite link";
    RoleChanged = "role_changed", "changed the role of";
    PersonRemoved = "person_removed", "removed";
    PersonBanned = "person_banned", "banned";
    BanLifted = "ban_lifted", "lifted the ban of";
    TransferMade = "transfer_made", "made a sign-in link for";
    PasswordReset = "password_reset", "reset the password of";
    RoomChanged = "room_changed", "changed the room";
    RoomDeleted = "room_deleted", "deleted the room";
}
