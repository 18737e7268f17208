//! The people of the account: the list, and what administrators do with them.

use super::prelude::*;

// A page of the list, as one person sees it, and where it goes on, if it does.
template! { "account/_people.html" => pub(super) PeopleFragment {
    people: Vec<User>, viewer: User, pub(super) query: String, pub(super) count: i64, next: Option<String>
} }

impl HtmlSafe for PeopleFragment {}

impl PeopleFragment {
    /// Reads it for `viewer`; `NotFound` when it is to begin after somebody unknown.
    pub(super) fn read(snapshot: &Snapshot<'_>, viewer: &User, query: &str, after: Option<UserId>) -> Result<Self> {
        // Nobody's name is longer, so nobody is missed.
        let query: String = query.trim().chars().take(NAME_MAX).collect();
        let filter = db::roster::Filter { query, for_administrator: viewer.is_administrator() };
        let mut people = db::roster::page(snapshot, &filter, after)?;
        let count = db::roster::count(snapshot, &filter)?;
        let next = cut(&mut people, db::roster::PAGE_LEN).map(|last| next_url(&filter.query, last.id));
        Ok(Self { people, viewer: viewer.clone(), query: filter.query, count, next })
    }

    /// Whether the reader may change the person's role and remove them.
    fn is_administered(&self, person: &User) -> bool {
        self.viewer.is_administrator() && person.is_active() && person.id != self.viewer.id
    }

    fn json(&self) -> Vec<Value> {
        let shape = if self.viewer.is_administrator() { json::whole_person } else { json::person };
        self.people.iter().map(shape).collect()
    }
}

fn next_url(query: &str, after: UserId) -> String {
    let after = after.to_string();
    let pairs = [("query", query), ("after", after.as_str())];
    let pairs = pairs.into_iter().filter(|(_, value)| !value.is_empty());
    let query = serde_html_form::to_string(pairs.collect::<Vec<_>>()).unwrap_or_default();
    format!("/account/users?{query}")
}

template! { "account/people.html" => PeoplePage { look: Look, list: PeopleFragment } }

/// `GET /account/users?query=&after=`: people by name, administrators first, a hundred a page; `Link` says where the list goes on,
/// `X-Total-Count` how many they are. Administrators also see who is banned.
pub async fn index(user: CurrentUser) -> Answer {
    let query = user.query("query").unwrap_or_default();
    let after = user.query("after").map(|id| id.parse().map_err(|_| AppError::NotFound)).transpose()?;
    let viewer = user.user().clone();
    // Everyone's name may be looked at.
    let read = user.app.db.read_long(move |snapshot| PeopleFragment::read(snapshot, &viewer, &query, after));
    let list = read.await?;
    let (count, next) = (list.count, list.next.clone());
    let response = match user.wants() {
        Wants::Json => user.json(&list.json()),
        Wants::Fragment => user.page(&list),
        Wants::Page => user.page(&PeoplePage { look: user.look(), list }),
    };
    Ok(with_next(with_header(response?, X_TOTAL_COUNT, count), next))
}

form! { RoleForm { role: String } }

impl RoleForm {
    fn parse(&self) -> Result<Role, Invalid> {
        let role = Role::from_word(&self.role).filter(|role| *role != Role::Bot);
        role.ok_or_else(|| Invalid::new("role", "A role is member or administrator."))
    }
}

/// `PUT /account/users/{user_id}`: gives somebody active another role. 409 for the last administrator.
pub async fn update(administrator: Administrator, submission: Submission) -> Answer {
    let (app, id) = (&administrator.app, administrator.path_id("user_id")?);
    let known = app.db.read(move |snapshot| Ok(db::roster::find(snapshot, id)?)).await?;
    known.filter(User::is_active).ok_or(AppError::NotFound)?;
    let role = submission.form::<RoleForm>().await?.parse()?;
    let user = services::roster::set_role(app, administrator.actor(), id, role).await?;
    administrator.done_with(&json::whole_person(&user), "/account/edit")
}

/// `DELETE /account/users/{user_id}`: takes somebody off the account. 409 for the last administrator.
pub async fn destroy(administrator: Administrator) -> Answer {
    let (app, id) = (&administrator.app, administrator.path_id("user_id")?);
    services::roster::remove(app, administrator.actor(), id).await?;
    administrator.done("/account/edit")
}
