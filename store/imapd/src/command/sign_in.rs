//! LOGIN, AUTHENTICATE and PROXYAUTH (RFC 3501 §6.2.2, §6.2.3; RFC 4616; RFC 4959; RFC 8437; reference: PROXYAUTH).

use auth::sasl::{self, Credentials};
use auth::scram::{self, Binding, ClientFirst};
use auth::{AuthContext, AuthError, AuthErrorKind, Identity, Service};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use imap_wire::frame::{Event, FrameLimits};

use super::capability::{self, Passwords};
use super::certificate;
use crate::reply::{Handled, Hangup, Reply};
use crate::session::Session;

/// Failed sign-ins on one connection before it is closed.
const MOST_FAILURES: u32 = 10;

/// How long the names of a host are looked up.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(5);

const UNWELCOME: &str = "Connections from your address are not accepted";

/// LOGIN.
pub(super) async fn login(session: &mut Session, user: &[u8], password: &[u8]) -> Handled {
    if let Some(refused) = no_passwords(session) {
        return Ok(refused);
    }
    match sasl::login(user, password) {
        Ok(credentials) => check(session, credentials).await,
        Err(error) => {
            session.deps.authenticator.unreadable(&error, "plaintext", context(session));
            // The command was well-formed; a name or password that nobody has is a wrong one.
            refuse(session, &AuthError::new(AuthErrorKind::Failed, error.reason()))
        }
    }
}

/// A command that was not understood and is about to be thrown away: when it was to sign somebody in, the log gets its name.
pub(crate) fn unreadable(session: &Session, verb: &str) {
    if session.signed.is_some() || !matches!(verb, "LOGIN" | "AUTHENTICATE") {
        return;
    }
    let mut words = session.link.splitter.text().splitn(4, |byte| *byte == b' ').skip(2);
    // A literal's name is on the next line, which is not looked at; a mechanism is no name; what stands alone may be the password.
    let name = words.next().filter(|word| verb == "LOGIN" && !word.starts_with(b"{"));
    let name = name.filter(|_| words.next().is_some()).unwrap_or_default();
    let error = AuthError::new(AuthErrorKind::Malformed, "command is not well-formed").claimed(name);
    session.deps.authenticator.unreadable(&error, "plaintext", context(session));
}

/// AUTHENTICATE PLAIN, LOGIN and EXTERNAL.
pub(super) async fn authenticate(session: &mut Session, mechanism: &str, initial: Option<Vec<u8>>) -> Handled {
    if mechanism == "EXTERNAL" {
        return certificate::external(session, initial).await;
    }
    match mechanism {
        scram::SCRAM => return scram(session, Binding::None, initial).await,
        scram::SCRAM_PLUS => return scram(session, Binding::Channel, initial).await,
        _ => {}
    }
    if !matches!(mechanism, "PLAIN" | "LOGIN") {
        return Ok(Reply::no("Authentication mechanism is not supported").code("CANNOT"));
    }
    if let Some(refused) = no_passwords(session) {
        return Ok(refused);
    }
    let exchange = match mechanism {
        "PLAIN" => plain(session, initial).await?,
        _ => login_mechanism(session, initial).await?,
    };
    match exchange {
        Ok(credentials) => check(session, credentials).await,
        Err(broken) => broken_off(session, "plaintext", broken),
    }
}

/// SCRAM (RFC 5802, RFC 7677): the password never comes, so that it is allowed without TLS too.
async fn scram(session: &mut Session, binding: Binding, initial: Option<Vec<u8>>) -> Handled {
    let channel = capability::channel_bindings(session);
    let refused = capability::passwords(session) == capability::Passwords::Refused;
    if refused || (binding == Binding::Channel && channel.offered.is_empty()) {
        return Ok(Reply::no("Authentication mechanism is not supported").code("CANNOT"));
    }
    let message = match initial {
        Some(message) => decode(&message),
        None => ask(session, "").await?,
    };
    let authenticator = std::sync::Arc::clone(&session.deps.authenticator);
    let exchange = match message {
        Ok(message) => match ClientFirst::parse(&message, binding, &channel) {
            Ok(first) => match authenticator.scram(first, context(session)).await {
                Ok(exchange) => Ok(exchange),
                Err(error) => return refuse(session, &error),
            },
            Err(error) => Err(Broken::Malformed(error)),
        },
        Err(broken) => Err(broken),
    };
    let exchange = match exchange {
        Ok(exchange) => exchange,
        Err(broken) => return broken_off(session, scram::SCRAM, broken),
    };
    let answer = match ask(session, &STANDARD.encode(exchange.challenge())).await? {
        Ok(answer) => answer,
        Err(broken) => return broken_off(session, scram::SCRAM, broken),
    };
    let context = context(session);
    let (identity, last) = match authenticator.scram_finish(&exchange, &answer, context).await {
        Ok(signed) => signed,
        Err(error) => return refuse(session, &error),
    };
    // IMAP has no place for data in its success: the client answers them with nothing (RFC 4422 §5).
    match ask(session, &STANDARD.encode(last)).await? {
        Ok(empty) if empty.is_empty() => accept(session, identity).await,
        Ok(_) => {
            let error = AuthError::new(AuthErrorKind::Malformed, "data after the end");
            broken_off(session, scram::SCRAM, Broken::Malformed(error))
        }
        Err(broken) => broken_off(session, scram::SCRAM, broken),
    }
}

