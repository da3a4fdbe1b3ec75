//! The table that the benchmark prints.

use std::fmt;

/// What a figure counts and which way is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// More is better.
    PerSecond,
    /// More is better.
    MebibytesPerSecond,
    /// Less is better.
    Milliseconds,
    /// Less is better.
    Kibibytes,
    /// Less is better.
    Mebibytes,
}

struct Row {
    load: String,
    unit: Unit,
    theirs: Option<f64>,
    ours: f64,
    goal: &'static str,
}

/// Rows of figures: theirs, ours, and ours in relation to theirs.
#[derive(Default)]
pub struct Table {
    rows: Vec<Row>,
}

impl Table {
    /// Adds a row; `goal` as it stands in the design.
    pub fn row(&mut self, load: &str, unit: Unit, theirs: Option<f64>, ours: f64, goal: &'static str) {
        let row = Row { load: load.to_owned(), unit, theirs, ours, goal };
        eprintln!("  {}", row.text());
        self.rows.push(row);
    }
}

impl Row {
    fn text(&self) -> String {
        let unit = match self.unit {
            Unit::PerSecond => "/s",
            Unit::MebibytesPerSecond => " MiB/s",
            Unit::Milliseconds => " ms",
            Unit::Kibibytes => " KiB",
            Unit::Mebibytes => " MiB",
        };
        let figure = |value: f64| match value {
            value if value >= 100.0 => format!("{value:.0}{unit}"),
            value => format!("{value:.1}{unit}"),
        };
        let theirs = self.theirs.map_or("-".to_owned(), figure);
        let ratio = self.theirs.map_or("-".to_owned(), |theirs| format!("{:.2}", self.ours / theirs));
        format!("| {} | {theirs} | {} | {ratio} | {} |", self.load, figure(self.ours), self.goal)
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| load | Dovecot | Heliograph | ratio | goal |")?;
        writeln!(f, "|---|---:|---:|---:|---|")?;
        for row in &self.rows {
            writeln!(f, "{}", row.text())?;
        }
        Ok(())
    }
}
