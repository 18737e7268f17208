//! How the domain's types are kept in columns.
//!
//! A value that no variant stands for cannot get in (the tables have CHECKs), so meeting one is an
//! error of the column, never a default.

use crate::domain::audit::Act;
use crate::domain::ids::{BoostId, MessageId, Revision, RoomId, SessionId, UserId};
use crate::domain::messages::ClientMessageId;
use crate::domain::people::{Role, Status, Theme};
use crate::domain::rooms::{Involvement, RoomKind};
use crate::domain::secrets::TokenHash;
use rusqlite::Result;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use uuid::Uuid;

macro_rules! integer_column {
    ($($name:ident),*) => {$(
        impl ToSql for $name {
            fn to_sql(&self) -> Result<ToSqlOutput<'_>> {
                Ok(self.0.into())
            }
        }

        impl FromSql for $name {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                value.as_i64().map($name)
            }
        }
    )*};
}

integer_column!(BoostId, MessageId, Revision, RoomId, SessionId, UserId);

macro_rules! word_column {
    ($name:ident { $($variant:ident = $word:literal),* }) => {
        impl ToSql for $name {
            fn to_sql(&self) -> Result<ToSqlOutput<'_>> {
                Ok(match self { $($name::$variant => $word),* }.into())
            }
        }

        impl FromSql for $name {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                match value.as_str()? {
                    $($word => Ok($name::$variant),)*
                    _ => Err(FromSqlError::InvalidType),
                }
            }
        }
    };
}

word_column!(Role { Member = "member", Administrator = "administrator", Bot = "bot" });
word_column!(Status { Active = "active", Deactivated = "deactivated", Banned = "banned" });
word_column!(Theme { System = "system", Light = "light", Dark = "dark" });
word_column!(RoomKind { Open = "open", Closed = "closed", Direct = "direct" });
word_column!(Involvement {
    Invisible = "invisible",
    Nothing = "nothing",
    Mentions = "mentions",
    Everything = "everything"
});

impl ToSql for Act {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>> {
        Ok(self.word().into())
    }
}

impl FromSql for Act {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let word = value.as_str()?;
        Self::ALL.iter().find(|act| act.word() == word).copied().ok_or(FromSqlError::InvalidType)
    }
}

impl ToSql for ClientMessageId {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>> {
        Ok(self.to_string().into())
    }
}

impl FromSql for ClientMessageId {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Uuid::try_parse(value.as_str()?).map(ClientMessageId).map_err(|_| FromSqlError::InvalidType)
    }
}

impl ToSql for TokenHash {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>> {
        Ok(self.0.as_slice().into())
    }
}
