//! Sending: the form becomes a message, goes out, leaves a copy in Sent and its marks on what it answers.

use backends::{Flag, FlagChange, NewMessage, Role, UidSet};
use spool::SpoolFile;
use submission::{Attachment, Bcc, Composed, Draft, Mailbox, Origin, Submitter};

use super::form::DraftForm;
use super::keep::Keeping;
use super::start::reference;
use crate::error::ScreenError;
use crate::request::Signed;

/// What became of a message.
#[derive(Debug)]
pub enum Outcome {
    /// It went out; what the next page says.
    Sent(String),
    /// It did not: a sentence for each reason.
    Refused(Vec<String>),
}

/// How a form is read.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// What cannot be read of the recipients and the sender is left out, for the Drafts folder.
    pub unfinished: bool,
    /// `service.http.fullfromheader`: the writer may say the whole From field.
    pub full_from: bool,
}

/// Makes a draft of the form.
pub fn draft(form: &DraftForm, signed: &Signed, files: Vec<SpoolFile>, rules: &Rules) -> Result<Draft, Vec<String>> {
    let unfinished = rules.unfinished;
    let mut problems = Vec::new();
    let domain = signed.who.mail.rsplit_once('@').map(|(_, domain)| domain);
    let mut list = |label: &str, text: &str| -> Vec<Mailbox> {
        match submission::parse_list(text, domain) {
            Ok(list) => list,
            Err(_) if unfinished => {
                text.split(',').filter_map(|one| submission::parse_list(one, domain).ok()).flatten().collect()
            }
            Err(error) => {
                problems.push(format!("{label}: {}", error.user_text()));
                Vec::new()
            }
        }
    };
    let (to, cc, bcc) = (list("To", &form.to), list("Cc", &form.cc), list("Bcc", &form.bcc));
    let from = match sender(form, signed, rules) {
        Ok(from) => from,
        Err(reason) => {
            problems.push(reason);
            From::own(signed, &signed.who.mail)
        }
    };
    if !problems.is_empty() {
        return Err(problems);
    }
    Ok(Draft {
        from: from.author,
        sender: from.sender,
        to,
        cc,
        bcc,
        subject: form.subject.trim().to_owned(),
        text: form.body.clone(),
        in_reply_to: Some(form.in_reply_to.clone()).filter(|id| !id.is_empty()),
        references: form.references.split_whitespace().map(str::to_owned).collect(),
        attachments: files.into_iter().map(|file| Attachment { file, inline: None }).collect(),
        ..Draft::default()
    })
}

/// Whom a message is from.
struct From {
    author: Mailbox,
    /// Who really sends it, when that is somebody else.
    sender: Option<Mailbox>,
}

impl From {
    fn own(signed: &Signed, address: &str) -> Self {
        Self { author: Mailbox { name: signed.who.name.clone(), address: address.to_owned() }, sender: None }
    }
}

/// Only an own address may be the sender, whatever the form says; where the whole field may be written, the own address
/// still stands in Sender (RFC 5322 §3.6.2).
fn sender(form: &DraftForm, signed: &Signed, rules: &Rules) -> Result<From, String> {
    let find = |mail: &str| signed.who.addresses.iter().find(|own| own.eq_ignore_ascii_case(mail));
    if !rules.full_from {
        return Ok(From::own(signed, find(&form.from).unwrap_or(&signed.who.mail)));
    }
    if form.from.trim().is_empty() {
        return Ok(From::own(signed, &signed.who.mail));
    }
    let domain = signed.who.mail.rsplit_once('@').map(|(_, domain)| domain);
    match submission::parse_list(&form.from, domain).as_deref() {
        Ok([author]) => Ok(match find(&author.address) {
            Some(_) => From { author: author.clone(), sender: None },
            None => From { author: author.clone(), sender: Some(From::own(signed, &signed.who.mail).author) },
        }),
        _ if rules.unfinished => Ok(From::own(signed, &signed.who.mail)),
        Ok(_) => Err("From: give one address".to_owned()),
        Err(error) => Err(format!("From: {}", error.user_text())),
    }
}

impl Keeping<'_> {
    /// Sends the message. Refused, it is still in the form, and saved as a draft by the caller.
    pub async fn send(&self, form: &mut DraftForm) -> Result<Outcome, ScreenError> {
        self.carry(form).await?;
        let (draft, composed) = match self.composed(form, false).await {
            Ok(made) => made,
            Err(problems) => return Ok(Outcome::Refused(problems)),
        };
        let people = draft.recipients();
        if people.is_empty() {
            return Ok(Outcome::Refused(vec![
                "Say whom the message is for: there is nobody in To, Cc or Bcc.".to_owned(),
            ]));
        }
        let (limit, size) = (self.state.config.now().max_message_size, composed.size(Bcc::Strip));
        if size > limit {
            return Ok(Outcome::Refused(vec![crate::error::too_large(limit, size)]));
        }
        let mut submitter = Submitter::clone(&self.state.submitter.now());
        if self.state.config.now().smtp_xclient {
            let who = &self.signed.who;
            submitter = submitter.on_behalf(Origin { client: who.client, login: who.store_id.clone() });
        }
        let sent = match submitter.send(draft.sent_by(), &people, &composed).await {
            Ok(sent) => sent,
            Err(error) => {
                tracing::warn!(%error, "message not sent");
                return Ok(Outcome::Refused(vec![error.user_text()]));
            }
        };
        let mut said = match sent.recipients.len() {
            1 => "Message sent".to_owned(),
            many => format!("Message sent to {many} people"),
        };
        let failed: Vec<String> = sent
            .failures()
            .map(|refusal| format!("{} ({})", refusal.address, format!("{} {}", refusal.code, refusal.text).trim()))
            .collect();
        if !failed.is_empty() {
            said = format!("Sent, but not to {}", failed.join(", "));
        }
        // The message is out: from here on trouble is told, and changes nothing about that.
        if let Err(error) = self.file_copy(&composed).await {
            tracing::error!(%error, "no copy in Sent");
            said.push_str(". The copy for the Sent folder could not be saved");
        }
        self.mark_source(form).await;
        if let Err(error) = self.discard(form).await {
            tracing::error!(%error, "the draft of a sent message is left over");
        }
        self.state.changed(&self.signed.who.key).await;
        Ok(Outcome::Sent(said))
    }

    /// The copy in Sent, with Bcc.
    async fn file_copy(&self, composed: &Composed) -> Result<(), backends::Error> {
        let sent = self.signed.mail.mailbox_for(Role::Sent).await?;
        let new = NewMessage { flags: vec![Flag::Seen], received: None, size: composed.size(Bcc::Keep) };
        self.signed.mail.append(&sent, &new, composed.reader(Bcc::Keep)).await.map(|_| ())
    }

    /// `\Answered` or `$Forwarded` on the message that was answered.
    async fn mark_source(&self, form: &DraftForm) {
        let Some((mailbox, uid)) = reference(&form.source) else { return };
        let flag = if form.kind == "forward" { Flag::Forwarded } else { Flag::Answered };
        if let Err(error) = self.signed.mail.flag(mailbox, &UidSet::from(uid), FlagChange::Add, &[flag]).await {
            tracing::info!(%error, "the answered message could not be marked");
        }
    }
}
