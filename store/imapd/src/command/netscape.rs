//! NETSCAPE, XSERVERINFO and XMAILBOXINFO (reference §8): where the web pages are on which people look after their account and mailboxes.

use imap_wire::print;
use mailstore::Rights;

use super::mailboxes::existing;
use crate::reply::{Handled, Reply, store_failure};
use crate::session::Session;

/// What XSERVERINFO may be asked for.
const SERVER: [&str; 3] = ["MANAGEACCOUNTURL", "MANAGELISTSURL", "MANAGEFILTERSURL"];

/// NETSCAPE: everything that there is to say about the server.
pub(super) fn netscape(session: &mut Session) -> Handled {
    session.link.out.extend_from_slice(b"* NETSCAPE");
    for name in SERVER {
        print_pair(session, name, server_url(session, name));
    }
    session.link.out.extend_from_slice(b"\r\n* VERSION ");
    print::string(&mut session.link.out, daemon::Product::VERSION.as_bytes());
    session.link.out.extend_from_slice(b"\r\n");
    if let Some(url) = server_url(session, "MANAGEACCOUNTURL") {
        session.link.out.extend_from_slice(b"* ACCOUNT-URL ");
        print::string(&mut session.link.out, url.as_bytes());
        session.link.out.extend_from_slice(b"\r\n");
    }
    Ok(Reply::ok("NETSCAPE completed"))
}

/// XSERVERINFO: what was asked for, NIL where there is no such page.
pub(super) fn server_info(session: &mut Session, wanted: &[String]) -> Handled {
    session.link.out.extend_from_slice(b"* XSERVERINFO");
    for name in wanted {
        print_pair(session, name, server_url(session, name));
    }
    session.link.out.extend_from_slice(b"\r\n");
    Ok(Reply::ok("XSERVERINFO completed"))
}

/// XMAILBOXINFO: the same about a mailbox.
pub(super) async fn mailbox_info(session: &mut Session, name: &str, wanted: &[String]) -> Handled {
    let name = match existing(name) {
        Ok(name) => name,
        Err(reply) => return Ok(reply),
    };
    match session.at(name.as_str(), |account, name| account.permit(name, Rights::LOOKUP)).await {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => return Ok(store_failure(&error)),
        Err(reply) => return Ok(reply),
    }
    let dialect = session.names();
    session.link.out.extend_from_slice(b"* XMAILBOXINFO ");
    print::mailbox_name(&mut session.link.out, name.as_str(), dialect);
    for item in wanted {
        let urls = &session.deps.config.urls;
        let template = match item.as_str() {
            "MANAGEURL" => urls.mailbox.as_deref(),
            "POSTURL" => urls.post.as_deref(),
            _ => None,
        };
        let url = template.map(|template| filled(session, template, Some(name.as_str())));
        print_pair(session, item, url);
    }
    session.link.out.extend_from_slice(b"\r\n");
    Ok(Reply::ok("XMAILBOXINFO completed"))
}

fn server_url(session: &Session, name: &str) -> Option<String> {
    let urls = &session.deps.config.urls;
    let template = match name {
        "MANAGEACCOUNTURL" => urls.account.as_deref(),
        "MANAGELISTSURL" => urls.lists.as_deref(),
        "MANAGEFILTERSURL" => urls.filters.as_deref(),
        _ => None,
    };
    template.map(|template| filled(session, template, None))
}

fn print_pair(session: &mut Session, name: &str, url: Option<String>) {
    let out = &mut session.link.out;
    out.push(b' ');
    out.extend_from_slice(name.as_bytes());
    out.push(b' ');
    print::nstring(out, url.as_deref().map(str::as_bytes));
}

/// `%u` is the user, `%m` the mailbox.
fn filled(session: &Session, template: &str, mailbox: Option<&str>) -> String {
    let user = session.signed.as_ref().map_or("", |signed| signed.account_id.as_str());
    template.replace("%u", &escaped(user)).replace("%m", &escaped(mailbox.unwrap_or_default()))
}

/// What is no unreserved character is escaped (RFC 3986 §2.1).
fn escaped(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
