//! The mailbox list with counts, roles and rights: one round trip with LIST-STATUS, else LIST, LSUB and pipelined STATUS (RFC 5819, RFC 6154,
//! RFC 8440).

use std::collections::{HashMap, HashSet};

use crate::{
    Error, MailSession, Mailbox, Rights, Role,
    command::Command,
    connection::Connection,
    response::{Data, Name, Response, Status},
    token::{Malformed, Tokens},
};

use super::{Using, once, safely};

/// STATUS commands sent before their answers are read: bounds what waits in socket buffers.
const PIPELINE: usize = 32;

/// Numbers of one mailbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Messages.
    pub messages: u32,
    /// Messages without `\Seen`.
    pub unseen: u32,
    /// UIDVALIDITY.
    pub uid_validity: u32,
    /// Next UID.
    pub uid_next: u32,
}

impl MailSession {
    /// All mailboxes with their counts: INBOX, then those with a role, then by name, children below their parents.
    pub async fn mailboxes(&self) -> Result<Vec<Mailbox>, Error> {
        safely!(self, |using| {
            let mut list = list(using.connection, true).await?;
            learn(&mut using, &list);
            sort(&mut list);
            Ok(list)
        })
    }

    /// As [`mailboxes`](Self::mailboxes), all numbers 0: one command at any number of mailboxes.
    pub async fn mailboxes_without_counts(&self) -> Result<Vec<Mailbox>, Error> {
        safely!(self, |using| {
            let mut list = list(using.connection, false).await?;
            learn(&mut using, &list);
            sort(&mut list);
            Ok(list)
        })
    }

    /// Counts of one mailbox.
    pub async fn counts(&self, mailbox: &str) -> Result<Counts, Error> {
        safely!(self, |using| {
            let mut found = HashMap::new();
            let command = Command::new("STATUS ").mailbox(mailbox)?.raw(STATUS_ITEMS);
            let each = |data: &Data| take_status(data, &mut found);
            using.connection.run(command, Some(mailbox), each).await.map_err(|error| match error {
                Error::No(_) => Error::NoSuchMailbox(mailbox.to_owned()),
                other => other,
            })?;
            Ok(found.into_values().next().unwrap_or_default())
        })
    }

    /// The name of the mailbox with this role; it is made if there is none.
    pub async fn mailbox_for(&self, role: Role) -> Result<String, Error> {
        once!(self, |using| mailbox_for(&mut using, role).await)
    }
}

const STATUS_ITEMS: &str = " (MESSAGES UNSEEN UIDVALIDITY UIDNEXT)";

/// See [`MailSession::mailbox_for`].
pub(super) async fn mailbox_for(using: &mut Using<'_>, role: Role) -> Result<String, Error> {
    if using.roles.is_empty() {
        let list = list(using.connection, false).await?;
        learn(using, &list);
    }
    if let Some(name) = using.roles.get(&role) {
        return Ok(name.clone());
    }
    let name = format!("{}{}", using.prefix, role.default_name());
    match using.connection.simple(Command::new("CREATE ").mailbox(&name)?, Some(&name)).await {
        Ok(_) | Err(Error::AlreadyExists(_)) => {}
        Err(Error::No(words)) => tracing::debug!(words, "CREATE refused; the mailbox may be there"),
        Err(other) => return Err(other),
    }
    let subscribe = Command::new("SUBSCRIBE ").mailbox(&name)?;
    if let Err(error @ Error::Unavailable { .. }) = using.connection.simple(subscribe, None).await {
        return Err(error);
    }
    using.roles.insert(role, name.clone());
    Ok(name)
}

/// Notes roles and the prefix of new mailboxes.
fn learn(using: &mut Using<'_>, list: &[Mailbox]) {
    using.roles.clear();
    for mailbox in list {
        if let (Some(role), true) = (mailbox.role, mailbox.selectable) {
            using.roles.entry(role).or_insert_with(|| mailbox.name.clone());
        }
    }
    // Servers that keep everything below INBOX take new mailboxes only there.
    let prefix = list.iter().find_map(|mailbox| mailbox.delimiter).map(|delimiter| format!("INBOX{delimiter}"));
    let others: Vec<&Mailbox> = list.iter().filter(|mailbox| mailbox.name != "INBOX").collect();
    *using.prefix = match prefix {
        Some(prefix) if !others.is_empty() && others.iter().all(|m| m.name.starts_with(&prefix)) => prefix,
        _ => String::new(),
    };
}

