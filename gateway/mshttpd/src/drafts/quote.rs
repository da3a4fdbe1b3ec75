//! The words of another message inside one's own: quoted in an answer, with a small head in a forward.

use backends::Envelope;

use crate::screens::message::PlainText;
use crate::views::date::Now;
use crate::views::person::{Person, cut, visible};
use crate::views::plain_text;

/// Characters of a subject that an answer takes over.
const LONGEST_SUBJECT: usize = 900;
/// People named in the head of a forward.
const PEOPLE: usize = 200;

/// `Re: ` once.
pub fn reply_subject(subject: &str) -> String {
    prefixed("Re: ", &["re:"], subject)
}

/// `Fwd: ` once.
pub fn forward_subject(subject: &str) -> String {
    prefixed("Fwd: ", &["fwd:", "fw:"], subject)
}

fn prefixed(prefix: &str, known: &[&str], subject: &str) -> String {
    let subject = visible(subject);
    let subject = subject.trim();
    let start: String = subject.chars().take(4).collect::<String>().to_lowercase();
    let whole = if known.iter().any(|word| start.starts_with(word)) {
        subject.to_owned()
    } else {
        format!("{prefix}{subject}")
    };
    cut(&whole, LONGEST_SUBJECT)
}

/// The text without flowed line ends: one line a paragraph.
fn unflowed(text: &PlainText) -> String {
    let Some(flowed) = text.flowed else { return text.text.clone() };
    let lines = message::flowed::decode(&text.text, flowed.delsp);
    let line = |line: &message::flowed::FlowedLine| match line.quote {
        0 => line.text.clone(),
        quote => format!("{} {}", ">".repeat(quote), line.text),
    };
    lines.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// The text below an answer.
pub fn answer(envelope: &Envelope, text: &PlainText, when: i64, now: Now) -> String {
    let who = envelope.from.first().map_or_else(|| "somebody".to_owned(), |address| Person::from(address).name);
    let words = unflowed(text).replace("\r\n", "\n");
    // The signature of the other is not repeated.
    let words = words.split("\n-- \n").next().unwrap_or_default();
    format!("\n\n{}, {who} wrote:\n{}", now.quoted(when), plain_text::quoted(words.trim_end()))
}

/// The text of a forward.
pub fn forward(envelope: &Envelope, text: &PlainText, when: i64, now: Now) -> String {
    let people = |list: &[backends::Address]| {
        let mut names: Vec<String> = list.iter().take(PEOPLE).map(|address| Person::from(address).typed()).collect();
        if list.len() > PEOPLE {
            names.push(format!("and {} more", list.len() - PEOPLE));
        }
        names.join(", ")
    };
    let mut head = String::from("\n\n---------- Forwarded message ----------\n");
    head.push_str(&format!("From: {}\n", people(&envelope.from)));
    head.push_str(&format!("Date: {}\n", now.quoted(when).trim_start_matches("On ")));
    head.push_str(&format!("Subject: {}\n", visible(&envelope.subject)));
    head.push_str(&format!("To: {}\n", people(&envelope.to)));
    if !envelope.cc.is_empty() {
        head.push_str(&format!("Cc: {}\n", people(&envelope.cc)));
    }
    format!("{head}\n{}", unflowed(text).replace("\r\n", "\n").trim_end())
}
