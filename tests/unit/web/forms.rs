//! Unit tests of `web::forms`.

use super::*;
use actix_web::test::TestRequest;

#[derive(Deserialize, Debug, PartialEq, Default)]
#[serde(default)]
struct People {
    name: String,
    user_ids: Vec<i64>,
}

/// A body in parts: name, file name if it is a file, content.
fn parts(parts: &[(&str, Option<&str>, &str)]) -> String {
    let part = |(name, file_name, content): &(&str, Option<&str>, &str)| {
        let file = file_name.map(|it| format!("; filename=\"{it}\"\r\nContent-Type: image/png"));
        let file = file.unwrap_or_default();
        format!("--cut\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n{content}\r\n")
    };
    parts.iter().map(part).collect::<String>() + "--cut--\r\n"
}

async fn read(body: String, file_max: usize) -> Result<(People, Option<Bytes>), AppError> {
    let request =
        TestRequest::default().insert_header(("content-type", "multipart/form-data; boundary=cut")).set_payload(body);
    let (request, mut payload) = request.to_http_parts();
    Submission::from_request(&request, &mut payload).await?.form_with_file("avatar", file_max).await
}

#[actix_web::test]
async fn fields_in_parts_mean_what_they_mean_in_a_plain_form() {
    let body = parts(&[("name", None, "Ann & Bob=?\r\n2"), ("user_ids", None, "7"), ("user_ids", None, "9")]);
    let (people, file) = read(body, 10).await.unwrap();
    assert_eq!(people, People { name: "Ann & Bob=?\r\n2".into(), user_ids: vec![7, 9] });
    assert!(file.is_none());
}

#[actix_web::test]
async fn a_file_comes_whole_and_one_that_was_not_picked_is_none() {
    let (_, file) = read(parts(&[("avatar", Some("me.png"), "0123456789")]), 10).await.unwrap();
    assert_eq!(&file.unwrap()[..], b"0123456789");
    let (people, file) = read(parts(&[("avatar", Some(""), ""), ("name", None, "Ann")]), 10).await.unwrap();
    assert_eq!((people.name.as_str(), file.is_none()), ("Ann", true));
}

#[actix_web::test]
async fn a_file_over_its_bound_two_files_and_half_a_body_are_refused() {
    let error = read(parts(&[("avatar", Some("a"), "0123456789a")]), 10).await.unwrap_err();
    assert!(matches!(error, AppError::TooLarge { limit_bytes: 10 }), "{error:?}");
    let error = read(parts(&[("avatar", Some("a"), "1"), ("avatar", Some("b"), "2")]), 10).await.unwrap_err();
    assert!(matches!(&error, AppError::Invalid(invalid) if invalid.field == "avatar"), "{error:?}");
    let mut half = parts(&[("name", None, "Ann")]);
    half.truncate(half.len() - 12);
    let error = read(half, 10).await.unwrap_err();
    assert!(matches!(error, AppError::BadRequest(_)), "{error:?}");
    let error = read("no parts at all".into(), 10).await.unwrap_err();
    assert!(matches!(error, AppError::BadRequest(_) | AppError::Invalid(_)), "{error:?}");
}

#[actix_web::test]
async fn fields_in_parts_have_the_bound_of_a_plain_form_however_many_there_are() {
    let fits = "x".repeat(BODY_MAX - 6);
    assert_eq!(read(parts(&[("name", None, &fits)]), 10).await.unwrap().0.name, fits);
    let error = read(parts(&[("name", None, &format!("{fits}x"))]), 10).await.unwrap_err();
    assert!(matches!(error, AppError::TooLarge { limit_bytes: BODY_MAX }), "{error:?}");
    let empty = vec![("nothing", None, ""); BODY_MAX / 9 + 1];
    let error = read(parts(&empty), 10).await.unwrap_err();
    assert!(matches!(error, AppError::TooLarge { limit_bytes: BODY_MAX }), "{error:?}");
    let other_file = [("other", Some("o.png"), fits.as_str()), ("name", None, "Ann")];
    let error = read(parts(&other_file), 10).await.unwrap_err();
    assert!(matches!(error, AppError::TooLarge { limit_bytes: BODY_MAX }), "{error:?}");
}
