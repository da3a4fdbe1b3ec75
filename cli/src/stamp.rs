//! Moments as the old tools print them.

use std::time::{Duration, SystemTime};

use time::{OffsetDateTime, UtcOffset, macros::format_description};

/// Now, in seconds since 1970.
pub fn seconds_now() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs()
}

/// `17/Oct/2000:12:44:23 -0700`, in the system's time zone.
pub fn old_stamp(seconds: u64) -> String {
    let form = format_description!(
        "[day]/[month repr:short]/[year]:[hour]:[minute]:[second] [offset_hour sign:mandatory][offset_minute]"
    );
    local(seconds).and_then(|at| at.format(&form).ok()).unwrap_or_else(|| seconds.to_string())
}

/// `2000-10-17 12:44:23`, in the system's time zone.
pub fn plain_stamp(seconds: u64) -> String {
    let form = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");
    local(seconds).and_then(|at| at.format(&form).ok()).unwrap_or_else(|| seconds.to_string())
}

fn local(seconds: u64) -> Option<OffsetDateTime> {
    let at = OffsetDateTime::from_unix_timestamp(i64::try_from(seconds).ok()?).ok()?;
    Some(at.to_offset(UtcOffset::current_local_offset().unwrap_or(UtcOffset::UTC)))
}
