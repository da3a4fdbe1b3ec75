//! Address lists in the shape of an IMAP ENVELOPE (RFC 5322 §3.4 and §4.4, RFC 3501 §7.4.2).
//!
//! What is broken is kept as far as it can be read, so that a message with a bad field still shows who
//! wrote it. A mailbox without local part or domain gets a placeholder, because NIL there would mean
//! group syntax; the words are the ones that Dovecot's clients know.

use crate::token::{After, Cursor};

/// Stands for a local part that is not there.
pub const MISSING_MAILBOX: &[u8] = b"MISSING_MAILBOX";
/// Stands for a domain that is not there.
pub const MISSING_DOMAIN: &[u8] = b"MISSING_DOMAIN";
/// Stands for the domain of an address that cannot be read.
pub const SYNTAX_ERROR: &[u8] = b"SYNTAX_ERROR";
const INVALID_ROUTE: &[u8] = b"INVALID_ROUTE";

/// One member of an address list: a mailbox, or the start or end of a group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Address<'a> {
    /// Display name, unquoted, encoded words still in it; an old-style comment where there is no name.
    pub name: Option<&'a [u8]>,
    /// Source route (RFC 5322 §4.4).
    pub adl: Option<&'a [u8]>,
    /// Local part, unquoted; the name of a group at its start.
    pub mailbox: Option<&'a [u8]>,
    /// Domain; NIL marks group syntax.
    pub host: Option<&'a [u8]>,
}

/// What an [`Address`] stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressKind {
    /// An address.
    Mailbox,
    /// A group begins; `mailbox` is its name.
    GroupStart,
    /// The group ends.
    GroupEnd,
}

impl Address<'_> {
    /// Mailbox or group mark.
    pub fn kind(&self) -> AddressKind {
        match (self.host, self.mailbox) {
            (Some(_), _) => AddressKind::Mailbox,
            (None, Some(_)) => AddressKind::GroupStart,
            (None, None) => AddressKind::GroupEnd,
        }
    }
}

/// An [`Address`] with its own strings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnedAddress {
    /// See [`Address::name`].
    pub name: Option<Vec<u8>>,
    /// See [`Address::adl`].
    pub adl: Option<Vec<u8>>,
    /// See [`Address::mailbox`].
    pub mailbox: Option<Vec<u8>>,
    /// See [`Address::host`].
    pub host: Option<Vec<u8>>,
}

impl OwnedAddress {
    /// The borrowed form.
    pub fn as_ref(&self) -> Address<'_> {
        Address {
            name: self.name.as_deref(),
            adl: self.adl.as_deref(),
            mailbox: self.mailbox.as_deref(),
            host: self.host.as_deref(),
        }
    }
}

/// Reads an address list from the value of a field. Linear in its length.
pub fn parse(value: &[u8]) -> Vec<OwnedAddress> {
    let mut list = List { cursor: Cursor::new(value).keep_comments(), found: Vec::new(), now: OwnedAddress::default() };
    if list.cursor.skip_cfws().more() {
        list.addresses();
    }
    list.found
}

struct List<'a> {
    cursor: Cursor<'a>,
    found: Vec<OwnedAddress>,
    now: OwnedAddress,
}

