//! The Date field as a moment (RFC 5322 §3.3 and §4.3), and what real mail has in its place.

/// When a message says that it was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SentDate {
    /// Seconds since 1970-01-01 00:00 UTC.
    pub epoch: i64,
    /// The sender's clock against UTC, in minutes, east positive.
    pub offset_minutes: i16,
}

impl SentDate {
    /// Year, month (1–12) and day on the sender's calendar: what SENTON and its kin compare.
    pub fn local_day(&self) -> (i32, u8, u8) {
        civil((self.epoch + i64::from(self.offset_minutes) * 60).div_euclid(86_400))
    }
}

const MONTHS: [&[u8; 3]; 12] =
    [b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec"];

/// Reads the value of a Date field; `None` where no day can be made out. Linear in its length.
pub fn parse(value: &[u8]) -> Option<SentDate> {
    let words = words(value);
    let mut words = words.as_slice();
    // The day of the week says nothing that the date does not.
    if let [first, rest @ ..] = words
        && !first.first()?.is_ascii_digit()
        && month(first).is_none_or(|_| rest.first().is_some_and(|next| month(next).is_some()))
    {
        words = rest;
    }
    let (day, month, mut rest) = match words {
        // 21 Nov 2026, 21-Nov-2026
        [day, name, rest @ ..] if month(name).is_some() => (number(day)?, month(name)?, rest),
        // asctime: Nov 21 12:00:00 2026
        [name, day, rest @ ..] if month(name).is_some() => (number(day)?, month(name)?, rest),
        _ => return None,
    };
    let mut year = None;
    if let [first, after @ ..] = rest
        && !first.contains(&b':')
    {
        year = Some(full_year(first)?);
        rest = after;
    }
    let mut time = (0, 0, 0);
    if let [clock, after @ ..] = rest
        && let Some(found) = clock_time(clock)
    {
        time = found;
        rest = after;
    }
    if let [half, after @ ..] = rest
        && let Some(hour) = twelve_hours(half, time.0)
    {
        time.0 = hour;
        rest = after;
    }
    let mut offset_minutes = 0;
    for word in rest {
        if let Some(found) = zone(word) {
            offset_minutes = found;
            break;
        }
        if year.is_none() && word.len() == 4 {
            year = full_year(word);
        }
    }
    let year = match year {
        Some(year) => year,
        None => rest.iter().rev().find_map(|word| full_year(word))?,
    };
    if !(1..=days_in(year, month)).contains(&day) {
        return None;
    }
    let (hour, minute, second) = time;
    let local = days_from_civil(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second;
    Some(SentDate { epoch: local - i64::from(offset_minutes) * 60, offset_minutes })
}

/// Splits at blanks, commas and the hyphens of `21-Nov-2026`; comments are dropped.
fn words(value: &[u8]) -> Vec<&[u8]> {
    let mut found: Vec<&[u8]> = Vec::new();
    let mut level = 0u32;
    let mut start = None;
    for (at, &byte) in value.iter().enumerate() {
        if byte == b'(' {
            level += 1;
        }
        let hyphen = byte == b'-' && start.is_some() && !value[start.unwrap_or(at)..at].contains(&b':');
        let splits = level > 0 || byte.is_ascii_whitespace() || byte == b',' || hyphen;
        match (start, splits) {
            (None, false) => start = Some(at),
            (Some(from), true) => {
                found.push(&value[from..at]);
                start = None;
            }
            _ => {}
        }
        if byte == b')' {
            level = level.saturating_sub(1);
        }
        if found.len() > 12 {
            return found;
        }
    }
    if let Some(from) = start {
        found.push(&value[from..]);
    }
    found
}

fn number(word: &[u8]) -> Option<i64> {
    if word.is_empty() || word.len() > 5 || !word.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(word.iter().fold(0, |value, digit| value * 10 + i64::from(digit - b'0')))
}

fn month(word: &[u8]) -> Option<i64> {
    let front: [u8; 3] = word.get(..3)?.to_ascii_lowercase().try_into().ok()?;
    (1..).zip(MONTHS).find(|(_, name)| **name == front).map(|(index, _)| index)
}

/// Two digits are 1950–2049, three digits count from 1900 (RFC 5322 §4.3); so does `0102`, which old
/// programs write for 2002.
fn full_year(word: &[u8]) -> Option<i64> {
    let year = number(word)?;
    match word.len() {
        1 | 2 if year < 50 => Some(2000 + year),
        1..=3 => Some(1900 + year),
        4 if (100..200).contains(&year) => Some(1900 + year),
        _ => (1900..=9999).contains(&year).then_some(year),
    }
}

fn clock_time(word: &[u8]) -> Option<(i64, i64, i64)> {
    let mut fields = word.split(|byte| matches!(byte, b':' | b'.'));
    let hour = number(fields.next()?)?;
    let minute = number(fields.next()?)?;
    let second = fields.next().and_then(number).unwrap_or(0);
    (hour <= 24 && minute < 60 && second <= 60).then_some((hour, minute, second))
}

fn twelve_hours(word: &[u8], hour: i64) -> Option<i64> {
    match word.to_ascii_lowercase().as_slice() {
        b"am" if hour <= 12 => Some(hour % 12),
        b"pm" if hour <= 12 => Some(hour % 12 + 12),
        _ => None,
    }
}

/// Minutes east of UTC.
fn zone(word: &[u8]) -> Option<i16> {
    if let Some((sign @ (b'+' | b'-'), digits)) = word.split_first() {
        let value = number(digits).filter(|_| digits.len() == 4)?;
        let minutes = i16::try_from(value / 100 * 60 + value % 100).ok().filter(|minutes| *minutes < 24 * 60)?;
        return Some(if *sign == b'-' { -minutes } else { minutes });
    }
    Some(match word.to_ascii_uppercase().as_slice() {
        b"UT" | b"GMT" | b"UTC" | b"Z" | b"WET" => 0,
        b"EST" | b"CDT" => -300,
        b"EDT" | b"AST" => -240,
        b"CST" | b"MDT" => -360,
        b"MST" | b"PDT" => -420,
        b"PST" => -480,
        b"CET" | b"BST" | b"MET" => 60,
        b"CEST" | b"EET" | b"MEST" => 120,
        b"EEST" | b"MSK" => 180,
        b"JST" | b"KST" => 540,
        _ => return None,
    })
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01, by years that begin in March.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The other way round.
fn civil(days: i64) -> (i32, u8, u8) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year as i32, month as u8, day as u8)
}