pub(super) fn broken_off(session: &mut Session, mechanism: &'static str, broken: Broken) -> Handled {
    match broken {
        Broken::Cancelled => Ok(Reply::bad("Authentication was cancelled")),
        Broken::Malformed(error) => {
            session.deps.authenticator.unreadable(&error, mechanism, context(session));
            refuse(session, &error)
        }
    }
}

/// Why an exchange ended without credentials.
pub(super) enum Broken {
    /// `*` (RFC 3501 §6.2.2).
    Cancelled,
    Malformed(AuthError),
}

pub(super) type Exchange<T> = Result<Result<T, Broken>, Hangup>;

async fn plain(session: &mut Session, initial: Option<Vec<u8>>) -> Exchange<Credentials> {
    let message = match initial {
        Some(message) => decode(&message),
        None => ask(session, "").await?,
    };
    Ok(message.and_then(|message| sasl::plain(&message).map_err(Broken::Malformed)))
}

async fn login_mechanism(session: &mut Session, initial: Option<Vec<u8>>) -> Exchange<Credentials> {
    let [ask_name, ask_password] = sasl::LOGIN_CHALLENGES;
    let name = match initial {
        Some(name) => decode(&name),
        None => ask(session, ask_name).await?,
    };
    let name = match name {
        Ok(name) => name,
        Err(broken) => return Ok(Err(broken)),
    };
    let password = ask(session, ask_password).await?;
    Ok(match password {
        Ok(password) => sasl::login(&name, &password).map_err(Broken::Malformed),
        Err(Broken::Malformed(error)) => Err(Broken::Malformed(error.claimed(&name))),
        Err(cancelled) => Err(cancelled),
    })
}

/// Sends a challenge, already in base64, and reads the decoded answer.
pub(super) async fn ask(session: &mut Session, challenge: &str) -> Exchange<Vec<u8>> {
    session.link.out.extend_from_slice(format!("+ {challenge}\r\n").as_bytes());
    let event = session.next_event().await?;
    let answer = match event {
        Event::Command => match session.link.splitter.text() {
            b"*" => Err(Broken::Cancelled),
            line => decode(line),
        },
        _ => {
            session.link.splitter.refuse_literal();
            return Ok(Err(Broken::Malformed(AuthError::new(AuthErrorKind::Malformed, "not a line of base64"))));
        }
    };
    session.link.splitter.finish();
    Ok(answer)
}

pub(super) fn decode(line: &[u8]) -> Result<Vec<u8>, Broken> {
    sasl::decode_line(line).map_err(Broken::Malformed)
}

fn no_passwords(session: &Session) -> Option<Reply> {
    match capability::passwords(session) {
        Passwords::Allowed => None,
        Passwords::NeedTls => Some(Reply::no("Sign in under TLS").code("PRIVACYREQUIRED")),
        Passwords::Refused => Some(Reply::no("Sign-in with a password is switched off").code("CANNOT")),
    }
}

/// Where this sign-in comes from.
pub(super) fn context(session: &Session) -> AuthContext {
    AuthContext {
        service: Service::Imap,
        peer: session.link.conn().map(daemon::Conn::peer),
        local: session.link.conn().map(daemon::Conn::local),
        tls: session.link.conn().is_some_and(daemon::Conn::is_tls),
    }
}

async fn check(session: &mut Session, credentials: Credentials) -> Handled {
    let authenticator = std::sync::Arc::clone(&session.deps.authenticator);
    let context = context(session);
    let Credentials { authorization, login, password } = credentials;
    match authenticator.password(&login, &password, authorization.as_deref(), context).await {
        Ok(identity) => match session.heed_origin(&identity).await {
            Ok(()) => accept(session, identity).await,
            Err(_) => Err(Hangup::Refused(Reply::no(UNWELCOME).code("NOPERM"), UNWELCOME)),
        },
        Err(error) => refuse(session, &error),
    }
}

