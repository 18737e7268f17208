//! Files in messages: sending, reading, who may, and how they go.

use crate::support::socket::Socket;
use crate::support::{Person, TestServer};
use campfire::services::files::Files;
use image::{DynamicImage, ImageFormat, RgbImage};
use reqwest::{Method, Response};
use serde_json::{Value, json};
use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use uuid::Uuid;

/// A form in parts as browsers send it: fields, then the file.
fn form(fields: &[(&str, &str)], file_name: &str, file: &[u8]) -> Vec<u8> {
    let part = |(name, value): &(&str, &str)| {
        format!("--cut\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let fields: String = fields.iter().map(part).collect();
    let name = file_name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A");
    let head = format!(
        "--cut\r\nContent-Disposition: form-data; name=\"attachment\"; filename=\"{name}\"\r\nContent-Type: text/html\r\n\r\n"
    );
    [fields.as_bytes(), head.as_bytes(), file, b"\r\n--cut--\r\n"].concat()
}

async fn send(person: &Person, accept: &str, body: Vec<u8>) -> Response {
    let request = person.request(Method::POST, "/rooms/1/messages");
    let request = request.header("content-type", "multipart/form-data; boundary=cut").header("accept", accept);
    request.body(body).send().await.unwrap()
}

/// Sends a file under an id, by JSON.
pub async fn sends_as(person: &Person, id: &str, name: &str, file: &[u8]) -> Response {
    send(person, "application/json", form(&[("client_message_id", id)], name, file)).await
}

/// Sends a file and expects it to be taken.
async fn sends(person: &Person, name: &str, file: &[u8]) -> Value {
    let answer = sends_as(person, &Uuid::new_v4().to_string(), name, file).await;
    assert_eq!(answer.status(), 201, "{name}");
    answer.json().await.unwrap()
}

fn picture(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let colour = |x, y| image::Rgb([(x % 251) as u8, (y % 241) as u8, 90]);
    let mut file = Cursor::new(Vec::new());
    DynamicImage::from(RgbImage::from_fn(width, height, colour)).write_to(&mut file, format).unwrap();
    file.into_inner()
}

/// Every file in the storage, those on their way included.
fn files(server: &TestServer) -> Vec<PathBuf> {
    let folders = fs::read_dir(server.folder.path().join("files")).unwrap();
    folders.flat_map(|folder| fs::read_dir(folder.unwrap().path()).unwrap()).map(|file| file.unwrap().path()).collect()
}

/// Waits until so many files are in the storage.
async fn are_files(server: &TestServer, count: usize) {
    let wait = async {
        while files(server).len() != count {
            tokio::task::yield_now().await;
        }
    };
    let in_time = tokio::time::timeout(crate::support::PATIENCE, wait).await;
    assert!(in_time.is_ok(), "{:?} instead of {count} files", files(server));
}

fn header(answer: &Response, name: &str) -> String {
    answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
}

fn url(message: &Value) -> String {
    message["attachment"]["url"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_file_is_a_message_that_everybody_in_the_room_gets_whole() {
    let server = TestServer::start().await;
    let (ann, bob) = (server.administrator().await, server.member("Bob").await);
    let mut socket = Socket::since(&bob, 0).await;
    let file: Vec<u8> = (0..3_000_000_u32).map(|number| (number % 253) as u8).collect();
    let message = sends(&ann, "data.bin", &file).await;
    let expected = json!({
        "name": "data.bin", "content_type": "application/octet-stream", "size_bytes": 3_000_000,
        "url": format!("/rooms/1/messages/{}/file/data.bin", message["id"]),
        "thumbnail_url": null, "width": null, "height": null,
    });
    assert_eq!(message["attachment"], expected);
    assert_eq!((&message["body"]["source"], &message["body"]["plain_text"]), (&json!(""), &json!("data.bin")));
    let heard = socket.frame("message_created").await;
    assert_eq!(heard["message"], message);
    let answer = bob.get(&url(&message)).await;
    assert_eq!(answer.bytes().await.unwrap(), file);
    // The storage is the owner's alone.
    use std::os::unix::fs::PermissionsExt;
    let [path] = files(&server).try_into().unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!path.to_string_lossy().contains("data"));
}

#[tokio::test]
async fn text_may_stand_beside_a_file_and_be_edited_away_but_not_without_one() {
    let server = TestServer::start().await;
    let ann = server.administrator().await;
    let body = form(&[("body", "**Look**")], "a.txt", b"abc");
    let message: Value = send(&ann, "application/json", body).await.json().await.unwrap();
    assert_eq!((&message["body"]["plain_text"], &message["attachment"]["name"]), (&json!("Look"), &json!("a.txt")));
    let path = format!("/rooms/1/messages/{}", message["id"]);
    let edited: Value = ann.json(Method::PUT, &path, &json!({"body": " "})).await.json().await.unwrap();
    assert_eq!((&edited["body"]["html"], &edited["attachment"]), (&json!(""), &message["attachment"]));
    let plain = ann.says("no file").await;
    let path = format!("/rooms/1/messages/{}", plain["id"]);
    assert_eq!(ann.json(Method::PUT, &path, &json!({"body": " "})).await.status(), 422);
    let nothing = send(&ann, "application/json", form(&[("body", " ")], "", b"")).await;
    assert_eq!(nothing.status(), 422);
}

#[tokio::test]
async fn without_javascript_a_file_goes_with_an_ordinary_form_and_a_refused_one_keeps_what_was_typed() {
    let server = TestServer::start_with(&[("CAMPFIRE_UPLOAD_MAX", "1MB")]).await;
    let ann = server.administrator().await.in_a_browser();
    let page = ann.page("/rooms/1").await.text().await.unwrap();
    assert!(page.contains("enctype=\"multipart/form-data\"") && page.contains("type=\"file\" name=\"attachment\""));
    let answer = send(&ann, "text/html", form(&[("body", "see this")], "plan.pdf", b"%PDF-1.7 ...")).await;
    assert_eq!((answer.status().as_u16(), header(&answer, "location").as_str()), (303, "/rooms/1"));
    let page = ann.page("/rooms/1").await.text().await.unwrap();
    assert!(page.contains("plan.pdf") && page.contains("?download"), "{page}");

    // Twice the bound, as somebody sends it who picked the wrong file.
    let answer = send(&ann, "text/html", form(&[("body", "precious words")], "film.mp4", &vec![7; 2_000_000])).await;
    assert_eq!(answer.status(), 413);
    let page = answer.text().await.unwrap();
    assert!(page.contains("precious words") && page.contains("at most 1 MB fit"), "{page}");
    let exactly = sends_as(&ann, &Uuid::new_v4().to_string(), "b", &vec![7; 1_000_000]).await;
    assert_eq!(exactly.status(), 201);
    are_files(&server, 2).await;
}

#[tokio::test]
async fn a_repeat_gets_the_first_message_and_its_own_file_is_thrown_away() {
    let server = TestServer::start().await;
    let (ann, bob) = (server.administrator().await, server.member("Bob").await);
    let id = Uuid::new_v4().to_string();
    let first: Value = sends_as(&ann, &id, "a.txt", b"first").await.json().await.unwrap();
    let again = sends_as(&ann, &id, "b.txt", b"second").await;
    assert_eq!(again.status(), 200);
    assert_eq!(again.json::<Value>().await.unwrap(), first);
    assert_eq!(sends_as(&bob, &id, "c.txt", b"third").await.status(), 409);
    assert_eq!(ann.get(&url(&first)).await.bytes().await.unwrap(), "first");
    are_files(&server, 1).await;
    assert_eq!(ann.json(Method::DELETE, &format!("/rooms/1/messages/{}", first["id"]), &json!({})).await.status(), 204);
    assert_eq!(sends_as(&ann, &id, "d.txt", b"fourth").await.status(), 410);
    are_files(&server, 0).await;
}

#[tokio::test]
async fn nobody_outside_the_room_sends_or_reads_files() {
    let server = TestServer::start().await;
    let (ann, olga) = (server.administrator().await, server.outsider("Olga").await);
    let message = sends(&ann, "a.png", &picture(30, 20, ImageFormat::Png)).await;
    let thumbnail = message["attachment"]["thumbnail_url"].as_str().unwrap().to_owned();
    for path in [url(&message), thumbnail] {
        assert_eq!(ann.get(&path).await.status(), 200);
        assert_eq!(olga.get(&path).await.status(), 404);
        assert_eq!(server.visitor().get(&path).await.status(), 401);
    }
    assert_eq!(sends_as(&olga, &Uuid::new_v4().to_string(), "a.txt", b"abc").await.status(), 404);
    let plain = ann.says("no file").await;
    assert_eq!(ann.get(&format!("/rooms/1/messages/{}/file/a", plain["id"])).await.status(), 404);
    are_files(&server, 2).await;
}

#[tokio::test]
async fn a_page_that_comes_as_a_file_can_never_run_as_ours() {
    let server = TestServer::start().await;
    let ann = server.administrator().await;
    let html = "<!doctype html><script>alert(1)</script>";
    let svg = "<?xml version=\"1.0\"?><svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>";
    let polyglot = "GIF89a/*\0\0\0\0*/=1;alert(1)";
    for (name, content, kind, how) in [
        ("page.html", html, "application/octet-stream", "attachment"),
        ("picture.png", html, "application/octet-stream", "attachment"),
        ("picture.svg", svg, "application/octet-stream", "attachment"),
        ("picture.png", "no picture at all", "application/octet-stream", "attachment"),
        ("script.js", "alert(1)", "application/octet-stream", "attachment"),
        ("both.gif", polyglot, "image/gif", "inline"),
    ] {
        let message = sends(&ann, name, content.as_bytes()).await;
        let answer = ann.get(&url(&message)).await;
        assert_eq!(answer.status(), 200);
        assert_eq!(header(&answer, "content-type"), kind, "{name}");
        assert!(header(&answer, "content-disposition").starts_with(how), "{name}");
        assert_eq!(header(&answer, "x-content-type-options"), "nosniff");
        assert!(header(&answer, "content-security-policy").starts_with("sandbox; default-src 'none'"));
        assert!(header(&answer, "cache-control").starts_with("private"));
        assert_eq!(answer.text().await.unwrap(), content);
        let stored = ann.get(&format!("{}?download", url(&message))).await;
        assert!(header(&stored, "content-disposition").starts_with("attachment"), "{name}");
    }
}

#[tokio::test]
async fn a_name_from_elsewhere_is_made_harmless_and_otherwise_kept() {
    let server = TestServer::start().await;
    let ann = server.administrator().await;
    let message = sends(&ann, "../../etc/Ödön's \u{202e}fdp.exe", b"MZ").await;
    assert_eq!(message["attachment"]["name"], "Ödön's fdp.exe");
    let answer = ann.get(&url(&message)).await;
    let disposition = header(&answer, "content-disposition");
    assert!(
        disposition.contains("filename=\"_d_n's fdp.exe\"; filename*=UTF-8''%C3%96d%C3%B6n%27s%20fdp.exe"),
        "{disposition}"
    );
    let lines = sends(&ann, "a\r\nSet-Cookie: b=c", b"abc").await;
    let answer = ann.get(&url(&lines)).await;
    assert_eq!((answer.status().as_u16(), header(&answer, "set-cookie").as_str()), (200, ""));
    let page = ann.in_a_browser().page("/rooms/1").await.text().await.unwrap();
    assert!(!page.contains('\u{202e}'));
}

#[tokio::test]
async fn a_part_of_a_file_is_had_by_range_and_what_is_known_is_not_sent_again() {
    let server = TestServer::start().await;
    let ann = server.administrator().await;
    let message = sends(&ann, "a.txt", b"0123456789").await;
    let ask = async |name: &str, value: &str| {
        ann.request(Method::GET, &url(&message)).header(name, value).send().await.unwrap()
    };
    let part = ask("range", "bytes=2-5").await;
    assert_eq!((part.status().as_u16(), header(&part, "content-range").as_str()), (206, "bytes 2-5/10"));
    assert_eq!(part.text().await.unwrap(), "2345");
    assert_eq!(ask("range", "bytes=50-").await.status(), 416);
    let whole = ask("accept", "*/*").await;
    assert_eq!(header(&whole, "accept-ranges"), "bytes");
    assert_eq!(ask("if-none-match", &header(&whole, "etag")).await.status(), 304);
}

#[tokio::test]
async fn a_picture_has_its_size_and_a_small_one_and_tells_nothing_else() {
    let server = TestServer::start().await;
    let ann = server.administrator().await;
    let message = sends(&ann, "wide.png", &picture(3000, 1000, ImageFormat::Png)).await;
    let attachment = &message["attachment"];
    assert_eq!((&attachment["width"], &attachment["height"]), (&json!(3000), &json!(1000)));
    let answer = ann.get(attachment["thumbnail_url"].as_str().unwrap()).await;
    assert_eq!((answer.status().as_u16(), header(&answer, "content-type").as_str()), (200, "image/webp"));
    let small = image::load_from_memory(&answer.bytes().await.unwrap()).unwrap();
    assert_eq!((small.width(), small.height()), (1200, 400));
    let page = ann.in_a_browser().page("/rooms/1").await.text().await.unwrap();
    assert!(page.contains("width=\"600\" height=\"200\""), "{page}");

    // A camera held upright: EXIF says so, and where.
    let jpeg = picture(400, 200, ImageFormat::Jpeg);
    let exif = [
        b"\xFF\xE1\0\0Exif\0\0MM\0*\0\0\0\x08\0\x01".as_slice(),
        b"\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0GPS 52.52 N 13.40 E.",
    ]
    .concat();
    let length = u16::try_from(exif.len() - 2).unwrap().to_be_bytes();
    let file = [&jpeg[..2], &exif[..2], &length, &exif[4..], &jpeg[2..]].concat();
    let message = sends(&ann, "upright.jpg", &file).await;
    let attachment = &message["attachment"];
    assert_eq!((&attachment["width"], &attachment["height"]), (&json!(200), &json!(400)));
    let original = ann.get(&url(&message)).await.bytes().await.unwrap();
    assert!(file.windows(3).any(|it| it == b"GPS") && !original.windows(3).any(|it| it == b"GPS"));
    assert_eq!(attachment["size_bytes"], original.len());
    let answer = ann.get(attachment["thumbnail_url"].as_str().unwrap()).await.bytes().await.unwrap();
    let small = image::load_from_memory(&answer).unwrap();
    assert_eq!((small.width(), small.height()), (200, 400));
}

#[tokio::test]
async fn a_picture_of_too_many_pixels_or_none_is_a_file_like_others() {
    let server = TestServer::start().await;
    let ann = server.administrator().await;
    let mut huge = picture(10, 10, ImageFormat::Png);
    huge[16..24].copy_from_slice(&[0, 0, 0xC3, 0x50, 0, 0, 0xC3, 0x50]);
    let mut sum = flate2::Crc::new();
    sum.update(&huge[12..29]);
    huge[29..33].copy_from_slice(&sum.sum().to_be_bytes());
    let message = sends(&ann, "huge.png", &huge).await;
    assert_eq!(
        (&message["attachment"]["width"], &message["attachment"]["thumbnail_url"]),
        (&json!(null), &json!(null))
    );
    let thumbnail = format!("/rooms/1/messages/{}/thumbnail", message["id"]);
    assert_eq!(ann.get(&thumbnail).await.status(), 404);

    // It says that it is one, and is not: small as it is, it is sent as it came.
    let mut broken = picture(40, 40, ImageFormat::Png);
    let middle = broken.len() / 2;
    broken[middle] ^= 0xFF;
    let message = sends(&ann, "broken.png", &broken).await;
    let answer = ann.get(message["attachment"]["thumbnail_url"].as_str().unwrap()).await;
    assert_eq!((answer.status().as_u16(), header(&answer, "content-type").as_str()), (200, "image/png"));
}

#[tokio::test]
async fn a_film_and_a_phones_picture_are_had_without_where_they_were_taken() {
    let server = TestServer::start().await;
    let (ann, bob) = (server.administrator().await, server.member("Bob").await);
    let place = b"+48.8583+002.2944/".as_slice();
    let boxed = |kind: &[u8], parts: &[&[u8]]| {
        let length = 8 + parts.iter().map(|part| part.len()).sum::<usize>() as u32;
        [&length.to_be_bytes(), kind, &parts.concat()].concat()
    };
    let (udta, film) =
        (boxed(b"udta", &[&boxed(b"\xa9xyz", &[b"\0\x12\x15\xc7", place])]), boxed(b"mdat", &[b"pixels"]));
    let moov = boxed(b"moov", &[&boxed(b"mvhd", &[&[0; 100]]), &udta]);
    let film = [boxed(b"ftyp", &[b"qt  \0\0\0\0qt  "]), moov, film].concat();

    // One item, EXIF, of 18 bytes; the table of places has eight bytes of its own, then the item's.
    let info = boxed(b"iinf", &[b"\0\0\0\0\0\x01", &boxed(b"infe", &[b"\x02\0\0\0\0\x01\0\0Exif\0"])]);
    let heic = |at: u32| {
        let iloc = boxed(b"iloc", &[b"\0\0\0\0\x44\0\0\x01\0\x01\0\0\0\x01", &at.to_be_bytes(), b"\0\0\0\x12"]);
        let meta = boxed(b"meta", &[b"\0\0\0\0", &info, &iloc]);
        [boxed(b"ftyp", &[b"heic\0\0\0\0mif1heic"]), meta, boxed(b"mdat", &[place, b"pixels"])].concat()
    };
    let heic = heic(heic(0).len() as u32 - 24);

    for (name, kind, file) in [("a.mov", "video/quicktime", &film), ("a.heic", "image/heif", &heic)] {
        let message = sends(&ann, name, file).await;
        assert_eq!(message["attachment"]["content_type"], kind);
        let original = bob.get(&format!("{}?download", url(&message))).await.bytes().await.unwrap();
        let has_place = |file: &[u8]| file.windows(place.len()).any(|it| it == place);
        assert!(has_place(file) && !has_place(&original), "{name}");
        assert_eq!((original.len(), &message["attachment"]["size_bytes"]), (file.len(), &json!(file.len())));
        assert!(original.windows(6).any(|it| it == b"pixels"));
    }
    // What seems a film and is none is only stored, and as it came.
    let broken = [&film[..20], b"\0\0\0\x04moov", place].concat();
    let message = sends(&ann, "a.mov", &broken).await;
    assert_eq!(message["attachment"]["content_type"], "application/octet-stream");
    assert_eq!(ann.get(&url(&message)).await.bytes().await.unwrap(), broken);
}

#[tokio::test]
async fn a_removed_message_takes_its_file_with_it() {
    let server = TestServer::start().await;
    let ann = server.administrator().await;
    let message = sends(&ann, "a.png", &picture(30, 20, ImageFormat::Png)).await;
    let kept = sends(&ann, "b.txt", b"kept").await;
    assert_eq!(ann.get(message["attachment"]["thumbnail_url"].as_str().unwrap()).await.status(), 200);
    are_files(&server, 3).await;
    assert_eq!(
        ann.json(Method::DELETE, &format!("/rooms/1/messages/{}", message["id"]), &json!({})).await.status(),
        204
    );
    are_files(&server, 1).await;
    assert_eq!(ann.get(&url(&message)).await.status(), 404);
    assert_eq!(ann.get(&url(&kept)).await.text().await.unwrap(), "kept");
    assert_eq!(server.number("SELECT count(*) FROM attachments").await, 1);
}

#[tokio::test]
async fn a_deleted_room_and_a_banned_person_take_their_files_with_them() {
    let server = TestServer::start().await;
    let (ann, bob) = (server.administrator().await, server.member("Bob").await);
    sends(&bob, "a.txt", b"abc").await;
    let room: Value = ann.json(Method::POST, "/rooms/closeds", &json!({"name": "Plans"})).await.json().await.unwrap();
    let body = form(&[], "b.txt", b"abc");
    let request = ann.request(Method::POST, &format!("/rooms/{}/messages", room["id"]));
    let request =
        request.header("content-type", "multipart/form-data; boundary=cut").header("accept", "application/json");
    assert_eq!(request.body(body).send().await.unwrap().status(), 201);
    are_files(&server, 2).await;
    assert_eq!(ann.json(Method::POST, &format!("/users/{}/ban", bob.id), &json!({})).await.status(), 204);
    are_files(&server, 1).await;
    assert_eq!(ann.json(Method::DELETE, &format!("/rooms/{}", room["id"]), &json!({})).await.status(), 204);
    are_files(&server, 0).await;
}

#[tokio::test]
async fn an_upload_that_is_cut_off_leaves_nothing() {
    let server = TestServer::start().await;
    let ann = server.administrator().await;
    let whole = form(&[("body", "half")], "a.bin", &vec![1; 900_000]);
    let head = format!(
        "POST /rooms/1/messages HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\ncontent-type: multipart/form-data; \
         boundary=cut\r\ncontent-length: {}\r\n\r\n",
        server.address,
        ann.token,
        whole.len()
    );
    server.raw([head.as_bytes(), &whole[..700_000]].concat()).await;
    are_files(&server, 0).await;
    assert_eq!(ann.messages().await.len(), 0);
    // Two files in one form are none.
    let two = form(&[], "a", b"1");
    let two = [&two[..two.len() - 9], &form(&[], "b", b"2")[..]].concat();
    let answer = send(&ann, "application/json", two).await;
    assert_eq!(answer.status(), 422);
    assert!(answer.text().await.unwrap().contains("Only one file"));
    are_files(&server, 0).await;
}

#[tokio::test]
async fn a_disk_that_takes_no_file_says_so_and_the_message_is_not_written() {
    let server = TestServer::start().await;
    let ann = server.administrator().await;
    // In place of the folder there is a file: nothing can be written there.
    let incoming = server.folder.path().join("files/incoming");
    fs::remove_dir(&incoming).unwrap();
    fs::write(&incoming, "").unwrap();
    assert_eq!(sends_as(&ann, &Uuid::new_v4().to_string(), "a.txt", b"abc").await.status(), 503);
    assert_eq!(ann.messages().await.len(), 0);
    ann.says("words go on").await;
}

/// Makes a file seem days old.
fn age(path: &Path) {
    let file = fs::File::options().write(true).open(path).unwrap();
    file.set_modified(SystemTime::now() - Duration::from_secs(2 * 24 * 60 * 60)).unwrap();
}

#[tokio::test]
async fn files_that_no_message_has_are_swept_away_after_a_day_and_no_others() {
    let server = TestServer::start().await;
    let ann = server.administrator().await;
    let message = sends(&ann, "a.png", &picture(30, 20, ImageFormat::Png)).await;
    ann.get(message["attachment"]["thumbnail_url"].as_str().unwrap()).await;
    // A sweeper of our own on the server's folder: the server's would take hours.
    let sweeper = Files::start(server.folder.path(), 1).unwrap();
    let place = server.folder.path().join("files");
    let orphans = [place.join("c0").join("de".repeat(15)), place.join("c0/x.webp")];
    fs::create_dir_all(place.join("c0")).unwrap();
    for path in &orphans {
        fs::write(path, "half").unwrap();
    }
    files(&server).iter().for_each(|path| age(path));
    fs::write(place.join("c0/young"), "").unwrap();
    let mut count = 0;
    for number in 0..=255 {
        count += sweeper.sweep(&server.db, number).await.unwrap();
    }
    assert_eq!(count, 2);
    assert!(orphans.iter().all(|path| !path.exists()));
    assert_eq!(files(&server).len(), 3, "the file, its small picture and what is young");
}

#[tokio::test]
async fn what_was_on_its_way_when_the_server_ended_is_gone_when_it_starts_again() {
    let server = TestServer::start().await;
    let ann = server.administrator().await;
    let message = sends(&ann, "a.txt", b"abc").await;
    let folder = server.stop().await;
    fs::write(folder.path().join("files/incoming/half"), "half").unwrap();
    let server = TestServer::start_in(folder, &[]).await;
    assert_eq!(files(&server).len(), 1);
    let ann = Person { base: format!("http://{}", server.address), ..ann };
    assert_eq!(ann.get(&url(&message)).await.text().await.unwrap(), "abc");
}
