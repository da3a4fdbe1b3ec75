//! GENURLAUTH, RESETKEY and URLFETCH: URLs that carry the right to read what they name (RFC 4467, RFC 5524).
//!
//! The host of an URL is a part of what is signed, so that it cannot be changed; whether it is a name of this host is not asked, since
//! a host is known by names that it does not know itself.

use std::time::{SystemTime, UNIX_EPOCH};

use hmac::{Hmac, Mac};
use imap_wire::fetch::Partial;
use imap_wire::print::{self, Decoded, Detail};
use imap_wire::url::{Access, MessageUrl};
use imap_wire::urlauth::{UrlData, UrlFetch};
use mailstore::{Account, AccountId, AccountOptions, MailboxName, UrlKey};
use sha2::Sha256;

use crate::fetch::binary::Part8;
use crate::part::Part;
use crate::reply::{Handled, Reply, store_failure};
use crate::session::Session;

/// The one mechanism: HMAC-SHA-256 over the rump under the mailbox's key.
pub(super) const MECHANISM: &str = "INTERNAL";

fn signed(key: &UrlKey, rump: &[u8]) -> Option<Hmac<Sha256>> {
    // HMAC takes keys of any length.
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    mac.update(rump);
    Some(mac)
}

/// GENURLAUTH: all of the URLs, or an error.
pub(super) async fn generate(session: &mut Session, rumps: Vec<(Vec<u8>, String)>) -> Handled {
    let mut line = b"* GENURLAUTH".to_vec();
    for (rump, mechanism) in rumps {
        if mechanism != MECHANISM {
            return Ok(Reply::bad("Unknown authorization mechanism"));
        }
        let whole = |url: &MessageUrl| {
            url.authorization.as_ref().is_some_and(|given| given.token.is_none() && given.rump == rump.len())
        };
        let Some(url) = MessageUrl::parse(&rump).filter(whole) else {
            return Ok(Reply::bad("Not a message URL with an access identifier"));
        };
        let account = match session.account().await {
            Ok(account) => account,
            Err(reply) => return Ok(reply),
        };
        let owner = url.server.as_ref().and_then(|server| server.user.clone()).unwrap_or_default();
        // One's own mailboxes only.
        if store_id(session, &owner).await.as_deref() != Some(account.id().as_str()) {
            return Ok(Reply::bad("Not an URL of this user"));
        }
        let Some(name) = url.mailbox.as_deref().and_then(|name| MailboxName::new(name).ok()) else {
            return Ok(Reply::bad("Not a message URL with an access identifier"));
        };
        let key = match session.deps.pool.run(move || account.make_url_key(&name)).await {
            Ok(key) => key,
            Err(error) => return Ok(store_failure(&error)),
        };
        let Some(mac) = signed(&key, &rump) else { return Ok(Reply::no("No key").code("UNAVAILABLE")) };
        let mut authorized = rump;
        authorized.extend_from_slice(format!(":{}:", MECHANISM.to_ascii_lowercase()).as_bytes());
        for octet in mac.finalize().into_bytes() {
            authorized.extend_from_slice(format!("{octet:02x}").as_bytes());
        }
        line.push(b' ');
        print::string(&mut line, &authorized);
    }
    session.link.out.extend_from_slice(&line);
    session.link.out.extend_from_slice(b"\r\n");
    Ok(Reply::ok("GENURLAUTH completed"))
}

/// RESETKEY: what was authorized before is void.
pub(super) async fn reset(session: &mut Session, which: Option<(String, Vec<String>)>) -> Handled {
    let name = match &which {
        None => None,
        Some((_, mechanisms)) if mechanisms.iter().any(|mechanism| mechanism != MECHANISM) => {
            return Ok(Reply::bad("Unknown authorization mechanism"));
        }
        Some((name, _)) => match MailboxName::new(name) {
            Ok(name) => Some(name),
            Err(_) => return Ok(Reply::no("Mailbox does not exist").code("NONEXISTENT")),
        },
    };
    Ok(match session.with_account(move |account| account.reset_url_keys(name.as_ref())).await {
        Ok(Ok(())) if which.is_some() => Reply::ok("RESETKEY completed").code(format!("URLMECH {MECHANISM}")),
        Ok(Ok(())) => Reply::ok("RESETKEY completed"),
        Ok(Err(error)) => store_failure(&error),
        Err(reply) => reply,
    })
}

/// URLFETCH: an URL that gives nothing is answered with NIL, whatever the reason.
pub(super) async fn fetch(session: &mut Session, urls: Vec<UrlFetch>) -> Handled {
    for UrlFetch { url, wanted } in urls {
        let opened = open(session, &url).await;
        let mut line = b"* URLFETCH ".to_vec();
        print::string(&mut line, &url);
        let rendered = session
            .deps
            .pool
            .run(move || {
                let (account, parsed) = opened?;
                let part = find(&account, &parsed, &url)?;
                let mut out = Vec::new();
                render(&mut out, &part, &parsed, &wanted);
                Some(out)
            })
            .await;
        session.link.out.extend_from_slice(&line);
        session.link.out.extend_from_slice(rendered.as_deref().unwrap_or(b" NIL"));
        session.link.out.extend_from_slice(b"\r\n");
        session.link.flush_full().await?;
    }
    Ok(Reply::ok("URLFETCH completed"))
}

