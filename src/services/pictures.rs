//! Pictures that people send, made small, square and harmless: avatars and the logo.
//!
//! What is stored is always drawn anew from the pixels, so nothing of the file itself reaches another browser: no script, no
//! metadata, no place where it was taken.
//!
//! Invariants: never on an async thread; one at a time; the dimensions are checked before anything is decoded, so a picture
//! costs at most [`DECODED_BYTES_MAX`] and what its decoder needs; the first frame of a moving picture stands for it.

use super::workers::Workers;
use crate::error::{AppError, Invalid};
use image::imageops::FilterType;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, imageops};
use std::io::{self, Cursor};
use std::panic::catch_unwind;

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
/// The quality of an avatar, of 100: about ten kilobytes.
const AVATAR_QUALITY: f32 = 80.0;
/// The side of the large logo in pixels, as web manifests want it.
pub const LOGO_SIDE_LARGE: u32 = 512;
/// The side of the small logo in pixels, as home screens want it.
pub const LOGO_SIDE_SMALL: u32 = 192;

/// The making of small pictures, bounded. Its thread ends with it.
pub struct Pictures(Workers<()>);

/// A logo in its two sizes: square PNG, with what does not fill the square transparent.
#[derive(Debug)]
pub struct Logo {
    /// [`LOGO_SIDE_SMALL`] wide and high.
    pub small_png: Vec<u8>,
    /// [`LOGO_SIDE_LARGE`] wide and high.
    pub large_png: Vec<u8>,
}

impl Pictures {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the system gives none.
    pub fn start() -> io::Result<Self> {
        Ok(Self(Workers::start("painter", 1, WAITING_MAX)?))
    }

    /// The middle of a picture as an avatar: WebP, [`AVATAR_SIDE`] wide and high.
    ///
    /// # Errors
    /// `Invalid` at `avatar` when it is no picture that can be read, or too large a one; `Busy` when too many wait.
    pub async fn avatar(&self, file: impl AsRef<[u8]> + Send + 'static) -> Result<Vec<u8>, AppError> {
        self.made("avatar", file, avatar).await
    }

    /// A picture as a logo.
    ///
    /// # Errors
    /// `Invalid` at `logo` when it is no picture that can be read, or too large a one; `Busy` when too many wait.
    pub async fn logo(&self, file: impl AsRef<[u8]> + Send + 'static) -> Result<Logo, AppError> {
        self.made("logo", file, logo).await
    }

    async fn made<T: Send + 'static>(
        &self,
        field: &'static str,
        file: impl AsRef<[u8]> + Send + 'static,
        make: fn(&[u8]) -> Result<T, String>,
    ) -> Result<T, AppError> {
        // What makes a decoder panic is no picture either.
        let work = move || {
            let file = file.as_ref();
            catch_unwind(|| make(file)).unwrap_or_else(|_| Err(UNREADABLE.to_owned()))
        };
        Ok(self.0.run(move |()| work()).await?.map_err(|message| Invalid::new(field, message))?)
    }
}

const UNREADABLE: &str =
    "This file can't be read as a picture. PNG, JPEG, GIF, WebP, BMP, TIFF and ICO pictures work.";

fn avatar(file: &[u8]) -> Result<Vec<u8>, String> {
    let (picture, orientation) = decoded(file)?;
    let side = picture.width().min(picture.height());
    // First by the quick way to near the size: the good way costs time for every pixel it starts from.
    let near = AVATAR_SIDE * 2;
    let picture = if side > near {
        let scale = f64::from(near) / f64::from(side);
        let scaled = |length: u32| ((f64::from(length) * scale).round() as u32).max(near);
        picture.thumbnail_exact(scaled(picture.width()), scaled(picture.height()))
    } else {
        picture
    };
    let side = picture.width().min(picture.height());
    let (left, top) = ((picture.width() - side) / 2, (picture.height() - side) / 2);
    let square = picture.crop_imm(left, top, side, side);
    let mut square = square.resize_exact(AVATAR_SIDE, AVATAR_SIDE, FilterType::Lanczos3);
    // The middle of a turned picture is the turned middle.
    square.apply_orientation(orientation);
    let pixels = square.into_rgba8();
    let encoder = webp::Encoder::from_rgba(&pixels, AVATAR_SIDE, AVATAR_SIDE);
    let encoded = encoder.encode_simple(false, AVATAR_QUALITY).map_err(|_| UNREADABLE)?;
    Ok(encoded.to_vec())
}

