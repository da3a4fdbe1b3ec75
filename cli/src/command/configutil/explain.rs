//! `configutil -H`: what settings mean.

use anyhow::bail;
use config::{Key, keys};

use super::list::{Form, like, mark};
use crate::output;

/// Every row of the key table that is like `pattern`.
pub fn keys(pattern: Option<&str>, form: Form) -> anyhow::Result<()> {
    let mut rows: Vec<&Key> = keys::all().filter(|row| like(pattern, &row.plain_name())).collect();
    if rows.is_empty() {
        bail!("no setting is like '{}'", pattern.unwrap_or_default());
    }
    rows.sort_by_key(|row| row.name);
    for row in rows {
        key(row, form);
    }
    Ok(())
}

/// One row: what it means, what it takes, what it is when nothing is said.
pub fn key(row: &Key, form: Form) {
    let default = match row.default {
        "" => "not set".to_owned(),
        value => config::quote(value),
    };
    let effect = match row.without_effect {
        Some(reason) => format!("no effect: {reason}"),
        None if keys::refreshable(row) => "takes effect after refresh".to_owned(),
        None => "takes effect after restart".to_owned(),
    };
    output::line(format_args!(
        "{}{}\n    {}\n    {}; default: {default}; {effect}; {}",
        row.usage(),
        mark(row, form),
        row.help,
        row.describe_kind(),
        row.source
    ));
}
