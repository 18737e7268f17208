//! The audit log: who did what to whom, when and from where.

use super::App;
use super::answer::{self, Wants};
use super::auth::Administrator;
use super::look::Look;
use crate::db::accounts;
use crate::db::audit::{self, AuditEntry, PAGE_LEN};
use crate::domain::audit::Act;
use crate::error::AppError;
use actix_web::http::StatusCode;
use actix_web::http::header::LINK;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::{Deserialize, Serialize};

/// Where in the log.
#[derive(Deserialize)]
pub struct AuditQuery {
    before: Option<String>,
}

#[derive(Template)]
#[template(path = "account/audit_log.html")]
struct AuditLogPage {
    look: Look,
    entries: Vec<AuditEntry>,
    next: Option<String>,
}

#[derive(Serialize)]
struct AuditEntryJson<'e> {
    id: i64,
    at: String,
    actor: &'e str,
    action: Act,
    subject: &'e str,
    detail: &'e str,
    ip_address: &'e str,
}

impl<'e> From<&'e AuditEntry> for AuditEntryJson<'e> {
    fn from(entry: &'e AuditEntry) -> Self {
        Self {
            id: entry.id,
            at: entry.at(),
            actor: &entry.actor_name,
            action: entry.act,
            subject: &entry.subject_name,
            detail: &entry.detail,
            ip_address: &entry.ip_address,
        }
    }
}

/// `GET /account/audit_log?before=`: the newest lines, or those before one; `Link` says where the log goes on.
pub async fn index(
    request: HttpRequest, app: web::Data<App>, Administrator(viewer): Administrator, query: web::Query<AuditQuery>,
) -> Result<HttpResponse, AppError> {
    let before = match query.before.as_deref() {
        Some(id) => id.parse().ok().filter(|id| *id > 0).ok_or(AppError::NotFound)?,
        None => i64::MAX,
    };
    let read = app.db.read(move |snapshot| Ok((audit::page(snapshot, before)?, accounts::account(snapshot)?)));
    let (mut entries, account) = read.await?;
    let has_more = entries.len() > PAGE_LEN as usize;
    entries.truncate(PAGE_LEN as usize);
    let last = entries.last().filter(|_| has_more);
    let next = last.map(|last| format!("/account/audit_log?before={}", last.id));
    let link = next.as_ref().map(|next| format!("<{next}>; rel=\"next\"").parse());
    let mut response = if Wants::of(&request) == Wants::Json {
        let array: Vec<AuditEntryJson<'_>> = entries.iter().map(AuditEntryJson::from).collect();
        answer::json(&request, StatusCode::OK, &array)?
    } else {
        let look = Look::of(account.as_ref(), Some(&viewer.user));
        answer::page(&request, &AuditLogPage { look, entries, next })?
    };
    if let Some(Ok(link)) = link {
        response.headers_mut().insert(LINK, link);
    }
    Ok(response)
}
