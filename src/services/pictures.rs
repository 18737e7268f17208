//! Pictures that people send, made small, square and harmless: avatars and the logo.
//!
//! What is stored is drawn anew from the pixels: nothing of the file itself reaches another browser, no script, metadata or place.
//!
//! Invariants: never on an async thread; one at a time; the dimensions are checked before anything is decoded, so a picture
//! costs at most `DECODED_BYTES_MAX` and what its decoder needs; the first frame of a moving picture stands for it.

use super::workers::Workers;
use crate::domain::attachments::BOX_MAX;
use crate::error::{Invalid, Result};
use image::imageops::FilterType;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, imageops};
use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, Seek};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// Bytes in a file that is sent as a picture: what a phone's camera makes, and more than its browser sends.
pub const PICTURE_BYTES_MAX: usize = 10 * 1024 * 1024;
/// Pixels in it: what large cameras make.
const PIXELS_MAX: u64 = 50_000_000;
/// Bytes of it when decoded: [`PIXELS_MAX`] of the usual four bytes, with room.
const DECODED_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Pictures that may wait, 80 MiB of them: ten seconds' worth of the largest.
const WAITING_MAX: usize = 8;
/// The side of an avatar in pixels: twice the largest at which one is shown.
pub const AVATAR_SIDE: u32 = 256;
/// The quality of avatars and thumbnails, of 100: an avatar has about ten kilobytes then.
const QUALITY: f32 = 80.0;
/// The largest small picture of a file in pixels: twice the box in which it is shown, for screens that have two for one.
const THUMBNAIL_BOX: (u32, u32) = (2 * BOX_MAX.0, 2 * BOX_MAX.1);
/// The side of the large logo in pixels, as web manifests want it.
pub const LOGO_SIDE_LARGE: u32 = 512;
/// The side of the small logo in pixels, as home screens want it.
pub const LOGO_SIDE_SMALL: u32 = 192;

/// The making of small pictures, bounded.
#[derive(Default)]
pub struct Pictures(Workers<(), 1, WAITING_MAX>);

/// A logo in its two sizes: square PNG, with what does not fill the square transparent.
#[derive(Debug)]
pub struct Logo {
    pub(crate) small_png: Vec<u8>,
    pub(crate) large_png: Vec<u8>,
}

impl Pictures {
    /// The middle of a picture as an avatar. `Invalid` at `avatar` when it can't be read or is too large; `Busy` when too many wait.
    pub async fn avatar(&self, file: impl AsRef<[u8]> + Send + 'static) -> Result<Vec<u8>> {
        self.made("avatar", file, avatar).await
    }

    /// A picture as a logo; fails as [`avatar`](Self::avatar), at `logo`.
    pub async fn logo(&self, file: impl AsRef<[u8]> + Send + 'static) -> Result<Logo> {
        self.made("logo", file, logo).await
    }

    /// A picture drawn anew in a box, WebP, and how large it is; none when it can't be read, or too many wait.
    pub(super) async fn small(&self, file: Vec<u8>, size_max: (u32, u32)) -> Option<(Vec<u8>, (u32, u32))> {
        self.0.run(move |()| small(Cursor::new(file), size_max)).await.ok().flatten()
    }

    async fn made<T: Send + 'static>(
        &self, field: &'static str, file: impl AsRef<[u8]> + Send + 'static, make: fn(&[u8]) -> Result<T, String>,
    ) -> Result<T> {
        // What makes a decoder panic is no picture either.
        let work = move || {
            let file = file.as_ref();
            catch_unwind(|| make(file)).unwrap_or_else(|_| Err(UNREADABLE.to_owned()))
        };
        Ok(self.0.run(move |()| work()).await?.map_err(|message| Invalid::new(field, message))?)
    }
}

const UNREADABLE: &str = "This file can't be read as a picture. PNG, JPEG, GIF, WebP, BMP, TIFF and ICO pictures work.";

fn avatar(file: &[u8]) -> Result<Vec<u8>, String> {
    let (mut picture, orientation) = decoded(Cursor::new(file))?;
    let side = picture.width().min(picture.height());
    // First by the quick way to near the size: the good way costs time for every pixel it starts from.
    let near = AVATAR_SIDE * 2;
    if side > near {
        let scale = f64::from(near) / f64::from(side);
        let scaled = |length: u32| ((f64::from(length) * scale).round() as u32).max(near);
        picture = picture.thumbnail_exact(scaled(picture.width()), scaled(picture.height()));
    }
    let side = picture.width().min(picture.height());
    let (left, top) = ((picture.width() - side) / 2, (picture.height() - side) / 2);
    let square = picture.crop_imm(left, top, side, side);
    let mut square = square.resize_exact(AVATAR_SIDE, AVATAR_SIDE, FilterType::Lanczos3);
    // The middle of a turned picture is the turned middle.
    square.apply_orientation(orientation);
    Ok(webp(square).ok_or(UNREADABLE)?)
}