impl List<'_> {
    fn addresses(&mut self) {
        loop {
            if self.address() == After::End || !self.cursor.is_at(b',') {
                return;
            }
            self.cursor.at += 1;
            match self.cursor.skip_cfws() {
                After::More => {}
                After::End => return,
                After::Broken => return self.add_mailbox(),
            }
        }
    }

    fn address(&mut self) -> After {
        // Lists may have empty members (RFC 5322 §4.4 obs-addr-list).
        if self.cursor.is_at(b',') {
            return After::More;
        }
        let start = self.cursor.at;
        match self.group() {
            After::Broken => {
                self.cursor.at = start;
                self.mailbox()
            }
            after => after,
        }
    }

    fn add(&mut self) {
        self.found.push(std::mem::take(&mut self.now));
    }

    fn add_mailbox(&mut self) {
        if self.now.mailbox.is_none() {
            self.now.mailbox = Some(MISSING_MAILBOX.to_vec());
        }
        if self.now.host.as_ref().is_none_or(Vec::is_empty) {
            self.now.host = Some(MISSING_DOMAIN.to_vec());
        }
        self.add();
    }

    /// `name: mailbox, mailbox;` — [`After::Broken`] only when this is no group at all.
    fn group(&mut self) -> After {
        let mut name = Vec::new();
        if !self.cursor.phrase(&mut name).more() || !self.cursor.is_at(b':') {
            return After::Broken;
        }
        self.cursor.at += 1;
        let mut after = self.cursor.skip_cfws();
        self.now.mailbox = Some(name);
        self.add();
        if after.more() && !self.cursor.is_at(b';') {
            loop {
                if !matches!(self.cursor.peek(), Some(b',' | b';')) {
                    self.mailbox();
                }
                if !self.cursor.is_at(b',') {
                    break;
                }
                self.cursor.at += 1;
                if !self.cursor.skip_cfws().more() {
                    after = After::Broken;
                    break;
                }
            }
        }
        if after != After::Broken && self.cursor.is_at(b';') {
            self.cursor.at += 1;
            after = self.cursor.skip_cfws();
        } else {
            after = After::Broken;
        }
        self.add();
        if after == After::End { After::End } else { After::More }
    }

    fn mailbox(&mut self) -> After {
        let start = self.cursor.at;
        let mut after = self.name_addr();
        if after == After::Broken {
            self.cursor.at = start;
            after = self.addr_spec();
        }
        self.add_mailbox();
        after
    }

    /// `name <address>`
    fn name_addr(&mut self) -> After {
        let mut name = Vec::new();
        if !self.cursor.phrase(&mut name).more() || !self.cursor.is_at(b'<') {
            return After::Broken;
        }
        self.now.name = (!name.is_empty()).then(|| for_humans(&name));
        if self.angle_addr() == After::Broken {
            self.now.host = Some(SYNTAX_ERROR.to_vec());
        }
        if self.cursor.peek().is_some() { After::More } else { After::End }
    }

    fn angle_addr(&mut self) -> After {
        self.cursor.at += 1;
        if !self.cursor.skip_cfws().more() {
            return After::Broken;
        }
        if self.cursor.is_at(b'@') {
            if self.route().more() && self.cursor.is_at(b':') {
                self.cursor.at += 1;
            } else {
                self.now.adl = Some(INVALID_ROUTE.to_vec());
                if self.cursor.peek().is_none() {
                    return After::Broken;
                }
            }
            if !self.cursor.skip_cfws().more() {
                return After::Broken;
            }
        }
        if !self.cursor.is_at(b'>') {
            if !self.local_part().more() {
                return After::Broken;
            }
            if self.cursor.is_at(b'@') && !self.domain().more() {
                return After::Broken;
            }
        }
        if !self.cursor.is_at(b'>') {
            return After::Broken;
        }
        self.cursor.at += 1;
        self.cursor.skip_cfws()
    }

    fn route(&mut self) -> After {
        let mut route = Vec::new();
        loop {
            if self.cursor.peek().is_none() {
                return After::End;
            }
            if !self.cursor.is_at(b'@') {
                break;
            }
            if !route.is_empty() {
                route.push(b',');
            }
            route.push(b'@');
            let after = self.cursor.domain(&mut route);
            if !after.more() {
                return after;
            }
            while self.cursor.skip_cfws().more() && self.cursor.is_at(b',') {
                self.cursor.at += 1;
            }
        }
        self.now.adl = Some(route);
        After::More
    }

    fn local_part(&mut self) -> After {
        let mut local = Vec::new();
        let after = self.cursor.local_part(&mut local);
        if after != After::Broken {
            self.now.mailbox = Some(local);
        }
        after
    }

    fn domain(&mut self) -> After {
        let mut host = Vec::new();
        let after = self.cursor.domain(&mut host);
        if after != After::Broken {
            self.now.host = Some(host);
        }
        after
    }

    /// `local@domain (name)`; a lone word is a mailbox, several words are a name.
    fn addr_spec(&mut self) -> After {
        if let Some(comment) = &mut self.cursor.comment {
            comment.clear();
        }
        let quoted = self.cursor.is_at(b'"');
        let mut after = self.local_part();
        let local_broken = !after.more();
        let has_domain = after != After::End && self.cursor.is_at(b'@');
        if has_domain {
            match self.domain() {
                After::More => {}
                other => after = other,
            }
        }
        match &self.cursor.comment {
            Some(comment) if !comment.is_empty() => self.now.name = Some(for_humans(comment)),
            _ if !has_domain => {
                let mut words = self.now.mailbox.clone().unwrap_or_default();
                words.push(b' ');
                let alone = words.len();
                self.cursor.phrase(&mut words);
                if words.len() > alone {
                    self.now.mailbox = None;
                    self.now.name = Some(for_humans(&words));
                } else if !quoted {
                    self.now.host = Some(Vec::new());
                }
                after = After::Broken;
            }
            _ => {}
        }
        if (local_broken || !has_domain) && self.now.name.is_none() && self.now.host.is_none() {
            self.now.name = self.now.mailbox.take().map(|name| for_humans(&name));
        }
        after
    }
}

/// One blank for each run of blanks, none at the ends, no line breaks: how Dovecot gives names and subjects too.
pub(crate) fn for_humans(text: &[u8]) -> Vec<u8> {
    let mut tidy = Vec::with_capacity(text.len());
    for &byte in text {
        match byte {
            b'\r' | b'\n' => {}
            b' ' | b'\t' => {
                if tidy.last().is_some_and(|&last| last != b' ') {
                    tidy.push(b' ');
                }
            }
            other => tidy.push(other),
        }
    }
    if tidy.last() == Some(&b' ') {
        tidy.pop();
    }
    tidy
}
