//! Extractors that are rights: a handler that names one is only reached by those who have it. Each is also the request it came
//! by ([`Visit`]), and those that rest on another right are that too.
//!
//! A request proves itself by `Authorization: Bearer`, and then no cookie is looked at, or by the session cookie. The right is
//! checked before the body is read, and again in the transaction of each read ([`RoomMember::read`]) and write.

use super::prelude::*;
use actix_web::dev::Payload;
use actix_web::http::header::{AUTHORIZATION, HeaderName};
use actix_web::{FromRequest, HttpRequest};
use futures_util::future::LocalBoxFuture;
use std::ops::Deref;

pub const SESSION_COOKIE: &str = "session_token";
/// Whom a page was made for, so that it does not act as somebody else.
const CAMPFIRE_VIEWER: HeaderName = HeaderName::from_static("campfire-viewer");
/// A session's last use is written down when the last note is older than this.
pub(super) const TOUCH_AFTER_MS: i64 = 60 * 60 * 1000;

/// Somebody signed in.
pub struct CurrentUser {
    visit: Visit,
    pub viewer: Viewer,
    pub account: Account,
}

/// Nobody signed in, or somebody: for pages that greet both.
pub struct MaybeUser {
    visit: Visit,
    pub viewer: Option<Viewer>,
}

/// Somebody signed in who belongs to the room that the path names.
pub struct RoomMember {
    person: CurrentUser,
    pub room: Room,
}

/// Somebody who may change the message that the path names: its author or an administrator, in its room.
pub struct MessageEditor {
    member: RoomMember,
    pub message: Arc<Message>,
}

/// Makes extractors of rights: each is granted, or the request ends there. Each is also what its field is.
macro_rules! rights {
    ($($right:ident, by $field:tt: $whole:ty;)*) => {$(
        impl FromRequest for $right {
            type Error = AppError;
            type Future = LocalBoxFuture<'static, Result<Self>>;

            fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
                let request = request.clone();
                Box::pin(async move { Self::granted(&request).await })
            }
        }

        impl Deref for $right {
            type Target = $whole;

            fn deref(&self) -> &$whole {
                &self.$field
            }
        }
    )*};
}

rights! {
    Visit, by request: HttpRequest;
    MaybeUser, by visit: Visit;
    CurrentUser, by visit: Visit;
    RoomMember, by person: CurrentUser;
    MessageEditor, by member: RoomMember;
}