fn webp(picture: DynamicImage) -> Option<Vec<u8>> {
    let pixels = picture.into_rgba8();
    let encoder = webp::Encoder::from_rgba(&pixels, pixels.width(), pixels.height());
    encoder.encode_simple(false, QUALITY).ok().map(|encoded| encoded.to_vec())
}

fn logo(file: &[u8]) -> Result<Logo, String> {
    let (mut picture, orientation) = decoded(Cursor::new(file))?;
    let near = LOGO_SIDE_LARGE * 2;
    if picture.width().max(picture.height()) > near {
        picture = picture.thumbnail(near, near);
    }
    picture.apply_orientation(orientation);
    Ok(Logo { small_png: fitted(&picture, LOGO_SIDE_SMALL)?, large_png: fitted(&picture, LOGO_SIDE_LARGE)? })
}

/// The whole picture, as large as fits, in the middle of a transparent square.
fn fitted(picture: &DynamicImage, side: u32) -> Result<Vec<u8>, String> {
    let scaled = picture.resize(side, side, FilterType::Lanczos3).into_rgba8();
    let mut square = DynamicImage::new_rgba8(side, side);
    let (left, top) = ((side - scaled.width()) / 2, (side - scaled.height()) / 2);
    imageops::replace(&mut square, &scaled, left.into(), top.into());
    let mut png = Cursor::new(Vec::new());
    square.write_to(&mut png, ImageFormat::Png).map_err(|_| UNREADABLE)?;
    Ok(png.into_inner())
}

/// Width and height of the picture in a file, unless it has more pixels than are decoded.
pub(super) fn dimensions(file: impl BufRead + Seek) -> Option<(u32, u32)> {
    let (width, height) = ImageReader::new(file).with_guessed_format().ok()?.into_dimensions().ok()?;
    (1..=PIXELS_MAX).contains(&(u64::from(width) * u64::from(height))).then_some((width, height))
}

/// The picture in a file as large as it is shown at most, WebP; none when it can't be read. Blocks for up to some seconds.
pub(super) fn thumbnail(path: &Path) -> Option<Vec<u8>> {
    small(BufReader::new(File::open(path).ok()?), THUMBNAIL_BOX).map(|(webp, _)| webp)
}

/// A picture in a box, WebP, and how large it is; none when it can't be read.
fn small(file: impl BufRead + Seek, (width, height): (u32, u32)) -> Option<(Vec<u8>, (u32, u32))> {
    let make = || {
        let (mut picture, orientation) = decoded(file).ok()?;
        // The quick way first, as for avatars, with room to be turned in; then the good one.
        if picture.width().max(picture.height()) > 2 * width {
            picture = picture.thumbnail(2 * width, 2 * width);
        }
        picture.apply_orientation(orientation);
        if picture.width() > width || picture.height() > height {
            picture = picture.resize(width, height, FilterType::Lanczos3);
        }
        let size = (picture.width(), picture.height());
        webp(picture).map(|webp| (webp, size))
    };
    catch_unwind(AssertUnwindSafe(make)).ok().flatten()
}

/// The picture in a file, and how it is turned (EXIF 2.3, 4.6.4, Orientation).
fn decoded(file: impl BufRead + Seek) -> Result<(DynamicImage, image::metadata::Orientation), String> {
    let mut reader = ImageReader::new(file).with_guessed_format().map_err(|_| UNREADABLE)?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(DECODED_BYTES_MAX);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|_| UNREADABLE)?;
    let (width, height) = decoder.dimensions();
    if width == 0 || height == 0 {
        return Err(UNREADABLE.to_owned());
    }
    if u64::from(width) * u64::from(height) > PIXELS_MAX || decoder.total_bytes() > DECODED_BYTES_MAX {
        return Err(format!("This picture is too large: {width} × {height} pixels. At most 50 megapixels fit."));
    }
    let orientation = decoder.orientation().unwrap_or(image::metadata::Orientation::NoTransforms);
    let picture = DynamicImage::from_decoder(decoder).map_err(|_| UNREADABLE)?;
    Ok((picture, orientation))
}

unit_tests!("../../tests/unit/services/pictures.rs");
