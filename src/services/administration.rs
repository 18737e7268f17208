//! What administrators set of the account: its name, who may make rooms, the invite link, its logo and custom styles.
//!
//! What is as it was already is neither written nor logged.

use super::pictures::Logo;
use super::prelude::*;

/// What of the account changes; none: stays.
#[derive(Default)]
pub struct Changes {
    pub(crate) name: Option<Name>,
    pub(crate) restricts_room_creation: Option<bool>,
    /// Whether links are looked at.
    pub(crate) shows_previews: Option<bool>,
    pub(crate) logo: Option<Logo>,
}

/// Changes the account, with a line of the log for each change.
pub async fn update(core: &Core, by: Actor, changes: Changes) -> Result<()> {
    core.write(move |tx| {
        users::demand_administrator(tx, &by)?;
        let before = accounts::account(tx)?.ok_or(AppError::NotFound)?;
        if let Some(name) = changes.name.filter(|name| name.as_str() != before.name) {
            accounts::update_name(tx, &name)?;
            audit::insert(tx, &by, Act::AccountRenamed, name.as_str(), &format!("it was {}", before.name))?;
        }
        if let Some(restricts) = changes.restricts_room_creation.filter(|it| *it != before.restricts_room_creation) {
            accounts::update_room_creation(tx, restricts)?;
            let detail = if restricts { "administrators" } else { "everyone" };
            audit::insert(tx, &by, Act::RoomCreationChanged, "", detail)?;
        }
        if let Some(is_on) = changes.shows_previews.filter(|is_on| *is_on != before.shows_previews) {
            accounts::update_previews(tx, is_on)?;
            audit::insert(tx, &by, Act::PreviewsChanged, "", if is_on { "on" } else { "off" })?;
        }
        if let Some(logo) = changes.logo {
            let version = version_of(&logo.large_png);
            if before.logo_version.as_ref() != Some(&version) {
                accounts::update_logo(tx, &logo.small_png, &logo.large_png, &version)?;
                audit::insert(tx, &by, Act::LogoChanged, "", "")?;
            }
        }
        Ok(())
    })
    .await
}

/// Removes the logo: the flame takes its place. Without one, nothing happens.
pub async fn remove_logo(core: &Core, by: Actor) -> Result<()> {
    core.write(move |tx| {
        users::demand_administrator(tx, &by)?;
        if accounts::delete_logo(tx)? {
            audit::insert(tx, &by, Act::LogoRemoved, "", "")?;
        }
        Ok(())
    })
    .await
}

/// Gives the account another invite link; the old one is worth nothing from then on.
pub async fn regenerate_join_code(core: &Core, by: Actor) -> Result<()> {
    let join_code = grouped(JOIN_CODE_GROUPS, &mut dice());
    core.write(move |tx| {
        users::demand_administrator(tx, &by)?;
        accounts::update_join_code(tx, &join_code)?;
        Ok(audit::insert(tx, &by, Act::JoinCodeRegenerated, "", "")?)
    })
    .await
}

/// Gives the account other custom styles; empty: none.
pub async fn update_custom_styles(core: &Core, by: Actor, styles: CustomStyles) -> Result<()> {
    core.write(move |tx| {
        users::demand_administrator(tx, &by)?;
        if accounts::update_custom_styles(tx, styles.as_str())? {
            audit::insert(tx, &by, Act::StylesChanged, "", &format!("{} bytes", styles.as_str().len()))?;
        }
        Ok(())
    })
    .await
}
