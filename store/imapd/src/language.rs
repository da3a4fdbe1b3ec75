//! The language of the texts that people read in responses (RFC 5255 §3): the one door that English texts go through.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

/// A text in English, German, French, Spanish and Japanese, a line each; blocks are parted by an empty line.
const TEXTS: &str = include_str!("language/texts.txt");
/// Stands for the command's name in the text that every command ends with.
const COMPLETED: &str = "{} completed";

static TABLE: LazyLock<HashMap<&'static str, [&'static str; 4]>> = LazyLock::new(|| {
    let block = |block: &'static str| {
        let mut lines = block.lines();
        Some((lines.next()?, [lines.next()?, lines.next()?, lines.next()?, lines.next()?]))
    };
    TEXTS.split("\n\n").filter_map(block).collect()
});

/// See the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Language {
    /// `i-default` (RFC 2277 §4.5): English in ASCII.
    #[default]
    Default,
    English,
    German,
    French,
    Spanish,
    Japanese,
}

impl Language {
    /// Every one, in the order in which they are told.
    pub(crate) const ALL: [Self; 6] =
        [Self::English, Self::German, Self::French, Self::Spanish, Self::Japanese, Self::Default];

    /// Its tag (RFC 4646).
    pub(crate) fn tag(self) -> &'static str {
        match self {
            Self::Default => "i-default",
            Self::English => "en",
            Self::German => "de",
            Self::French => "fr",
            Self::Spanish => "es",
            Self::Japanese => "ja",
        }
    }

    /// The language that a range means: what is behind a hyphen is taken off until one fits (RFC 4647 §3.4). `None` where none does.
    pub(crate) fn of_range(range: &str) -> Option<Self> {
        let mut range = range;
        loop {
            if let Some(found) = Self::ALL.into_iter().find(|language| language.tag().eq_ignore_ascii_case(range)) {
                return Some(found);
            }
            range = range.rsplit_once('-')?.0;
        }
    }

    /// A text of the server in this language. One that the table does not have stays English.
    pub(crate) fn say(self, english: &str) -> Cow<'_, str> {
        let column = match self {
            Self::Default | Self::English => return Cow::Borrowed(english),
            Self::German => 0,
            Self::French => 1,
            Self::Spanish => 2,
            Self::Japanese => 3,
        };
        if let Some(row) = TABLE.get(english) {
            return Cow::Borrowed(row[column]);
        }
        match (english.strip_suffix(" completed"), TABLE.get(COMPLETED)) {
            (Some(command), Some(row)) => Cow::Owned(row[column].replace("{}", command)),
            _ => Cow::Borrowed(english),
        }
    }
}
