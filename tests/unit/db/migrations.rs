//! Unit tests of `db::migrations`.

use super::*;

#[test]
fn every_step_is_taken_once_and_taking_them_again_changes_nothing() {
    let mut connection = Connection::open_in_memory().unwrap();
    run(&mut connection, Path::new("memory")).unwrap();
    run(&mut connection, Path::new("memory")).unwrap();
    assert_eq!(query::one::<i64>(&connection, "PRAGMA user_version", []).unwrap(), STEPS.len() as i64);
}

#[test]
fn a_newer_database_and_a_foreign_one_are_refused_and_left_alone() {
    let mut newer = Connection::open_in_memory().unwrap();
    run(&mut newer, Path::new("memory")).unwrap();
    newer.pragma_update(None, "user_version", 1000).unwrap();
    assert!(matches!(run(&mut newer, Path::new("memory")), Err(OpenError::Newer(1000, _))));

    let mut foreign = Connection::open_in_memory().unwrap();
    foreign.execute_batch("CREATE TABLE recipes (name TEXT)").unwrap();
    assert!(matches!(run(&mut foreign, Path::new("memory")), Err(OpenError::NotOurs(_))));
    let tables: i64 = foreign.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).unwrap();
    assert_eq!(tables, 1);
}
