//! A request as handlers see it: what it asks for, who is at its other end, and the ways to answer it. An answer fails only
//! with `Internal`, when a template or a value can't be written.

use super::client::Client;
use super::pages::MadeOf;
use super::prelude::*;
use actix_web::http::header::LOCATION;
use actix_web::{HttpMessage, HttpRequest, web};
use serde::Serialize;
use std::str::FromStr;

/// A request, and what the process has to answer it with: by itself what anybody may ask for; every right is one, and more.
pub struct Visit {
    pub(super) request: HttpRequest,
    /// What handlers work with.
    pub app: web::Data<App>,
}

impl Visit {
    /// What a request comes with; `Internal` when the server was put together without its state.
    pub async fn granted(request: &HttpRequest) -> Result<Self> {
        let app = request.app_data::<web::Data<App>>().cloned();
        let app = app.ok_or_else(|| AppError::Internal("the application has no state".into()))?;
        Ok(Self { request: request.clone(), app })
    }

    /// What it wants to be answered with.
    pub fn wants(&self) -> Wants {
        Wants::of(&self.request)
    }

    /// Whether it wants JSON.
    pub fn wants_json(&self) -> bool {
        self.wants() == Wants::Json
    }

    /// An id from the path. What is none names nothing: `NotFound`.
    pub fn path_id<T: FromStr>(&self, name: &str) -> Result<T> {
        self.request.match_info().get(name).and_then(|text| text.parse().ok()).ok_or(AppError::NotFound)
    }

    /// What the query says under `name`, if it names it; of several, the first.
    pub fn query(&self, name: &str) -> Option<String> {
        let pairs: Vec<(String, String)> = serde_html_form::from_str(self.request.query_string()).ok()?;
        pairs.into_iter().find_map(|(key, value)| (key == name).then_some(value))
    }

    /// Whether something was just saved, as where [`Visit::done`] leads says: to be told on the page.
    pub fn is_saved(&self) -> bool {
        self.query("saved").is_some()
    }

    /// Who is at the other end.
    pub fn client(&self) -> Client {
        Client::of(self.request.head(), &self.app.config)
    }

    /// What a session remembers of the other end.
    pub fn origin(&self) -> db::sessions::Origin {
        self.client().origin(self.request.headers())
    }

    /// What time it is, in milliseconds since 1970.
    pub fn now_ms(&self) -> i64 {
        (self.app.clock)()
    }

    /// The account, if the first run has happened.
    pub async fn account(&self) -> Result<Option<Account>> {
        self.app.db.read(|snapshot| Ok(db::accounts::account(snapshot)?)).await
    }

    /// Says what the answer is made of, so that it can be given again while that does not change.
    pub(super) fn made_of(&self, parts: MadeOf) {
        self.request.extensions_mut().insert(parts);
    }

    /// Answers with a template, as HTML.
    pub fn page(&self, template: &impl Template) -> Answer {
        answer::page(&self.request, StatusCode::OK, template)
    }

    /// Answers with a value, as JSON.
    pub fn json(&self, value: &impl Serialize) -> Answer {
        answer::json(&self.request, StatusCode::OK, value)
    }

    /// Answers with what is at `path` from now on, as JSON.
    pub fn json_at(&self, path: &str, status: StatusCode, value: &impl Serialize) -> Answer {
        Ok(with_header(answer::json(&self.request, status, value)?, LOCATION, path))
    }

    /// Answers that it is done: to programs there is nothing to say, browsers are sent to where the result is.
    pub fn done(&self, location: &str) -> Answer {
        Ok(if self.wants_json() { no_content() } else { see_other(location) })
    }

    /// Answers that it is done: programs get the result, browsers are sent to where it is.
    pub fn done_with(&self, result: &impl Serialize, location: &str) -> Answer {
        if self.wants_json() { self.json(result) } else { Ok(see_other(location)) }
    }

    /// Answers a form that was refused: the form again, the message at its field, what was typed kept. Fails with `error` itself when no
    /// page is wanted or it is not one of a field's.
    pub async fn form_again(&self, error: AppError, page: impl AsyncFnOnce(Invalid) -> Answer) -> Answer {
        self.form_with_file_again(error, "avatar", page).await
    }

    /// The same for a form with a file in `file_field`: that is what is too large, the others are far from a body's bound.
    pub async fn form_with_file_again(
        &self, error: AppError, file_field: &'static str, page: impl AsyncFnOnce(Invalid) -> Answer,
    ) -> Answer {
        let invalid = match &error {
            _ if self.wants() != Wants::Page => return Err(error),
            AppError::Invalid(invalid) => invalid.clone(),
            AppError::Conflict(sentence) => Invalid::new("email_address", *sentence),
            AppError::TooLarge { .. } => Invalid::new(file_field, sentence(&error)),
            _ => return Err(error),
        };
        Ok(refused(page(invalid).await?, &error))
    }
}
