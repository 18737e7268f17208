//! Codes to be photographed with another device: links as inline SVG, made with the page and never kept.

use super::prelude::*;
use fast_qr::{ECL, QRBuilder};
use std::fmt::Write;

/// Light modules around the code (ISO/IEC 18004, 5.3.8).
const QUIET: usize = 4;

// A QR code (ISO/IEC 18004), one unit for each module.
template! { "_qr_code.html" => pub QrCode { side: usize, path: String } }

impl HtmlSafe for QrCode {}

impl QrCode {
    /// The code for a link; none when it is too long for one.
    pub fn of(url: &str) -> Option<Self> {
        let code = QRBuilder::new(url).ecl(ECL::M).build().ok()?;
        let mut path = String::new();
        for row in 0..code.size {
            for column in (0..code.size).filter(|column| code[row][*column].value()) {
                let _ = write!(path, "M{} {}h1v1h-1z", column + QUIET, row + QUIET);
            }
        }
        Some(Self { side: code.size + 2 * QUIET, path })
    }
}

unit_tests!("../../tests/unit/web/qr_code.rs");
