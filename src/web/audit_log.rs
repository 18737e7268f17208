//! The audit log: who did what to whom, when and from where.

use super::prelude::*;
use crate::db::audit::{self, AuditEntry, PAGE_LEN};
use crate::domain::clock::iso;
use serde_json::Value;

#[derive(Template)]
#[template(path = "account/audit_log.html")]
struct AuditLogPage {
    look: Look,
    entries: Vec<AuditEntry>,
    next: Option<String>,
}

fn json_of(entry: &AuditEntry) -> Value {
    json!({
        "id": entry.id,
        "at": iso(entry.at_ms),
        "actor": entry.actor_name,
        "action": entry.act,
        "subject": entry.subject_name,
        "detail": entry.detail,
        "ip_address": entry.ip_address,
    })
}

/// `GET /account/audit_log?before=`: the newest lines, or those before one; `Link` says where the log goes on.
pub async fn index(administrator: Administrator) -> Answer {
    let before = match administrator.query("before") {
        Some(id) => id.parse().ok().filter(|id| *id > 0).ok_or(AppError::NotFound)?,
        None => i64::MAX,
    };
    let mut entries = administrator.app.db.read(move |snapshot| Ok(audit::page(snapshot, before)?)).await?;
    let next = cut(&mut entries, PAGE_LEN).map(|last| format!("/account/audit_log?before={}", last.id));
    let response = if administrator.wants_json() {
        administrator.json(&entries.iter().map(json_of).collect::<Vec<_>>())
    } else {
        let look = administrator.look();
        administrator.page(&AuditLogPage { look, entries, next: next.clone() })
    };
    Ok(with_next(response?, next))
}
