//! Files that people send: streamed to the disk, kept under names that nobody can guess, deleted once no message has them.
//!
//! Invariants: a file is written beside the others, flushed, renamed into place and its folder flushed before its message is written;
//! it is deleted only after the commit that drops its row. So a crash leaves no half file in place and no row without its file, at
//! most a file without a row, which is swept away when it is a day old. No more of a file is in memory than came in one piece.

use super::prelude::*;
use super::workers::Workers;
use super::{blanking, pictures, stripping};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Cursor, ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Uploads at once: each waits for the disk with one piece in memory.
const UPLOADS_MAX: usize = 64;
/// Threads that write: more than disks do at once.
const WRITERS_MAX: usize = 4;
/// Small pictures that may wait to be made, one at a time: a page of them twice.
const THUMBNAILS_MAX: usize = 80;
/// Bytes of a file that tell what it is, and of a JPEG how large it is.
const HEAD_LEN: u64 = 1024 * 1024;
/// Bytes in a picture of which a small one is made: its decoder may want them all in memory.
const PICTURE_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// How many seconds ffmpeg may take for the first picture of a film.
const POSTER_MAX_S: &str = "10";
/// The age from which a file without a message is swept away; no upload takes so long.
const ORPHAN_AGE: Duration = Duration::from_secs(24 * 60 * 60);
/// Files that are looked up or deleted at a time: a few milliseconds' worth.
const BATCH_LEN: u32 = 200;
/// Files of a folder that one sweep looks at: of 256 folders, 12 million files. More are swept as these go.
const FOLDER_MAX: usize = 50_000;

/// The files, shared by everything that reads or writes them.
#[derive(Clone)]
pub struct Files(Arc<Inner>);

struct Inner {
    folder: PathBuf,
    size_max: usize,
    disk: Workers<(), WRITERS_MAX, { 2 * UPLOADS_MAX }>,
    painter: Workers<(), 1, THUMBNAILS_MAX>,
    places: Arc<Semaphore>,
    has_ffmpeg: bool,
    /// Files are thrown away on the writer's thread, too.
    runtime: Handle,
}

/// A file that no message has, or not yet: deleted with this value.
struct Unreferenced(Files, Option<PathBuf>);

/// A file while it arrives.
pub struct Incoming {
    key: FileKey,
    file: Arc<File>,
    size: usize,
    unreferenced: Unreferenced,
    _place: OwnedSemaphorePermit,
}

/// A file in its place; it goes with this value unless it is [kept](Stored::keep).
pub struct Stored {
    /// What is known of it.
    pub attachment: Attachment,
    unreferenced: Unreferenced,
}

impl Stored {
    /// Keeps the file: a row names it. Should that row not be committed, the file is swept away.
    pub fn keep(mut self) {
        self.unreferenced.1 = None;
    }
}

impl Drop for Unreferenced {
    fn drop(&mut self) {
        if let Some(path) = self.1.take() {
            // When nothing runs any more, the next start does it, or the sweep.
            self.0.0.runtime.spawn_blocking(|| fs::remove_file(path));
        }
    }
}

impl Files {
    /// Makes the folder of files in `storage`, if it can, and empties what was on its way when the last server ended.
    pub fn start(storage: &Path, size_max: usize) -> io::Result<Self> {
        let folder = storage.join("files");
        make_folder(&folder.join("incoming"))?;
        for entry in fs::read_dir(folder.join("incoming"))? {
            fs::remove_file(entry?.path())?;
        }
        let programs = std::env::var_os("PATH").unwrap_or_default();
        Ok(Self(Arc::new(Inner {
            folder,
            size_max,
            disk: Workers::default(),
            painter: Workers::default(),
            places: Arc::new(Semaphore::new(UPLOADS_MAX)),
            has_ffmpeg: std::env::split_paths(&programs).any(|folder| folder.join("ffmpeg").is_file()),
            runtime: Handle::current(),
        })))
    }

    /// Bytes in a file at most.
    pub fn size_max(&self) -> usize {
        self.0.size_max
    }

    /// Where a file is.
    pub fn path(&self, key: &FileKey) -> PathBuf {
        let (folder, name) = key.path();
        self.0.folder.join(folder).join(name)
    }

    fn incoming(&self, key: &FileKey) -> PathBuf {
        self.0.folder.join("incoming").join(&key.0)
    }

    /// Begins a new file; `Busy` when too many arrive already, `Storage` when the disk does not take it.
    pub async fn begin(&self) -> Result<Incoming> {
        let place = self.0.places.clone().try_acquire_owned().map_err(|_| AppError::Busy)?;
        let key = FileKey::generate(&mut dice());
        let path = self.incoming(&key);
        let unreferenced = Unreferenced(self.clone(), Some(path.clone()));
        let file = Arc::new(self.on_disk(move || private_file(&path)).await?);
        Ok(Incoming { key, file, size: 0, unreferenced, _place: place })
    }

