//! The source of timestamps.

/// A clock; tests use their own.
pub trait Clock {
    /// Returns the current time.
    fn now(&self) -> jiff::Timestamp;
}

/// The system clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::now()
    }
}

/// A clock that advances by one second at each reading, from 2026-01-01T00:00:00Z.
#[derive(Debug, Default)]
pub struct CountingClock(std::cell::Cell<i64>);

impl Clock for CountingClock {
    fn now(&self) -> jiff::Timestamp {
        let seconds = self.0.get();
        self.0.set(seconds + 1);
        jiff::Timestamp::from_second(1_767_225_600 + seconds).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
    }
}

/// Returns the clock's time as RFC 3339 in UTC with milliseconds, the format of AWS's event times.
pub(super) fn stamp(clock: &dyn Clock) -> String {
    format!("{:.3}", clock.now())
}
