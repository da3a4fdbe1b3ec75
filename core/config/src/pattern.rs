//! Names with labels in them: which row of the key table a typed name belongs to, and how it is stored.
//!
//! A row's name may hold `<NAME>` (one label, no dot), `<NAME..>` (one or more) and, once, `[.NAME]` (one that may be
//! left out). A row for which `per_host` holds takes a host name after its own. A name may end in `;lang-xx` where the row
//! has values per language.

/// The parts of a row's name.
#[derive(Clone, Copy)]
enum Piece<'a> {
    /// To be typed as it stands, in any case.
    Literal(&'a str),
    /// A label; `wide` ones may hold dots.
    Label { wide: bool },
}

/// What a typed name was found to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Spelled {
    /// The name as it is stored: the manual's capitals, labels in lower case.
    pub name: String,
    /// The labels, joined by dots; empty where the row has none or they were left out.
    pub label: String,
}

/// `typed` (without its language) as a form of `row`; `None` when it is none.
pub(crate) fn spell(row: &str, per_host: bool, typed: &str) -> Option<Spelled> {
    // Most rows have nothing to fill in, and every name is compared with every row.
    if row.eq_ignore_ascii_case(typed) && !row.contains(['<', '[']) {
        return Some(Spelled { name: row.to_owned(), label: String::new() });
    }
    if !per_host && !row.contains(['<', '[']) {
        return None;
    }
    let forms = [Some(without_optional(row)), with_optional(row), per_host.then(|| format!("{row}.<HOST..>"))];
    forms.into_iter().flatten().find_map(|form| {
        let mut spelled = Spelled { name: String::new(), label: String::new() };
        walk(&pieces(&form), typed, &mut spelled).then_some(spelled)
    })
}

/// The row's name with its optional label left out: what `configutil` lists it as.
pub(crate) fn without_optional(row: &str) -> String {
    match (row.find('['), row.find(']')) {
        (Some(open), Some(close)) if open < close => format!("{}{}", &row[..open], &row[close + 1..]),
        _ => row.to_owned(),
    }
}

/// The row's name with its optional label made a must.
fn with_optional(row: &str) -> Option<String> {
    row.contains('[').then(|| row.replace("[.", ".<").replace(']', ">"))
}

/// How many characters of the row's name are to be typed as they stand: the row with most of them wins.
pub(crate) fn literal_length(row: &str) -> usize {
    pieces(&without_optional(row))
        .iter()
        .map(|piece| match piece {
            Piece::Literal(text) => text.len(),
            Piece::Label { .. } => 0,
        })
        .sum()
}

fn pieces(form: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = form;
    while let Some((literal, (label, after))) =
        rest.split_once('<').and_then(|(literal, tail)| Some((literal, tail.split_once('>')?)))
    {
        if !literal.is_empty() {
            pieces.push(Piece::Literal(literal));
        }
        pieces.push(Piece::Label { wide: label.ends_with("..") });
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Literal(rest));
    }
    pieces
}

fn walk(pieces: &[Piece<'_>], typed: &str, out: &mut Spelled) -> bool {
    match pieces {
        [] => typed.is_empty(),
        [Piece::Literal(text), rest @ ..] => match (typed.get(..text.len()), typed.get(text.len()..)) {
            (Some(head), Some(tail)) if head.eq_ignore_ascii_case(text) => {
                out.name.push_str(text);
                walk(rest, tail, out)
            }
            _ => false,
        },
        [Piece::Label { wide }, rest @ ..] => {
            // The label ends where the next literal begins; the first end that leads on to a match is taken.
            let longest = if *wide { typed.len() } else { typed.find('.').unwrap_or(typed.len()) };
            (1..=longest).filter(|end| typed.is_char_boundary(*end)).any(|end| {
                let label = typed[..end].to_ascii_lowercase();
                if label.starts_with('.') || label.ends_with('.') {
                    return false;
                }
                let mut attempt = Spelled {
                    name: format!("{}{label}", out.name),
                    label: if out.label.is_empty() { label } else { format!("{}.{label}", out.label) },
                };
                let matched = walk(rest, &typed[end..], &mut attempt);
                if matched {
                    *out = attempt;
                }
                matched
            })
        }
    }
}

/// `name` and its language tag in lower case: `x;lang-fr` and `x;fr` are `("x", Some("fr"))`. An empty or ill-formed
/// tag is part of no name, so it is left where it stands.
pub(crate) fn split_language(name: &str) -> (&str, Option<String>) {
    let Some((plain, tag)) = name.split_once(';') else { return (name, None) };
    let tag = tag.trim().to_ascii_lowercase();
    let tag = tag.strip_prefix("lang-").unwrap_or(&tag);
    let well_formed =
        tag.split('-').all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric()));
    if well_formed { (plain.trim_end(), Some(tag.to_owned())) } else { (name, None) }
}
