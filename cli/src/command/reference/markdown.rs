//! docs/settings.md: every option in a table, by family.

use std::fmt::Write;

use config::{Key, keys};

const HEAD: &str = "# Settings

Every option of `config/msg.conf`, as `configutil` shows and sets it. Written by `cargo run -p heliograph -- reference`; do not edit.

`<NAME>` stands for a word, `[.HOST]` for the name of a back end, `[;lang-LANGUAGE]` for a language; what stands in brackets may be
left out. *refresh*: obeyed after `refresh` (SIGHUP); *restart*: after the service was restarted.
";

/// The page.
pub fn page() -> String {
    let mut page = HEAD.to_owned();
    let mut rows: Vec<&Key> = keys::all().collect();
    rows.sort_by_key(|row| (family(row), row.name));
    let (former, live): (Vec<&Key>, Vec<&Key>) = rows.into_iter().partition(|row| row.without_effect.is_some());
    let mut heading = String::new();
    for row in live {
        if family(row) != heading {
            heading = family(row);
            // Writing to a string cannot fail.
            let _ = write!(
                page,
                "\n## {heading}\n\n| option | meaning | value | default | after | source |\n|---|---|---|---|---|---|\n"
            );
        }
        let after = if keys::refreshable(row) { "refresh" } else { "restart" };
        let _ = writeln!(
            page,
            "| {} | {} | {} | {} | {after} | {} |",
            code(&row.usage()),
            cell(row.help),
            cell(&row.describe_kind()),
            code(row.default),
            cell(row.source)
        );
    }
    page.push_str(
        "\n## Options of the old server without effect\n\nTaken, so that its settings can be brought along, with a warning.\n\n| option | meant | why it does nothing |\n|---|---|---|\n",
    );
    for row in former {
        let reason = row.without_effect.unwrap_or_default();
        let _ = writeln!(page, "| {} | {} | {} |", code(&row.usage()), cell(row.help), cell(reason));
    }
    page
}

/// `service.imap` of `service.imap.port`, `local` of `local.hostname`.
fn family(row: &Key) -> String {
    let labels: Vec<&str> = row.name.split(['.', '[']).collect();
    match labels.as_slice() {
        [first, second, _, ..] if !second.contains('<') => format!("{first}.{second}"),
        [first, ..] => (*first).to_owned(),
        [] => String::new(),
    }
}

fn code(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("`{}`", text.replace('|', "\\|")) }
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "&lt;")
}
