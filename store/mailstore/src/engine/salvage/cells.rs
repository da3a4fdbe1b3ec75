//! The rows in a page of a SQLite database (<https://www.sqlite.org/fileformat2.html> §1.6 b-tree pages, §2.1 records).

use std::collections::HashSet;

use rusqlite::types::Value;

use super::pages::{Pages, SIZE, number};

/// Columns that a record may have: more than any table has.
const MOST_COLUMNS: usize = 64;

/// What kind of page it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Rows with a row ID.
    Rows,
    /// Pages of rows.
    Branch,
    /// Rows of a table without row IDs, or of an index.
    Keys,
    /// The same, with pages between them.
    KeyBranch,
}

/// A row: its row ID, if its table has them, and its columns.
pub(super) type Cell = (Option<i64>, Vec<Value>);

pub(super) fn kind(number: u32, page: &[u8]) -> Option<Kind> {
    match page.get(start(number))? {
        0x0d => Some(Kind::Rows),
        0x05 => Some(Kind::Branch),
        0x0a => Some(Kind::Keys),
        0x02 => Some(Kind::KeyBranch),
        _ => None,
    }
}

/// The first page begins with the file's header.
fn start(number: u32) -> usize {
    if number == 1 { 100 } else { 0 }
}

fn offsets(number: u32, page: &[u8], kind: Kind) -> impl Iterator<Item = usize> + '_ {
    let start = start(number);
    let count = short(page, start + 3);
    let array = start + if matches!(kind, Kind::Branch | Kind::KeyBranch) { 12 } else { 8 };
    (0..count).map(move |cell| short(page, array + 2 * cell)).filter(|offset| (8..SIZE).contains(offset))
}

/// The pages below a branch.
pub(super) fn children(page_number: u32, page: &[u8], kind: Kind) -> Vec<u32> {
    let mut below: Vec<u32> = offsets(page_number, page, kind).map(|offset| number(page, offset)).collect();
    below.push(number(page, start(page_number) + 8));
    below
}

/// The rows that lie in a page; damaged ones are left out. Pages that a row continues on are added to `overflow`.
pub(super) fn cells(pages: &Pages, number: u32, page: &[u8], kind: Kind, overflow: &mut HashSet<u32>) -> Vec<Cell> {
    if kind == Kind::Branch {
        return Vec::new();
    }
    offsets(number, page, kind).filter_map(|offset| cell(pages, page, offset, kind, overflow)).collect()
}

fn cell(pages: &Pages, page: &[u8], mut at: usize, kind: Kind, overflow: &mut HashSet<u32>) -> Option<Cell> {
    if kind == Kind::KeyBranch {
        at += 4;
    }
    let size = usize::try_from(varint(page, &mut at)?).ok()?;
    let row_id = match kind {
        Kind::Rows => Some(varint(page, &mut at)?.cast_signed()),
        _ => None,
    };
    if size > pages.count() as usize * SIZE {
        return None;
    }
    let most = if kind == Kind::Rows { SIZE - 35 } else { (SIZE - 12) * 64 / 255 - 23 };
    let payload = if size <= most {
        page.get(at..at + size)?.to_vec()
    } else {
        let least = (SIZE - 12) * 32 / 255 - 23;
        let here = least + (size - least) % (SIZE - 4);
        let here = if here <= most { here } else { least };
        let mut payload = page.get(at..at + here)?.to_vec();
        let mut next = number(page, at + here);
        let mut used = Vec::new();
        while payload.len() < size {
            if next == 0 || next > pages.count() || used.contains(&next) {
                return None;
            }
            used.push(next);
            let more = pages.read(next)?;
            let take = (size - payload.len()).min(SIZE - 4);
            payload.extend_from_slice(more.get(4..4 + take)?);
            next = number(&more, 0);
        }
        overflow.extend(used);
        payload
    };
    Some((row_id, record(&payload)?))
}

fn record(payload: &[u8]) -> Option<Vec<Value>> {
    let mut at = 0;
    let header = usize::try_from(varint(payload, &mut at)?).ok()?;
    let (mut body, mut columns) = (header, Vec::new());
    while at < header {
        let kind = varint(payload, &mut at)?;
        let value = match kind {
            0 => Value::Null,
            1..=6 => {
                let length = [1, 2, 3, 4, 6, 8].get(usize::try_from(kind).ok()? - 1).copied()?;
                let bytes = payload.get(body..body + length)?;
                body += length;
                let sign = if bytes.first()? & 0x80 == 0 { 0 } else { -1 };
                Value::Integer(bytes.iter().fold(sign, |number: i64, byte| number << 8 | i64::from(*byte)))
            }
            7 => {
                let bytes: [u8; 8] = payload.get(body..body + 8)?.try_into().ok()?;
                body += 8;
                Value::Real(f64::from_be_bytes(bytes))
            }
            8 | 9 => Value::Integer(i64::try_from(kind - 8).ok()?),
            10 | 11 => return None,
            _ => {
                let length = usize::try_from((kind - 12) / 2).ok()?;
                let bytes = payload.get(body..body.checked_add(length)?)?.to_vec();
                body += length;
                if kind % 2 == 0 { Value::Blob(bytes) } else { Value::Text(String::from_utf8(bytes).ok()?) }
            }
        };
        columns.push(value);
        if columns.len() > MOST_COLUMNS {
            return None;
        }
    }
    // Both parts end where they should: chance hardly does that.
    (at == header && body == payload.len() && !columns.is_empty()).then_some(columns)
}

fn varint(bytes: &[u8], at: &mut usize) -> Option<u64> {
    let mut value = 0;
    for place in 0..9 {
        let byte = *bytes.get(*at)?;
        *at += 1;
        if place == 8 {
            return Some(value << 8 | u64::from(byte));
        }
        value = value << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            break;
        }
    }
    Some(value)
}

fn short(bytes: &[u8], at: usize) -> usize {
    bytes.get(at..at + 2).map_or(0, |two| two.iter().fold(0, |number, byte| number << 8 | usize::from(*byte)))
}
