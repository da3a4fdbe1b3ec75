//! Whom an answer goes to.

use backends::{Address, Envelope};

use crate::views::person::{typed, visible};

/// To and Cc of an answer.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Recipients {
    /// To, as typed.
    pub to: String,
    /// Cc, as typed.
    pub cc: String,
}

/// Only the sender, or everybody?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Reply.
    Sender,
    /// Reply to all.
    Everybody,
}

/// The recipients of an answer to `envelope` by somebody with the addresses `own`.
pub fn of_answer(envelope: &Envelope, own: &[String], answer: Answer) -> Recipients {
    let is_own = |address: &Address| own.iter().any(|mail| mail.eq_ignore_ascii_case(&address.email));
    let sent_by_me = envelope.from.iter().any(is_own) && !envelope.from.is_empty();
    // An answer to one's own message goes on to the people it was sent to.
    let to: Vec<&Address> = if sent_by_me && !envelope.to.is_empty() {
        envelope.to.iter().collect()
    } else if envelope.reply_to.iter().all(|address| address.email.is_empty()) {
        envelope.from.iter().collect()
    } else {
        envelope.reply_to.iter().collect()
    };
    let mut known: Vec<String> = Vec::new();
    let mut fresh = |list: Vec<&Address>, keep_own: bool| -> String {
        let mut texts = Vec::new();
        for address in list {
            let mail = address.email.to_lowercase();
            if mail.is_empty() || (!keep_own && is_own(address)) || known.contains(&mail) {
                continue;
            }
            known.push(mail);
            texts.push(typed(&visible(&address.name), &address.email));
        }
        texts.join(", ")
    };
    let first = fresh(to, true);
    let cc = match answer {
        Answer::Sender => String::new(),
        Answer::Everybody => {
            let others: Vec<&Address> = if sent_by_me {
                envelope.cc.iter().collect()
            } else {
                envelope.to.iter().chain(&envelope.cc).collect()
            };
            fresh(others, false)
        }
    };
    Recipients { to: first, cc }
}

/// The own address that a message was sent to: the one to answer from.
pub fn own_address<'a>(envelope: &Envelope, own: &'a [String]) -> Option<&'a String> {
    let all = envelope.to.iter().chain(&envelope.cc).chain(&envelope.from);
    all.filter_map(|address| own.iter().find(|mail| mail.eq_ignore_ascii_case(&address.email))).next()
}
