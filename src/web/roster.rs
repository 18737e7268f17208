//! The people of the account: the list, and what administrators do with them.

use super::App;
use super::answer::{self, Wants, X_TOTAL_COUNT, done, see_other};
use super::auth::{Administrator, CurrentUser, path_id};
use super::forms::Submission;
use super::look::Look;
use crate::db::roster::{self, Filter, PAGE_LEN};
use crate::db::{Snapshot, accounts};
use crate::domain::ids::UserId;
use crate::domain::people::{Status, User};
use crate::domain::text::NAME_MAX;
use crate::error::{AppError, Invalid};
use crate::live::json::UserJson;
use crate::services::roster::{HumanRole, remove, set_role};
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, LINK};
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use askama::filters::HtmlSafe;
use serde::Deserialize;

/// Which people are asked for.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct PeopleQuery {
    query: String,
    after: Option<String>,
}

/// A page of the list, as one person sees it.
#[derive(Template)]
#[template(path = "account/_people.html")]
pub(super) struct PeopleFragment {
    people: Vec<User>,
    viewer: User,
    pub(super) query: String,
    pub(super) count: i64,
    /// Where it goes on, if it does.
    next: Option<String>,
}

impl HtmlSafe for PeopleFragment {}

impl PeopleFragment {
    /// Reads it for `viewer`.
    ///
    /// # Errors
    /// `NotFound` when it is to begin after somebody unknown.
    pub(super) fn read(
        snapshot: &Snapshot<'_>, viewer: &User, query: &str, after: Option<UserId>,
    ) -> Result<Self, AppError> {
        // Nobody's name is longer, so nobody is missed.
        let query: String = query.trim().chars().take(NAME_MAX).collect();
        let filter = Filter { query, for_administrator: viewer.is_administrator() };
        let mut people = roster::page(snapshot, &filter, after)?;
        let count = roster::count(snapshot, &filter)?;
        let has_more = people.len() > PAGE_LEN as usize;
        people.truncate(PAGE_LEN as usize);
        let last = people.last().filter(|_| has_more);
        let next = last.map(|last| next_url(&filter.query, last.id));
        Ok(Self { people, viewer: viewer.clone(), query: filter.query, count, next })
    }

    /// Whether the reader may change the person's role and remove them.
    fn is_administered(&self, person: &User) -> bool {
        self.viewer.is_administrator() && person.is_active() && person.id != self.viewer.id
    }

    fn json(&self, request: &HttpRequest) -> Result<HttpResponse, AppError> {
        let shape = if self.viewer.is_administrator() { UserJson::private } else { UserJson::public };
        answer::json(request, StatusCode::OK, &self.people.iter().map(shape).collect::<Vec<_>>())
    }
}

fn next_url(query: &str, after: UserId) -> String {
    let after = after.to_string();
    let pairs = [("query", query), ("after", after.as_str())];
    let pairs = pairs.into_iter().filter(|(_, value)| !value.is_empty());
    let query = serde_html_form::to_string(pairs.collect::<Vec<_>>()).unwrap_or_default();
    format!("/account/users?{query}")
}

#[derive(Template)]
#[template(path = "account/people.html")]
struct PeoplePage {
    look: Look,
    list: PeopleFragment,
}

/// `GET /account/users?query=&after=`: people by name, administrators first, a hundred a page; `Link` says where the list goes on,
/// `X-Total-Count` how many they are. Administrators also see who is banned.
pub async fn index(
    request: HttpRequest, app: web::Data<App>, CurrentUser(viewer): CurrentUser, query: web::Query<PeopleQuery>,
) -> Result<HttpResponse, AppError> {
    let PeopleQuery { query, after } = query.into_inner();
    let after = match after {
        Some(id) => Some(id.parse().map_err(|_| AppError::NotFound)?),
        None => None,
    };
    let user = viewer.user.clone();
    // Everyone's name may be looked at.
    let read = app.db.read_long(move |snapshot| {
        Ok((PeopleFragment::read(snapshot, &user, &query, after)?, accounts::account(snapshot)?))
    });
    let (list, account) = read.await?;
    let (count, next) = (list.count, list.next.clone());
    let mut response = match Wants::of(&request) {
        Wants::Json => list.json(&request)?,
        Wants::Fragment => answer::page(&request, &list)?,
        Wants::Page => {
            let look = Look::of(account.as_ref(), Some(&viewer.user));
            answer::page(&request, &PeoplePage { look, list })?
        }
    };
    response.headers_mut().insert(X_TOTAL_COUNT, HeaderValue::from(count));
    if let Some(Ok(link)) = next.map(|next| format!("<{next}>; rel=\"next\"").parse()) {
        response.headers_mut().insert(LINK, link);
    }
    Ok(response)
}

/// A role, as submitted.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct RoleForm {
    role: String,
}

impl RoleForm {
    fn parse(&self) -> Result<HumanRole, Invalid> {
        match self.role.as_str() {
            "member" => Ok(HumanRole::Member),
            "administrator" => Ok(HumanRole::Administrator),
            _ => Err(Invalid::new("role", "A role is member or administrator.")),
        }
    }
}

/// `PUT /account/users/{user_id}`: gives somebody active another role. 409 for the last administrator.
pub async fn update(
    request: HttpRequest, app: web::Data<App>, administrator: Administrator, submission: Submission,
) -> Result<HttpResponse, AppError> {
    let id = path_id(&request, "user_id")?;
    let by = administrator.by(&request, &app);
    let known = app.db.read(move |snapshot| Ok(roster::find(snapshot, id, Status::Active)?)).await?;
    known.ok_or(AppError::NotFound)?;
    let role = submission.form::<RoleForm>().await?.parse()?;
    let user = set_role(&app, by, id, role).await?;
    match Wants::of(&request) {
        Wants::Json => answer::json(&request, StatusCode::OK, &UserJson::private(&user)),
        Wants::Page | Wants::Fragment => Ok(see_other("/account/edit")),
    }
}

/// `DELETE /account/users/{user_id}`: takes somebody off the account. 409 for the last administrator.
pub async fn destroy(
    request: HttpRequest, app: web::Data<App>, administrator: Administrator,
) -> Result<HttpResponse, AppError> {
    let id = path_id(&request, "user_id")?;
    remove(&app, administrator.by(&request, &app), id).await?;
    Ok(done(&request, "/account/edit"))
}
