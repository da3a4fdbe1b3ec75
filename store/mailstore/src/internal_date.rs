//! INTERNALDATE: an instant, and the zone of the clock that it was read from (RFC 3501 §2.3.3).

/// When a message came. The zone is that of whoever said the time with APPEND: SEARCH asks for days on that calendar (RFC 3501
/// §6.4.4 "disregarding time and timezone").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct InternalDate {
    /// Seconds since 1970, UTC.
    pub seconds: i64,
    /// Minutes east of UTC, less than a hundred hours either way, as far as the grammar goes.
    pub zone: i16,
}

/// Where the zone begins in the number that is stored. Seconds of 17,000 years are below it.
const ZONE: u32 = 40;

impl InternalDate {
    /// Seconds since 1970 on the clock of the zone.
    pub fn local_seconds(self) -> i64 {
        self.seconds.saturating_add(i64::from(self.zone) * 60)
    }

    /// One number for both; without a zone it is that of the seconds.
    pub(crate) fn packed(self) -> i64 {
        let most = (1 << (ZONE - 1)) - 1;
        self.seconds.clamp(-most, most) + (i64::from(self.zone) << ZONE)
    }

    /// What [`Self::packed`] made.
    pub(crate) fn unpacked(packed: i64) -> Self {
        let zone = packed.saturating_add(1 << (ZONE - 1)) >> ZONE;
        Self { seconds: packed - (zone << ZONE), zone: i16::try_from(zone).unwrap_or(0) }
    }
}

/// Seconds since 1970, in UTC.
impl From<i64> for InternalDate {
    fn from(seconds: i64) -> Self {
        Self { seconds, zone: 0 }
    }
}