pub(super) async fn accept(session: &mut Session, identity: Identity) -> Handled {
    if let Some(host) = elsewhere(session, &identity).await {
        // RFC 2221 §4.1, RFC 5092 §3.2: what is no letter or digit of the name is escaped.
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
        let escape = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
        let user: String = identity.user.store_id.bytes().map(escape).collect();
        return Ok(
            Reply::no("Your mailboxes are on another host").code(format!("REFERRAL imap://{user};AUTH=*@{host}/"))
        );
    }
    if let Err(error) = session.sign_in(identity) {
        return Ok(crate::reply::store_failure(&error));
    }
    session.sign_in_failures = 0;
    // A capability line here saves the client a round trip (RFC 3501 §6.2.2 and §6.2.3 allow it).
    Ok(Reply::ok("User logged in").code(capability::line(session)))
}

/// The host that holds the user's mailboxes, when it is another one.
async fn elsewhere(session: &Session, identity: &Identity) -> Option<String> {
    let config = &session.deps.config;
    let host = identity.user.mail_host.as_deref().filter(|_| config.login_referrals)?;
    let name = |byte: u8| byte.is_ascii_alphanumeric() || b"-.:[]".contains(&byte);
    let here = [config.hostname.as_str(), "localhost", "127.0.0.1", "[::1]", "::1"];
    let other = !host.is_empty() && !here.iter().any(|here| here.eq_ignore_ascii_case(host));
    if !other || !host.bytes().all(name) || is_alias(session, host).await {
        return None;
    }
    Some(host.to_owned())
}

/// Whether a name is another one of this host: its addresses are where the client is connected to, or loopback ones.
async fn is_alias(session: &Session, host: &str) -> bool {
    let local = session.link.conn().map(|conn| conn.local().ip().to_canonical());
    match tokio::time::timeout(PATIENCE, tokio::net::lookup_host((host.trim_matches(['[', ']']), 0))).await {
        Ok(Ok(found)) => found.map(|found| found.ip().to_canonical()).any(|ip| ip.is_loopback() || Some(ip) == local),
        // A name that nobody knows now is not this host's.
        Ok(Err(_)) | Err(_) => false,
    }
}

pub(super) fn refuse(session: &mut Session, error: &AuthError) -> Handled {
    let text = error.kind().client_text();
    let reply = match error.kind().response_code() {
        Some(code) => Reply::no(text).code(code),
        None => Reply::bad(text),
    };
    session.sign_in_failures += 1;
    if session.sign_in_failures >= MOST_FAILURES {
        return Err(Hangup::Refused(reply, "Too many failed sign-ins"));
    }
    Ok(reply)
}

/// PROXYAUTH: a store or domain administrator who has signed in goes on as somebody else.
pub(super) async fn proxy_auth(session: &mut Session, user: &[u8]) -> Handled {
    let Some(identity) = session.signed.as_ref().map(|signed| signed.identity.clone()) else {
        return Ok(Reply::bad("Sign in first"));
    };
    let authenticator = std::sync::Arc::clone(&session.deps.authenticator);
    let result = match std::str::from_utf8(user) {
        Ok(wanted) => authenticator.act_for(&identity, wanted, context(session)).await,
        Err(_) => Err(AuthError::new(AuthErrorKind::NotAuthorized, "a name that is not UTF-8")),
    };
    match result {
        Ok(identity) => {
            session.selected = None;
            session.watching = None;
            accept(session, identity).await
        }
        // A status is for whoever signs in; an administrator learns that the user cannot be acted for.
        Err(error) => {
            let kind = match error.kind() {
                AuthErrorKind::Unavailable => AuthErrorKind::Unavailable,
                _ => AuthErrorKind::NotAuthorized,
            };
            let code = kind.response_code().unwrap_or("AUTHORIZATIONFAILED");
            Ok(Reply::no(kind.client_text()).code(code))
        }
    }
}

/// UNAUTHENTICATE: the connection is as it was before signing in, TLS apart; nothing is expunged (RFC 8437 §2).
pub(super) async fn unauthenticate(session: &mut Session) -> Handled {
    session.selected = None;
    session.watching = None;
    session.signed = None;
    daemon::session::signed_in(None);
    session.dialect = Default::default();
    session.link.splitter.set_limits(FrameLimits::before_login());
    let done = Reply::ok("Signed out").code(capability::line(session));
    if !session.link.is_compressed() {
        return Ok(done);
    }
    // The tagged response is the last thing that is compressed.
    let tag = std::mem::take(&mut session.tag);
    done.print(&mut session.link.out, session.dialect.language, Some(&tag));
    session.link.flush().await?;
    session.link.end_compression();
    Err(Hangup::Answered)
}
