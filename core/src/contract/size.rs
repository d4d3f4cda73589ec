//! Sizes in a contract's file: `65536`, `"64K"`, `"16M"`, `"1G"`.

use alloc::format;
use alloc::string::String;

/// The most that makes sense: what a 32-bit memory can address.
pub(super) const MOST: u64 = 1 << 32;

#[cfg(feature = "toml")]
pub(super) fn parse(text: &str) -> Result<u64, String> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (digits, unit) = text.split_at_checked(digits).unwrap_or((text, ""));
    let shift = match unit.trim_start() {
        "" => 0,
        "K" | "KiB" => 10,
        "M" | "MiB" => 20,
        "G" | "GiB" => 30,
        _ => {
            return Err(format!("{text:?} is no size: expected bytes, or a number with K, M or G"));
        }
    };
    let number: Option<u64> = digits.parse().ok();
    number
        .and_then(|number| number.checked_mul(1 << shift))
        .filter(|bytes| *bytes <= MOST)
        .ok_or_else(|| format!("{text:?} is no size of up to 4G"))
}

/// The shortest form that [`parse`] reads as the same.
pub(super) fn show(bytes: u64) -> String {
    for (shift, unit) in [(30, "G"), (20, "M"), (10, "K")] {
        if bytes > 0 && bytes.is_multiple_of(1 << shift) {
            return format!("{}{unit}", bytes >> shift);
        }
    }
    format!("{bytes}")
}

#[cfg(all(test, feature = "toml"))]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units() {
        for (text, bytes) in
            [("0", 0), ("65536", 65536), ("64K", 65536), ("16 MiB", 16 << 20), ("4G", 4 << 30)]
        {
            assert_eq!(parse(text), Ok(bytes), "{text}");
            assert_eq!(parse(&show(bytes)), Ok(bytes), "{text}");
        }
        for text in ["", "K", "5G", "-1", "1.5M", "1T", "99999999999999999999", "1 0", "1KB"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
