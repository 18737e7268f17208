//! Films, HEIF, AVIF and TIFF without where and by what camera they were taken: blanked where it stands, so that nothing moves.
//!
//! Invariants: all is found before anything is written, so a malformed file stays as it is. Only what is named here goes: programs keep
//! their work in such files. Raw pictures keep their camera, without which they aren't developed: Canon's (CR3) stay whole.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Bytes that are looked at or blanked, all in memory: more than albums' covers have, and the heads of 300,000 boxes.
const BYTES_MAX: u64 = 8 * 1024 * 1024;
/// EXIF that tells nothing, as an item: decoders refuse a picture of which it is zeros.
const EXIF_EMPTY: &[u8] = b"\0\0\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0";

/// A TIFF's entries for EXIF and GPS, which lead to directories of their own.
const TIFF_LEADS: [u64; 2] = [34_665, 34_853];
/// Its entries for the make and model of a camera and the computer; for XMP, IPTC, Photoshop's resources.
const TIFF_BLANKED: [u64; 6] = [271, 272, 316, 700, 33_723, 34_377];
/// What a raw picture keeps of these; and what it has, as no scan does: pictures inside it, the version of DNG.
const RAW_KEPT: [u64; 3] = [271, 272, 34_665];
const RAW_HAS: [u64; 2] = [330, 50_706];
/// Bytes of a value by its type, from 0 (TIFF 6.0, 2).
const TIFF_WIDTHS: [u64; 14] = [1, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4];

struct Plan {
    file: File,
    length: u64,
    bytes_left: u64,
    edits: Vec<(u64, Vec<u8>)>,
    /// Items of a HEIF that are no pictures, and what stands for them; where those start that lie in their list.
    items: HashMap<u64, &'static [u8]>,
    idat: u64,
}

/// Blanks a file of these kinds, by its content. Fails when it is not what it seems, and stays as it is.
pub(super) fn blank(path: &Path) -> io::Result<()> {
    let file = File::options().read(true).write(true).open(path)?;
    let (length, items) = (file.metadata()?.len(), HashMap::new());
    let mut plan = Plan { file, length, bytes_left: BYTES_MAX, edits: Vec::new(), items, idat: 0 };
    let head = plan.read(0, 12)?;
    if matches!(&head[4..8], b"ftyp" | b"moov" | b"mdat" | b"wide") && !head.ends_with(b"crx ") {
        plan.boxes(b"", 0, length)?;
    }
    let is_little = head.starts_with(b"II*\0");
    if is_little || head.starts_with(b"MM\0*") {
        let mut at = ordered(is_little, &head[4..8]);
        while at > 0 {
            at = plan.directory(is_little, at, true)?;
        }
    }
    plan.edits.iter().try_for_each(|(at, bytes)| plan.file.write_all_at(bytes, *at))
}

fn number<'a>(bytes: impl IntoIterator<Item = &'a u8>) -> u64 {
    bytes.into_iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}

fn ordered(is_little: bool, bytes: &[u8]) -> u64 {
    if is_little { number(bytes.iter().rev()) } else { number(bytes) }
}

impl Plan {
    /// Reads so many bytes; after the end of the file they are zeros.
    fn read(&mut self, at: u64, length: u64) -> io::Result<Vec<u8>> {
        self.bytes_left = self.bytes_left.checked_sub(length).ok_or(ErrorKind::InvalidData)?;
        let mut bytes = vec![0; length as usize];
        let there = length.min(self.length.saturating_sub(at)) as usize;
        self.file.read_exact_at(&mut bytes[..there], at).map(|()| bytes)
    }

    /// Plans bytes, and zeros up to a length, as far as the file reaches.
    fn write(&mut self, at: u64, mut bytes: Vec<u8>, length: u64) -> io::Result<()> {
        let length = length.min(self.length.saturating_sub(at));
        self.bytes_left = self.bytes_left.checked_sub(length).ok_or(ErrorKind::InvalidData)?;
        bytes.resize(length as usize, 0);
        self.edits.push((at, bytes));
        Ok(())
    }

