//! Unit tests of `error`.

use super::*;

#[test]
fn a_query_that_finds_nothing_is_not_found_and_other_failures_are_not() {
    assert!(matches!(AppError::from(rusqlite::Error::QueryReturnedNoRows), AppError::NotFound));
    assert!(matches!(AppError::from(rusqlite::Error::InvalidQuery), AppError::Internal(_)));
}
