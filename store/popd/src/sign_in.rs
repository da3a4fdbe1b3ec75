//! USER, PASS, AUTH and STLS: from AUTHORIZATION to TRANSACTION (RFC 1939 §4, §7; RFC 5034; RFC 4616; RFC 2595 §4; RFC 3206).

use std::time::{SystemTime, UNIX_EPOCH};

use auth::sasl::{self, Credentials};
use auth::scram::{self, Binding, ClientFirst};
use auth::{AuthContext, AuthError, AuthErrorKind, Identity, Service};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::capability::Passwords;
use crate::command::Mechanism;
use crate::input::Expected;
use crate::maildrop::{Maildrop, Opening, Refused};
use crate::reply::{Reply, store_failure};
use crate::session::{End, Handled, Session};

/// Failed sign-ins on one connection before it is closed.
const MOST_FAILURES: u32 = 4;

const NEED_TLS: Reply = Reply::err("Sign in under TLS: send STLS first");
const NO_PASSWORDS: Reply = Reply::err("Sign-in with a password is switched off");
const IN_USE: Reply = Reply::err("Maildrop is in use by another session");
const TOO_SOON: Reply = Reply::err("Wait before you sign in again");

/// Why an exchange ended without credentials.
enum Broken {
    /// `*` (RFC 5034 §4).
    Cancelled,
    Malformed(AuthError),
}

/// What a line that could not be read was for, by its first word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Attempt {
    Name,
    Password,
    Exchange,
}

impl Attempt {
    fn of(line: &[u8]) -> Option<(Attempt, &[u8])> {
        let (word, rest) = line.split_at_checked(4)?;
        let attempt = match word.to_ascii_uppercase().as_slice() {
            b"USER" => Attempt::Name,
            b"PASS" => Attempt::Password,
            b"AUTH" => Attempt::Exchange,
            _ => return None,
        };
        rest.strip_prefix(b" ").map(|rest| (attempt, rest))
    }
}

impl Session {
    /// USER. The answer does not tell whether there is such a user.
    pub(crate) fn name_user(&mut self, name: String) -> Reply {
        if let Some(refused) = self.no_passwords() {
            return refused;
        }
        self.user = Some(name);
        Reply::ok("Send the password")
    }

    /// A line that is too long or not well-formed: when it was to sign somebody in, the log gets its name. `line` may be its beginning.
    pub(crate) fn unreadable(&mut self, line: &[u8], reason: &str) {
        let Some((attempt, rest)) = Attempt::of(line).filter(|_| self.maildrop.is_none()) else { return };
        let name = match attempt {
            Attempt::Name => rest.to_vec(),
            Attempt::Password => self.user.take().unwrap_or_default().into_bytes(),
            Attempt::Exchange => Vec::new(),
        };
        let error = AuthError::new(AuthErrorKind::Malformed, reason).claimed(&name);
        self.deps.authenticator.unreadable(&error, "plaintext", self.context());
    }

    /// PASS.
    pub(crate) async fn pass(&mut self, password: &str) -> Handled {
        if let Some(refused) = self.no_passwords() {
            return Ok(Some(refused));
        }
        // Whatever comes of it, the next PASS needs a USER before it (RFC 1939 §7).
        let Some(login) = self.user.take() else { return Ok(Some(Reply::err("Send USER first"))) };
        self.check(&login, password, None).await
    }

    /// AUTH.
    pub(crate) async fn auth(&mut self, mechanism: Option<Mechanism>) -> Handled {
        self.user = None;
        let allowed = self.no_passwords();
        let Some(mechanism) = mechanism else {
            let list: String = self.mechanisms().iter().map(|name| format!("{name}\r\n")).collect();
            return self.say_lines("Mechanism list follows", &list);
        };
        match mechanism.name.as_str() {
            scram::SCRAM => return self.scram(Binding::None, mechanism.initial).await,
            scram::SCRAM_PLUS => return self.scram(Binding::Channel, mechanism.initial).await,
            _ => {}
        }
        if mechanism.name != "PLAIN" {
            return Ok(Some(Reply::err("Authentication mechanism is not supported")));
        }
        if let Some(refused) = allowed {
            return Ok(Some(refused));
        }
        let message = match mechanism.initial {
            Some(initial) => decode(&initial).and_then(|message| plain(&message)),
            None => self.ask("").await?.and_then(|message| plain(&message)),
        };
        match message {
            Ok(Credentials { authorization, login, password }) => {
                self.check(&login, &password, authorization.as_deref()).await
            }
            Err(broken) => self.broken_off("plaintext", &broken),
        }
    }

    /// AUTH SCRAM-SHA-256 (RFC 7677): the password never comes, so that it is allowed without TLS too.
    async fn scram(&mut self, binding: Binding, initial: Option<Vec<u8>>) -> Handled {
        let channel = self.channel_bindings();
        let refused = self.passwords() == Passwords::Refused;
        if refused || (binding == Binding::Channel && channel.offered.is_empty()) {
            return Ok(Some(Reply::err("Authentication mechanism is not supported")));
        }
        let message = match initial {
            Some(initial) => decode(&initial),
            None => self.ask("").await?,
        };
        let first =
            message.and_then(|message| ClientFirst::parse(&message, binding, &channel).map_err(Broken::Malformed));
        let first = match first {
            Ok(first) => first,
            Err(broken) => return self.broken_off(scram::SCRAM, &broken),
        };
        let authenticator = std::sync::Arc::clone(&self.deps.authenticator);
        let exchange = match authenticator.scram(first, self.context()).await {
            Ok(exchange) => exchange,
            Err(error) => return self.refuse(refusal(&error)),
        };
        let answer = match self.ask(&STANDARD.encode(exchange.challenge())).await? {
            Ok(answer) => answer,
            Err(broken) => return self.broken_off(scram::SCRAM, &broken),
        };
        let (identity, last) = match authenticator.scram_finish(&exchange, &answer, self.context()).await {
            Ok(signed) => signed,
            Err(error) => return self.refuse(refusal(&error)),
        };
        // POP has no place for data in its success: the client answers them with nothing (RFC 5034 §4).
        match self.ask(&STANDARD.encode(last)).await? {
            Ok(empty) if empty.is_empty() => self.enter(identity).await,
            Ok(_) => {
                let error = AuthError::new(AuthErrorKind::Malformed, "data after the end");
                self.broken_off(scram::SCRAM, &Broken::Malformed(error))
            }
            Err(broken) => self.broken_off(scram::SCRAM, &broken),
        }
    }