    /// Frees the boxes that are not the film or picture (ISO/IEC 14496-12, 4.2 and 8.11; 23008-12). The last may be cut off.
    fn boxes(&mut self, parent: &[u8], mut at: u64, end: u64) -> io::Result<()> {
        while at.saturating_add(8) <= end {
            let head = self.read(at, 24)?;
            let (kind, is_long) = (&head[4..8], head.starts_with(b"\0\0\0\x01"));
            let (body, size) = if is_long { (at + 16, &head[8..16]) } else { (at + 8, &head[..4]) };
            let size = Some(number(size)).filter(|it| *it > 0).unwrap_or(end - at);
            // The first is whole, or it is a text that begins so.
            if size < body - at || at == 0 && size > end {
                return Err(ErrorKind::InvalidData.into());
            }
            let next = at.saturating_add(size).min(end);
            let (id, item) = if head[8] < 3 { (&head[12..14], &head[16..20]) } else { (&head[12..16], &head[18..22]) };
            match (parent, kind) {
                (b"", b"moov" | b"mpvd") | (b"mpvd", b"moov") | (b"moov", b"trak") => self.boxes(kind, body, next)?,
                // Which items go is known before it is read where they are.
                (b"", b"meta") => self.boxes(kind, body + 4, next).and(self.boxes(b"again", body + 4, next))?,
                (b"meta", b"iinf") => self.boxes(kind, body + if head[8] == 0 { 6 } else { 8 }, next)?,
                (b"iinf", b"infe") if item == b"Exif" => drop(self.items.insert(number(id), EXIF_EMPTY)),
                (b"iinf", b"infe") if item == b"mime" => drop(self.items.insert(number(id), b"")),
                (b"meta", b"idat") => self.idat = body,
                (b"again", b"iloc") => self.items(body, next)?,
                (_, b"udta" | b"meta" | b"uuid" | b"xml " | b"bxml" | b"sefd") => {
                    self.write(at + 4, b"free".to_vec(), 4)?;
                    self.write(body, Vec::new(), next.saturating_sub(body))?;
                }
                _ => {}
            }
            at = next;
        }
        Ok(())
    }

    /// Takes entries out of a TIFF's directory (TIFF 6.0, 2), what belongs to them with them; all, unless it is one of pictures.
    /// Returns where the next directory is.
    fn directory(&mut self, is_little: bool, at: u64, is_picture: bool) -> io::Result<u64> {
        let of = |bytes: &[u8]| ordered(is_little, bytes);
        let count = Some(of(&self.read(at, 2)?)).filter(|it| *it > 0).ok_or(ErrorKind::InvalidData)?;
        let whole = self.read(at, 2 + count * 12 + 4)?;
        let entries = || whole[2..whole.len() - 4].chunks(12);
        let is_raw = entries().any(|entry| RAW_HAS.contains(&of(&entry[..2])));
        let mut kept = Vec::new();
        for entry in entries() {
            let (tag, kind, values, place) = (of(&entry[..2]), of(&entry[2..4]), of(&entry[4..8]), of(&entry[8..]));
            let length = values * TIFF_WIDTHS.get(kind as usize).unwrap_or(&1);
            let is_named = TIFF_BLANKED.contains(&tag) || TIFF_LEADS.contains(&tag);
            if is_picture && (!is_named || is_raw && RAW_KEPT.contains(&tag)) {
                kept.push(entry);
            } else if is_picture && TIFF_LEADS.contains(&tag) {
                self.directory(is_little, place, false)?;
            } else if length > 4 {
                self.write(place, Vec::new(), length)?;
            }
        }
        let count = kept.len() as u16;
        let count = if is_little { count.to_le_bytes() } else { count.to_be_bytes() };
        let next = &whole[whole.len() - 4..];
        self.write(at, [&count, &kept.concat()[..], next].concat(), whole.len() as u64)?;
        Ok(of(next))
    }

    /// Blanks the items that are no pictures, wherever the table at `at` says that they are (ISO/IEC 14496-12, 8.11.3).
    fn items(&mut self, at: u64, end: u64) -> io::Result<()> {
        let places = self.read(at, end.saturating_sub(at))?;
        let mut rest = places.as_slice();
        let mut take = |width| rest.split_off(..width as usize).map(number).ok_or(ErrorKind::InvalidData);
        let (version, widths) = (take(4)? >> 24, take(2)?);
        let (wide, method) = (if version < 2 { 2 } else { 4 }, if version == 0 { 0 } else { 2 });
        for _ in 0..take(wide)? {
            let blank = self.items.get(&take(wide)?).copied();
            let start = if take(method)? == 1 { self.idat } else { 0 };
            let start = take(2).and(take(widths >> 4 & 15))?.saturating_add(start);
            for _ in 0..take(2)? {
                let at = take(widths & 15).and(take(widths >> 12))?.saturating_add(start);
                // A length without width is malformed; that it has one bounds the loop.
                let length = take((widths >> 8 & 15).max(1))?;
                if let Some(blank) = blank {
                    self.write(at, blank.to_vec(), length)?;
                }
            }
        }
        Ok(())
    }
}

unit_tests!("../../tests/unit/services/blanking.rs");
