//! Time: how it is told, and how moments are written for programs and for people.
//!
//! A moment is milliseconds since 1970-01-01T00:00:00Z (Unix time, no leap seconds).

use std::sync::Arc;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{Duration, OffsetDateTime};

/// The system's clock: what the server and the commands hand to everything below.
pub fn system_ms() -> i64 {
    (OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000) as i64
}

/// Tells the present moment.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// `2026-01-31T12:34:56.789Z` (RFC 3339).
pub fn iso(at_ms: i64) -> String {
    formatted(at_ms, format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z"))
}

/// `31 Jan 2026, 12:34 UTC`, for readers whose browser does not put it in their own time.
pub fn utc_label(at_ms: i64) -> String {
    formatted(at_ms, format_description!("[day padding:none] [month repr:short] [year], [hour]:[minute] UTC"))
}

/// `Saturday, 31 January 2026`, the day in UTC.
pub fn utc_day(at_ms: i64) -> String {
    formatted(at_ms, format_description!("[weekday], [day padding:none] [month repr:long] [year]"))
}

/// A moment out of the calendar's range is written as the nearest one in it: no page fails over a time.
fn formatted(at_ms: i64, format: &[BorrowedFormatItem<'_>]) -> String {
    let since_1970 = Duration::milliseconds(at_ms);
    OffsetDateTime::UNIX_EPOCH.saturating_add(since_1970).format(format).unwrap_or_default()
}

unit_tests!("../../tests/unit/domain/clock.rs");
