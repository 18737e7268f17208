//! Unit tests of `services::blanking`.

use super::*;
use proptest::prelude::*;
use std::fs;

/// What must not stay, wherever it stands.
const PLACE: &[u8] = b"+48.8583+002.2944/";

fn blanked(file: &[u8]) -> io::Result<Vec<u8>> {
    let place = tempfile::NamedTempFile::new().unwrap();
    fs::write(place.path(), file).unwrap();
    let done = blank(place.path());
    let clean = fs::read(place.path()).unwrap();
    assert_eq!(clean.len(), file.len());
    assert!(done.is_ok() || clean == file, "what is malformed stays as it is");
    done.map(|()| clean)
}

fn contains(file: &[u8], words: &[u8]) -> bool {
    file.windows(words.len()).any(|window| window == words)
}

fn boxed(kind: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let body = parts.concat();
    [&(body.len() as u32 + 8).to_be_bytes(), kind, &body].concat()
}

/// A box whose size has 64 bits.
fn boxed_long(kind: &[u8], body: &[u8]) -> Vec<u8> {
    [b"\0\0\0\x01", kind, &(body.len() as u64 + 16).to_be_bytes(), body].concat()
}

/// A film with its place wherever films have it, and a track.
fn film() -> Vec<u8> {
    let place = boxed(b"\xa9xyz", &[b"\0\x12\x15\xc7", PLACE]);
    let xmp = boxed(b"uuid", &[b"\xbe\x7a\xcf\xcb\x97\xa9\x42\xe8\x9c\x71\x99\x94\x91\xe3\xaf\xac", PLACE]);
    let (udta, meta) = (boxed(b"udta", &[&place]), boxed(b"meta", &[&boxed(b"ilst", &[PLACE])]));
    let track = boxed(b"trak", &[&boxed(b"tkhd", &[b"track"]), &meta, &udta, &boxed(b"mdia", &[b"media"])]);
    let long = boxed_long(b"udta", &place);
    let moov = boxed(b"moov", &[&boxed(b"mvhd", &[b"film"]), &track, &udta, &meta, &long, &xmp, b"\0\0\0\0"]);
    [boxed(b"ftyp", &[b"qt  \0\0\0\0qt  "]), boxed(b"wide", &[]), boxed_long(b"mdat", b"pixels"), moov, xmp].concat()
}

/// A HEIF: a picture, and EXIF, among the data of the file, and XMP, which from version 1 of the table on may lie in the list.
fn heif(version: u8) -> Vec<u8> {
    let id = |id: u32| if version < 2 { id.to_be_bytes()[2..].to_vec() } else { id.to_be_bytes().to_vec() };
    let info = |number: u32, kind: &[u8], rest: &[u8]| {
        boxed(b"infe", &[&[version.clamp(1, 2) + 1, 0, 0, 0], &id(number), b"\0\0", kind, rest])
    };
    let count = if version == 0 { b"\0\x03".to_vec() } else { b"\0\0\0\x03".to_vec() };
    let infos =
        [info(1, b"hvc1", b"\0"), info(2, b"Exif", b"\0"), info(3, b"mime", b"\0application/rdf+xml\0")].concat();
    let iinf = boxed(b"iinf", &[&[version.min(1), 0, 0, 0], &count, &infos]);
    let exif = [b"\0\0\0\x06Exif\0\0MM\0*\0\0\0\x08", PLACE].concat();
    let head = |start: u32| {
        let mut iloc = vec![version, 0, 0, 0, 0x44, if version == 0 { 0x40 } else { 0x44 }];
        iloc.extend(&id(3));
        let places = [(1, 0, start, vec![6]), (2, 0, start + 6, vec![12, exif.len() as u32 - 12]), (3, 1, 1, vec![18])];
        for (number, method, mut at, lengths) in places {
            iloc.extend(id(number));
            if version > 0 {
                iloc.extend([0, method]);
            } else if method == 1 {
                at = start + 6 + exif.len() as u32;
            }
            iloc.extend([0, 0]);
            iloc.extend(at.to_be_bytes());
            iloc.extend([0, lengths.len() as u8]);
            let mut past = 0_u32;
            for length in lengths {
                if version > 0 {
                    iloc.extend([0; 4]);
                }
                iloc.extend([past.to_be_bytes(), length.to_be_bytes()].concat());
                past += length;
            }
        }
        let (hdlr, iloc) = (boxed(b"hdlr", &[b"\0\0\0\0\0\0\0\0pict"]), boxed(b"iloc", &[&iloc]));
        let idat = if version > 0 { boxed(b"idat", &[b"<", PLACE, b">"]) } else { Vec::new() };
        // Either may come first.
        let (first, second) = if version == 1 { (&iloc, &iinf) } else { (&iinf, &iloc) };
        let meta = boxed(b"meta", &[b"\0\0\0\0", &hdlr, first, &idat, second]);
        [boxed(b"ftyp", &[b"heic\0\0\0\0mif1heic"]), meta].concat()
    };
    let start = head(0).len() as u32 + 8;
    let xmp = if version == 0 { PLACE } else { b"" };
    [head(start), boxed(b"mdat", &[b"pixels", &exif, xmp])].concat()
}

