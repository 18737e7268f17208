//! One's own profile: what others see of one, how pages look, the password.

use super::App;
use super::answer::{self, SavedQuery, Wants, see_other};
use super::auth::CurrentUser;
use super::avatars::picture;
use super::client::Client;
use super::first_run::form_again;
use super::forms::{Submission, Upload};
use super::limits::Attempter;
use super::look::Look;
use crate::db::users::Changes;
use crate::db::{accounts, rooms};
use crate::domain::people::{Theme, User, Viewer};
use crate::domain::rooms::{Involvement, RoomEntry};
use crate::domain::text::{Bio, EmailAddress, Name, Password};
use crate::error::{AppError, Invalid};
use crate::live::json::UserJson;
use crate::services::people::{NewPassword, prove_and_hash, update_profile};
use crate::services::pictures::PICTURE_BYTES_MAX;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::{Deserialize, Serialize};

/// What was given of the profile; what was not stays as it is.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct ProfileForm {
    name: Option<String>,
    email_address: Option<String>,
    bio: Option<String>,
    theme: Option<String>,
    password: Option<String>,
    current_password: Option<String>,
    #[serde(skip)]
    error: Option<Invalid>,
}

impl ProfileForm {
    fn parse(&self) -> Result<(Changes, Option<NewPassword>), Invalid> {
        let changes = Changes {
            name: self.name.as_deref().map(|name| Name::parse("name", name)).transpose()?,
            email_address: self.email_address.as_deref().map(EmailAddress::parse).transpose()?,
            bio: self.bio.as_deref().map(Bio::parse).transpose()?,
            theme: self.theme.as_deref().map(Theme::parse).transpose()?,
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
        Ok((changes, Some(NewPassword { password, current })))
    }
}

#[derive(Template)]
#[template(path = "users/profile.html")]
struct ProfilePage {
    look: Look,
    user: User,
    form: ProfileForm,
    rooms: Vec<RoomEntry>,
    is_saved: bool,
}

impl ProfilePage {
    /// Reads what it shows besides the form.
    async fn read(app: &App, user: User, form: ProfileForm) -> Result<Self, AppError> {
        let (id, moves) = (user.id, app.reading.of(user.id));
        let read = app
            .db
            .read(move |snapshot| Ok((accounts::account(snapshot)?, rooms::page_for_member(snapshot, id, &moves)?)));
        let (account, rooms) = read.await?;
        Ok(Self { look: Look::of(account.as_ref(), Some(&user)), user, form, rooms, is_saved: false })
    }

    fn name(&self) -> &str {
        self.form.name.as_deref().unwrap_or(&self.user.name)
    }

    fn email_address(&self) -> &str {
        let stored = self.user.email_address.as_deref().unwrap_or_default();
        self.form.email_address.as_deref().unwrap_or(stored)
    }

    fn bio(&self) -> &str {
        self.form.bio.as_deref().unwrap_or(&self.user.bio)
    }

    fn theme(&self) -> &str {
        self.form.theme.as_deref().unwrap_or(self.user.theme.word())
    }
}

#[derive(Serialize)]
struct ProfileJson {
    #[serde(flatten)]
    user: UserJson,
    theme: Theme,
}

impl ProfileJson {
    fn of(user: &User) -> Self {
        Self { user: UserJson::private(user), theme: user.theme }
    }
}

/// `GET /users/me/profile`: the profile, to be changed.
pub async fn edit(
    request: HttpRequest, app: web::Data<App>, CurrentUser(viewer): CurrentUser, query: web::Query<SavedQuery>,
) -> Result<HttpResponse, AppError> {
    if Wants::of(&request) == Wants::Json {
        return answer::json(&request, StatusCode::OK, &ProfileJson::of(&viewer.user));
    }
    let mut page = ProfilePage::read(&app, viewer.user, ProfileForm::default()).await?;
    page.is_saved = query.saved.is_some();
    answer::page(&request, &page)
}

/// `PUT /users/me/profile`: changes what is given. 409 with the form when the address is taken, 422 when something does not
/// parse or the present password is another; a wrong one counts as an attempt to sign in.
pub async fn update(
    request: HttpRequest, app: web::Data<App>, CurrentUser(viewer): CurrentUser, submission: Submission,
) -> Result<HttpResponse, AppError> {
    app.posts.take(viewer.user.id, (app.clock)())?;
    let (form, changed) = match submission.form_with_file("avatar", PICTURE_BYTES_MAX).await {
        Ok((form, file)) => {
            let changed = change(&request, &app, &viewer, &form, file).await;
            (form, changed)
        }
        Err(error @ AppError::TooLarge { .. }) => (ProfileForm::default(), Err(error)),
        Err(error) => return Err(error),
    };
    match (changed, Wants::of(&request)) {
        (Ok(user), Wants::Json) => answer::json(&request, StatusCode::OK, &ProfileJson::of(&user)),
        (Ok(_), Wants::Page | Wants::Fragment) => Ok(see_other("/users/me/profile?saved")),
        (Err(error), Wants::Page) => {
            form_again(&request, error, async |error| {
                let form = ProfileForm { error: Some(error), ..form };
                answer::page(&request, &ProfilePage::read(&app, viewer.user, form).await?)
            })
            .await
        }
        (Err(error), _) => Err(error),
    }
}

async fn change(
    request: &HttpRequest, app: &App, viewer: &Viewer, form: &ProfileForm, file: Option<Upload>,
) -> Result<User, AppError> {
    let (mut changes, new_password) = form.parse()?;
    if let Some(new) = new_password {
        let peer = Client::of(request.head(), &app.config).network().map(Attempter::Peer);
        let address = viewer.user.email_address.clone().map(Attempter::EmailAddress);
        let who: Vec<_> = address.into_iter().chain(peer).collect();
        app.attempts.begin(&who, (app.clock)())?;
        prove_and_hash(app, viewer, new, &mut changes).await?;
        app.attempts.succeeded(&who);
    }
    let picture = picture(app, file).await?;
    update_profile(app, viewer.clone(), changes, picture).await
}