    fn broken_off(&mut self, mechanism: &'static str, broken: &Broken) -> Handled {
        match broken {
            Broken::Cancelled => Ok(Some(Reply::err("Authentication was cancelled"))),
            Broken::Malformed(error) => {
                self.deps.authenticator.unreadable(error, mechanism, self.context());
                self.refuse(Reply::err(AuthErrorKind::Malformed.client_text()))
            }
        }
    }

    /// Sends a challenge, already in base64, and reads the decoded answer.
    async fn ask(&mut self, challenge: &str) -> Result<Result<Vec<u8>, Broken>, End> {
        self.link.out.extend_from_slice(format!("+ {challenge}\r\n").as_bytes());
        Ok(match self.next_line(Expected::Answer).await? {
            Ok(line) if line == b"*" => Err(Broken::Cancelled),
            Ok(line) => decode(&line),
            Err(_) => Err(Broken::Malformed(AuthError::new(AuthErrorKind::Malformed, "message too long"))),
        })
    }

    fn no_passwords(&self) -> Option<Reply> {
        match self.passwords() {
            Passwords::Allowed => None,
            Passwords::NeedTls => Some(NEED_TLS.code("PRIVACYREQUIRED")),
            Passwords::Refused => Some(NO_PASSWORDS),
        }
    }

    async fn check(&mut self, login: &str, password: &str, authorization: Option<&str>) -> Handled {
        let context = self.context();
        match self.deps.authenticator.password(login, password, authorization, context).await {
            Ok(identity) => self.enter(identity).await,
            Err(error) => self.refuse(refusal(&error)),
        }
    }

    fn context(&self) -> AuthContext {
        AuthContext {
            service: Service::Pop,
            peer: self.link.conn().map(daemon::Conn::peer),
            local: self.link.conn().map(daemon::Conn::local),
            tls: self.link.conn().is_some_and(daemon::Conn::is_tls),
        }
    }

    /// The password was right: takes the maildrop.
    async fn enter(&mut self, identity: Identity) -> Handled {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let opening = Opening {
            store: self.deps.store.clone(),
            account: identity.user.store_id.clone(),
            partition: identity.user.partition.clone(),
            login_delay: self.deps.config.login_delay,
            now: i64::try_from(since_1970.as_secs()).unwrap_or(i64::MAX),
            headers: self.headers(),
        };
        let reply = match self.deps.pool.run(move || opening.open()).await {
            Ok(maildrop) => self.entered(maildrop, identity.user.store_id.clone()),
            Err(Refused::InUse) => IN_USE.code("IN-USE"),
            Err(Refused::TooSoon) => TOO_SOON.code("LOGIN-DELAY"),
            Err(Refused::Store(error)) => store_failure(&error),
        };
        Ok(Some(reply))
    }

    fn entered(&mut self, maildrop: Maildrop, user: String) -> Reply {
        let totals = maildrop.totals();
        self.maildrop = Some(Box::new(maildrop));
        daemon::session::signed_in(Some(&user));
        self.signed = Some(user);
        self.user = None;
        Reply::ok(format!("Maildrop has {} messages ({} octets)", totals.messages, totals.octets))
    }

    /// A sign-in failed; too many end the session.
    fn refuse(&mut self, reply: Reply) -> Handled {
        self.failed_sign_ins += 1;
        if self.failed_sign_ins >= MOST_FAILURES { Err(End::Dismissed(reply)) } else { Ok(Some(reply)) }
    }

    /// STLS.
    pub(crate) async fn start_tls(&mut self) -> Handled {
        let Some(acceptor) = self.deps.tls.clone().filter(|_| self.can_start_tls()) else {
            return Ok(Some(Reply::err("TLS is not available or active already")));
        };
        if self.utf8 {
            // RFC 6856 §2.1: what was agreed in clear must not hold under TLS.
            return Ok(Some(Reply::err("STLS comes before UTF8")));
        }
        self.say(&Reply::ok("Begin TLS negotiation"));
        self.link.flush().await?;
        self.link.start_tls(&acceptor).await?;
        // RFC 2595 §4: nothing that was said before is known any more.
        self.user = None;
        Ok(None)
    }
}

fn decode(line: &[u8]) -> Result<Vec<u8>, Broken> {
    sasl::decode_line(line).map_err(Broken::Malformed)
}

fn plain(message: &[u8]) -> Result<Credentials, Broken> {
    sasl::plain(message).map_err(Broken::Malformed)
}

/// RFC 3206 §4: `AUTH` for everything that is about this user's credentials, `SYS` for the rest.
fn refusal(error: &AuthError) -> Reply {
    let code = match error.kind() {
        AuthErrorKind::Unavailable | AuthErrorKind::TooMany => "SYS/TEMP",
        _ => "AUTH",
    };
    Reply::err(error.kind().client_text()).code(code)
}