#[test]
fn a_film_loses_its_place_wherever_it_stands_and_keeps_the_rest_where_it_is() {
    let file = film();
    assert!(contains(&file, PLACE));
    let clean = blanked(&file).unwrap();
    assert!(!contains(&clean, PLACE));
    for gone in [b"udta", b"uuid", b"meta", b"\xa9xyz"] {
        assert!(contains(&file, gone) && !contains(&clean, gone));
    }
    for kept in [&b"ftypqt  "[..], b"mdat\0\0\0\0\0\0\0\x16pixels", b"mvhdfilm", b"tkhdtrack", b"mdiamedia", b"moov"] {
        let at = |file: &[u8]| file.windows(kept.len()).position(|it| it == kept);
        assert!(at(&file).is_some());
        assert_eq!(at(&clean), at(&file));
    }
    assert_eq!(blanked(&clean).unwrap(), clean, "once is enough");
    // A film without a box that says what it is, as old cameras write it, and one that was cut off.
    assert!(!contains(&blanked(&file[20..]).unwrap(), PLACE));
    let (pixels, moov) = (&file[20..50], &file[50..]);
    let cut = [&file[..20], &moov[..moov.len() - 68], &pixels[..28]].concat();
    assert!(contains(&cut, PLACE) && !contains(&blanked(&cut).unwrap(), PLACE));
}

#[test]
fn a_heif_loses_exif_and_xmp_in_each_version_of_its_table() {
    for version in 0..=2 {
        let file = heif(version);
        assert!(contains(&file, PLACE) && contains(&file, b"Exif\0\0MM"));
        let clean = blanked(&file).unwrap();
        assert!(!contains(&clean, PLACE) && !contains(&clean, b"Exif\0\0MM"), "version {version}");
        let changed: Vec<_> = (0..file.len()).filter(|at| file[*at] != clean[*at]).map(|at| file[at]).collect();
        assert!(changed.len() <= 2 * PLACE.len() + 18, "only these items");
        assert!(contains(&clean, b"pixels"));
        // Zeros would not do for EXIF: decoders refuse the whole picture then.
        let at = file.windows(10).position(|it| it == b"\0\0\0\x06Exif\0\0").unwrap();
        assert!(clean[at..].starts_with(&EXIF_EMPTY[..12]));
        assert_eq!(blanked(&clean).unwrap(), clean);
    }
    // The film in a moving picture goes the same way.
    let moving = [heif(1), boxed(b"mpvd", &[&film()])].concat();
    assert!(!contains(&blanked(&moving).unwrap(), PLACE));
    // Sony's film has a list of this kind without items.
    let list = boxed(b"meta", &[b"\0\0\0\0", &boxed(b"hdlr", &[b"\0\0\0\0\0\0\0\0nrtm"]), &boxed(b"xml ", &[PLACE])]);
    assert!(!contains(&blanked(&[film(), list].concat()).unwrap(), PLACE));
}

