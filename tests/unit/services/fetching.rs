//! Unit tests of `services::fetching`.

use super::*;

fn allowed(exception: Option<&str>, url: &str) -> bool {
    let fetcher = Fetcher::new(exception.map(|address| address.parse().unwrap()));
    fetcher.is_allowed(&Url::parse(url).unwrap())
}

#[test]
fn only_plain_urls_of_the_public_web_are_asked_for() {
    for url in
        ["http://example.com/", "https://example.com:443/a?b", "https://8.8.8.8/", "http://[2606:4700::1111]:80/"]
    {
        assert!(allowed(None, url), "{url}");
    }
    for url in [
        "http://example.com:8080/",
        "https://example.com:22/",
        "http://user@example.com/",
        "http://:pw@example.com/",
        "ftp://example.com/",
        "file:///etc/passwd",
        "data:text/html,x",
        "http://127.0.0.1/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://0177.0.0.1/",
        "http://127.0.0.1./",
        "http://169.254.169.254/latest",
        "http://[::1]/",
        "http://[::ffff:169.254.169.254]/",
        "http://[::ffff:8.8.8.8]/",
        "http://[64:ff9b::a9fe:a9fe]/",
        "http://0/",
    ] {
        assert!(!allowed(None, url), "{url}");
    }
}

#[test]
fn the_exception_is_one_address_and_port() {
    let exception = Some("127.0.0.1:4000");
    assert!(allowed(exception, "http://127.0.0.1:4000/"));
    for url in ["http://127.0.0.1/", "http://127.0.0.1:4001/", "http://127.0.0.2:4000/", "http://[::1]:4000/"] {
        assert!(!allowed(exception, url), "{url}");
    }
}

#[test]
fn of_a_names_addresses_only_those_that_are_public_are_connected_to() {
    let at = |addresses: &[&str]| judged(addresses.iter().map(|it| SocketAddr::new(it.parse().unwrap(), 0)).collect());
    let given = |addresses| -> Vec<String> { at(addresses).unwrap().map(|address| address.ip().to_string()).collect() };
    assert_eq!(given(&["2606:4700::1111", "8.8.8.8"]), ["8.8.8.8", "2606:4700::1111"], "IPv4 first");
    assert_eq!(given(&["10.0.0.1", "8.8.8.8", "127.0.0.1"]), ["8.8.8.8"]);
    assert!(at(&["169.254.169.254"]).is_err());
    assert!(at(&["::1"]).is_err());
}

#[tokio::test]
async fn a_name_for_this_machine_is_not_given_its_address() {
    assert!(PublicOnly.resolve("localhost".parse().unwrap()).await.is_err());
}
