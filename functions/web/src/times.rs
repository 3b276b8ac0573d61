//! Times as a reader sees them. The browser tells its zone in a cookie; before it has, times are in UTC, and a script
//! corrects them.

use shared::domain::time::Timestamp;

const MINUTE: i64 = 60;
const DAY: i64 = 24 * 60 * MINUTE;

/// A point in time, in a zone.
#[derive(Clone, Copy)]
pub struct Moment {
    at: Timestamp,
    zone: i64,
}

/// How long ago a day is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Day {
    /// Today, or later.
    Today,
    /// Yesterday.
    Yesterday,
    /// In the seven days before.
    Week,
    /// Before that.
    Older,
}

impl Moment {
    /// A point in time, `zone` minutes east of UTC.
    pub const fn new(at: Timestamp, zone: i64) -> Self {
        Self { at, zone }
    }

    /// Minutes east of UTC.
    pub const fn zone(self) -> i64 {
        self.zone
    }

    fn local(self) -> i64 {
        i64::try_from(self.at.seconds()).unwrap_or(i64::MAX / 2).saturating_add(self.zone * MINUTE)
    }

    /// The day, seen from `now`.
    pub fn day(self, now: Self) -> Day {
        match now.local().div_euclid(DAY) - self.local().div_euclid(DAY) {
            ..=0 => Day::Today,
            1 => Day::Yesterday,
            2..=7 => Day::Week,
            _ => Day::Older,
        }
    }

    /// `14:02`.
    pub fn clock(self) -> String {
        let minutes = self.local().rem_euclid(DAY) / MINUTE;
        format!("{:02}:{:02}", minutes / 60, minutes % 60)
    }

    /// `2026-11-28 14:02`.
    pub fn date(self) -> String {
        let local = Timestamp::from_millis(u64::try_from(self.local()).unwrap_or(0).saturating_mul(1_000)).to_string();
        local.get(..16).unwrap_or_default().replace('T', " ")
    }

    /// `2026-11-28T13:02:00Z`, for machines.
    pub fn machine(self) -> String {
        self.at.to_string()
    }
}