#[test]
fn what_only_begins_like_such_a_file_stays_as_it_is() {
    for text in ["The ftyp is a box.", "The moov meta udta", "All free udta", "", "abcdwideudtaudta"] {
        let done = blanked(text.as_bytes());
        assert!(done.is_err() || done.unwrap() == text.as_bytes(), "{text}");
    }
}

#[test]
fn hostile_files_are_refused_or_blanked_soon() {
    let ftyp = boxed(b"ftyp", &[b"heic\0\0\0\0"]);
    let after = |rest: &[u8]| blanked(&[&ftyp, rest].concat());
    for size in [2_u32, 7] {
        assert!(after(&[&size.to_be_bytes()[..], b"moov"].concat()).is_err());
    }
    for size in [0_u64, 15, u64::MAX] {
        let _ = after(&[b"\0\0\0\x01moov", &size.to_be_bytes()[..], &film()[20..]].concat());
    }
    // To the end, larger than the file, cut off in its head.
    for rest in [
        &b"\0\0\0\0udta secret"[..],
        b"\xff\xff\xff\xffudta secret",
        b"\0\0\0\x01udta\xff\xff\xff\xff\xff\xff\xff\xff secret",
    ] {
        assert!(!contains(&after(rest).unwrap(), b"secret"));
    }
    for end in 0..24 {
        let _ = after(&film()[20..][..end]);
    }
    // Many boxes, beside each other and in each other.
    let many = boxed(b"moov", &[&boxed(b"udta", &[PLACE]).repeat(10_000)]);
    assert!(!contains(&after(&many).unwrap(), PLACE));
    assert!(after(&boxed(b"free", &[]).repeat(1_000_000)).is_err());
    for kind in [&b"moov"[..], b"mpvd", b"trak", b"meta", b"iinf"] {
        let nested = [&(1_000_000_u32).to_be_bytes()[..], kind].concat().repeat(100_000);
        let _ = after(&nested);
    }
    // A table that says that an item is everywhere, so many times, or in so many pieces of no length.
    let info = boxed(b"iinf", &[b"\0\0\0\0\0\x01", &boxed(b"infe", &[b"\x02\0\0\0\0\x01\0\0Exif\0"])]);
    for (widths, extent, is_refused) in
        [(b"\x44\0", &[0, 0, 0, 0, 0, 1, 0, 0][..], true), (b"\0\0", b"", true), (b"\xff\xff", b"", true)]
    {
        let item = [&b"\0\x01\0\0\xff\xff"[..], &extent.repeat(0xFFFF)].concat();
        let iloc = boxed(b"iloc", &[b"\0\0\0\0", widths, b"\xff\xff", &item]);
        let meta = boxed(b"meta", &[b"\0\0\0\0", &info, &iloc, &vec![1; 100_000]]);
        assert_eq!(after(&meta).is_err(), is_refused);
    }
}

proptest! {
    #[test]
    fn no_bytes_behind_a_beginning_make_it_panic(
        head in 0usize..2, kinds in proptest::collection::vec(0usize..12, 0..20), noise in proptest::collection::vec(any::<u8>(), 0..300),
    ) {
        let beginning = [boxed(b"ftyp", &[b"heic\0\0\0\0"]), boxed(b"wide", &[])];
        let mut file = beginning[head].clone();
        let names = [b"moov", b"trak", b"meta", b"iinf", b"infe", b"iloc", b"idat", b"udta", b"uuid", b"mpvd", b"mdat", b"Exif"];
        for (at, kind) in kinds.iter().enumerate() {
            let part = noise.iter().skip(at * 9).take(9).copied().collect::<Vec<_>>();
            file.extend([&[0, 0, part.first().copied().unwrap_or(0) % 3, part.get(1).copied().unwrap_or(9)], &names[*kind][..], &part].concat());
        }
        file.extend(noise);
        let _ = blanked(&file);
    }

    #[test]
    fn no_damage_makes_it_panic(kind in 0usize..6, at in 0usize..2000, bytes: [u8; 4], end in 0usize..2000) {
        let mut file = [film(), heif(0), heif(1), heif(2), tiff(true, None), tiff(false, Some(330))][kind].clone();
        let at = at % (file.len() - 4);
        file[at..at + 4].copy_from_slice(&bytes);
        file.truncate(file.len().min(end.max(8) + 200));
        let _ = blanked(&file);
    }
}

