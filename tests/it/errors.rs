//! Errors as they are told: a page, a fragment or JSON, and nothing stored.
// Being written by the helper who wrote permissions.rs and sessions.rs.