fn logo(file: &[u8]) -> Result<Logo, String> {
    let (mut picture, orientation) = decoded(file)?;
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

/// The picture in a file, and how it is turned (EXIF 2.3, 4.6.4, Orientation).
fn decoded(file: &[u8]) -> Result<(DynamicImage, image::metadata::Orientation), String> {
    let mut reader = ImageReader::new(Cursor::new(file)).with_guessed_format().map_err(|_| UNREADABLE)?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(DECODED_BYTES_MAX);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|_| UNREADABLE)?;
    let (width, height) = decoder.dimensions();
    if width == 0 || height == 0 {
        return Err(UNREADABLE.to_owned());
    }
    if u64::from(width) * u64::from(height) > PIXELS_MAX || decoder.total_bytes() > DECODED_BYTES_MAX {
        return Err(format!(
            "This picture is too large: {width} × {height} pixels. At most 50 megapixels fit."
        ));
    }
    let orientation = decoder.orientation().unwrap_or(image::metadata::Orientation::NoTransforms);
    let picture = DynamicImage::from_decoder(decoder).map_err(|_| UNREADABLE)?;
    Ok((picture, orientation))
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::metadata::Orientation;
    use image::{Rgb, RgbImage, Rgba};

    /// A picture whose left half is red and whose right half is blue.
    fn halves(width: u32, height: u32) -> DynamicImage {
        let colour = |x, _| if x < width / 2 { Rgb([255, 0, 0]) } else { Rgb([0, 0, 255]) };
        RgbImage::from_fn(width, height, colour).into()
    }

    fn file(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut file = Cursor::new(Vec::new());
        picture.write_to(&mut file, format).unwrap();
        file.into_inner()
    }

    /// Whether a pixel of what was made is more red than blue; fails where it is neither.
    fn is_red(made: &[u8], x: u32, y: u32) -> bool {
        let Rgba([red, _, blue, alpha]) = image::load_from_memory(made).unwrap().into_rgba8()[(x, y)];
        assert!(alpha > 250 && red.abs_diff(blue) > 150, "{red} {blue} {alpha}");
        red > blue
    }

    #[test]
    fn every_common_format_becomes_a_square_webp() {
        for format in [
            ImageFormat::Png,
            ImageFormat::Jpeg,
            ImageFormat::Gif,
            ImageFormat::WebP,
            ImageFormat::Bmp,
            ImageFormat::Tiff,
            ImageFormat::Ico,
        ] {
            let picture = halves(200, 100);
            // An icon's picture must have transparency.
            let picture = if format == ImageFormat::Ico { picture.to_rgba8().into() } else { picture };
            let made = avatar(&file(&picture, format)).unwrap();
            assert_eq!(image::guess_format(&made).unwrap(), ImageFormat::WebP);
            let picture = image::load_from_memory(&made).unwrap();
            assert_eq!((picture.width(), picture.height()), (256, 256), "{format:?}");
            assert!(is_red(&made, 20, 128) && !is_red(&made, 236, 128), "{format:?}");
        }
    }

    #[test]
    fn a_picture_of_any_shape_becomes_a_square() {
        for (width, height) in [(1, 1), (1, 3000), (3000, 1), (2000, 600), (600, 2000), (1300, 1300)] {
            let made = avatar(&file(&halves(width, height), ImageFormat::Png)).unwrap();
            let picture = image::load_from_memory(&made).unwrap();
            assert_eq!((picture.width(), picture.height()), (256, 256), "{width} × {height}");
        }
    }

    #[test]
    fn a_logo_is_whole_in_two_sizes() {
        let made = logo(&file(&halves(3000, 1000), ImageFormat::Png)).unwrap();
        for (png, side) in [(&made.small_png, 192), (&made.large_png, 512)] {
            assert_eq!(image::guess_format(png).unwrap(), ImageFormat::Png);
            let picture = image::load_from_memory(png).unwrap().into_rgba8();
            assert_eq!((picture.width(), picture.height()), (side, side));
            assert_eq!(picture[(side / 2, 2)].0[3], 0, "nothing above it");
            assert!(is_red(png, 2, side / 2) && !is_red(png, side - 3, side / 2));
        }
    }

    #[test]
    fn a_picture_taken_with_a_turned_camera_stands_upright() {
        // TIFF header, one directory entry: Orientation (274), SHORT, 6: turn by 90 degrees clockwise.
        let exif = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
        let jpeg = file(&halves(400, 300), ImageFormat::Jpeg);
        let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
        let turned = [&jpeg[..2], b"\xff\xe1", &length, exif, &jpeg[2..]].concat();
        assert_eq!(decoded(&turned).unwrap().1, Orientation::Rotate90);
        let (upright, turned_avatar) = (avatar(&jpeg).unwrap(), avatar(&turned).unwrap());
        assert!(is_red(&upright, 20, 20) && is_red(&upright, 20, 236) && !is_red(&upright, 236, 20));
        assert!(is_red(&turned_avatar, 20, 20) && is_red(&turned_avatar, 236, 20));
        assert!(!is_red(&turned_avatar, 20, 236));
        let large = logo(&turned).unwrap().large_png;
        assert!(is_red(&large, 256, 20) && !is_red(&large, 256, 492));
    }

    /// A PNG that says it is so large, with next to nothing in it.
    fn bomb(width: u32, height: u32) -> Vec<u8> {
        let mut png = file(&halves(1, 1), ImageFormat::Png);
        png[16..20].copy_from_slice(&width.to_be_bytes());
        png[20..24].copy_from_slice(&height.to_be_bytes());
        let mut crc = flate2::Crc::new();
        crc.update(&png[12..29]);
        png[29..33].copy_from_slice(&crc.sum().to_be_bytes());
        png
    }

    #[test]
    fn a_picture_that_claims_to_be_huge_is_refused_before_it_is_decoded() {
        for (width, height) in [(50_000, 50_000), (7_072, 7_072), (u32::MAX >> 1, 2)] {
            let refusal = avatar(&bomb(width, height)).unwrap_err();
            assert!(refusal.contains("too large") || refusal == UNREADABLE, "{refusal}");
        }
        assert!(avatar(&bomb(7_072, 7_072)).unwrap_err().contains("7072 × 7072"));
        assert_eq!(avatar(&bomb(7_000, 7_000)).unwrap_err(), UNREADABLE, "not too large, but nothing in it");
    }

    #[test]
    fn what_is_no_picture_is_refused_in_plain_words() {
        let png = file(&halves(300, 300), ImageFormat::Png);
        let jpeg = file(&halves(300, 300), ImageFormat::Jpeg);
        let svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>";
        let pdf = b"%PDF-1.7 and so on";
        let inputs: [&[u8]; 7] =
            [b"", b"GIF89a", svg, pdf, &png[..png.len() / 2], &jpeg[..100], b"\x89PNG\r\n\x1a\n"];
        for input in inputs {
            assert_eq!(avatar(input).unwrap_err(), UNREADABLE);
            assert_eq!(logo(input).unwrap_err(), UNREADABLE);
        }
    }

    #[tokio::test]
    async fn a_refusal_names_the_field_that_the_picture_came_in() {
        let pictures = Pictures::start().unwrap();
        let refused = pictures.avatar(b"x".to_vec()).await.unwrap_err();
        assert!(matches!(refused, AppError::Invalid(invalid) if invalid.field == "avatar"));
        let refused = pictures.logo(b"x".to_vec()).await.unwrap_err();
        assert!(matches!(refused, AppError::Invalid(invalid) if invalid.field == "logo"));
        assert!(pictures.avatar(file(&halves(9, 9), ImageFormat::Png)).await.is_ok());
    }
}
