//! What an event says: its message, its fields, and where it wants to be.

use std::fmt::{Debug, Write};

use config::LogName;
use tracing::field::{Field, Visit};

use crate::form::Category;

/// Longest value of a field or message, in characters.
const LONGEST: usize = 2000;

/// The words of an event.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    pub(crate) message: String,
    /// Further fields, in their order. Names stand in the code, values may be anything.
    pub(crate) others: Vec<(&'static str, String)>,
    pub(crate) log: Option<LogName>,
    pub(crate) category: Option<Category>,
}

impl Fields {
    fn put(&mut self, field: &Field, value: impl std::fmt::Display) {
        let mut text = Bounded::default();
        // The end of the room stops the writing; what fitted is kept.
        let _ = write!(text, "{value}");
        match field.name() {
            "message" => self.message = text.done(),
            "service" => self.log = LogName::ALL.into_iter().find(|log| log.as_str() == text.text),
            "category" => self.category = Category::ALL.into_iter().find(|category| category.as_str() == text.text),
            "critical" => {}
            // The bridge from the `log` crate repeats what the event's place says.
            name if name.starts_with("log.") => {}
            name => self.others.push((name, text.done())),
        }
    }
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value);
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.put(field, Chain(value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.put(field, format_args!("{value:?}"));
    }
}

/// An error with its sources: the log is where the whole of it is told. What a source repeats of the one above is left out.
struct Chain<'a>(&'a (dyn std::error::Error + 'static));

impl std::fmt::Display for Chain<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut told = self.0.to_string();
        out.write_str(&told)?;
        let mut next = self.0.source();
        while let Some(error) = next {
            let text = error.to_string();
            if !told.contains(&text) {
                write!(out, ": {text}")?;
                told = text;
            }
            next = error.source();
        }
        Ok(())
    }
}

/// Text up to a bound, so that a huge value costs neither time nor memory.
#[derive(Default)]
struct Bounded {
    text: String,
    letters: usize,
    cut: bool,
}

impl Bounded {
    fn done(mut self) -> String {
        if self.cut {
            self.text.push('…');
        }
        self.text
    }
}

impl Write for Bounded {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        for letter in text.chars() {
            if self.letters == LONGEST {
                self.cut = true;
                return Err(std::fmt::Error);
            }
            self.letters += 1;
            self.text.push(letter);
        }
        Ok(())
    }
}
