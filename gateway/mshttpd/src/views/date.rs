//! Dates short and right: the clock today, the weekday this week, the date before.

use time::{Date, Duration, OffsetDateTime, UtcOffset};

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const LONG_DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// The moment and place from which dates are seen.
#[derive(Clone, Copy, Debug)]
pub struct Now {
    time: OffsetDateTime,
}

impl Now {
    /// Now, `minutes` east of Greenwich as the browser says (`None`: UTC).
    pub fn at_offset(minutes: Option<i32>) -> Self {
        let offset =
            minutes.and_then(|m| UtcOffset::from_whole_seconds(m.checked_mul(60)?).ok()).unwrap_or(UtcOffset::UTC);
        Self { time: OffsetDateTime::now_utc().to_offset(offset) }
    }

    /// A given moment, for tests.
    pub fn fixed(time: OffsetDateTime) -> Self {
        Self { time }
    }

    fn local(self, epoch: i64) -> Option<OffsetDateTime> {
        OffsetDateTime::from_unix_timestamp(epoch).ok()?.checked_to_offset(self.time.offset())
    }

    /// For a row of the list: `14:32`, `Fri 18:20`, `3 Mar`, `3 Mar 2021`.
    pub fn short(self, epoch: i64) -> String {
        let Some(then) = self.local(epoch) else { return String::new() };
        let age = self.time.date() - then.date();
        let clock = format!("{:02}:{:02}", then.hour(), then.minute());
        if age == Duration::ZERO {
            clock
        } else if age > Duration::ZERO && age < Duration::days(7) {
            format!("{} {clock}", DAYS[weekday(then.date())])
        } else if then.year() == self.time.year() {
            format!("{} {}", then.day(), month(then.date()))
        } else {
            format!("{} {} {}", then.day(), month(then.date()), then.year())
        }
    }

    /// For the head of a message: `Today, 13:05`, `Friday, 6 March 2026, 18:20`.
    pub fn long(self, epoch: i64) -> String {
        let Some(then) = self.local(epoch) else { return String::new() };
        let clock = format!("{:02}:{:02}", then.hour(), then.minute());
        match (self.time.date() - then.date()).whole_days() {
            0 => format!("Today, {clock}"),
            1 => format!("Yesterday, {clock}"),
            _ => {
                format!("{} {} {} {}, {clock}", DAYS[weekday(then.date())], then.day(), month(then.date()), then.year())
            }
        }
    }

    /// For the line above a quotation: `On 6 Mar 2026 at 18:20`.
    pub fn quoted(self, epoch: i64) -> String {
        self.local(epoch).map_or_else(String::new, |then| {
            format!(
                "On {} {} {} at {:02}:{:02}",
                then.day(),
                month(then.date()),
                then.year(),
                then.hour(),
                then.minute()
            )
        })
    }

    /// The heading under which a row stands: `Today`, `Yesterday`, a weekday, `March`, `March 2021`.
    pub fn day(self, epoch: i64) -> String {
        const LONG_MONTHS: [&str; 12] = [
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ];
        let Some(then) = self.local(epoch) else { return "No date".to_owned() };
        match (self.time.date() - then.date()).whole_days() {
            i64::MIN..=-1 => "Dated in the future".to_owned(),
            0 => "Today".to_owned(),
            1 => "Yesterday".to_owned(),
            2..=6 => LONG_DAYS[weekday(then.date())].to_owned(),
            _ if then.year() == self.time.year() => LONG_MONTHS[usize::from(u8::from(then.month())) - 1].to_owned(),
            _ => format!("{} {}", LONG_MONTHS[usize::from(u8::from(then.month())) - 1], then.year()),
        }
    }

    /// `13:05`, now.
    pub fn clock(self) -> String {
        format!("{:02}:{:02}", self.time.hour(), self.time.minute())
    }
}

/// For `<time datetime>`.
pub fn machine(epoch: i64) -> String {
    OffsetDateTime::from_unix_timestamp(epoch).map_or_else(
        |_| String::new(),
        |t| {
            format!(
                "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
                t.year(),
                u8::from(t.month()),
                t.day(),
                t.hour(),
                t.minute(),
                t.second()
            )
        },
    )
}

fn weekday(date: Date) -> usize {
    usize::from(date.weekday().number_days_from_monday())
}

fn month(date: Date) -> &'static str {
    MONTHS[usize::from(u8::from(date.month())) - 1]
}
