//! Pictures without what they tell besides themselves: where and by what camera they were taken, comments, pictures behind the picture.
//!
//! A file is copied part by part, only those that make up the picture, bit for bit; of EXIF stays how the picture is turned.
//!
//! Invariants: what is kept is an allow-list; nothing is decoded, and no part is held in memory but EXIF.

use flate2::Crc;
use image::metadata::Orientation;
use std::io::{self, BufRead, Read, Seek, SeekFrom, Write};

/// Bytes of EXIF that are looked at: what fits in a JPEG's segment.
const EXIF_MAX: u64 = 64 * 1024;
/// What a PNG is made of besides its critical chunks, still or moving (PNG, third edition, 11.3), and a WebP (RFC 9649, 2.7).
const CHUNKS_KEPT: [&[u8; 4]; 21] = [
    b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT", b"bKGD", b"pHYs", b"cICP", b"mDCV", b"cLLI", b"acTL",
    b"fcTL", b"fdAT", b"VP8X", b"VP8 ", b"VP8L", b"ANIM", b"ANMF", b"ALPH", b"ICCP",
];

/// Copies a picture of a type without what is not the picture; tells whether it lies on its side. Fails when it is not what it seems.
pub(super) fn copy(kind: &str, input: &mut impl BufRead, output: &mut (impl Write + Seek)) -> io::Result<bool> {
    let orientation = match kind {
        "image/jpeg" => jpeg(input, output)?,
        "image/png" => chunks(true, input, output)?,
        "image/webp" => chunks(false, input, output)?,
        // A GIF has no such parts.
        _ => io::copy(input, output).map(|_| 1)?,
    };
    Ok(orientation >= 5)
}

fn bytes<const N: usize>(input: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    input.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// Copies the next `length` bytes, all of them.
fn copy_exact(input: &mut impl Read, output: &mut impl Write, length: u64) -> io::Result<()> {
    let copied = io::copy(&mut input.take(length), output)?;
    if copied == length { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

fn skip(input: &mut impl Read, length: u64) -> io::Result<()> {
    copy_exact(input, &mut io::sink(), length)
}

/// Reads EXIF of `length` bytes, after `head`; returns how the picture is turned, and EXIF of that entry alone (TIFF 6.0, 2; EXIF 2.3).
fn exif(head: &[u8], input: &mut impl Read, length: u64) -> io::Result<(u8, [u8; 26])> {
    let mut whole = head.to_vec();
    input.take(length.min(EXIF_MAX)).read_to_end(&mut whole)?;
    skip(input, length.saturating_sub(EXIF_MAX))?;
    let tiff = whole.strip_prefix(b"Exif\0\0").unwrap_or(&whole);
    let mut short = *b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\0\0\0\0\0\0\0";
    short[19] = Orientation::from_exif_chunk(tiff).map_or(1, Orientation::to_exif);
    Ok((short[19], short))
}

/// JPEG: segments up to each scan, then its data up to the next marker (ITU T.81, annex B). More pictures and films after its end go.
fn jpeg(input: &mut impl BufRead, output: &mut impl Write) -> io::Result<u8> {
    let mut orientation = 1;
    output.write_all(&bytes::<2>(input)?)?;
    let mut marker = next_marker(input)?;
    while marker != 0xD9 {
        let size = bytes::<2>(input)?;
        let mut left = u64::from(u16::from_be_bytes(size)).checked_sub(2).ok_or(io::ErrorKind::InvalidData)?;
        let mut head = Vec::new();
        left -= input.take(left.min(12)).read_to_end(&mut head)? as u64;
        match marker {
            0xE1 if head.starts_with(b"Exif\0\0") => {
                let (turned, short) = exif(&head, input, left)?;
                orientation = turned;
                output.write_all(b"\xFF\xE1\0\x22Exif\0\0")?;
                output.write_all(&short)?;
            }
            0xE0 if !head.starts_with(b"JFIF\0") => skip(input, left)?,
            0xE2 if !head.starts_with(b"ICC_PROFILE\0") => skip(input, left)?,
            0xE1 | 0xE3..=0xED | 0xEF | 0xFE => skip(input, left)?,
            _ => {
                output.write_all(&[0xFF, marker, size[0], size[1]])?;
                output.write_all(&head)?;
                copy_exact(input, output, left)?;
            }
        }
        marker = if marker == 0xDA { scan(input, output)? } else { next_marker(input)? };
    }
    output.write_all(&[0xFF, marker])?;
    Ok(orientation)
}

fn next_marker(input: &mut impl BufRead) -> io::Result<u8> {
    if bytes::<1>(input)? == [0xFF] { filled(input) } else { Err(io::ErrorKind::InvalidData.into()) }
}

/// The byte after one of all ones, of which there may be several (B.1.1.2).
fn filled(input: &mut impl BufRead) -> io::Result<u8> {
    loop {
        let [marker] = bytes::<1>(input)?;
        if marker != 0xFF {
            return Ok(marker);
        }
    }
}

/// Copies a scan's data; returns the marker that ends it. A picture that was cut off ends there.
fn scan(input: &mut impl BufRead, output: &mut impl Write) -> io::Result<u8> {
    loop {
        let buffer = input.fill_buf()?;
        if buffer.is_empty() {
            return Ok(0xD9);
        }
        let end = buffer.iter().position(|byte| *byte == 0xFF);
        let length = end.unwrap_or(buffer.len());
        output.write_all(&buffer[..length])?;
        input.consume(length + usize::from(end.is_some()));
        if end.is_some() {
            match filled(input).unwrap_or(0xD9) {
                // A byte of the data, or a place to start again from.
                byte @ (0 | 0xD0..=0xD7) => output.write_all(&[0xFF, byte])?,
                marker => return Ok(marker),
            }
        }
    }
}

/// PNG (third edition, 5.3): chunks up to the last; WebP (RFC 9649, 2.3 to 2.7): of even length, in a RIFF file that begins with its own.
fn chunks(is_png: bool, input: &mut impl BufRead, output: &mut (impl Write + Seek)) -> io::Result<u8> {
    let mut orientation = 1;
    copy_exact(input, output, if is_png { 8 } else { 12 })?;
    while !input.fill_buf()?.is_empty() {
        let (first, second) = (bytes::<4>(input)?, bytes::<4>(input)?);
        let (kind, left) = if is_png {
            (second, u64::from(u32::from_be_bytes(first)) + 4)
        } else {
            (first, u64::from(u32::from_le_bytes(second)).next_multiple_of(2))
        };
        if &kind == b"eXIf" || &kind == b"EXIF" {
            let (turned, short) = exif(&[], input, left)?;
            orientation = turned;
            let mut sum = Crc::new();
            sum.update(&[b"eXIf", &short[..]].concat());
            output.write_all(if is_png { b"\0\0\0\x1aeXIf" } else { b"EXIF\x1a\0\0\0" })?;
            output.write_all(&short)?;
            if is_png {
                output.write_all(&sum.sum().to_be_bytes())?;
            }
        } else if CHUNKS_KEPT.contains(&&kind) || is_png && kind[0].is_ascii_uppercase() {
            output.write_all(&[first, second].concat())?;
            copy_exact(input, output, left)?;
        } else {
            skip(input, left)?;
        }
        if &kind == b"IEND" {
            return Ok(orientation);
        }
    }
    if is_png {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let length = u32::try_from(output.stream_position()?).map_err(|_| io::ErrorKind::InvalidData)?;
    output.seek(SeekFrom::Start(4))?;
    output.write_all(&length.saturating_sub(8).to_le_bytes())?;
    Ok(orientation)
}

unit_tests!("../../tests/unit/services/stripping.rs");