/// The account of an URL that this session may use, if its signature is right.
async fn open(session: &mut Session, url: &[u8]) -> Option<(Account, MessageUrl)> {
    let parsed = MessageUrl::parse(url)?;
    let given = parsed.authorization.clone()?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(i64::MAX, |since| since.as_secs() as i64);
    if parsed.expire.is_some_and(|expire| expire <= now) {
        return None;
    }
    let signed = session.signed.as_ref()?;
    let allowed = match &given.access {
        Access::Anonymous | Access::AuthUser => true,
        Access::User(user) => {
            let wanted = store_id(session, user).await?;
            session.signed.as_ref()?.identity.user.store_id == wanted
        }
        // A submission server, which answers for whom it acts.
        Access::Submit(_) => session.deps.config.submit_users.contains(&signed.identity.authenticated),
    };
    let owner = parsed.server.as_ref()?.user.clone()?;
    let owner = store_id(session, &owner).await?;
    let store = session.deps.store.clone();
    let id = AccountId::new(&owner).ok()?;
    let account = session.deps.pool.run(move || store.account_with(&id, &AccountOptions::default()).ok()).await?;
    allowed.then_some((account, parsed))
}

/// The store id of a user by the name in an URL.
async fn store_id(session: &Session, name: &str) -> Option<String> {
    let authenticator = &session.deps.authenticator;
    let login = authenticator.login_names().split(name);
    authenticator.find(&login).await.ok().flatten().map(|user| user.store_id.clone())
}

/// Checks the signature and finds the part.
fn find(account: &Account, url: &MessageUrl, text: &[u8]) -> Option<Part> {
    let name = MailboxName::new(url.mailbox.as_deref()?).ok()?;
    let given = url.authorization.as_ref()?;
    let (mechanism, token) = given.token.as_ref()?;
    let key = account.url_key(&name).ok().flatten()?;
    let octets = |at: usize| token.get(at..at + 2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
    let token: Option<Vec<u8>> = (0..token.len()).step_by(2).map(octets).collect();
    let mac = signed(&key, text.get(..given.rump)?)?;
    let right = mechanism == MECHANISM && mac.verify_slice(&token?).is_ok();
    if !right {
        return None;
    }
    match Part::find(account, url, &name) {
        Ok(part) => part,
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "reading for an URL failed");
            None
        }
    }
}

fn render(out: &mut Vec<u8>, part: &Part, url: &MessageUrl, wanted: &[UrlData]) {
    if wanted.is_empty() {
        out.push(b' ');
        return print::string(out, part.octets());
    }
    let digest = part.digest();
    let whole = url.section.text.is_none();
    let binary = || match digest.filter(|_| whole).map(|digest| Part8::find(&digest, &url.section.part)) {
        Some(Ok(found)) => found,
        _ => None,
    };
    let decoded = wanted.contains(&UrlData::Binary);
    let of_whole =
        || binary().filter(|found| decoded && found.is_encoded()).map(|found| found.measure(part.message(), None));
    // The structure comes first, as in the examples of RFC 5524 §5: it says how to read what follows.
    let mut wanted = wanted.to_vec();
    wanted.sort_by_key(|data| *data != UrlData::Structure);
    for data in wanted {
        match data {
            UrlData::Body => {
                out.extend_from_slice(b" (BODY ");
                print::string(out, part.octets());
            }
            UrlData::Structure => {
                out.extend_from_slice(b" (BODYPARTSTRUCTURE ");
                let found = digest.filter(|_| whole).and_then(|digest| match url.section.part.as_slice() {
                    [] => Some(digest.root()),
                    path => digest.part(path),
                });
                match (found, of_whole()) {
                    // RFC 5524 §3.2: the structure of what is told, which has no encoding any more.
                    (Some(found), Some(left)) => {
                        let left = Decoded { encoding: left.domain(), octets: left.octets() };
                        print::decoded_structure(out, &found, left);
                    }
                    (Some(found), None) => print::body_structure(out, &found, Detail::Extended),
                    (None, _) => out.extend_from_slice(b"NIL"),
                }
            }
            UrlData::Binary => {
                out.extend_from_slice(b" (BINARY ");
                let partial = url.partial.map(|(origin, count)| Partial { origin, count: count.unwrap_or(u64::MAX) });
                match binary() {
                    Some(found) => {
                        let mut decoding = found.measure(part.message(), partial);
                        if decoding.has_nul() {
                            out.push(b'~');
                        }
                        print::literal_head(out, decoding.octets());
                        while !decoding.push(part.message(), out, usize::MAX) {}
                    }
                    None => out.extend_from_slice(b"NIL"),
                }
            }
        }
        out.push(b')');
    }
}
