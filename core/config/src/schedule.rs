//! When a task of the store is due: the five fields of cron, then the command (Reference §7.3, §7.5).

use std::str::FromStr;

/// The tools that may be run on a schedule, under their old names.
pub const SCHEDULED_TOOLS: &[&str] =
    &["imcheck", "imexpire", "imquotacheck", "imsbackup", "mboxutil", "msprobe", "readership", "reconstruct"];

/// One task's times and command: `0 23 * * * imexpire -v 1`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    /// Sunday is 0.
    weekdays: u64,
    /// A day counts when it is in either list, if both are given; that is how cron has it.
    either_day: bool,
    command: Vec<String>,
}

/// A minute of a calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Minute {
    /// 0 to 59.
    pub minute: u8,
    /// 0 to 23.
    pub hour: u8,
    /// 1 to 31.
    pub day: u8,
    /// 1 to 12.
    pub month: u8,
    /// 0 (Sunday) to 6.
    pub weekday: u8,
}

/// Why a text is no schedule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// Fewer than six words.
    #[error("give MINUTE HOUR DAY MONTH WEEKDAY COMMAND, such as 0 23 * * * imexpire, or off")]
    Form,
    /// A field that is no list of numbers.
    #[error("'{word}' is not a {field}: give *, a number, a range 1-5, a step */5 or a list of those")]
    Field {
        /// What was typed.
        word: String,
        /// Which field.
        field: &'static str,
    },
    /// A word with a quotation mark: no shell reads the command.
    #[error("{0} has a quotation mark, which has no meaning here: words are what blanks divide")]
    Quoted(String),
    /// 31 February and the like.
    #[error("no month of those has such a day: it would never run")]
    Never,
    /// Another program.
    #[error("'{0}' is not one of {tools}", tools = SCHEDULED_TOOLS.join(", "))]
    Tool(String),
}

/// Days of each month, in a leap year.
const LONGEST_MONTHS: [u8; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const MONTHS: &[&str] = &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: &[&str] = &["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

impl Schedule {
    /// Whether the task is due in this minute.
    pub fn is_due(&self, at: Minute) -> bool {
        let has = |set: u64, number: u8| set & 1 << number != 0;
        let (day, weekday) = (has(self.days, at.day), has(self.weekdays, at.weekday));
        let right_day = if self.either_day { day || weekday } else { day && weekday };
        right_day && has(self.minutes, at.minute) && has(self.hours, at.hour) && has(self.months, at.month)
    }

    /// The tool and its arguments, as words; the tool without the folder that the old server had it in.
    pub fn command(&self) -> &[String] {
        &self.command
    }
}

impl FromStr for Schedule {
    type Err = ScheduleError;

    fn from_str(text: &str) -> Result<Self, ScheduleError> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let [minute, hour, day, month, weekday, command @ ..] = &words[..] else { return Err(ScheduleError::Form) };
        let [tool, arguments @ ..] = command else { return Err(ScheduleError::Form) };
        let mut weekdays = field(weekday, "weekday", 0..=7, WEEKDAYS, 0)?;
        // Sunday is 7, too.
        weekdays |= weekdays >> 7 & 1;
        let name = tool.rsplit('/').next().unwrap_or(tool);
        let mut words = match name {
            // The old server had a program of its own for it.
            "purge" => vec!["imexpire".to_owned(), "-c".to_owned()],
            name if SCHEDULED_TOOLS.contains(&name) => vec![name.to_owned()],
            name => return Err(ScheduleError::Tool(name.to_owned())),
        };
        if name == "purge" {
            // Its only option says how many run at once.
            words.extend(arguments.iter().filter(|word| !word.starts_with("-num")).map(|word| (*word).to_owned()));
        } else {
            words.extend(arguments.iter().map(|word| (*word).to_owned()));
        }
        if let Some(word) = words.iter().find(|word| word.contains(['"', '\''])) {
            return Err(ScheduleError::Quoted(word.clone()));
        }
        let (days, months) =
            (field(day, "day of the month", 1..=31, &[], 0)?, field(month, "month", 1..=12, MONTHS, 1)?);
        let either_day = !day.starts_with('*') && !weekday.starts_with('*');
        let has_day = |month: &u8| {
            months & 1 << month != 0 && days & ((1 << (LONGEST_MONTHS[usize::from(*month) - 1] + 1)) - 1) != 0
        };
        if !either_day && !(1..=12).any(|month: u8| has_day(&month)) {
            return Err(ScheduleError::Never);
        }
        Ok(Self {
            minutes: field(minute, "minute", 0..=59, &[], 0)?,
            hours: field(hour, "hour", 0..=23, &[], 0)?,
            days,
            months,
            weekdays,
            either_day,
            command: words,
        })
    }
}

/// The numbers of a field, as bits. `names` stand for the numbers from `first_name` on.
fn field(
    word: &str,
    field: &'static str,
    bounds: std::ops::RangeInclusive<u8>,
    names: &[&str],
    first_name: u8,
) -> Result<u64, ScheduleError> {
    let wrong = || ScheduleError::Field { word: word.to_owned(), field };
    let number = |text: &str| {
        let named = (first_name..).zip(names).find(|(_, name)| name.eq_ignore_ascii_case(text)).map(|(at, _)| at);
        let digits = || text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<u8>().ok()).flatten();
        named.or_else(digits).filter(|number| bounds.contains(number)).ok_or_else(wrong)
    };
    let mut set = 0;
    for item in word.split(',') {
        let (range, step) = match item.split_once('/') {
            Some((range, step)) => (range, step.parse::<usize>().ok().filter(|step| *step > 0).ok_or_else(wrong)?),
            None => (item, 1),
        };
        let (first, last) = match range.split_once('-') {
            _ if range == "*" => (*bounds.start(), *bounds.end()),
            Some((first, last)) => (number(first)?, number(last)?),
            None if item.contains('/') => (number(range)?, *bounds.end()),
            None => (number(range)?, number(range)?),
        };
        if first > last {
            return Err(wrong());
        }
        for number in (first..=last).step_by(step) {
            set |= 1 << number;
        }
    }
    Ok(set)
}
