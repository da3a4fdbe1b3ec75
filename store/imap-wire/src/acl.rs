//! Commands of access control lists (RFC 4314 §7).

use crate::command::Command;
use crate::cursor::Cursor;
use crate::error::{Result, WireError};
use crate::mailbox;

/// mod-rights: letters that are lower-case letters or digits, as far as the grammar goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RightsChange {
    /// These and no others.
    Set(String),
    /// `+`
    Add(String),
    /// `-`
    Remove(String),
}

/// Reads what follows a command's name and a space.
pub(crate) fn parse(verb: &str, cursor: &mut Cursor<'_>) -> Result<Command> {
    let name = mailbox::parse(cursor)?;
    match verb {
        "GETACL" => return Ok(Command::GetAcl(name)),
        "MYRIGHTS" => return Ok(Command::MyRights(name)),
        _ => cursor.space()?,
    }
    let identifier = cursor.astring()?.into_owned();
    Ok(match verb {
        "DELETEACL" => Command::DeleteAcl(name, identifier),
        "LISTRIGHTS" => Command::ListRights(name, identifier),
        _ => {
            cursor.space()?;
            Command::SetAcl(name, identifier, change(&cursor.astring()?)?)
        }
    })
}

fn change(text: &[u8]) -> Result<RightsChange> {
    let (letters, make): (&[u8], fn(String) -> RightsChange) = match text {
        [b'+', letters @ ..] => (letters, RightsChange::Add),
        [b'-', letters @ ..] => (letters, RightsChange::Remove),
        letters => (letters, RightsChange::Set),
    };
    if letters.iter().any(u8::is_ascii_uppercase) {
        return Err(WireError::bad("Uppercase rights are not allowed"));
    }
    match std::str::from_utf8(letters) {
        Ok(letters) => Ok(make(letters.to_owned())),
        Err(_) => Err(WireError::bad("Unknown right")),
    }
}
