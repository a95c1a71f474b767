//! Lengths of time as people type and read them.

/// Seconds from `30s`, `30m`, `2h`, `1d` or `1w`; 0 from `off`. `None` for anything else.
pub(super) fn parse(typed: &str) -> Option<u32> {
    if typed == "off" {
        return Some(0);
    }
    let (number, unit) = typed.split_at_checked(typed.len().checked_sub(1)?)?;
    let (_, seconds) = UNITS.into_iter().find(|(name, _)| *name == unit)?;
    let number = number.bytes().all(|byte| byte.is_ascii_digit()).then_some(number)?;
    number.parse::<u32>().ok()?.checked_mul(seconds).filter(|seconds| *seconds > 0)
}

/// `30m`: the largest unit that measures it without a rest; `off` for 0.
pub(super) fn short(seconds: u32) -> String {
    let whole = |unit: u32| seconds.is_multiple_of(unit);
    match UNITS.into_iter().find(|(_, unit)| whole(*unit)) {
        Some((name, unit)) if seconds > 0 => format!("{}{name}", seconds / unit),
        _ => "off".into(),
    }
}

/// The largest first.
const UNITS: [(&str, u32); 5] =
    [("w", 7 * 86_400), ("d", 86_400), ("h", 3600), ("m", 60), ("s", 1)];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_read_as_it_is_shown() {
        for (typed, seconds) in [
            ("off", 0),
            ("5s", 5),
            ("90s", 90),
            ("30m", 1800),
            ("2h", 7200),
            ("1d", 86_400),
            ("2w", 1_209_600),
        ] {
            assert_eq!(parse(typed), Some(seconds), "{typed}");
            assert_eq!(short(seconds), typed);
        }
        assert_eq!(parse("60m"), Some(3600));
        assert_eq!(short(3600), "1h");
    }

    #[test]
    fn what_is_no_span_is_none() {
        for typed in ["", "1", "d", "0d", "-1d", "+1d", "1 d", "1y", "é", "1é", "9999999w", "1dd"]
        {
            assert_eq!(parse(typed), None, "{typed:?}");
        }
    }
}
