//! How a query is run: its statement stays compiled, and its rows are read by their type.
//!
//! Invariant: columns are read in the order in which they are selected.

use super::Tx;
use rusqlite::types::FromSql;
use rusqlite::{Connection, OptionalExtension, Params, Result, Row};
use serde::Serialize;

/// What can be read from the columns of a row: the types of `columns.rs`, tuples, and what says [`from_row!`].
pub(super) trait FromRow: Sized {
    /// Reads as many columns as it takes.
    fn from_row(row: &mut Columns<'_>) -> Result<Self>;
}

/// A row that is read from left to right.
pub(super) struct Columns<'r> {
    row: &'r Row<'r>,
    next: usize,
}

impl Columns<'_> {
    /// What the next columns hold.
    pub(super) fn read<T: FromRow>(&mut self) -> Result<T> {
        T::from_row(self)
    }

    /// What the next column holds.
    pub(super) fn column<T: FromSql>(&mut self) -> Result<T> {
        self.next += 1;
        self.row.get(self.next - 1)
    }
}

/// Says that a struct is read from a row, field by field, in this order.
macro_rules! from_row {
    ($type:ident { $($field:ident),* $(,)? }) => {
        impl $crate::db::query::FromRow for $type {
            fn from_row(row: &mut $crate::db::query::Columns<'_>) -> rusqlite::Result<Self> {
                Ok(Self { $($field: row.read()?),* })
            }
        }
    };
}
pub(super) use from_row;

/// Says what queries are that are no more than their SQL: how it is run, by which function of this file, and what is put for ?1, ?2, …;
/// unless that is said, the arguments.
macro_rules! queries {
    ($(
        $(#[$doc:meta])*
        $vis:vis fn $name:ident($on:ident: $connection:ty $(, $arg:ident: $type:ty)* $(,)?) -> $out:ty
            = $how:ident $(($($value:expr),*))?: $sql:expr;
    )*) => {$(
        $(#[$doc])*
        $vis fn $name($on: $connection $(, $arg: $type)*) -> $out {
            $how($on, &$sql, $crate::db::query::values!([$($arg),*] $(($($value),*))?))
        }
    )*};
}
pub(super) use queries;

macro_rules! values {
    ([$($arg:expr),*]) => { rusqlite::params![$($arg),*] };
    ([$($arg:expr),*] ($($value:expr),*)) => { rusqlite::params![$($value),*] };
}
pub(super) use values;

macro_rules! tuple_from_row {
    ($($part:ident),*) => {
        impl<$($part: FromRow),*> FromRow for ($($part,)*) {
            fn from_row(row: &mut Columns<'_>) -> Result<Self> {
                Ok(($(row.read::<$part>()?,)*))
            }
        }
    };
}
tuple_from_row!(A, B);
tuple_from_row!(A, B, C);

fn read<T: FromRow>(row: &Row<'_>) -> Result<T> {
    T::from_row(&mut Columns { row, next: 0 })
}

/// The row that must be there; none is an error that `AppError` calls `NotFound`.
pub(super) fn one<T: FromRow>(connection: &Connection, sql: &str, values: impl Params) -> Result<T> {
    connection.prepare_cached(sql)?.query_row(values, read)
}

/// The row that may be there.
pub(super) fn maybe<T: FromRow>(connection: &Connection, sql: &str, values: impl Params) -> Result<Option<T>> {
    one(connection, sql, values).optional()
}

/// Every row.
pub(super) fn all<T: FromRow>(connection: &Connection, sql: &str, values: impl Params) -> Result<Vec<T>> {
    connection.prepare_cached(sql)?.query_map(values, read)?.collect()
}

/// Values as one: in SQL, `(SELECT value FROM json_each(?1))`.
pub(super) fn array(values: impl Serialize) -> String {
    serde_json::json!(values).to_string()
}

/// Whether there is a row.
pub(super) fn exists(connection: &Connection, sql: &str, values: impl Params) -> Result<bool> {
    connection.prepare_cached(sql)?.exists(values)
}

/// Writes; tells how many rows it wrote.
pub(super) fn change(tx: &Tx<'_>, sql: &str, values: impl Params) -> Result<usize> {
    tx.prepare_cached(sql)?.execute(values)
}

/// Writes; tells whether it wrote a row.
pub(super) fn changed(tx: &Tx<'_>, sql: &str, values: impl Params) -> Result<bool> {
    Ok(change(tx, sql, values)? > 0)
}

/// Writes, however many rows.
pub(super) fn run(tx: &Tx<'_>, sql: &str, values: impl Params) -> Result<()> {
    change(tx, sql, values).map(drop)
}