async fn list(connection: &mut Connection, with_counts: bool) -> Result<Vec<Mailbox>, Error> {
    let extended = connection.has("LIST-EXTENDED");
    let in_list = with_counts && extended && connection.has("LIST-STATUS");
    let command = Command::new("LIST \"\" \"*\"");
    let command = if extended {
        let mut command = command.raw(" RETURN (SUBSCRIBED CHILDREN");
        if connection.has("SPECIAL-USE") {
            command = command.raw(" SPECIAL-USE");
        }
        if connection.has("LIST-MYRIGHTS") {
            command = command.raw(" MYRIGHTS");
        }
        if in_list {
            command = command.raw(" STATUS").raw(STATUS_ITEMS);
        }
        command.raw(")")
    } else {
        command
    };
    let list = connection.start(command).await?;
    let namespace = match connection.has("NAMESPACE") && connection.others.is_none() {
        true => Some(connection.start(Command::new("NAMESPACE")).await?),
        false => None,
    };
    let lsub = if extended { None } else { Some(connection.start(Command::new("LSUB \"\" \"*\"")).await?) };

    let mut found: Vec<Mailbox> = Vec::new();
    let mut subscribed: HashSet<String> = HashSet::new();
    let mut counts: HashMap<String, Counts> = HashMap::new();
    let mut rights: HashMap<String, Rights> = HashMap::new();
    let mut others: Option<Vec<String>> = None;
    let mut each = |response: &Response| {
        let Response::Data(data) = response else { return };
        match data.name {
            Name::List => match mailbox(data) {
                Ok(mailbox) => found.push(mailbox),
                Err(Malformed) => tracing::warn!("a LIST answer could not be read"),
            },
            Name::Lsub => subscribed.extend(mailbox(data).ok().map(|mailbox| mailbox.name)),
            Name::Status => take_status(data, &mut counts),
            Name::Namespace => others = others_of(data).ok(),
            Name::MyRights => rights.extend(my_rights(data).ok()),
            _ => {}
        }
    };
    let tags: Vec<u32> = std::iter::once(list).chain(namespace).chain(lsub).collect();
    for outcome in connection.finish_all(&tags, &mut each).await? {
        connection.accept(outcome, None)?;
    }
    if namespace.is_some() {
        connection.others = Some(others.unwrap_or_default());
    }
    let mut seen = HashSet::new();
    found.retain(|mailbox| seen.insert(mailbox.name.clone()));
    if with_counts && !in_list {
        let names: Vec<String> = found.iter().filter(|m| m.selectable).map(|m| m.name.clone()).collect();
        for names in names.chunks(PIPELINE) {
            let mut tags = Vec::with_capacity(names.len());
            for name in names {
                tags.push(connection.start(Command::new("STATUS ").mailbox(name)?.raw(STATUS_ITEMS)).await?);
            }
            let each = |response: &Response| {
                if let Response::Data(data) = response {
                    take_status(data, &mut counts);
                }
            };
            // One mailbox without counts (no rights, damaged) does not spoil the list.
            for outcome in connection.finish_all(&tags, each).await? {
                if outcome.status == Status::Bad {
                    connection.accept(outcome, None)?;
                }
            }
        }
    }
    for mailbox in &mut found {
        let numbers = counts.get(&mailbox.name).copied().unwrap_or_default();
        mailbox.messages = numbers.messages;
        mailbox.unseen = numbers.unseen;
        mailbox.uid_validity = numbers.uid_validity;
        mailbox.uid_next = numbers.uid_next;
        mailbox.subscribed |= subscribed.contains(&mailbox.name);
        mailbox.rights = rights.remove(&mailbox.name);
        mailbox.owner = owner_of(mailbox, connection.others.as_deref().unwrap_or_default());
    }
    give_roles(&mut found);
    Ok(found)
}

/// Where the server names no role, well-known names do; a role is given once.
fn give_roles(list: &mut [Mailbox]) {
    let mut given: HashSet<Role> = list.iter().filter_map(|mailbox| mailbox.role).collect();
    for mailbox in list.iter_mut().filter(|mailbox| mailbox.role.is_none() && mailbox.selectable) {
        let top = match mailbox.delimiter {
            Some(d) => mailbox.name.strip_prefix("INBOX").and_then(|n| n.strip_prefix(d)).unwrap_or(&mailbox.name),
            None => &mailbox.name,
        };
        let role = if mailbox.name == "INBOX" { Some(Role::Inbox) } else { Role::of_name(top) };
        mailbox.role = role.filter(|role| given.insert(*role));
    }
}

fn sort(list: &mut [Mailbox]) {
    let ranks: HashMap<String, Role> = list.iter().filter_map(|m| m.role.map(|role| (m.name.clone(), role))).collect();
    list.sort_by_cached_key(|mailbox| {
        let top = match mailbox.delimiter {
            Some(delimiter) => mailbox.name.split(delimiter).next().unwrap_or_default(),
            None => &mailbox.name,
        };
        let role = mailbox.role.or_else(|| ranks.get(top).copied());
        let path = mailbox.delimiter.map_or(mailbox.name.clone(), |delimiter| mailbox.name.replace(delimiter, "\0"));
        (role.is_none(), role, path.to_lowercase())
    });
}

