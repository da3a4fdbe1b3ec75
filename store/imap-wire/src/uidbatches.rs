//! UIDBATCHES arguments: how large the batches are, and which of them are wanted (RFC 10022 §3.1).

use crate::cursor::Cursor;
use crate::error::{Result, WireError};

/// The arguments of UIDBATCHES.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UidBatchesArgs {
    /// Messages of a batch.
    pub size: u32,
    /// The first and the last batch that are wanted, counted from 1 and from the newest message on; all without it. In the order
    /// in which the client wrote them, which may be wrong.
    pub range: Option<(u32, u32)>,
}

impl UidBatchesArgs {
    /// Reads what follows the command's name and a space.
    pub fn parse(cursor: &mut Cursor<'_>) -> Result<Self> {
        let size = cursor.nz_number()?;
        if !cursor.eat(b' ') {
            return Ok(Self { size, range: None });
        }
        const INVALID: &str = "Invalid range of batches";
        let first = cursor.nz_number().map_err(|_| WireError::bad(INVALID))?;
        cursor.need(b':', INVALID)?;
        let last = cursor.nz_number().map_err(|_| WireError::bad(INVALID))?;
        Ok(Self { size, range: Some((first, last)) })
    }
}
