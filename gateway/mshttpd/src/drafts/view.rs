//! The compose pane as a template sees it.

use spool::{SpoolFile, encoded_size};

use super::form::DraftForm;
use crate::views::size;

/// The compose pane.
#[derive(Debug, Default)]
pub struct ComposeView {
    /// Name of the draft in the spool.
    pub id: String,
    /// Heading.
    pub title: String,
    /// The fields.
    pub form: DraftForm,
    /// Whom the writer may write as.
    pub senders: Senders,
    /// Files.
    pub files: Files,
    /// When it was saved.
    pub saved: Option<String>,
    /// What is wrong, a sentence each.
    pub problems: Vec<String>,
}

/// What the From field offers.
#[derive(Debug)]
pub enum Senders {
    /// One of the own addresses.
    Own(Vec<String>),
    /// Whatever is written (`service.http.fullfromheader`).
    Any,
}

impl Default for Senders {
    fn default() -> Self {
        Self::Own(Vec::new())
    }
}

impl Senders {
    /// The addresses to choose from, where there is a choice.
    pub fn choice(&self) -> &[String] {
        match self {
            Self::Own(addresses) if addresses.len() > 1 => addresses,
            _ => &[],
        }
    }

    /// Whether anything may be written.
    pub fn any(&self) -> bool {
        matches!(self, Self::Any)
    }
}

/// The files of a draft and the room that they take.
#[derive(Debug, Default)]
pub struct Files {
    /// Name of the draft in the spool.
    pub draft: String,
    /// In the spool, or still in the message that they come from.
    pub list: Vec<DraftFile>,
    /// `mailbox/uid` of that message.
    pub carry_from: String,
    /// Bytes as encoded.
    pub used: u64,
    /// Bytes allowed.
    pub limit: u64,
    /// Why a file was not taken.
    pub problem: Option<String>,
}

/// A file of a draft.
#[derive(Clone, Debug)]
pub struct DraftFile {
    /// Name.
    pub name: String,
    /// Letters for the tile.
    pub kind: String,
    /// Size in words.
    pub size: String,
    /// Section in the message that it is carried from; `None` for a file in the spool.
    pub section: Option<String>,
    /// Value of the button that removes it.
    pub remove: String,
}

impl Files {
    /// The files of the spool, and those carried along (name, section, size).
    pub fn new(draft: &str, spooled: &[SpoolFile], carried: &[(String, String, u64)], limit: u64) -> Self {
        let mut list = Vec::new();
        let mut used = 0;
        for (name, section, bytes) in carried {
            used += encoded_size(*bytes);
            list.push(DraftFile {
                kind: kind(name),
                name: name.clone(),
                size: size::short(*bytes),
                section: Some(section.clone()),
                remove: format!("drop:{section}"),
            });
        }
        for file in spooled {
            used += encoded_size(file.size);
            list.push(DraftFile {
                kind: kind(&file.file_name),
                name: file.file_name.clone(),
                size: size::short(file.size),
                section: None,
                remove: format!("remove:{}", file.id),
            });
        }
        Self { draft: draft.to_owned(), list, used, limit, ..Self::default() }
    }

    /// `1.2 of 5 MB`
    pub fn room(&self) -> String {
        format!("{} of {} MB", size::megabytes(self.used), size::megabytes(self.limit))
    }

    /// `25 MB`
    pub fn most(&self) -> String {
        format!("{} MB", size::megabytes(self.limit))
    }

    /// Whether the limit is passed.
    pub fn is_over(&self) -> bool {
        self.used > self.limit
    }
}

fn kind(name: &str) -> String {
    let extension = name
        .rsplit_once('.')
        .map(|(_, e)| e)
        .filter(|e| (1..=4).contains(&e.len()) && e.chars().all(|c| c.is_ascii_alphanumeric()));
    extension.unwrap_or("FILE").to_ascii_uppercase()
}
