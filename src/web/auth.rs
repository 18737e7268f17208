//! Extractors that are rights: a handler that names one is only reached by those who have it.
//!
//! A request proves itself by `Authorization: Bearer`, and then no cookie is looked at, or by the session cookie. The right is
//! checked before the body is read; a read of the room's rows checks it again in its own transaction
//! ([`RoomMember::read`]), a write inside the writer's.

use super::App;
use super::client::Client;
use crate::db::audit::Actor;
use crate::db::sessions::{Found, Origin};
use crate::db::{Snapshot, accounts, messages, rooms, sessions};
use crate::domain::ids::{MessageId, RoomId, SessionId, UserId};
use crate::domain::messages::{EDITORS_ONLY, Message};
use crate::domain::people::{ADMINISTRATORS_ONLY, User, Viewer};
use crate::domain::rooms::{self as rooms_rules, Room};
use crate::domain::secrets::TokenHash;
use crate::error::AppError;
use crate::services;
use crate::services::rooms::CREATORS_ONLY;
use actix_web::dev::Payload;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{FromRequest, HttpRequest, web};
use futures_util::future::LocalBoxFuture;
use std::str::FromStr;
use std::sync::Arc;

/// The session cookie.
pub const SESSION_COOKIE: &str = "session_token";
/// A session's last use is written down when the last note is older than this.
pub(super) const TOUCH_AFTER_MS: i64 = 60 * 60 * 1000;

/// Somebody signed in.
pub struct CurrentUser(pub Viewer);

/// Nobody signed in, or somebody: for pages that greet both.
pub struct MaybeUser(pub Option<Viewer>);

/// Somebody signed in who runs the account.
pub struct Administrator(pub Viewer);

/// Somebody signed in who belongs to the room that the path names.
pub struct RoomMember {
    /// Who.
    pub viewer: Viewer,
    /// The room.
    pub room: Room,
    app: web::Data<App>,
}

/// Somebody signed in who may make open and closed rooms.
pub struct RoomCreator(pub Viewer);

/// A member who may change an open or closed room: whoever made it, or an administrator. A ping is not found: it never changes.
pub struct RoomEditor(pub RoomMember);

/// A member who may delete the room: of a ping anybody in it, else whoever may change it.
pub struct RoomRemover(pub RoomMember);

/// Somebody who may change the message that the path names: its author or an administrator, in its room.
pub struct MessageEditor {
    /// Their membership.
    pub member: RoomMember,
    /// The message.
    pub message: Arc<Message>,
}

impl Administrator {
    /// Who acts, and from where, for services that check the right again.
    pub fn by(self, request: &HttpRequest, app: &App) -> Actor {
        actor(request, app, self.0)
    }
}

impl RoomMember {
    /// The person.
    pub fn user(&self) -> &User {
        &self.viewer.user
    }

    /// Whether they may change the room.
    pub fn may_edit(&self) -> bool {
        !self.room.is_direct() && (self.room.creator_id == self.user().id || self.user().is_administrator())
    }

    /// Runs `work` in a read transaction in which the membership holds.
    ///
    /// # Errors
    /// `NotFound` when the person is no longer in the room; what `work` returned.
    pub async fn read<T: Send + 'static>(
        &self, work: impl FnOnce(&Snapshot<'_>, Room) -> Result<T, AppError> + Send + 'static,
    ) -> Result<T, AppError> {
        let (room, user) = (self.room.id, self.user().id);
        self.app
            .db
            .read(move |snapshot| {
                let room = rooms::for_member(snapshot, room, user)?.ok_or(AppError::NotFound)?;
                work(snapshot, room)
            })
            .await
    }
}

/// An id from the path. What is not one names nothing.
///
/// # Errors
/// `NotFound` when it is no positive integer.
pub fn path_id<T: FromStr>(request: &HttpRequest, name: &str) -> Result<T, AppError> {
    request.match_info().get(name).and_then(|text| text.parse().ok()).ok_or(AppError::NotFound)
}

/// The hash of the token that the request shows, if it shows one.
pub fn shown_token(request: &HttpRequest) -> Option<TokenHash> {
    if let Some(authorization) = request.headers().get(AUTHORIZATION) {
        let (scheme, token) = authorization.to_str().ok()?.split_once(' ')?;
        return scheme.eq_ignore_ascii_case("bearer").then(|| TokenHash::of(token.trim()));
    }
    request.cookie(SESSION_COOKIE).map(|cookie| TokenHash::of(cookie.value()))
}

/// What a request comes with: enough to look up its right.
struct Asking {
    app: web::Data<App>,
    token: Option<TokenHash>,
    origin: Origin,
}

impl Asking {
    fn of(request: &HttpRequest) -> Result<Self, AppError> {
        let app = request.app_data::<web::Data<App>>().cloned();
        let app = app.ok_or_else(|| AppError::Internal("the application has no state".into()))?;
        let origin = Client::of(request.head(), &app.config).origin(request.headers());
        Ok(Self { token: shown_token(request), origin, app })
    }

