//! The two forms of a line: the old server's (Reference §7.6), and a JSON object.

use std::fmt::Write;

use config::{LogLevel, LogName};
use time::{OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339};

use crate::{event::Fields, quoted::is_dangerous};

/// What a line is about (Reference §7.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Category {
    /// Anything else.
    General,
    /// The directory.
    Ldap,
    /// Connections.
    Network,
    /// Logins and sessions.
    Account,
    /// What was said in a protocol.
    Protocol,
    /// Figures.
    Stats,
    /// The message store.
    Store,
}

impl Category {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::General, Self::Ldap, Self::Network, Self::Account, Self::Protocol, Self::Stats, Self::Store];

    /// As in a line, and in the field `category` of an event.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::General => "General",
            Self::Ldap => "LDAP",
            Self::Network => "Network",
            Self::Account => "Account",
            Self::Protocol => "Protocol",
            Self::Stats => "Stats",
            Self::Store => "Store",
        }
    }
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A moment, as lines have it.
#[derive(Debug, Clone, Copy)]
pub struct Stamp(OffsetDateTime);

impl Stamp {
    /// The system's time zone; UTC when it is not told.
    pub(crate) fn zone() -> UtcOffset {
        UtcOffset::current_local_offset().unwrap_or(UtcOffset::UTC)
    }

    pub(crate) fn now(zone: UtcOffset) -> Self {
        Self(OffsetDateTime::now_utc().to_offset(zone))
    }

    /// `30/Aug/2004:16:53:05 -0700`.
    pub(crate) fn old(self) -> String {
        let (at, zone) = (self.0, self.0.offset());
        let month = MONTHS[usize::from(u8::from(at.month())) - 1];
        let sign = if zone.is_negative() { '-' } else { '+' };
        format!(
            "{:02}/{month}/{}:{:02}:{:02}:{:02} {sign}{:02}{:02}",
            at.day(),
            at.year(),
            at.hour(),
            at.minute(),
            at.second(),
            zone.whole_hours().unsigned_abs(),
            zone.minutes_past_hour().unsigned_abs()
        )
    }

    /// `Aug  3 16:53:05` (RFC 3164 §4.1.2).
    pub(crate) fn syslog(self) -> String {
        let at = self.0;
        let month = MONTHS[usize::from(u8::from(at.month())) - 1];
        format!("{month} {:>2} {:02}:{:02}:{:02}", at.day(), at.hour(), at.minute(), at.second())
    }

    /// The moment of a line in either form, in seconds since 1970; `None` when it does not begin with one.
    pub(crate) fn of_line(line: &str) -> Option<i64> {
        if let Some(rest) = line.strip_prefix("{\"time\":\"") {
            return Some(OffsetDateTime::parse(rest.split('"').next()?, &Rfc3339).ok()?.unix_timestamp());
        }
        let stamp = line.strip_prefix('[')?.split(']').next()?;
        let (day, rest) = stamp.split_once('/')?;
        let (month, rest) = rest.split_once('/')?;
        let mut numbers = rest.split([':', ' ']);
        let year: i32 = numbers.next()?.parse().ok()?;
        let mut next = || numbers.next()?.parse::<u8>().ok();
        let (hour, minute, second) = (next()?, next()?, next()?);
        let zone: i64 = numbers.next()?.parse().ok()?;
        let month = u8::try_from(MONTHS.iter().position(|name| *name == month)? + 1).ok()?;
        let date = time::Date::from_calendar_date(year, time::Month::try_from(month).ok()?, day.parse().ok()?).ok()?;
        let local = date.with_hms(hour, minute, second).ok()?.assume_utc().unix_timestamp();
        Some(local - (zone / 100 * 3600 + zone % 100 * 60))
    }
}

/// What stands before the words of a line.
pub(crate) struct Head<'a> {
    pub(crate) stamp: Stamp,
    pub(crate) hostname: &'a str,
    pub(crate) log: LogName,
    pub(crate) pid: u32,
    pub(crate) category: Category,
    pub(crate) level: LogLevel,
}

/// A line in parts: syslog has a head of its own, files and standard error the whole.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) stamp: Stamp,
    /// With the line feed.
    pub(crate) whole: String,
    /// Where, in `whole`, the part after `program[pid]: ` begins; 0 when syslog gets all of it.
    pub(crate) words: usize,
}

/// `[30/Aug/2004:16:53:05 -0700] host imapd[pid]: Account Notice: words name=value`.
pub(crate) fn old(head: &Head<'_>, fields: &Fields) -> Line {
    let Head { stamp, hostname, log, pid, category, level } = head;
    let mut whole = String::with_capacity(160 + fields.message.len());
    // Writing to a string cannot fail, here and below.
    let _ = write!(whole, "[{}] {hostname} {}[{pid}]: ", stamp.old(), log.program());
    let words = whole.len();
    let _ = write!(whole, "{} {}: ", category.as_str(), level.as_str());
    escape(&mut whole, &fields.message);
    for (name, value) in &fields.others {
        let _ = write!(whole, " {name}=");
        if value.is_empty() || value.contains([' ', '"', '=']) {
            whole.push('"');
            escape(&mut whole, &value.replace('\\', "\\\\").replace('"', "\\\""));
            whole.push('"');
        } else {
            escape(&mut whole, value);
        }
    }
    whole.push('\n');
    Line { stamp: *stamp, whole, words }
}

/// `{"time":…,"host":…,"service":…,"pid":…,"category":…,"level":…,"message":…,"fields":{…}}`. What a user wrote stands
/// inside the strings of `message` and `fields` only.
pub(crate) fn json(head: &Head<'_>, fields: &Fields) -> Line {
    let Head { stamp, hostname, log, pid, category, level } = head;
    let text = |text: &str| serde_json::Value::from(visible(text)).to_string();
    let mut whole = String::with_capacity(200 + fields.message.len());
    let time = stamp.0.format(&Rfc3339).unwrap_or_default();
    let _ = write!(
        whole,
        "{{\"time\":\"{time}\",\"host\":{},\"service\":\"{}\",\"pid\":{pid},\"category\":\"{}\",\"level\":\"{}\",\"message\":{}",
        text(hostname),
        log.as_str(),
        category.as_str(),
        level.as_str(),
        text(&fields.message)
    );
    for (index, (name, value)) in fields.others.iter().enumerate() {
        let _ = write!(whole, "{}\"{name}\":{}", if index == 0 { ",\"fields\":{" } else { "," }, text(value));
    }
    if !fields.others.is_empty() {
        whole.push('}');
    }
    whole.push_str("}\n");
    Line { stamp: *stamp, whole, words: 0 }
}

/// Whatever could end the line or steer a terminal is escaped.
fn escape(out: &mut String, text: &str) {
    for letter in text.chars() {
        if is_dangerous(letter) {
            let _ = write!(out, "{}", letter.escape_unicode());
        } else {
            out.push(letter);
        }
    }
}

fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    escape(&mut out, text);
    out
}
