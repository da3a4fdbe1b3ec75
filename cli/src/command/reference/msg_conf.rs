//! heliograph-msg.conf(5): the settings file and every option, in roff.

use config::{Key, keys};

const HEAD: &str = r#".TH HELIOGRAPH-MSG.CONF 5 "" "Heliograph" "File formats"
.SH NAME
heliograph\-msg.conf \- settings of a Heliograph site
.SH SYNOPSIS
.I ROOT/config/msg.conf
.SH DESCRIPTION
The file holds what differs from the defaults below, a line
.BI "" name " = " value
for each option. Blank lines and lines that begin with # or ! are remarks. A value may stand in double quotes. Names are
understood in any case; when a name stands twice, the last line counts.
.PP
.BR configutil (1)
changes the file in one step, keeps remarks and order, and refuses what is not understood.
.B heliograph config check
finds settings that contradict each other.
.PP
Some names have parts to be filled in:
.B <NAME>
stands for a word without dots,
.B [.HOST]
for the name of a back end (left out, the value holds for all), and
.B [;lang\-LANGUAGE]
for the value in one language. Truth values are yes and no; 1 and 0, on and off, true and false are understood. Numbers of
bytes may end in K, M or G. Relative paths start at the site folder.
.PP
A change is obeyed after
.B refresh
(SIGHUP) or after a restart of the service, as each entry says.
.SH OPTIONS
"#;

const FORMER: &str = r#".SH OPTIONS WITHOUT EFFECT
These options of the Sun Java System Messaging Server are taken, so that its settings can be brought along, and do nothing.
"#;

const TAIL: &str = r#".SH SEE ALSO
.BR heliograph (1),
.BR configutil (1),
.BR heliograph\-config (1)
"#;

/// The page.
pub fn page() -> String {
    let mut page = HEAD.to_owned();
    let mut rows: Vec<&Key> = keys::all().collect();
    rows.sort_by_key(|row| row.name);
    let (former, live): (Vec<&Key>, Vec<&Key>) = rows.into_iter().partition(|row| row.without_effect.is_some());
    for row in live {
        page.push_str(&entry(row));
    }
    page.push_str(FORMER);
    for row in former {
        page.push_str(&entry(row));
    }
    page.push_str(TAIL);
    page
}

fn entry(row: &Key) -> String {
    let default = if row.default.is_empty() { "not set".to_owned() } else { config::quote(row.default) };
    let effect = match row.without_effect {
        Some(reason) => format!("No effect: {reason}."),
        None if keys::refreshable(row) => "Obeyed after refresh.".to_owned(),
        None => "Obeyed after restart.".to_owned(),
    };
    format!(
        ".TP\n.B {}\n{}\n.br\n{}; default: {}. {} ({})\n",
        escaped(&row.usage()),
        escaped(row.help),
        escaped(&row.describe_kind()),
        escaped(&default),
        escaped(&effect),
        escaped(row.source)
    )
}

/// Text that roff takes as text: no escapes, no requests, plain hyphens.
fn escaped(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-");
    if text.starts_with(['.', '\'']) { format!("\\&{text}") } else { text }
}
