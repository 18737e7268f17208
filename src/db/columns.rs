//! How the domain's types are kept in columns.
//!
//! A value that no variant stands for cannot get in (the tables have CHECKs), so meeting one is an
//! error of the column, never a default.

use super::prelude::*;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use uuid::Uuid;

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

/// Says how types are read: the value again, of what [`to_column`] wrote.
macro_rules! from_column {
    ($($type:ident),*: |$column:ident| $value:expr) => {$(
        impl FromSql for $type {
            fn column_result($column: ValueRef<'_>) -> FromSqlResult<Self> {
                $value
            }
        }
    )*};
}

to_column!(BoostId, MessageId, Revision, RoomId, SessionId, UserId: |id| id.0);
from_column!(BoostId, MessageId, Revision, RoomId, SessionId, UserId: |column| column.as_i64().map(Self));

to_column!(Act, Involvement, Role, RoomKind, Status, Theme: |value| value.word());
from_column!(Act, Involvement, Role, RoomKind, Status, Theme: |column| {
    Self::from_word(column.as_str()?).ok_or(FromSqlError::InvalidType)
});

to_column!(Bio, BoostContent, EmailAddress, JoinCode, Name, PasswordHash, SafeHtml: |text| text.as_str());
from_column!(PasswordHash, SafeHtml: |column| column.as_str().map(|text| Self::stored(text.to_owned())));

to_column!(ClientMessageId: |id| id.to_string());
from_column!(ClientMessageId: |column| {
    Uuid::try_parse(column.as_str()?).map(Self).map_err(|_| FromSqlError::InvalidType)
});

to_column!(FileKey: |key| key.0.as_str());
from_column!(FileKey: |column| column.as_str().map(|text| Self(text.to_owned())));

to_column!(TokenHash: |hash| hash.0.as_slice());

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

one_column!(bool, i64, String, Vec<u8>);
one_column!(BoostId, MessageId, Revision, RoomId, SessionId, UserId);
one_column!(Act, Involvement, Role, RoomKind, Status, Theme);
one_column!(ClientMessageId, FileKey, PasswordHash, SafeHtml);

impl<T: FromSql> FromRow for Option<T> {
    fn from_row(row: &mut Columns<'_>) -> Result<Self> {
        row.column()
    }
}
