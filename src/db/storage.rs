//! The one folder that everything lives in, and the lock that keeps a second server out of it.
//!
//! Invariants: the folder is made with mode 0700 and its files with 0600, since they hold people's
//! words and password hashes; whoever holds a [`Storage`] is the only one to write below it.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use thiserror::Error;

/// The file that the database is in.
const DATABASE: &str = "campfire.sqlite3";

/// The folder, locked for this process.
#[derive(Debug)]
pub struct Storage {
    folder: PathBuf,
    _lock: File,
}

/// Why the folder or the database in it cannot be used, in words for whoever starts the server.
#[derive(Debug, Error)]
pub enum OpenError {
    #[error(
        "The storage at {0} can't be used: {1}. Campfire needs a folder that it may write to; \
         set CAMPFIRE_STORAGE to one."
    )]
    Folder(PathBuf, io::Error),
    #[error(
        "Another Campfire is already running on the storage at {0}. Stop it first, or give this one a folder of its \
         own with CAMPFIRE_STORAGE."
    )]
    InUse(PathBuf),
    /// The database was written by a newer version: its schema, and the newest known here.
    #[error(
        "The database was written by a newer version of Campfire (its schema is {0}, this version knows up to {1}). \
         Nothing was changed. Run the newer version again, or restore a backup."
    )]
    Newer(i64, i64),
    #[error("{0} is another program's database. Nothing was changed. Set CAMPFIRE_STORAGE to another folder.")]
    NotOurs(PathBuf),
    #[error(
        "The database {0} is damaged ({1}). Nothing was changed. Keep a copy of the folder, then restore a backup, or \
         try the `.recover` command of the sqlite3 program on the copy."
    )]
    Damaged(PathBuf, rusqlite::Error),
    #[error("The database {0} can't be opened: {1}. Nothing was changed.")]
    Database(PathBuf, rusqlite::Error),
}

impl Storage {
    /// Makes `folder` if need be and locks it. The lock goes with the process, however it ends.
    /// `Folder` when it can't be made or written, `InUse` when another server has it.
    pub fn open(folder: &Path) -> Result<Self, OpenError> {
        let failed = |error| OpenError::Folder(folder.to_owned(), error);
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
        let lock = private_file(&folder.join("lock")).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { folder: folder.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(OpenError::InUse(folder.to_owned())),
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }

    /// Whether there is a database in `folder`.
    pub fn is_used(folder: &Path) -> bool {
        folder.join(DATABASE).is_file()
    }

    /// The database's path; the file exists afterwards, with mode 0600, which SQLite gives to those beside it.
    pub fn database(&self) -> Result<PathBuf, OpenError> {
        let path = self.folder.join(DATABASE);
        private_file(&path).map_err(|error| OpenError::Folder(path.clone(), error))?;
        Ok(path)
    }
}

/// Opens a file that only its owner may read, making it if need be, leaving its content alone.
fn private_file(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)?;
    if fs::metadata(path)?.is_file() { Ok(file) } else { Err(io::Error::other("it is not a file")) }
}

impl OpenError {
    /// Sorts SQLite's refusal to open `path`.
    pub(super) fn of(path: &Path, error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{CannotOpen, DatabaseCorrupt, NotADatabase, ReadOnly};
        match error.sqlite_error_code() {
            Some(DatabaseCorrupt | NotADatabase) => Self::Damaged(path.to_owned(), error),
            Some(CannotOpen | ReadOnly) => Self::Folder(path.to_owned(), io::Error::other(error.to_string())),
            _ => Self::Database(path.to_owned(), error),
        }
    }
}
