//! Reading what can still be read of a damaged database, page by page, into a new one.
//!
//! First everything that hangs on the tables' trees as far as they hold together, then pages that nothing leads to any
//! more. A row that the trees have is never replaced by one from such a page.

mod cells;
mod pages;

use std::collections::{HashMap, HashSet};
use std::path::Path;

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use self::cells::{Cell, Kind};
use self::pages::Pages;
use super::DATABASE;
use crate::error::Result;

/// A table of the new database, by which rows without a tree are known.
struct Table {
    name: String,
    columns: Vec<Column>,
    with_row_id: bool,
}

struct Column {
    name: String,
    kind: String,
    required: bool,
    /// Another name of the row ID, which is kept as NULL.
    is_row_id: bool,
}

/// Copies the rows of the database in a folder that can be read to `target`, which has the tables and no rows. Answers
/// with how many rows of which table there were.
pub(super) fn salvage(dir: &Path, target: &Connection) -> Result<Vec<(String, u64)>> {
    let pages = Pages::open(&dir.join(DATABASE))?;
    let tables = tables(target)?;
    let mut counts: HashMap<String, u64> = HashMap::new();
    let (mut seen, mut overflow) = (HashSet::new(), HashSet::new());
    for (name, root) in roots(&pages, &mut seen) {
        let table = tables.iter().find(|table| table.name == name);
        let mut waiting = vec![root];
        while let Some(number) = waiting.pop() {
            if number == 0 || number > pages.count() || !seen.insert(number) {
                continue;
            }
            let Some(page) = pages.read(number) else { continue };
            let Some(kind) = cells::kind(number, &page) else { continue };
            if matches!(kind, Kind::Branch | Kind::KeyBranch) {
                waiting.extend(cells::children(number, &page, kind));
            }
            for cell in cells::cells(&pages, number, &page, kind, &mut overflow) {
                if let Some(table) = table.filter(|table| table.takes(&cell)) {
                    *counts.entry(table.name.clone()).or_default() += insert(target, table, cell)?;
                }
            }
        }
    }
    let free = pages.free();
    for number in 1..=pages.count() {
        if seen.contains(&number) || overflow.contains(&number) || free.contains(&number) {
            continue;
        }
        let Some(page) = pages.read(number) else { continue };
        let Some(kind) = cells::kind(number, &page) else { continue };
        for cell in cells::cells(&pages, number, &page, kind, &mut overflow) {
            let mut takers = tables.iter().filter(|table| table.takes(&cell));
            if let (Some(table), None) = (takers.next(), takers.next()) {
                *counts.entry(table.name.clone()).or_default() += insert(target, table, cell)?;
            }
        }
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort();
    Ok(counts)
}

/// The first pages of the tables' trees, as the schema says.
fn roots(pages: &Pages, seen: &mut HashSet<u32>) -> Vec<(String, u32)> {
    let mut roots = Vec::new();
    let mut waiting = vec![1];
    while let Some(number) = waiting.pop() {
        if number == 0 || number > pages.count() || !seen.insert(number) {
            continue;
        }
        let Some(page) = pages.read(number) else { continue };
        let Some(kind) = cells::kind(number, &page) else { continue };
        if kind == Kind::Branch {
            waiting.extend(cells::children(number, &page, kind));
        }
        for (_, columns) in cells::cells(pages, number, &page, kind, &mut HashSet::new()) {
            // type, name, tbl_name, rootpage, sql
            if let [Value::Text(kind), Value::Text(name), _, Value::Integer(root), _] = &columns[..]
                && kind == "table"
                && let Ok(root) = u32::try_from(*root)
            {
                roots.push((name.clone(), root));
            }
        }
    }
    roots
}

/// The tables of a database, with columns in the order in which they are kept.
fn tables(db: &Connection) -> Result<Vec<Table>> {
    let mut list = db.prepare(
        "SELECT name, wr FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite%'",
    )?;
    let names = list.query_map((), |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut tables = Vec::new();
    for named in names {
        let (name, without_row_id): (String, bool) = named?;
        let mut info = db.prepare("SELECT name, type, \"notnull\", pk FROM pragma_table_info(?1)")?;
        let mut columns = info
            .query_map([&name], |row| {
                let (kind, pk): (String, u32) = (row.get(1)?, row.get(3)?);
                let is_row_id = !without_row_id && pk == 1 && kind == "INTEGER";
                let required = row.get::<_, bool>(2)? || (without_row_id && pk > 0);
                Ok((pk, Column { name: row.get(0)?, kind, required, is_row_id }))
            })?
            .collect::<rusqlite::Result<Vec<_>>>()?;
        if without_row_id {
            // The key comes first, then the others as they were declared.
            columns.sort_by_key(|(pk, _)| if *pk == 0 { u32::MAX } else { *pk });
        }
        let columns = columns.into_iter().map(|(_, column)| column).collect();
        tables.push(Table { name, columns, with_row_id: !without_row_id });
    }
    Ok(tables)
}

impl Table {
    /// Whether a row can be one of this table. Rows of before a column was added are shorter.
    fn takes(&self, (row_id, values): &Cell) -> bool {
        row_id.is_some() == self.with_row_id
            && values.len() <= self.columns.len()
            && self.columns.get(values.len()..).is_some_and(|missing| missing.iter().all(|column| !column.required))
            && self.columns.iter().zip(values).all(|(column, value)| match value {
                Value::Null => column.is_row_id || !column.required,
                Value::Integer(_) => column.kind == "INTEGER" && !column.is_row_id,
                Value::Text(_) => column.kind == "TEXT",
                Value::Blob(_) => column.kind == "BLOB",
                Value::Real(_) => false,
            })
    }
}

/// Puts a row in unless one of its key is there; says whether it did.
fn insert(db: &Connection, table: &Table, (row_id, values): Cell) -> Result<u64> {
    let columns: Vec<&str> = table.columns.iter().take(values.len()).map(|column| column.name.as_str()).collect();
    let places: Vec<String> = (1..=columns.len()).map(|place| format!("?{place}")).collect();
    let values = values.into_iter().zip(&table.columns).map(|(value, column)| match row_id {
        Some(row_id) if column.is_row_id => Value::Integer(row_id),
        _ => value,
    });
    let sql = format!("INSERT OR IGNORE INTO {} ({}) VALUES ({})", table.name, columns.join(", "), places.join(", "));
    let inserted = match db.prepare_cached(&sql)?.execute(params_from_iter(values)) {
        Ok(inserted) => inserted,
        // A value that breaks a rule of the table, in a page that was found: not a row.
        Err(rusqlite::Error::SqliteFailure(error, _)) if error.code == rusqlite::ErrorCode::ConstraintViolation => 0,
        Err(error) => return Err(error.into()),
    };
    Ok(inserted as u64)
}
