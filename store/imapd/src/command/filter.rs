//! FILTER: searches that are kept by name as annotations of the server (RFC 5466).

use imap_wire::search::Key;
use mailstore::AnnotationScope;

use super::metadata::FILTERS;
use crate::reply::{Reply, store_failure};
use crate::session::Session;

/// How often a filter's own filters are looked up; after that they go round in a circle (RFC 5466 §3.1).
const PASSES: usize = 10;

/// The same search with every filter's text in its place.
pub(super) async fn expanded(session: &mut Session, key: Key, charset: Option<&str>) -> Result<Key, Reply> {
    if !key.names_filter() {
        return Ok(key);
    }
    if !matches!(charset, None | Some("UTF-8" | "US-ASCII")) {
        return Err(Reply::bad("Filters are in UTF-8").code("BADCHARSET (UTF-8 US-ASCII)"));
    }
    let reader = session.signed.as_ref().map(|signed| signed.account_id.as_str().to_owned()).unwrap_or_default();
    let found = session.with_account(move |account| {
        let mut found = account.annotations(None, &reader)?;
        found.retain(|annotation| annotation.scope == AnnotationScope::Private);
        // One's own come first.
        found.extend(account.store().site_annotations()?);
        Ok(found)
    });
    let found = found.await?.map_err(|error| store_failure(&error))?;
    let value = |name: &str| {
        let name = name.to_ascii_lowercase();
        let of_that_name = found.iter().find(|kept| kept.entry.strip_prefix(FILTERS) == Some(&name));
        of_that_name.and_then(|kept| Key::parse(&kept.value).ok())
    };
    substituted(key, &value, 0)
}

fn substituted(key: Key, value: &impl Fn(&str) -> Option<Key>, pass: usize) -> Result<Key, Reply> {
    let inner = |key: Key| substituted(key, value, pass);
    Ok(match key {
        Key::Filter(name) => match value(&name).filter(|_| pass < PASSES) {
            Some(key) => substituted(key, value, pass + 1)?,
            None => return Err(Reply::no("There is no such filter").code(format!("UNDEFINED-FILTER {name}"))),
        },
        Key::Not(key) => Key::Not(Box::new(inner(*key)?)),
        Key::Fuzzy(key) => Key::Fuzzy(Box::new(inner(*key)?)),
        Key::Or(one, other) => Key::Or(Box::new(inner(*one)?), Box::new(inner(*other)?)),
        Key::And(keys) => Key::And(keys.into_iter().map(inner).collect::<Result<_, _>>()?),
        key => key,
    })
}
