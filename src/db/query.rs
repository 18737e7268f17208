//! How a query is run: its statement stays compiled, and its rows are read by their type.
//!
//! Invariant: columns are read in the order in which they are selected.

use super::Tx;
use rusqlite::types::FromSql;
use rusqlite::{Connection, OptionalExtension, Params, Result, Row};

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

/// Whether there is a row.
pub(super) fn exists(connection: &Connection, sql: &str, values: impl Params) -> Result<bool> {
    connection.prepare_cached(sql)?.exists(values)
}

/// Writes; tells how many rows it wrote.
pub(super) fn change(tx: &Tx<'_>, sql: &str, values: impl Params) -> Result<usize> {
    tx.prepare_cached(sql)?.execute(values)
}

/// Writes, however many rows.
pub(super) fn run(tx: &Tx<'_>, sql: &str, values: impl Params) -> Result<()> {
    change(tx, sql, values).map(drop)
}
