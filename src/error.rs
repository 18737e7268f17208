//! What can go wrong, in one type: all that services and handlers return.
//!
//! One place (`web/errors.rs`) turns it into a page, a fragment or JSON. What a person reads says
//! what happened and what to do; details (SQL, paths, panics) go to the log and nowhere else.

use rusqlite::ErrorCode;
use std::borrow::Cow;

/// A field of a form or body that does not parse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid {
    /// The field, as it is named in the form.
    pub field: &'static str,
    /// What is wrong with it and what would be right, for people.
    pub message: Cow<'static, str>,
}

impl Invalid {
    /// A refusal of `field`.
    pub fn new(field: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self { field, message: message.into() }
    }

    /// What `error`, if there is one, says of `field`.
    pub fn at<'e>(error: Option<&'e Self>, field: &str) -> Option<&'e str> {
        error.filter(|error| error.field == field).map(|error| error.message.as_ref())
    }
}

/// Everything that a request can end in besides its answer.
#[derive(Debug, Clone)]
pub enum AppError {
    /// There is no valid session: sign in.
    SignedOut,
    /// Signed in or not, this is not allowed; the sentence says why.
    Forbidden(Cow<'static, str>),
    /// There is no such thing, or it is not yours to see.
    NotFound,
    /// A form or body that does not parse.
    Invalid(Invalid),
    /// The state forbids it; the sentence says how.
    Conflict(&'static str),
    /// It was there and has been removed.
    Gone,
    /// Over a limit of rate; try again after so many seconds.
    TooMany {
        /// Whole seconds until it is worth trying.
        retry_after_s: u64,
    },
    /// The request would change something and comes from an address that is kept out. Waiting does not help.
    Banned,
    /// The body is larger than this many bytes.
    TooLarge {
        /// The bound.
        limit_bytes: usize,
    },
    /// Signing in failed; one answer for every cause.
    BadCredentials,
    /// The request is not well-formed HTTP for this address.
    BadRequest(&'static str),
    /// The body's content type is not one that is read here.
    UnsupportedMediaType,
    /// The address exists, the method does not.
    MethodNotAllowed,
    /// The server is full or stopping; nothing was stored.
    Busy,
    /// The disk would not take it: it could not be confirmed, and trying again is safe.
    Storage {
        /// Whether the disk is full.
        full: bool,
    },
    /// Everything else. The text is for the log.
    Internal(String),
}

/// What services and handlers return, unless something else can go wrong.
pub type Result<T, E = AppError> = std::result::Result<T, E>;

impl From<Invalid> for AppError {
    fn from(invalid: Invalid) -> Self {
        Self::Invalid(invalid)
    }
}

impl From<rusqlite::Error> for AppError {
    /// A query that must find and finds nothing is `NotFound`; trouble with the disk is `Storage`.
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            _ if error == rusqlite::Error::QueryReturnedNoRows => Self::NotFound,
            Some(ErrorCode::DiskFull) => Self::Storage { full: true },
            Some(ErrorCode::SystemIoFailure | ErrorCode::ReadOnly | ErrorCode::CannotOpen) => {
                tracing::error!(%error, "the database file cannot be used");
                Self::Storage { full: false }
            }
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::OperationInterrupted) => Self::Busy,
            _ => Self::Internal(error.to_string()),
        }
    }
}

unit_tests!("../tests/unit/error.rs");