/// A TIFF: a picture's directory and another after it, with everything that tells of the camera, in either order of bytes.
fn tiff(is_little: bool, raw: Option<u16>) -> Vec<u8> {
    let two = |it: u16| if is_little { it.to_le_bytes() } else { it.to_be_bytes() };
    let four = |it: u32| if is_little { it.to_le_bytes() } else { it.to_be_bytes() };
    let mut file = if is_little { b"II*\0".to_vec() } else { b"MM\0*".to_vec() };
    file.extend(four(8));
    // Each directory is followed by what its entries lead to: of EXIF, another directory.
    for next_is_there in [true, false] {
        let tags = [Some(256), Some(271), Some(700), raw, Some(34_665), Some(34_853)];
        let tags: Vec<u16> = tags.into_iter().flatten().collect();
        let mut at = (file.len() + 2 + tags.len() * 12 + 4) as u32;
        let (mut directory, mut beyond) = (two(tags.len() as u16).to_vec(), Vec::new());
        for tag in tags {
            let (kind, count, value, behind) = match tag {
                256 => (3, 1, [&two(640)[..], b"\0\0"].concat(), Vec::new()),
                34_665 | 34_853 => {
                    let inner =
                        [&two(1)[..], &two(2), &two(2), &four(PLACE.len() as u32), &four(at + 18), &four(0), PLACE];
                    (4, 1, four(at).to_vec(), inner.concat())
                }
                330 => (4, 1, four(1).to_vec(), Vec::new()),
                _ => (2, PLACE.len() as u32, four(at).to_vec(), PLACE.to_vec()),
            };
            directory.extend([&two(tag)[..], &two(kind), &four(count), &value].concat());
            at += behind.len() as u32;
            beyond.extend(behind);
        }
        directory.extend(four(if next_is_there { at } else { 0 }));
        file.extend([directory, beyond].concat());
    }
    file.extend(b"pixels");
    file
}

#[test]
fn a_tiff_keeps_its_pictures_and_nothing_of_place_and_camera() {
    for is_little in [true, false] {
        let clean = blanked(&tiff(is_little, None)).unwrap();
        assert!(!contains(&clean, PLACE) && clean.ends_with(b"pixels"));
        let width = if is_little {
            b"\x01\0\0\x01\x03\0\x01\0\0\0\x80\x02\0\0"
        } else {
            b"\0\x01\x01\0\0\x03\0\0\0\x01\x02\x80\0\0"
        };
        assert_eq!(
            clean.windows(14).filter(|window| window == width).count(),
            2,
            "each directory has one entry: its width"
        );
        assert_eq!(blanked(&clean).unwrap(), clean);
    }
}

#[test]
fn a_raw_picture_of_the_shape_of_a_tiff_keeps_its_camera_and_not_its_place() {
    let clean = blanked(&tiff(true, Some(330))).unwrap();
    let kept = clean.windows(PLACE.len()).filter(|window| *window == PLACE).count();
    assert_eq!(kept, 4, "the camera's name and EXIF, of both directories");
}

#[test]
fn a_tiff_that_leads_nowhere_or_in_circles_stays_as_it_is() {
    let circle = [&b"II*\0\x08\0\0\0\x01\0"[..], &[1; 12], b"\x08\0\0\0"].concat();
    let nowhere = b"II*\0\xff\0\0\0".to_vec();
    let exif_is_itself = [&b"MM\0*\0\0\0\x08\0\x01\x87\x69\0\x04\0\0\0\x01\0\0\0\x08"[..], &[0; 4]].concat();
    for file in [circle, nowhere] {
        assert!(blanked(&file).is_err());
    }
    assert!(blanked(&exif_is_itself).is_ok());
}
