//! Unit tests of `services::pictures`.

use super::*;
use crate::error::AppError;
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
    assert_eq!(decoded(Cursor::new(&turned)).unwrap().1, Orientation::Rotate90);
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
    let inputs: [&[u8]; 7] = [b"", b"GIF89a", svg, pdf, &png[..png.len() / 2], &jpeg[..100], b"\x89PNG\r\n\x1a\n"];
    for input in inputs {
        assert_eq!(avatar(input).unwrap_err(), UNREADABLE);
        assert_eq!(logo(input).unwrap_err(), UNREADABLE);
    }
}

#[tokio::test]
async fn a_refusal_names_the_field_that_the_picture_came_in() {
    let pictures = Pictures::default();
    let refused = pictures.avatar(b"x".to_vec()).await.unwrap_err();
    assert!(matches!(refused, AppError::Invalid(invalid) if invalid.field == "avatar"));
    let refused = pictures.logo(b"x".to_vec()).await.unwrap_err();
    assert!(matches!(refused, AppError::Invalid(invalid) if invalid.field == "logo"));
    assert!(pictures.avatar(file(&halves(9, 9), ImageFormat::Png)).await.is_ok());
}
