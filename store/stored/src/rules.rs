//! The rules of expiry: lines `NAME.attribute: value` (Reference §7.3).

use regex_lite::Regex;

/// A line that is no rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct RulesError {
    /// Line, from 1.
    pub line: usize,
    /// What is wrong.
    pub reason: String,
}

/// What happens to a message that a rule finds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Action {
    /// It is expunged.
    #[default]
    Discard,
    /// It is moved to a mailbox of the same account, which is made when it is missing.
    FileInto(String),
}

/// How a flag counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlagRule {
    /// Needed beside what else the rule asks.
    And,
    /// Enough by itself.
    Or,
}

/// One rule. Every limit that is given must be passed (but see [`FlagRule::Or`]); counts and sizes of whole mailboxes take
/// their oldest messages.
#[derive(Debug, Clone, Default)]
pub struct Rule {
    /// Its name.
    pub name: String,
    /// Which mailboxes; `None` is all. Held against `user/<account>/<mailbox>`.
    pub folders: Option<Regex>,
    /// The mailbox keeps at most so many messages.
    pub message_count: Option<u64>,
    /// Days since the message came to the mailbox.
    pub message_days: Option<i64>,
    /// Bytes that a message may have …
    pub message_size: Option<u64>,
    /// … and days for which a larger one may stay.
    pub message_size_days: i64,
    /// Bytes that the mailbox keeps at most.
    pub folder_size: Option<u64>,
    /// `\Seen`.
    pub seen: Option<FlagRule>,
    /// `\Deleted`.
    pub deleted: Option<FlagRule>,
    /// No later rule looks at mailboxes of this one.
    pub exclusive: bool,
    /// Header fields with a text that each must hold, in any case.
    pub headers: Vec<(String, String)>,
    /// What to do.
    pub action: Action,
}

/// The rules in their order.
#[derive(Debug, Clone, Default)]
pub struct Rules(pub Vec<Rule>);

impl Rules {
    /// Reads rules. Empty lines and those that begin with `#` are passed over.
    pub fn parse(text: &str) -> Result<Self, RulesError> {
        let mut rules: Vec<(Rule, Option<String>, bool, usize)> = Vec::new();
        for (at, line) in text.lines().enumerate() {
            let (number, line) = (at + 1, line.trim());
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let wrong = |reason: &str| RulesError { line: number, reason: reason.to_owned() };
            let (left, value) = line.split_once(':').ok_or_else(|| wrong("expected NAME.attribute: value"))?;
            let (name, attribute) =
                left.trim().split_once('.').ok_or_else(|| wrong("expected NAME.attribute: value"))?;
            let value = value.trim();
            let place = match rules.iter().position(|(rule, ..)| rule.name == name) {
                Some(place) => place,
                None => {
                    rules.push((Rule { name: name.to_owned(), ..Rule::default() }, None, false, number));
                    rules.len() - 1
                }
            };
            let Some((rule, pattern, regexp, _)) = rules.get_mut(place) else { continue };
            set(rule, pattern, regexp, attribute, value).map_err(|reason| wrong(&reason))?;
        }
        let built = rules.into_iter().map(|(mut rule, pattern, regexp, line)| {
            if let Some(pattern) = pattern {
                let text = if regexp { pattern } else { from_imap_pattern(&pattern) };
                let regex = Regex::new(&text).map_err(|error| RulesError { line, reason: error.to_string() })?;
                rule.folders = Some(regex);
            }
            if rule.message_days.is_none()
                && rule.message_count.is_none()
                && rule.message_size.is_none()
                && rule.folder_size.is_none()
                && rule.headers.is_empty()
                && rule.seen != Some(FlagRule::Or)
                && rule.deleted != Some(FlagRule::Or)
            {
                // It would take every message there is.
                let reason = format!("rule {} says nothing about which messages are to go", rule.name);
                return Err(RulesError { line, reason });
            }
            Ok(rule)
        });
        built.collect::<Result<_, _>>().map(Self)
    }
}

fn set(
    rule: &mut Rule,
    pattern: &mut Option<String>,
    regexp: &mut bool,
    attribute: &str,
    value: &str,
) -> Result<(), String> {
    let number = || value.parse::<u32>().map_err(|_| format!("'{value}' is not a number"));
    let yes = || match value.to_ascii_lowercase().as_str() {
        "1" | "yes" | "true" | "on" => Ok(true),
        "0" | "no" | "false" | "off" => Ok(false),
        _ => Err(format!("'{value}' is not yes or no")),
    };
    let flag = || match value.to_ascii_lowercase().as_str() {
        "and" => Ok(Some(FlagRule::And)),
        "or" => Ok(Some(FlagRule::Or)),
        _ => Err(format!("'{value}' is not and or or")),
    };
    let lower = attribute.to_ascii_lowercase();
    match lower.as_str() {
        "folderpattern" => *pattern = Some(value.to_owned()),
        "regexp" => *regexp = yes()?,
        "messagecount" => rule.message_count = Some(u64::from(number()?)),
        "messagedays" => rule.message_days = Some(i64::from(number()?)),
        "messagesize" => rule.message_size = Some(value.parse().map_err(|_| format!("'{value}' is not a number"))?),
        "messagesizedays" => rule.message_size_days = i64::from(number()?),
        "foldersizebytes" => rule.folder_size = Some(value.parse().map_err(|_| format!("'{value}' is not a number"))?),
        "seen" => rule.seen = flag()?,
        "deleted" => rule.deleted = flag()?,
        "exclusive" => rule.exclusive = yes()?,
        "action" => {
            rule.action = match value.split_once([':', ' ']) {
                None if value.eq_ignore_ascii_case("discard") => Action::Discard,
                Some((word, mailbox)) if word.eq_ignore_ascii_case("fileinto") && !mailbox.trim().is_empty() => {
                    Action::FileInto(mailbox.trim().to_owned())
                }
                _ => return Err(format!("'{value}' is not discard or fileinto:MAILBOX")),
            }
        }
        _ => match lower.strip_prefix("messageheader.") {
            Some(header) if !header.is_empty() => rule.headers.push((header.to_owned(), value.to_lowercase())),
            _ => return Err(format!("'{attribute}' is no attribute of a rule")),
        },
    }
    Ok(())
}

/// An IMAP pattern (RFC 3501 §6.3.8) over whole names.
fn from_imap_pattern(pattern: &str) -> String {
    let mut regex = String::from("^");
    for c in pattern.chars() {
        match c {
            '*' => regex.push_str(".*"),
            '%' => regex.push_str("[^/]*"),
            c if c.is_alphanumeric() || c == '/' => regex.push(c),
            c => regex.extend(['\\', c]),
        }
    }
    regex + "$"
}
