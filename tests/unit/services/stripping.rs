//! Unit tests of `services::stripping`.

use super::*;
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::codecs::webp::WebPEncoder;
use image::{DynamicImage, ImageDecoder, ImageEncoder, ImageReader, RgbImage};
use proptest::prelude::*;
use std::io::Cursor;

/// EXIF as cameras write it: how the picture is turned, and a place, far more than is kept.
fn exif_of(orientation: u8) -> Vec<u8> {
    let entries = [(0x0112_u16, 3_u16, 1_u32, [0, orientation, 0, 0]), (0x010F, 2, 6, [0, 0, 0, 38])];
    let mut tiff = b"MM\0*\0\0\0\x08\0\x02".to_vec();
    for (tag, kind, count, value) in entries {
        tiff.extend([&tag.to_be_bytes()[..], &kind.to_be_bytes(), &count.to_be_bytes(), &value].concat());
    }
    tiff.extend(b"\0\0\0\0Canon\0GPS: 52.52 N 13.40 E");
    tiff
}

fn picture(kind: &str, orientation: u8) -> Vec<u8> {
    let pixels = RgbImage::from_fn(40, 20, |x, y| image::Rgb([(x * 6) as u8, (y * 12) as u8, 90]));
    let mut file = Vec::new();
    let exif = exif_of(orientation);
    match kind {
        "image/jpeg" => {
            let mut encoder = JpegEncoder::new_with_quality(&mut file, 90);
            encoder.set_exif_metadata(exif).unwrap();
            encoder.write_image(pixels.as_raw(), 40, 20, image::ExtendedColorType::Rgb8).unwrap();
        }
        "image/png" => {
            let mut encoder = PngEncoder::new(&mut file);
            encoder.set_exif_metadata(exif).unwrap();
            encoder.write_image(pixels.as_raw(), 40, 20, image::ExtendedColorType::Rgb8).unwrap();
        }
        _ => {
            let mut encoder = WebPEncoder::new_lossless(&mut file);
            encoder.set_exif_metadata(exif).unwrap();
            encoder.write_image(pixels.as_raw(), 40, 20, image::ExtendedColorType::Rgb8).unwrap();
        }
    }
    file
}

fn stripped(kind: &str, file: &[u8]) -> io::Result<(bool, Vec<u8>)> {
    let mut output = Cursor::new(Vec::new());
    let is_on_its_side = copy(kind, &mut &file[..], &mut output)?;
    Ok((is_on_its_side, output.into_inner()))
}

fn contains(file: &[u8], words: &[u8]) -> bool {
    file.windows(words.len()).any(|window| window == words)
}

/// The pixels, how they are turned.
fn decoded(file: &[u8]) -> (DynamicImage, Orientation) {
    let mut decoder = ImageReader::new(Cursor::new(file)).with_guessed_format().unwrap().into_decoder().unwrap();
    let orientation = decoder.orientation().unwrap();
    (DynamicImage::from_decoder(decoder).unwrap(), orientation)
}

#[test]
fn a_picture_keeps_its_pixels_and_how_it_is_turned_and_loses_place_and_camera() {
    for kind in ["image/jpeg", "image/png", "image/webp"] {
        for orientation in 1..=8 {
            let file = picture(kind, orientation);
            assert!(contains(&file, b"Canon") && contains(&file, b"GPS"));
            let (is_on_its_side, clean) = stripped(kind, &file).unwrap();
            assert!(!contains(&clean, b"Canon") && !contains(&clean, b"GPS"), "{kind}");
            assert_eq!(is_on_its_side, orientation >= 5);
            assert_eq!(decoded(&clean), decoded(&file), "{kind} {orientation}");
            assert_eq!(decoded(&clean).1.to_exif(), orientation);
            assert_eq!(stripped(kind, &clean).unwrap(), (is_on_its_side, clean), "{kind}: once is enough");
        }
    }
}

#[test]
fn what_stands_beside_the_picture_of_a_jpeg_goes() {
    let file = picture("image/jpeg", 1);
    let part = |marker: u8, words: &[u8]| [&[0xFF, marker, 0, words.len() as u8 + 2], words].concat();
    let extra = [
        part(0xE1, b"http://ns.adobe.com/xap/1.0/\0<secret/>"),
        part(0xED, b"Photoshop 3.0\0secret"),
        part(0xFE, b"secret comment"),
        part(0xE2, b"MPF\0secret"),
        part(0xE2, b"ICC_PROFILE\0colours"),
    ]
    .concat();
    let file = [&file[..2], &extra, &file[2..], b"secret film behind it"].concat();
    let (_, clean) = stripped("image/jpeg", &file).unwrap();
    assert!(!contains(&clean, b"secret"));
    assert!(contains(&clean, b"ICC_PROFILE\0colours") && clean.ends_with(b"\xFF\xD9"));
    assert_eq!(decoded(&clean), decoded(&file));
}

#[test]
fn what_stands_beside_the_picture_of_a_png_goes() {
    let file = picture("image/png", 1);
    let chunk = b"\0\0\0\x0etEXtComment\0secret\0\0\0\0";
    let file = [&file[..33], chunk, &file[33..], b"secret script behind it"].concat();
    let (_, clean) = stripped("image/png", &file).unwrap();
    assert!(!contains(&clean, b"secret"));
    assert_eq!(decoded(&clean).0, decoded(&picture("image/png", 1)).0);
}

#[test]
fn a_jpeg_that_was_cut_off_in_its_picture_is_one_still_and_one_cut_before_is_none() {
    let file = picture("image/jpeg", 1);
    let (_, clean) = stripped("image/jpeg", &file[..file.len() - 20]).unwrap();
    assert!(clean.ends_with(b"\xFF\xD9"));
    assert!(stripped("image/jpeg", &file[..60]).is_err());
    assert!(stripped("image/png", &picture("image/png", 1)[..40]).is_err());
}

proptest! {
    #[test]
    fn no_damage_makes_it_panic_or_grow_out_of_bounds(
        kind in 0usize..3, at in 0usize..2000, byte: u8, end in 0usize..4000,
    ) {
        let kind = ["image/jpeg", "image/png", "image/webp"][kind];
        let mut file = picture(kind, 6);
        let at = at % file.len();
        file[at] = byte;
        file.truncate(end.max(1));
        if let Ok((_, clean)) = stripped(kind, &file) {
            prop_assert!(clean.len() <= file.len() + 64);
        }
    }
}
