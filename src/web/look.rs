//! What every page shows of the account, in the way its reader likes it: name, logo, custom styles, theme.

use super::assets;
use crate::db::accounts::Account;
use crate::domain::{Theme, User};
use crate::services::sessions::ACCOUNT_NAME;

/// The account as pages show it.
pub struct Look {
    /// What the account is called.
    pub account_name: String,
    /// Where its logo is.
    pub logo_url: String,
    /// Where its custom styles are, if it has any.
    pub styles_url: Option<String>,
    /// The scheme that the reader chose; empty for that of their system.
    pub theme: &'static str,
}

impl Look {
    /// The look of the account, for somebody.
    pub fn of(account: Option<&Account>, viewer: Option<&User>) -> Self {
        let styled = account.filter(|account| account.has_custom_styles);
        let version = account.and_then(|account| account.logo_version.as_deref());
        Self {
            account_name: account.map_or_else(|| ACCOUNT_NAME.to_owned(), |account| account.name.clone()),
            logo_url: match version {
                Some(version) => format!("/account/logo?v={version}"),
                None => assets::url("icons/flame.svg"),
            },
            styles_url: styled.map(|account| format!("/account/custom_styles?v={}", account.updated_at_ms)),
            theme: viewer.map(|viewer| viewer.theme).filter(|theme| *theme != Theme::System).map_or("", Theme::word),
        }
    }
}
