//! How a message starts: empty, from a mailto link, as an answer or a forward, from the Drafts folder.

use backends::{Envelope, Message, Part};
use serde::Deserialize;
use spool::DraftId;

use super::form::DraftForm;
use super::people::{self, Answer};
use super::quote;
use super::view::{ComposeView, Files, Senders};
use crate::error::ScreenError;
use crate::request::Signed;
use crate::screens::message::{PlainText, plain};
use crate::state::AppState;
use crate::views::parts::sorted;
use crate::views::person::{typed, visible};
use crate::views::reader::file_name;
use crate::views::url;

/// What the address of the compose page says. A mailto link may give recipients, subject and text; never files or Bcc
/// (security model §2.1.7).
#[derive(Debug, Default, Deserialize)]
pub struct StartQuery {
    to: Option<String>,
    cc: Option<String>,
    subject: Option<String>,
    body: Option<String>,
    reply: Option<String>,
    reply_all: Option<String>,
    forward: Option<String>,
    draft: Option<String>,
    edit: Option<String>,
}

/// Splits `mailbox/uid`.
pub fn reference(text: &str) -> Option<(&str, u32)> {
    let (mailbox, uid) = text.rsplit_once('/')?;
    Some((mailbox, uid.parse().ok().filter(|uid| *uid > 0)?)).filter(|(mailbox, _)| !mailbox.is_empty())
}

enum Kind {
    Answer(Answer),
    Forward,
    Draft,
    EditAsNew,
}

/// A new compose pane.
pub async fn start(state: &AppState, signed: &Signed, query: &StartQuery) -> Result<ComposeView, ScreenError> {
    let line = |text: &Option<String>| text.as_deref().map(|text| visible(text.trim())).unwrap_or_default();
    let chosen = [
        (&query.reply, Kind::Answer(Answer::Sender)),
        (&query.reply_all, Kind::Answer(Answer::Everybody)),
        (&query.forward, Kind::Forward),
        (&query.draft, Kind::Draft),
        (&query.edit, Kind::EditAsNew),
    ]
    .into_iter()
    .find_map(|(text, kind)| text.as_deref().map(|text| (text, kind)));
    let config = state.config.now();
    let limit = config.max_message_size;
    let id = DraftId::random().to_string();
    let mut view =
        ComposeView { title: "New message".to_owned(), senders: senders(&config, signed), ..ComposeView::default() };
    let mut carried = Vec::new();
    match chosen {
        None => {
            view.form = DraftForm {
                to: line(&query.to),
                cc: line(&query.cc),
                subject: line(&query.subject),
                body: query.body.as_deref().unwrap_or_default().replace("\r\n", "\n").replace('\0', ""),
                back: "/mail/INBOX".to_owned(),
                ..DraftForm::default()
            };
        }
        Some((text, kind)) => {
            let (mailbox, uid) = reference(text).ok_or(ScreenError::NotFound)?;
            let message = signed.mail.message(mailbox, uid).await?;
            let from = Original { signed, message: &message, reference: text, full_from: config.full_from_header };
            view.form = from.form(&kind).await?;
            let left_out = message.summary.envelope.left_out;
            if left_out > 0 && !matches!(kind, Kind::Answer(Answer::Sender) | Kind::Forward) {
                view.problems
                    .push(format!("The message names too many people: {left_out} of them are not filled in here."));
            }
            if !matches!(kind, Kind::Answer(_)) {
                carried = files_of(&message.summary.structure);
                view.form.carry_from = text.to_owned();
                view.form.carry = carried.iter().map(|(_, section, _)| section.clone()).collect();
            }
            view.title = match kind {
                Kind::Draft => "Draft".to_owned(),
                _ if view.form.subject.is_empty() => view.title,
                _ => view.form.subject.clone(),
            };
        }
    }
    if view.form.from.is_empty() {
        view.form.from = match view.senders {
            Senders::Own(_) => signed.who.mail.clone(),
            Senders::Any => typed(&signed.who.name, &signed.who.mail),
        };
    }
    view.files = Files { carry_from: view.form.carry_from.clone(), ..Files::new(&id, &[], &carried, limit) };
    view.id = id;
    Ok(view)
}

/// Whom the writer may write as.
pub fn senders(config: &config::Http, signed: &Signed) -> Senders {
    if config.full_from_header { Senders::Any } else { Senders::Own(signed.who.addresses.clone()) }
}

/// Name, section and size of the files that a forward takes along.
pub fn files_of(root: &Part) -> Vec<(String, String, u64)> {
    let sorted = sorted(root);
    let mut parts: Vec<&Part> = sorted.files.clone();
    // Pictures inside the HTML become files: the forwarded text is plain.
    parts.extend(root.walk().filter(|part| {
        part.kind == "image" && part.id.is_some() && !sorted.files.iter().any(|file| file.section == part.section)
    }));
    parts.into_iter().map(|part| (file_name(part), part.section.clone(), part.decoded_size())).collect()
}