fn name(tokens: &mut Tokens<'_>) -> Result<(String, bool), Malformed> {
    let wire = tokens.string()?;
    if wire.eq_ignore_ascii_case(b"INBOX") {
        return Ok(("INBOX".to_owned(), true));
    }
    // A name that is not modified UTF-7 is shown, but cannot be said again.
    Ok(utf7::decode(&wire).map_or_else(|| (String::from_utf8_lossy(&wire).into_owned(), false), |name| (name, true)))
}

/// Reads LIST and LSUB: attributes, delimiter, name.
fn mailbox(data: &Data) -> Result<Mailbox, Malformed> {
    let mut tokens = data.tokens();
    let mut mailbox = Mailbox {
        name: String::new(),
        delimiter: None,
        role: None,
        selectable: true,
        subscribed: false,
        has_children: false,
        messages: 0,
        unseen: 0,
        uid_validity: 0,
        uid_next: 0,
        rights: None,
        owner: None,
    };
    tokens.expect(b'(')?;
    loop {
        tokens.space();
        if tokens.take(b')') {
            break;
        }
        let attribute = tokens.atom();
        let is = |name: &str| attribute.eq_ignore_ascii_case(name.as_bytes());
        if attribute.is_empty() {
            return Err(Malformed);
        } else if is("\\Noselect") || is("\\NonExistent") {
            mailbox.selectable = false;
        } else if is("\\HasChildren") {
            mailbox.has_children = true;
        } else if is("\\Subscribed") {
            mailbox.subscribed = true;
        } else if let Some(role) = Role::of_attribute(attribute) {
            mailbox.role = Some(role);
        }
    }
    tokens.space();
    mailbox.delimiter = tokens.nstring()?.and_then(|text| text.first().map(|b| char::from(*b)));
    tokens.space();
    let (full, nameable) = name(&mut tokens)?;
    mailbox.name = full;
    mailbox.selectable &= nameable;
    Ok(mailbox)
}

/// The name that stands for a mailbox's owner: one level below a prefix of other users' names.
fn owner_of(mailbox: &Mailbox, others: &[String]) -> Option<String> {
    let delimiter = mailbox.delimiter?;
    others.iter().find_map(|prefix| {
        let rest = mailbox.name.strip_prefix(prefix.as_str())?;
        let (owner, _) = rest.split_once(delimiter)?;
        Some(format!("{prefix}{owner}"))
    })
}

/// Reads NAMESPACE as far as the prefixes of other users' names.
fn others_of(data: &Data) -> Result<Vec<String>, Malformed> {
    let mut tokens = data.tokens();
    tokens.skip()?;
    tokens.space();
    let mut prefixes = Vec::new();
    if tokens.nil() {
        return Ok(prefixes);
    }
    tokens.expect(b'(')?;
    while tokens.take(b'(') {
        let wire = tokens.string()?;
        prefixes.extend(utf7::decode(&wire).filter(|prefix| !prefix.is_empty()));
        tokens.space();
        while !tokens.take(b')') {
            tokens.skip()?;
            tokens.space();
        }
        tokens.space();
    }
    Ok(prefixes)
}

/// Reads `name letters`.
fn my_rights(data: &Data) -> Result<(String, Rights), Malformed> {
    let mut tokens = data.tokens();
    let (name, _) = name(&mut tokens)?;
    tokens.space();
    Ok((name, Rights::new(&String::from_utf8_lossy(&tokens.string()?))))
}

fn take_status(data: &Data, counts: &mut HashMap<String, Counts>) {
    if data.name == Name::Status
        && let Err(Malformed) = status(&mut data.tokens(), counts)
    {
        tracing::warn!("a STATUS answer could not be read");
    }
}

fn status(tokens: &mut Tokens<'_>, counts: &mut HashMap<String, Counts>) -> Result<(), Malformed> {
    let (name, _) = name(tokens)?;
    let mut numbers = Counts::default();
    tokens.space();
    tokens.expect(b'(')?;
    loop {
        tokens.space();
        if tokens.take(b')') {
            break;
        }
        let item = tokens.atom();
        tokens.space();
        let is = |name: &str| item.eq_ignore_ascii_case(name.as_bytes());
        let field = if is("MESSAGES") {
            &mut numbers.messages
        } else if is("UNSEEN") {
            &mut numbers.unseen
        } else if is("UIDVALIDITY") {
            &mut numbers.uid_validity
        } else if is("UIDNEXT") {
            &mut numbers.uid_next
        } else {
            tokens.skip()?;
            continue;
        };
        *field = tokens.number32()?;
    }
    counts.insert(name, numbers);
    Ok(())
}
