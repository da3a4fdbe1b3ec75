//! GETANNOTATION and SETANNOTATION (reference §8): the annotations of METADATA under the names of the ANNOTATEMORE drafts.
//!
//! `value.priv` of `/comment` is `/private/comment` of METADATA, `value.shared` is `/shared/comment`.

use imap_wire::annotatemore::{GetAnnotationArgs, SetAnnotationArgs};
use imap_wire::list::matches;
use imap_wire::metadata::SetMetadataArgs;
use imap_wire::print;
use mailstore::Rights;

use super::metadata;
use crate::reply::{Handled, Reply, Status, store_failure};
use crate::session::Session;

/// What may be told of an entry.
const ATTRIBUTES: [&str; 4] = ["value.priv", "value.shared", "size.priv", "size.shared"];

/// GETANNOTATION.
pub(super) async fn get(session: &mut Session, args: GetAnnotationArgs) -> Handled {
    let mailboxes = match mailboxes(session, &args.mailbox).await {
        Ok(mailboxes) => mailboxes,
        Err(reply) => return Ok(reply),
    };
    for mailbox in mailboxes {
        let known = match metadata::annotations(session, &mailbox).await {
            Ok(known) => known,
            // It went while others were told.
            Err(_) if args.mailbox.contains(['*', '%']) => continue,
            Err(reply) => return Ok(reply),
        };
        let value = |root: &str, entry: &str| {
            let found = known.iter().find(|(name, _)| name.strip_prefix(root) == Some(entry));
            found.map(|(_, value)| value.as_slice())
        };
        let mut entries: Vec<&str> = known.iter().filter_map(|(name, _)| below_root(name)).collect();
        entries.sort_unstable();
        entries.dedup();
        let names = session.names();
        for entry in entries.into_iter().filter(|entry| args.entries.iter().any(|wanted| matches(wanted, entry))) {
            let told = ATTRIBUTES.iter().filter(|name| args.attributes.iter().any(|wanted| is_wanted(wanted, name)));
            let told: Vec<&str> = told.copied().collect();
            if told.is_empty() {
                continue;
            }
            let out = &mut session.link.out;
            out.extend_from_slice(b"* ANNOTATION ");
            print::mailbox_name(out, &mailbox, names);
            out.push(b' ');
            print::string(out, entry.as_bytes());
            out.extend_from_slice(b" (");
            for (at, attribute) in told.into_iter().enumerate() {
                if at > 0 {
                    out.push(b' ');
                }
                print::string(out, attribute.as_bytes());
                out.push(b' ');
                let root = if attribute.ends_with(".priv") { "/private" } else { "/shared" };
                match (attribute.starts_with("size"), value(root, entry)) {
                    (true, value) => print::string(out, value.map_or(0, <[u8]>::len).to_string().as_bytes()),
                    (false, value) => print::nstring(out, value),
                }
            }
            out.extend_from_slice(b")\r\n");
        }
        session.link.flush_full().await?;
    }
    Ok(Reply::ok("GETANNOTATION completed"))
}

/// An entry without `/private` or `/shared`.
fn below_root(name: &str) -> Option<&str> {
    name.strip_prefix("/private").or_else(|| name.strip_prefix("/shared"))
}

/// Attributes are a hierarchy with dots; without its last part a name means both of its values.
fn is_wanted(wanted: &str, attribute: &str) -> bool {
    let below = |wanted: &str| attribute.strip_prefix(wanted).is_some_and(|rest| rest.starts_with('.'));
    matches(&wanted.replace('.', "/"), &attribute.replace('.', "/")) || below(wanted)
}

/// SETANNOTATION: of each mailbox all of the entries, or none.
pub(super) async fn set(session: &mut Session, args: SetAnnotationArgs) -> Handled {
    let mailboxes = match mailboxes(session, &args.mailbox).await {
        Ok(mailboxes) => mailboxes,
        Err(reply) => return Ok(reply),
    };
    for mailbox in mailboxes {
        let set = metadata::set(session, SetMetadataArgs { mailbox, values: args.values.clone() }).await?;
        if set.status != Status::Ok {
            // The code has the name of the extension.
            let code = set.code.map(|code| match code.strip_prefix("METADATA ") {
                Some(rest) if rest.starts_with("MAXSIZE") => "ANNOTATEMORE TOOBIG".into(),
                Some(rest) => format!("ANNOTATEMORE {rest}").into(),
                None => code,
            });
            return Ok(Reply { code, ..set });
        }
    }
    Ok(Reply::ok("SETANNOTATION completed"))
}

/// The mailboxes that a pattern matches, or the one that it names; the server's name is empty.
async fn mailboxes(session: &mut Session, pattern: &str) -> Result<Vec<String>, Reply> {
    if !pattern.contains(['*', '%']) {
        return Ok(vec![if pattern.eq_ignore_ascii_case("INBOX") { "INBOX".to_owned() } else { pattern.to_owned() }]);
    }
    let found = session.with_account(|account| account.mailboxes()).await?.map_err(|error| store_failure(&error))?;
    let shared = session.shares().await?.into_iter().filter(|(_, share)| share.rights.contains(Rights::LOOKUP));
    let names = found.into_iter().map(|info| info.name).chain(shared.map(|(name, _)| name));
    let names = names.map(|name| name.as_str().to_owned());
    Ok(names.filter(|name| matches(pattern, name)).collect())
}
