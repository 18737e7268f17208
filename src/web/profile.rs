//! One's own profile: what others see of one, how pages look, the password.

use super::prelude::*;
use super::users::picture;
use crate::db::users::Changes;

// What was given of the profile; what was not stays as it is.
form! { ProfileForm {
    name: Option<String>, email_address: Option<String>, bio: Option<String>, theme: Option<String>, mute_sounds: Typed,
    password: Option<String>, current_password: Option<String>
} }

impl ProfileForm {
    fn parse(&self) -> Result<(Changes, Option<(Password, String)>), Invalid> {
        let changes = Changes {
            name: self.name.as_deref().map(|name| Name::parse("name", name)).transpose()?,
            email_address: self.email_address.as_deref().map(EmailAddress::parse).transpose()?,
            bio: self.bio.as_deref().map(Bio::parse).transpose()?,
            theme: self.theme.as_deref().map(Theme::parse).transpose()?,
            mutes_sounds: self.mute_sounds.parse_switch("mute_sounds")?,
            password: None,
        };
        // A password field that was left empty leaves the password alone.
        let Some(password) = self.password.as_deref().filter(|password| !password.is_empty()) else {
            return Ok((changes, None));
        };
        let password = Password::parse(password)?;
        let current = self.current_password.clone().unwrap_or_default();
        if current.is_empty() {
            return Err(Invalid::new("current_password", "Please fill in your present password too."));
        }
        Ok((changes, Some((password, current))))
    }
}

template! { "users/profile.html" => ProfilePage<'u> {
    look: Look, user: &'u User, name: &'u str, email_address: &'u str, bio: &'u str, theme: &'u str, mutes_sounds: bool,
    error: Option<Invalid>, rooms: Vec<RoomEntry>, is_saved: bool
} }

fn json_of(user: &User) -> Value {
    let mut object = json::whole_person(user);
    object["theme"] = json!(user.theme);
    object["mute_sounds"] = json!(user.mutes_sounds);
    object
}

async fn page(user: &CurrentUser, form: ProfileForm, error: Option<Invalid>, is_saved: bool) -> Answer {
    let (id, moves) = (user.id(), user.app.reading.of(user.id()));
    let rooms = user.app.db.read(move |snapshot| Ok(db::rooms::page_for_member(snapshot, id, &moves)?)).await?;
    let stored = user.user();
    user.page(&ProfilePage {
        look: user.look(),
        user: stored,
        name: form.name.as_deref().unwrap_or(&stored.name),
        email_address: form.email_address.as_deref().or(stored.email_address.as_deref()).unwrap_or_default(),
        bio: form.bio.as_deref().unwrap_or(&stored.bio),
        theme: form.theme.as_deref().unwrap_or(stored.theme.word()),
        mutes_sounds: form.mute_sounds.switch_or(stored.mutes_sounds),
        error,
        rooms,
        is_saved,
    })
}

/// `GET /users/me/profile`: the profile, to be changed.
pub async fn edit(user: CurrentUser) -> Answer {
    if user.wants_json() {
        return user.json(&json_of(user.user()));
    }
    page(&user, ProfileForm::default(), None, user.is_saved()).await
}

/// `PUT /users/me/profile`: changes what is given. 409 with the form when the address is taken, 422 when something does not
/// parse or the present password is another; a wrong one counts as an attempt to sign in.
pub async fn update(user: CurrentUser, submission: Submission) -> Answer {
    user.spend_post()?;
    let (form, file) = submission.form_with_picture::<ProfileForm>("avatar").await?;
    let changed = async {
        let (app, file) = (&user.app, file?);
        let (mut changes, new_password) = form.parse()?;
        if let Some(new) = new_password {
            let address = user.user().email_address.clone().map(Attempter::EmailAddress);
            let peer = user.client().network().map(Attempter::Peer);
            let who: Vec<_> = address.into_iter().chain(peer).collect();
            app.attempts.begin(&who, user.now_ms())?;
            services::people::prove_and_hash(app, &user.viewer, new, &mut changes).await?;
            app.attempts.succeeded(&who);
        }
        let picture = picture(app, file).await?;
        services::people::update_profile(app, user.viewer.clone(), changes, picture).await
    };
    match changed.await {
        Ok(changed) => user.done_with(&json_of(&changed), "/users/me/profile?saved"),
        Err(error) => user.form_again(error, async |error| page(&user, form, Some(error), false).await).await,
    }
}
