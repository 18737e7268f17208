//! How a query is run: its statement stays compiled, and its rows are read by their type; and how types are kept in columns.
//!
//! Invariants: columns are read in the order in which they are selected. A value that no variant stands for cannot get in (the tables
//! have CHECKs): meeting one is an error, never a default.

use super::Tx;
use crate::domain::*;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, OptionalExtension, Params, Result, Row};
use serde::Serialize;
use uuid::Uuid;

/// What can be read from the columns of a row: the types below, tuples, and what says [`from_row!`].
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

/// Says that a struct is read from a row, field by field, in this order; what follows a semicolon is left empty.
macro_rules! from_row {
    ($type:ident { $($field:ident),* $(; $absent:ident)? }) => {
        impl $crate::db::query::FromRow for $type {
            fn from_row(row: &mut $crate::db::query::Columns<'_>) -> rusqlite::Result<Self> {
                Ok(Self { $($field: row.read()?,)* $($absent: Default::default())? })
            }
        }
    };
}
pub(super) use from_row;

/// Queries that are just their SQL: which function below runs it, and what is put for ?1, ?2, …: the arguments, unless that is said.
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

/// Says how types are written: an expression of the value, in terms of what SQLite knows.
macro_rules! to_column {
    ($($type:ident),*: |$value:ident| $kept:expr) => {$(
        impl ToSql for $type {
            fn to_sql(&self) -> Result<ToSqlOutput<'_>> {
                let $value = self;
                Ok($kept.into())
            }
        }
    )*};
}

/// Says that types are read from one column each.
macro_rules! one_column {
    ($($type:ty),*) => {$(
        impl FromRow for $type {
            fn from_row(row: &mut Columns<'_>) -> Result<Self> {
                row.column()
            }
        }
    )*};
}

/// Says how types are read: the value again, of what [`to_column`] wrote.
macro_rules! from_column {
    ($($type:ident),*: |$column:ident| $value:expr) => {
        one_column!($($type),*);
        $(impl FromSql for $type {
            fn column_result($column: ValueRef<'_>) -> FromSqlResult<Self> {
                $value
            }
        })*
    };
}

to_column!(BoostId, MessageId, Revision, RoomId, SessionId, UserId: |id| id.0);
from_column!(BoostId, MessageId, Revision, RoomId, SessionId, UserId: |column| column.as_i64().map(Self));

to_column!(Act, Involvement, Role, RoomKind, Status, Theme: |value| value.word());
from_column!(Act, Involvement, Role, RoomKind, Status, Theme: |column| {
    Self::from_word(column.as_str()?).ok_or(FromSqlError::InvalidType)
});

to_column!(Bio, BoostContent, EmailAddress, Name, PasswordHash, SafeHtml: |text| text.as_str());
from_column!(PasswordHash, SafeHtml: |column| column.as_str().map(|text| Self::stored(text.to_owned())));

to_column!(ClientMessageId: |id| id.to_string());
from_column!(ClientMessageId: |column| {
    Uuid::try_parse(column.as_str()?).map(Self).map_err(|_| FromSqlError::InvalidType)
});

to_column!(FileKey: |key| key.0.as_str());
from_column!(FileKey: |column| column.as_str().map(|text| Self(text.to_owned())));

to_column!(TokenHash: |hash| hash.0.as_slice());

one_column!(bool, i64, String, Vec<u8>);

impl<T: FromSql> FromRow for Option<T> {
    fn from_row(row: &mut Columns<'_>) -> Result<Self> {
        row.column()
    }
}
