//! Searches and their answers as entries (RFC 4511 §4.5).

use ldap3::asn1::{PL, StructureTag};
use ldap3::controls::{Control, ControlType, PagedResults};
use ldap3::{DerefAliases, Ldap, ResultEntry, Scope, SearchOptions};

use super::server::Fault;
use crate::{Attribute, Entry, Filter};

/// What is searched.
#[derive(Clone, Debug)]
pub(super) struct Question<'a> {
    pub(super) base: &'a str,
    pub(super) scope: Scope,
    pub(super) filter: &'a Filter,
    pub(super) attributes: &'a [&'a str],
    /// Most entries; the server stops there.
    pub(super) limit: usize,
}

/// Entries that fit, at most as many as the limit says. A base that is not there is an empty answer. Continuation references
/// (RFC 4511 §4.5.3) are not followed but handed on: the credentials of this site are for its own servers.
pub(super) async fn search(ldap: &mut Ldap, question: &Question<'_>) -> Result<Found, Fault> {
    let limit = i32::try_from(question.limit).unwrap_or(i32::MAX);
    let options = SearchOptions::new().deref(DerefAliases::Never).sizelimit(limit);
    let filter = question.filter.to_string();
    let ldap3::SearchResult(found, result) =
        ldap.with_search_options(options).search(question.base, question.scope, &filter, question.attributes).await?;
    match result.rc {
        // success, sizeLimitExceeded, noSuchObject
        0 | 4 | 32 => {
            let mut all = Found::default();
            all.add(found);
            all.entries.truncate(question.limit);
            Ok(all)
        }
        _ => Err(Fault::of(&result)),
    }
}

/// All entries that fit, however many, a page at a time (RFC 2696).
pub(super) async fn search_all(ldap: &mut Ldap, question: &Question<'_>) -> Result<Found, Fault> {
    let filter = question.filter.to_string();
    let mut all = Found::default();
    let mut cookie = Vec::new();
    loop {
        let page = PagedResults { size: 500, cookie };
        let options = SearchOptions::new().deref(DerefAliases::Never);
        let ldap3::SearchResult(found, result) = ldap
            .with_search_options(options)
            .with_controls(vec![page.into()])
            .search(question.base, question.scope, &filter, question.attributes)
            .await?;
        match result.rc {
            0 => all.add(found),
            32 => return Ok(all),
            _ => return Err(Fault::of(&result)),
        }
        let next = result.ctrls.into_iter().find_map(|Control(kind, raw)| match kind {
            Some(ControlType::PagedResults) => raw.val.is_some().then(|| raw.parse::<PagedResults>().cookie),
            _ => None,
        });
        match next {
            Some(next) if !next.is_empty() => cookie = next,
            _ => return Ok(all),
        }
    }
}

/// What a search brought.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) entries: Vec<Entry>,
    /// Where the server says that more of it would be.
    pub(super) elsewhere: Vec<String>,
}

impl Found {
    fn add(&mut self, found: Vec<ResultEntry>) {
        for row in found {
            if row.is_ref() {
                let urls = parts(row.0).unwrap_or_default().into_iter().filter_map(octets);
                self.elsewhere.extend(urls.filter_map(|url| String::from_utf8(url).ok()));
            } else {
                self.entries.extend(read(row.0));
            }
        }
    }
}

/// SearchResultEntry: the DN, then attributes with their values. `None` if it is anything else.
fn read(entry: StructureTag) -> Option<Entry> {
    let mut parts = parts(entry)?.into_iter();
    let dn = String::from_utf8(octets(parts.next()?)?).ok()?;
    let mut attributes = Vec::new();
    for attribute in self::parts(parts.next()?)? {
        let mut halves = self::parts(attribute)?.into_iter();
        let name = String::from_utf8(octets(halves.next()?)?).ok()?;
        for value in self::parts(halves.next()?)? {
            attributes.push(Attribute { name: name.clone(), value: octets(value)? });
        }
    }
    Some(Entry { dn, attributes, ..Entry::default() })
}

fn parts(tag: StructureTag) -> Option<Vec<StructureTag>> {
    match tag.payload {
        PL::C(parts) => Some(parts),
        PL::P(_) => None,
    }
}

fn octets(tag: StructureTag) -> Option<Vec<u8>> {
    match tag.payload {
        PL::P(bytes) => Some(bytes),
        PL::C(_) => None,
    }
}