    /// Where the small picture of a file is, made when it is first asked for; none when none can be made of it.
    /// `NotFound` when it has none, or is gone; `Busy` when too many wait; `Storage` when the disk does not take it.
    pub async fn thumbnail(&self, file: &Attachment) -> Result<Option<PathBuf>> {
        let original = self.path(&file.key);
        let small = original.with_extension("webp");
        if !file.has_thumbnail {
            return Err(AppError::NotFound);
        }
        if !small.exists() {
            let (new, kind, to) =
                (self.incoming(&FileKey::generate(&mut dice())), file.content_type.clone(), small.clone());
            let make = move |_: &mut ()| if to.exists() { Ok(()) } else { make_thumbnail(&original, &kind, &new, &to) };
            self.0.painter.run(make).await?.map_err(refused)?;
        }
        // An empty file says that there is none.
        Ok(small.metadata().is_ok_and(|it| it.len() > 0).then_some(small))
    }

    /// Deletes the files whose messages are gone, with their small pictures, until there are no more.
    pub async fn delete_dropped(&self, db: &Db) -> Result<()> {
        loop {
            let keys = db.read(|snapshot| Ok(attachments::dropped(snapshot, BATCH_LEN)?)).await?;
            if keys.is_empty() {
                return Ok(());
            }
            self.delete(&keys).await?;
            db.write(move |tx| Ok(attachments::forget(tx, &keys)?)).await?;
        }
    }

    /// Sweeps one of the 256 folders of files older than a day that no message has; tells how many. `Busy` when too much waits.
    pub async fn sweep(&self, db: &Db, number: u8) -> Result<usize> {
        let (folder, mut count) = (self.0.folder.join(format!("{number:02x}")), 0);
        let old = self.on_disk(move || Ok(old_files(&folder))).await?;
        for names in old.chunks(BATCH_LEN as usize) {
            let keys = names.iter().map(|name| FileKey(format!("{number:02x}{name}"))).collect();
            let unknown = db.read(move |snapshot| Ok(attachments::unknown(snapshot, keys)?)).await?;
            self.delete(&unknown).await?;
            count += unknown.len();
        }
        Ok(count)
    }

    async fn delete(&self, keys: &[FileKey]) -> Result<()> {
        let paths: Vec<_> = keys.iter().map(|key| self.path(key)).collect();
        self.on_disk(move || {
            for path in paths.iter().flat_map(|path| [path.clone(), path.with_extension("webp")]) {
                fs::remove_file(path).or_else(|it| if it.kind() == ErrorKind::NotFound { Ok(()) } else { Err(it) })?;
            }
            Ok(())
        })
        .await
    }

    /// Runs `work` on a thread that may wait for the disk.
    async fn on_disk<T: Send + 'static>(&self, work: impl FnOnce() -> io::Result<T> + Send + 'static) -> Result<T> {
        self.0.disk.run(|()| work()).await?.map_err(refused)
    }
}

impl Incoming {
    /// Takes the next bytes of the file; `TooLarge` when there are more than fit, `Busy` and `Storage` when the disk does not take them.
    pub async fn write(&mut self, bytes: impl AsRef<[u8]> + Send + 'static) -> Result<()> {
        let (files, file) = (&self.unreferenced.0, self.file.clone());
        self.size += bytes.as_ref().len();
        if self.size > files.0.size_max {
            return Err(AppError::TooLarge { limit_bytes: files.0.size_max });
        }
        files.on_disk(move || (&*file).write_all(bytes.as_ref())).await
    }

    /// Whether nothing has come yet.
    pub fn is_empty(&self) -> bool {
        self.size == 0
    }

    /// Puts the file in its place: stripped, flushed with its folder. `name` is its sender's. Fails as `write` does.
    pub async fn finish(mut self, name: &str) -> Result<Stored> {
        let (files, name, key) = (self.unreferenced.0.clone(), clean_name(name), self.key);
        let settling = files.clone();
        let attachment = files.on_disk(move || settle(&settling, name, key)).await?;
        self.unreferenced.1 = Some(files.path(&attachment.key));
        Ok(Stored { attachment, unreferenced: self.unreferenced })
    }
}

