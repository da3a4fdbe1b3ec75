//! Dates of the grammar: `date`, `date-time` and `time` (RFC 3501 §9), as days and seconds since 1970.

use crate::cursor::Cursor;
use crate::error::{Result, WireError};

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A calendar day, counted from 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub i64);

impl Day {
    /// The day of a proleptic Gregorian date; `None` when there is no such day.
    pub fn of(year: i64, month: u32, day: u32) -> Option<Self> {
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let length = match month {
            4 | 6 | 9 | 11 => 30,
            2 => 28 + u32::from(leap),
            1..=12 => 31,
            _ => return None,
        };
        if day == 0 || day > length {
            return None;
        }
        // Years that start in March, so that the leap day comes last.
        let shifted = year - i64::from(month <= 2);
        let era = shifted.div_euclid(400);
        let year_of_era = shifted.rem_euclid(400);
        let month_index = (i64::from(month) + 9) % 12;
        let day_of_year = (153 * month_index + 2) / 5 + i64::from(day) - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        Some(Self(era * 146_097 + day_of_era - 719_468))
    }

    /// The day on which a second since 1970 falls.
    pub fn of_seconds(seconds: i64) -> Self {
        Self(seconds.div_euclid(86_400))
    }

    /// Year, month and day of the month.
    pub fn civil(self) -> (i64, u32, u32) {
        let days = self.0 + 719_468;
        let era = days.div_euclid(146_097);
        let day_of_era = days.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_index = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_index + 2) / 5 + 1;
        let month = if month_index < 10 { month_index + 3 } else { month_index - 9 };
        (year_of_era + era * 400 + i64::from(month <= 2), month as u32, day as u32)
    }
}

/// date: `1-Feb-1994` or `"1-Feb-1994"`.
pub fn parse_date(cursor: &mut Cursor<'_>) -> Result<Day> {
    const INVALID: WireError = WireError::bad("Invalid date; expected dd-Mon-yyyy");
    let quoted = cursor.eat(b'"');
    let day = digits(cursor, 1, 2).ok_or(INVALID)?;
    let day = day_month_year(cursor, day).ok_or(INVALID)?;
    if quoted {
        cursor.need(b'"', INVALID.text)?;
    }
    Ok(day)
}

/// date-time: an instant, and the zone in which it was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DateTime {
    /// Seconds since 1970, UTC.
    pub seconds: i64,
    /// Minutes east of UTC.
    pub zone: i16,
}

/// date-time: `"17-Jul-1996 02:44:25 -0700"`.
pub fn parse_date_time(cursor: &mut Cursor<'_>) -> Result<DateTime> {
    const INVALID: WireError = WireError::bad("Invalid date-time; expected \"dd-Mon-yyyy hh:mm:ss +zzzz\"");
    date_time(cursor).ok_or(INVALID)
}

fn date_time(cursor: &mut Cursor<'_>) -> Option<DateTime> {
    if !cursor.eat(b'"') {
        return None;
    }
    let day = if cursor.eat(b' ') { digits(cursor, 1, 1)? } else { digits(cursor, 2, 2)? };
    let day = day_month_year(cursor, day)?;
    eat(cursor, b' ')?;
    let hour = digits(cursor, 2, 2)?;
    eat(cursor, b':')?;
    let minute = digits(cursor, 2, 2)?;
    eat(cursor, b':')?;
    let second = digits(cursor, 2, 2)?;
    eat(cursor, b' ')?;
    let sign = if cursor.eat(b'-') { -1 } else { eat(cursor, b'+').map(|()| 1)? };
    let zone = digits(cursor, 4, 4)?;
    eat(cursor, b'"')?;
    if hour > 23 || minute > 59 || second > 60 || zone % 100 > 59 {
        return None;
    }
    // Four digits are less than 6,000 minutes.
    let zone = sign * (zone / 100 * 60 + zone % 100) as i16;
    let local = day.0 * 86_400 + i64::from(hour * 3600 + minute * 60 + second);
    Some(DateTime { seconds: local - i64::from(zone) * 60, zone })
}

fn day_month_year(cursor: &mut Cursor<'_>, day: u32) -> Option<Day> {
    eat(cursor, b'-')?;
    let name = cursor.run(|byte| byte.is_ascii_alphabetic());
    let month = MONTHS.iter().position(|month| month.as_bytes().eq_ignore_ascii_case(name))? as u32 + 1;
    eat(cursor, b'-')?;
    let year = digits(cursor, 4, 4)?;
    Day::of(i64::from(year), month, day)
}

fn eat(cursor: &mut Cursor<'_>, byte: u8) -> Option<()> {
    cursor.eat(byte).then_some(())
}

fn digits(cursor: &mut Cursor<'_>, least: usize, most: usize) -> Option<u32> {
    let run = cursor.run(|byte| byte.is_ascii_digit());
    (least..=most).contains(&run.len()).then(|| run.iter().fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0')))
}

/// Writes `"17-Jul-1996 02:44:25 -0700"`.
pub fn print_date_time(out: &mut Vec<u8>, at: DateTime) {
    // Four digits of year are all that the grammar has.
    let seconds = at.seconds.saturating_add(i64::from(at.zone) * 60).clamp(-62_167_219_200, 253_402_300_799);
    let (year, month, day) = Day::of_seconds(seconds).civil();
    let second_of_day = seconds.rem_euclid(86_400);
    let two = |number: i64| [b'0' + (number / 10 % 10) as u8, b'0' + (number % 10) as u8];
    out.push(b'"');
    if day < 10 {
        out.extend_from_slice(&[b' ', b'0' + day as u8]);
    } else {
        out.extend_from_slice(&two(i64::from(day)));
    }
    out.push(b'-');
    out.extend_from_slice(MONTHS[month as usize - 1].as_bytes());
    out.push(b'-');
    out.extend_from_slice(&two(year / 100));
    out.extend_from_slice(&two(year % 100));
    out.push(b' ');
    out.extend_from_slice(&two(second_of_day / 3600));
    out.push(b':');
    out.extend_from_slice(&two(second_of_day / 60 % 60));
    out.push(b':');
    out.extend_from_slice(&two(second_of_day % 60));
    out.extend_from_slice(if at.zone < 0 { b" -" } else { b" +" });
    let zone = i64::from(at.zone.unsigned_abs());
    out.extend_from_slice(&two(zone / 60));
    out.extend_from_slice(&two(zone % 60));
    out.push(b'"');
}