struct Original<'a> {
    signed: &'a Signed,
    message: &'a Message,
    reference: &'a str,
    full_from: bool,
}

impl Original<'_> {
    async fn form(&self, kind: &Kind) -> Result<DraftForm, ScreenError> {
        let envelope = &self.message.summary.envelope;
        let when = envelope.date.unwrap_or(self.message.summary.received);
        let parts = sorted(&self.message.summary.structure);
        let text =
            plain(self.signed, self.message, &parts).await?.unwrap_or(PlainText { text: String::new(), flowed: None });
        let own = &self.signed.who.addresses;
        let list = |people: &[backends::Address]| {
            people
                .iter()
                .filter(|a| !a.email.is_empty())
                .map(|a| typed(&visible(&a.name), &a.email))
                .collect::<Vec<_>>()
                .join(", ")
        };
        let back = url::message(&self.message.mailbox, self.message.uid, 1, None);
        let blank = DraftForm {
            back,
            from: match people::own_address(envelope, own) {
                Some(mail) if self.full_from => typed(&self.signed.who.name, mail),
                Some(mail) => mail.clone(),
                None => String::new(),
            },
            ..DraftForm::default()
        };
        Ok(match kind {
            Kind::Answer(answer) => {
                let recipients = people::of_answer(envelope, own, *answer);
                DraftForm {
                    to: recipients.to,
                    cc: recipients.cc,
                    subject: quote::reply_subject(&envelope.subject),
                    body: quote::answer(envelope, &text, when, self.signed.now),
                    in_reply_to: envelope.message_id.clone(),
                    references: self.references(envelope).await?,
                    source: self.reference.to_owned(),
                    kind: "reply".to_owned(),
                    ..blank
                }
            }
            Kind::Forward => DraftForm {
                subject: quote::forward_subject(&envelope.subject),
                body: quote::forward(envelope, &text, when, self.signed.now),
                references: self.references(envelope).await?,
                source: self.reference.to_owned(),
                kind: "forward".to_owned(),
                ..blank
            },
            Kind::Draft | Kind::EditAsNew => {
                let resumed = matches!(kind, Kind::Draft);
                let written = if self.full_from { list(&envelope.from) } else { String::new() };
                DraftForm {
                    from: if written.is_empty() { blank.from.clone() } else { written },
                    to: list(&envelope.to),
                    cc: list(&envelope.cc),
                    bcc: list(&envelope.bcc),
                    subject: visible(&envelope.subject),
                    body: quote_free(&text),
                    in_reply_to: if resumed { envelope.in_reply_to.clone() } else { String::new() },
                    references: if resumed { chain(&self.header("References").await?) } else { String::new() },
                    draft_uid: resumed.then_some(self.message.uid),
                    draft_validity: resumed.then_some(self.message.uid_validity),
                    back: url::mailbox(&self.message.mailbox),
                    ..blank
                }
            }
        })
    }

    /// The chain that an answer continues (RFC 5322 §3.6.4).
    async fn references(&self, envelope: &Envelope) -> Result<String, ScreenError> {
        let known = chain(&self.header("References").await?);
        let known = if known.is_empty() { envelope.in_reply_to.clone() } else { known };
        Ok(format!("{known} {}", envelope.message_id).trim().to_owned())
    }

    async fn header(&self, name: &str) -> Result<String, ScreenError> {
        let mailbox = (self.message.mailbox.as_str(), self.message.uid_validity);
        let block = self.signed.mail.header(mailbox, self.message.uid, None).await?;
        let value = message::header::find(&block, name)
            .map(|header| String::from_utf8_lossy(&header.unfolded()).trim().to_owned());
        Ok(value.unwrap_or_default())
    }
}

/// Message-IDs of a `References` field that are kept beside the first one.
const MOST_REFERENCES: usize = 20;

/// The first and the last ids of a field that others may have made very long.
fn chain(field: &str) -> String {
    let ids: Vec<&str> = field.split_whitespace().filter(|id| id.len() <= 900).collect();
    let Some((first, rest)) = ids.split_first() else { return String::new() };
    let last = &rest[rest.len().saturating_sub(MOST_REFERENCES)..];
    [&[*first], last].concat().join(" ")
}

/// A draft's own text, flowed lines joined again.
fn quote_free(text: &PlainText) -> String {
    let joined =
        match text.flowed {
            Some(flowed) => message::flowed::decode(&text.text, flowed.delsp)
                .iter()
                .map(|line| {
                    if line.quote == 0 {
                        line.text.clone()
                    } else {
                        format!("{} {}", ">".repeat(line.quote), line.text)
                    }
                })
                .collect::<Vec<_>>()
                .join("\n"),
            None => text.text.replace("\r\n", "\n"),
        };
    joined.trim_end().to_owned()
}