/// Finds out what a file is and renames it into its place.
fn settle(files: &Files, name: String, key: FileKey) -> io::Result<Attachment> {
    let (incoming, place) = (files.incoming(&key), files.path(&key));
    let by_name = mime_guess::from_path(&name).first_or_octet_stream();
    let by_content = infer::get(&head(&incoming)?).map(|kind| kind.mime_type());
    let (mut content_type, mut dimensions) = (recognised(by_content, by_name.essence_str()), None);
    match strip(&incoming, &content_type) {
        Ok(size) => dimensions = size,
        Err(error) if matches!(error.kind(), ErrorKind::UnexpectedEof | ErrorKind::InvalidData) => {
            NOTHING_KNOWN.clone_into(&mut content_type);
        }
        Err(error) => return Err(error),
    }
    let file = File::open(&incoming)?;
    file.sync_all()?;
    let size_bytes = file.metadata()?.len();
    let dimensions = dimensions.filter(|_| size_bytes <= PICTURE_BYTES_MAX);
    let folder = place.parent().unwrap_or(&files.0.folder);
    if !folder.exists() {
        make_folder(folder)?;
        File::open(&files.0.folder)?.sync_all()?;
    }
    fs::rename(&incoming, &place)?;
    File::open(folder)?.sync_all()?;
    let has_thumbnail = dimensions.is_some() || files.0.has_ffmpeg && content_type.starts_with("video/");
    Ok(Attachment { key, name, content_type, size_bytes, dimensions, has_thumbnail })
}

fn head(path: &Path) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    File::open(path)?.take(HEAD_LEN).read_to_end(&mut head)?;
    Ok(head)
}

/// Strips a file of what is not the picture; returns how large that is shown. Fails when it is not what it seems, and stays as it is.
fn strip(path: &Path, content_type: &str) -> io::Result<Option<(u32, u32)>> {
    if !PICTURES.contains(&content_type) {
        return blanking::blank(path).map(|()| None);
    }
    let stripped = path.with_extension("stripped");
    let mut output = BufWriter::new(private_file(&stripped)?);
    let copied = stripping::copy(content_type, &mut BufReader::new(File::open(path)?), &mut output);
    let is_on_its_side =
        copied.and_then(|it| output.flush().map(|()| it)).inspect_err(|_| drop(fs::remove_file(&stripped)))?;
    fs::rename(stripped, path)?;
    let size = match content_type {
        // Its decoder reads all there is, so it gets the beginning.
        "image/jpeg" => pictures::dimensions(Cursor::new(head(path)?)),
        _ => pictures::dimensions(BufReader::new(File::open(path)?)),
    };
    Ok(size.map(|(width, height)| if is_on_its_side { (height, width) } else { (width, height) }))
}

/// Makes the small picture of a file at `new` and puts it at `small`; an empty one when none can be made.
fn make_thumbnail(original: &Path, content_type: &str, new: &Path, small: &Path) -> io::Result<()> {
    File::open(original)?;
    let picture = if content_type.starts_with("video/") {
        let still = new.with_extension("png");
        poster(original, content_type, &still);
        let picture = pictures::thumbnail(&still);
        let _ = fs::remove_file(still);
        picture
    } else {
        pictures::thumbnail(original)
    };
    private_file(new)?.write_all(&picture.unwrap_or_default())?;
    fs::rename(new, small)
}

/// Has ffmpeg write the first picture of a film, if it can. The way to read it is given: a file can't pass as a list of other files.
fn poster(film: &Path, content_type: &str, still: &Path) {
    let format = if content_type == "video/webm" { "matroska" } else { "mov" };
    let mut command = Command::new("timeout");
    command.args([POSTER_MAX_S, "ffmpeg", "-nostdin", "-threads", "1", "-protocol_whitelist", "file", "-f", format]);
    command.arg("-i").arg(film).args(["-frames:v", "1", "-vf", "scale='min(1200,iw)':-2"]).arg(still);
    let _ = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
}

/// The names of a folder's files that are older than a day, without endings; at most [`FOLDER_MAX`].
fn old_files(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let before = SystemTime::now() - ORPHAN_AGE;
    let is_old = |entry: &fs::DirEntry| entry.metadata().and_then(|it| it.modified()).is_ok_and(|time| time < before);
    let name = |entry: fs::DirEntry| Some(Path::new(&entry.file_name()).file_stem()?.to_str()?.to_owned());
    entries.flatten().take(FOLDER_MAX).filter(is_old).filter_map(name).collect()
}

fn make_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

fn private_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

fn refused(error: io::Error) -> AppError {
    tracing::warn!(%error, "a file could not be read or written");
    match error.kind() {
        ErrorKind::NotFound => AppError::NotFound,
        kind => AppError::Storage { full: matches!(kind, ErrorKind::StorageFull | ErrorKind::QuotaExceeded) },
    }
}
