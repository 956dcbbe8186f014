//! Ages such as `30d`, parsed and displayed.

use std::fmt;
use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};

/// A span of time: `30d`, `12h`, `2w`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Age(SignedDuration);

impl Age {
    /// Returns an age of `days` days.
    pub fn days(days: u32) -> Self {
        Self(SignedDuration::from_hours(24 * i64::from(days)))
    }

    /// Returns the time that passed from `then` to `now`.
    pub fn since(then: Timestamp, now: Timestamp) -> Self {
        Self(now.duration_since(then))
    }
}

impl FromStr for Age {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected = || "expected a number and a unit: `30d`, `12h`, `2w`, `45m`, `90s`".to_owned();
        let text = text.trim();
        let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
        let seconds = match unit {
            "s" => 1,
            "m" => 60,
            "h" => 3600,
            "d" => 86_400,
            "w" => 604_800,
            _ => return Err(expected()),
        };
        let number: i64 = number.parse().map_err(|_| expected())?;
        number
            .checked_mul(seconds)
            .filter(|seconds| *seconds <= 100 * 365 * 86_400)
            .map(|seconds| Self(SignedDuration::from_secs(seconds)))
            .ok_or_else(expected)
    }
}

impl fmt::Display for Age {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs().max(0);
        let (number, unit) = match seconds {
            0..120 => (seconds, "second"),
            120..7200 => (seconds / 60, "minute"),
            7200..172_800 => (seconds / 3600, "hour"),
            _ => (seconds / 86_400, "day"),
        };
        write!(f, "{number} {unit}{}", if number == 1 { "" } else { "s" })
    }
}

#[cfg(test)]
mod tests {
    use super::Age;

    #[test]
    fn ages_are_parsed_and_displayed() {
        for (text, shown) in [
            ("30d", "30 days"),
            ("2w", "14 days"),
            ("90s", "90 seconds"),
            ("1s", "1 second"),
            ("45m", "45 minutes"),
            ("24h", "24 hours"),
            ("0d", "0 seconds"),
        ] {
            assert_eq!(text.parse::<Age>().map(|age| age.to_string()), Ok(shown.to_owned()));
        }
        for text in ["", "d", "30", "-1d", "1.5d", "1y", "99999999999999999999d", "9999999999d"] {
            assert!(text.parse::<Age>().is_err(), "{text}");
        }
        assert!(Age::days(2) > "47h".parse().unwrap_or(Age::days(9)));
    }
}
