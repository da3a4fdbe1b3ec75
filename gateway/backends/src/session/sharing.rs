//! Who may do what in a mailbox: GETACL, SETACL, DELETEACL (RFC 4314).

use crate::{
    AclEntry, Error, MailSession, Rights,
    command::Command,
    connection::Connection,
    response::{Data, Name},
    token::Malformed,
};

use super::{once, safely};

/// Entries of one list that are taken from a server.
const MOST: usize = 2000;

impl MailSession {
    /// The access control list of a mailbox; `None` where the server has none.
    pub async fn acl(&self, mailbox: &str) -> Result<Option<Vec<AclEntry>>, Error> {
        safely!(self, |using| {
            if !using.connection.has("ACL") {
                return Ok(None);
            }
            let mut found = Ok(Vec::new());
            let each = |data: &Data| {
                if data.name == Name::Acl {
                    found = entries(data);
                }
            };
            using.connection.run(Command::new("GETACL ").mailbox(mailbox)?, Some(mailbox), each).await?;
            match found {
                Ok(found) => Ok(Some(found)),
                Err(Malformed) => Err(using.connection.odd("an ACL answer could not be read")),
            }
        })
    }

    /// Gives an identifier these rights and no others.
    pub async fn set_acl(&self, mailbox: &str, identifier: &str, rights: &Rights) -> Result<(), Error> {
        once!(self, |using| {
            let letters = wire(using.connection, rights);
            let command = Command::new("SETACL ").mailbox(mailbox)?.raw(" ").string(identifier)?.raw(" ");
            using.connection.simple(command.string(&letters)?, Some(mailbox)).await.map(|_| ())
        })
    }

    /// Takes an identifier off the list.
    pub async fn delete_acl(&self, mailbox: &str, identifier: &str) -> Result<(), Error> {
        once!(self, |using| {
            let command = Command::new("DELETEACL ").mailbox(mailbox)?.raw(" ").string(identifier)?;
            using.connection.simple(command, Some(mailbox)).await.map(|_| ())
        })
    }
}

/// The letters that the server knows: RFC 4314 is told by `RIGHTS=` (§2.2).
fn wire(connection: &Connection, rights: &Rights) -> String {
    if connection.capabilities.has_prefix("RIGHTS=") { rights.letters().to_owned() } else { rights.obsolete() }
}

/// Reads `mailbox identifier rights identifier rights …`.
fn entries(data: &Data) -> Result<Vec<AclEntry>, Malformed> {
    let mut tokens = data.tokens();
    tokens.string()?;
    let mut entries = Vec::new();
    loop {
        tokens.space();
        if tokens.rest().is_empty() || entries.len() >= MOST {
            return Ok(entries);
        }
        let identifier = String::from_utf8_lossy(&tokens.string()?).into_owned();
        tokens.space();
        let rights = Rights::new(&String::from_utf8_lossy(&tokens.string()?));
        entries.push(AclEntry { identifier, rights });
    }
}
