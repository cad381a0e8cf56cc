//! The day that expiry dates are compared with.

use anyhow::{Result, bail};
use std::time::{SystemTime, UNIX_EPOCH};

/// The day that the user named, else today.
pub(crate) fn chosen(named: Option<&str>) -> Result<String> {
    match named {
        None => Ok(today()),
        Some(day) if is_day(day) => Ok(day.to_owned()),
        Some(other) => bail!("--as-of takes a day in the form 2026-11-25, not {other:?}"),
    }
}

/// Today in UTC, ISO 8601: `2026-11-25`.
pub(crate) fn today() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |passed| passed.as_secs());
    of_days(seconds / 86_400)
}

/// Whether the text is a day in the form `2026-11-25`.
pub(crate) fn is_day(text: &str) -> bool {
    let digits = |range: std::ops::Range<usize>| {
        text.get(range)
            .filter(|part| part.bytes().all(|b| b.is_ascii_digit()))
            .and_then(|part| part.parse::<u32>().ok())
    };
    text.len() == 10
        && text.get(4..5) == Some("-")
        && text.get(7..8) == Some("-")
        && digits(0..4).is_some()
        && digits(5..7).is_some_and(|month| (1..=12).contains(&month))
        && digits(8..10).is_some_and(|day| (1..=31).contains(&day))
}

/// The civil date of a count of days since 1970-01-01: years are counted from March, so that the
/// leap day is the last of its year; 146,097 days are 400 years.
fn of_days(days: u64) -> String {
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let day_of_era = shifted % 146_097;
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days() {
        for (days, expected) in [
            (0, "1970-01-01"),
            (59, "1970-03-01"),
            (11_016, "2000-02-29"),
            (20_782, "2026-11-25"),
            (47_540, "2100-02-28"),
            (47_541, "2100-03-01"),
        ] {
            assert_eq!(of_days(days), expected);
        }
    }

    #[test]
    fn forms() {
        for (text, expected) in
            [("2026-11-25", true), ("2026-13-01", false), ("26-1-1", false), ("2026/11/25", false)]
        {
            assert_eq!(is_day(text), expected, "{text}");
        }
    }
}