    /// Looks the session up, and with it, in the same transaction, whatever `right` reads for its owner.
    async fn look_up<T: Send + 'static>(
        &self, right: impl FnOnce(&Snapshot<'_>, UserId) -> Result<T, AppError> + Send + 'static,
    ) -> Result<(Viewer, T), AppError> {
        let token = self.token.ok_or(AppError::SignedOut)?;
        let used_after_ms = self.app.sessions_end_ms();
        let (found, value) = self
            .app
            .db
            .read(move |snapshot| {
                let found: Found = sessions::by_token(snapshot, &token, used_after_ms)?.ok_or(AppError::SignedOut)?;
                let value = right(snapshot, found.viewer.user.id)?;
                Ok((found, value))
            })
            .await?;
        let viewer = found.viewer;
        if (self.app.clock)() - found.last_used_at_ms > TOUCH_AFTER_MS {
            touch(&self.app, viewer.session_id, self.origin.clone()).await;
        }
        Ok((viewer, value))
    }
}

/// Writes down that a session is in use. Should it fail, the next use tries again; this one is none the worse.
pub(super) async fn touch(app: &App, session: SessionId, origin: Origin) {
    if let Err(error) = services::sessions::touch(app, session, origin).await {
        tracing::warn!(?error, "a session's last use could not be written down");
    }
}

/// Makes rights extractors: each is granted, or the request ends there.
macro_rules! extractors {
    ($($right:ty),*) => {$(
        impl FromRequest for $right {
            type Error = AppError;
            type Future = LocalBoxFuture<'static, Result<Self, AppError>>;

            fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
                let request = request.clone();
                Box::pin(async move { Self::granted(&request).await })
            }
        }
    )*};
}

extractors!(CurrentUser, MaybeUser, Administrator, RoomMember, RoomCreator, RoomEditor, RoomRemover, MessageEditor);

impl CurrentUser {
    async fn granted(request: &HttpRequest) -> Result<Self, AppError> {
        Ok(Self(Asking::of(request)?.look_up(|_, _| Ok(())).await?.0))
    }
}

impl MaybeUser {
    async fn granted(request: &HttpRequest) -> Result<Self, AppError> {
        match CurrentUser::granted(request).await {
            Ok(CurrentUser(viewer)) => Ok(Self(Some(viewer))),
            Err(AppError::SignedOut) => Ok(Self(None)),
            Err(error) => Err(error),
        }
    }
}

impl Administrator {
    async fn granted(request: &HttpRequest) -> Result<Self, AppError> {
        let CurrentUser(viewer) = CurrentUser::granted(request).await?;
        let is_granted = viewer.user.is_administrator();
        is_granted.then_some(Self(viewer)).ok_or(AppError::Forbidden(ADMINISTRATORS_ONLY.into()))
    }
}

impl RoomMember {
    async fn granted(request: &HttpRequest) -> Result<Self, AppError> {
        let (asking, room) = (Asking::of(request)?, path_id::<RoomId>(request, "room_id"));
        let app = asking.app.clone();
        let find =
            move |snapshot: &Snapshot<'_>, user| rooms::for_member(snapshot, room?, user)?.ok_or(AppError::NotFound);
        let (viewer, room) = asking.look_up(find).await?;
        Ok(Self { viewer, room, app })
    }
}

impl RoomCreator {
    async fn granted(request: &HttpRequest) -> Result<Self, AppError> {
        let account = |snapshot: &Snapshot<'_>, _| Ok(accounts::account(snapshot)?);
        let (viewer, account) = Asking::of(request)?.look_up(account).await?;
        let is_restricted = account.is_some_and(|account| account.restricts_room_creation);
        let is_granted = !is_restricted || viewer.user.is_administrator();
        is_granted.then_some(Self(viewer)).ok_or(AppError::Forbidden(CREATORS_ONLY.into()))
    }
}

impl RoomEditor {
    async fn granted(request: &HttpRequest) -> Result<Self, AppError> {
        match RoomRemover::granted(request).await? {
            RoomRemover(member) if member.room.is_direct() => Err(AppError::NotFound),
            RoomRemover(member) => Ok(Self(member)),
        }
    }
}

impl RoomRemover {
    async fn granted(request: &HttpRequest) -> Result<Self, AppError> {
        let member = RoomMember::granted(request).await?;
        let is_granted = member.room.is_direct() || member.may_edit();
        is_granted.then_some(Self(member)).ok_or(AppError::Forbidden(rooms_rules::EDITORS_ONLY.into()))
    }
}

impl MessageEditor {
    async fn granted(request: &HttpRequest) -> Result<Self, AppError> {
        let (asking, room) = (Asking::of(request)?, path_id::<RoomId>(request, "room_id"));
        let (app, id) = (asking.app.clone(), path_id::<MessageId>(request, "message_id"));
        let find = move |snapshot: &Snapshot<'_>, user| {
            let room = rooms::for_member(snapshot, room?, user)?.ok_or(AppError::NotFound)?;
            let message = messages::present(snapshot, room.id, id?)?;
            Ok((room, message))
        };
        let (viewer, (room, message)) = asking.look_up(find).await?;
        let is_granted = message.is_editable_by(&viewer.user);
        let granted = is_granted.then(|| Self { member: RoomMember { viewer, room, app }, message });
        granted.ok_or(AppError::Forbidden(EDITORS_ONLY.into()))
    }
}

/// Who acts, and from where, for the audit log.
pub fn actor(request: &HttpRequest, app: &App, viewer: Viewer) -> Actor {
    let ip_address = Client::of(request.head(), &app.config).origin(request.headers()).ip_address;
    Actor { viewer: Some(viewer), ip_address }
}
