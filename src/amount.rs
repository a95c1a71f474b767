//! Sizes and times as people read them.

use core::time::Duration;

/// `1.2 MB, 1,234,567 bytes`
pub(crate) fn size(bytes: u64) -> String {
    let exact = format!("{} bytes", number(bytes));
    if bytes < 1_000 { exact } else { format!("{}, {exact}", short(bytes)) }
}

/// `1.2 MB`
pub(crate) fn short(bytes: u64) -> String {
    let units = [(1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "KB")];
    let unit = units.into_iter().find(|(unit, _)| bytes >= *unit);
    let Some((unit, name)) = unit else { return format!("{bytes} B") };
    let tenths = bytes.saturating_mul(10) / unit;
    format!("{}.{} {name}", tenths / 10, tenths % 10)
}

/// How many bytes somebody means who writes `500KB`, `5 mb`, `1.5GB` or `1000`.
pub(crate) fn bytes(text: &str) -> Option<u64> {
    let text = text.trim().to_ascii_lowercase();
    let units = [("gb", 1_000_000_000), ("mb", 1_000_000), ("kb", 1_000), ("", 1_u64)];
    let (digits, unit) =
        units.into_iter().find_map(|(name, unit)| Some((text.strip_suffix(name)?, unit)))?;
    let digits = digits.trim();
    let (whole, tenths) = digits.split_once('.').unwrap_or((digits, "0"));
    let tenths = Some(tenths).filter(|tenths| tenths.len() == 1 && unit > 1 || *tenths == "0")?;
    let number = |digits: &str| {
        let all = digits.bytes().all(|digit| digit.is_ascii_digit());
        digits.parse::<u64>().ok().filter(|_| all)
    };
    let tenths = number(tenths)?.checked_mul(unit / 10)?;
    number(whole)?.checked_mul(unit)?.checked_add(tenths)
}

/// `1,234,567`
pub(crate) fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut shown = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

/// `119 s`, `60 min`, `2 h`
pub(crate) fn time(left: Duration) -> String {
    match left.as_secs() {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7_200 => format!("{} min", seconds / 60),
        seconds => format!("{} h", seconds / 3_600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_times_are_for_people() {
        assert_eq!(size(0), "0 bytes");
        assert_eq!(size(2_147_483_648), "2.1 GB, 2,147,483,648 bytes");
        assert_eq!(short(999), "999 B");
        assert_eq!([number(7), number(1_048_576)], ["7", "1,048,576"]);
        assert_eq!([number(100), number(1_000)], ["100", "1,000"]);
        for (text, meant) in [
            ("500KB", Some(500_000)),
            (" 5 mb", Some(5_000_000)),
            ("1.5GB", Some(1_500_000_000)),
            ("1000", Some(1_000)),
            ("0", Some(0)),
            ("", None),
            ("MB", None),
            ("-1", None),
            ("+1", None),
            ("1.55MB", None),
            ("1.5", None),
            ("99999999999GB", None),
        ] {
            assert_eq!(bytes(text), meant, "{text:?}");
        }
        assert_eq!(time(Duration::from_secs(119)), "119 s");
        assert_eq!(time(Duration::from_secs(3_600)), "60 min");
        assert_eq!(time(Duration::from_secs(9_000)), "2 h");
    }
}
