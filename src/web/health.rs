//! Whether the server works, for load balancers and containers.

use super::App;
use crate::db::messages;
use crate::domain::clock::iso;
use crate::error::AppError;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpResponse, web};
use serde_json::json;

/// `GET /health` and `GET /up`: 200 when the database can be read and takes writes, else 503.
pub async fn show(app: web::Data<App>) -> Result<HttpResponse, AppError> {
    let can_read = app.db.read(|snapshot| Ok(messages::revision(snapshot)?)).await.is_ok();
    let is_up = can_read && app.db.is_healthy();
    let status = if is_up { "ok" } else { "down" };
    let timestamp = iso((app.clock)());
    let mut response = if is_up { HttpResponse::Ok() } else { HttpResponse::ServiceUnavailable() };
    let body = json!({"status": status, "version": env!("CARGO_PKG_VERSION"), "timestamp": timestamp});
    Ok(response.insert_header((CACHE_CONTROL, "no-store")).json(body))
}
