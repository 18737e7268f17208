//! Unit tests of `web::qr_code`.

use super::*;

#[test]
fn a_link_becomes_modules_within_a_quiet_zone() {
    let code = QrCode::of("http://localhost:3000/join/abcd-efgh-ijkl").unwrap();
    assert!(code.path.starts_with("M4 4h1v1h-1z"), "the corner of a finder pattern");
    assert!(code.side >= 21 + 2 * QUIET);
    assert!(QrCode::of(&"x".repeat(5_000)).is_none());
}