/// Makes rights that are another right and a condition: each with what must hold for whoever has the other, and why it is refused.
macro_rules! narrower_rights {
    ($($(#[$doc:meta])* $right:ident: $whole:ident, $condition:expr, $refusal:expr;)*) => {$(
        $(#[$doc])*
        pub struct $right($whole);

        impl $right {
            async fn granted(request: &HttpRequest) -> Result<Self> {
                let whole = $whole::granted(request).await?;
                let holds: fn(&$whole) -> bool = $condition;
                if holds(&whole) { Ok(Self(whole)) } else { Err($refusal) }
            }
        }

        rights! { $right, by 0: $whole; }
    )*};
}

narrower_rights! {
    /// Somebody signed in who runs the account.
    Administrator: CurrentUser, |person| person.user().is_administrator(),
        AppError::Forbidden(ADMINISTRATORS_ONLY.into());
    /// Somebody signed in who may make open and closed rooms.
    RoomCreator: CurrentUser, |person| !person.account.restricts_room_creation || person.user().is_administrator(),
        AppError::Forbidden(services::rooms::CREATORS_ONLY.into());
    /// A member who may delete the room: of a ping anybody in it, else whoever may change it.
    RoomRemover: RoomMember, |member| member.room.is_direct() || member.may_edit(),
        AppError::Forbidden(rooms::EDITORS_ONLY.into());
    /// A member who may change an open or closed room: whoever made it, or an administrator. A ping is not found: it never changes.
    RoomEditor: RoomRemover, |remover| !remover.room.is_direct(), AppError::NotFound;
}

impl CurrentUser {
    async fn granted(request: &HttpRequest) -> Result<Self> {
        Ok(Visit::granted(request).await?.look_up(|_, _| Ok(())).await?.0)
    }

    pub fn user(&self) -> &User {
        &self.viewer.user
    }

    pub fn id(&self) -> UserId {
        self.viewer.user.id
    }

    pub fn look(&self) -> Look {
        Look::of(Some(&self.account), Some(self.user()))
    }

    /// Who acts, and from where, for services that check the right again, and for the audit log.
    pub fn actor(&self) -> db::audit::Actor {
        db::audit::Actor { viewer: Some(self.viewer.clone()), ip_address: self.origin().ip_address }
    }

    /// Takes a post's worth of what they may do in a while; `TooMany` when it is used up.
    pub fn spend_post(&self) -> Result<()> {
        self.app.posts.take(self.id(), self.now_ms())
    }

    /// Makes sure that a page of somebody who has signed out since does not act as whoever signed in after them: `SignedOut`.
    pub fn demand_same_viewer(&self) -> Result<()> {
        let page_viewer = self.headers().get(CAMPFIRE_VIEWER).and_then(|id| id.to_str().ok());
        let is_same = page_viewer.is_none_or(|id| id == self.id().to_string());
        is_same.then_some(()).ok_or(AppError::SignedOut)
    }
}

impl RoomMember {
    async fn granted(request: &HttpRequest) -> Result<Self> {
        let visit = Visit::granted(request).await?;
        let room = visit.path_id("room_id");
        let (person, room) = visit.look_up(move |snapshot, user| room_of(snapshot, room?, user)).await?;
        Ok(Self { person, room })
    }

    pub fn may_edit(&self) -> bool {
        !self.room.is_direct() && (self.room.creator_id == self.id() || self.user().is_administrator())
    }

    /// Runs `work` in a read transaction in which the membership holds; else `NotFound`.
    pub async fn read<T: Send + 'static>(
        &self, work: impl FnOnce(&Snapshot<'_>, Room) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (room, user) = (self.room.id, self.id());
        self.app.db.read(move |snapshot| work(snapshot, room_of(snapshot, room, user)?)).await
    }

    /// The message that the path names.
    pub async fn message(&self) -> Result<Arc<Message>> {
        let id = self.path_id("message_id")?;
        self.read(move |snapshot, room| Ok(db::messages::present(snapshot, room.id, id)?)).await
    }
}

/// A room, as one of its members sees it; else it can't be found.
fn room_of(snapshot: &Snapshot<'_>, room: RoomId, user: UserId) -> Result<Room> {
    db::rooms::for_member(snapshot, room, user)?.ok_or(AppError::NotFound)
}

/// The hash of the token that the request shows, if it shows one.
pub fn shown_token(request: &HttpRequest) -> Option<TokenHash> {
    if let Some(authorization) = request.headers().get(AUTHORIZATION) {
        let (scheme, token) = authorization.to_str().ok()?.split_once(' ')?;
        return scheme.eq_ignore_ascii_case("bearer").then(|| TokenHash::of(token.trim()));
    }
    request.cookie(SESSION_COOKIE).map(|cookie| TokenHash::of(cookie.value()))
}

impl Visit {
    /// Looks the session up, and with it, in the same transaction, the account and whatever `right` reads for its owner.
    async fn look_up<T: Send + 'static>(
        self, right: impl FnOnce(&Snapshot<'_>, UserId) -> Result<T> + Send + 'static,
    ) -> Result<(CurrentUser, T)> {
        let token = shown_token(&self.request).ok_or(AppError::SignedOut)?;
        let used_after_ms = self.app.sessions_end_ms();
        let read = self.app.db.read(move |snapshot| {
            let (viewer, used_at_ms) =
                db::sessions::by_token(snapshot, &token, used_after_ms)?.ok_or(AppError::SignedOut)?;
            let account = db::accounts::account(snapshot)?.ok_or(AppError::SignedOut)?;
            let value = right(snapshot, viewer.user.id)?;
            Ok((viewer, used_at_ms, account, value))
        });
        let (viewer, used_at_ms, account, value) = read.await?;
        if self.now_ms() - used_at_ms > TOUCH_AFTER_MS {
            services::sessions::touch(&self.app, viewer.session_id, self.origin()).await;
        }
        Ok((CurrentUser { visit: self, viewer, account }, value))
    }
}

impl MaybeUser {
    async fn granted(request: &HttpRequest) -> Result<Self> {
        match CurrentUser::granted(request).await {
            Ok(CurrentUser { visit, viewer, .. }) => Ok(Self { visit, viewer: Some(viewer) }),
            Err(AppError::SignedOut) => Ok(Self { visit: Visit::granted(request).await?, viewer: None }),
            Err(error) => Err(error),
        }
    }
}

impl MessageEditor {
    async fn granted(request: &HttpRequest) -> Result<Self> {
        let visit = Visit::granted(request).await?;
        let (room, id) = (visit.path_id("room_id"), visit.path_id::<MessageId>("message_id"));
        let find = move |snapshot: &Snapshot<'_>, user| {
            let room = room_of(snapshot, room?, user)?;
            Ok((db::messages::present(snapshot, room.id, id?)?, room))
        };
        let (person, (message, room)) = visit.look_up(find).await?;
        let is_granted = message.is_editable_by(person.user());
        let granted = is_granted.then_some(Self { member: RoomMember { person, room }, message });
        granted.ok_or(AppError::Forbidden(messages::EDITORS_ONLY.into()))
    }
}
