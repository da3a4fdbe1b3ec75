//! CAPABILITY, NOOP, LOGOUT, STARTTLS, ID and ENABLE.

use imap_wire::command::IdField;
use imap_wire::print;

use super::capability;
use crate::reply::{Handled, Hangup, Reply, Status};
use crate::session::Session;
use crate::view::Recency;

/// RFC 3501 §6.1.1.
pub(super) fn capability(session: &mut Session) -> Handled {
    let line = format!("* {}\r\n", capability::line(session));
    session.link.out.extend_from_slice(line.as_bytes());
    Ok(Reply::ok("CAPABILITY completed"))
}

/// RFC 3501 §6.1.2. The sync point at its end is what it is for.
pub(super) fn noop() -> Handled {
    Ok(Reply::ok("NOOP completed"))
}

/// RFC 3501 §6.1.3: BYE comes before the tagged OK.
pub(super) fn logout(session: &mut Session) -> Handled {
    session.say("BYE", "Logging out");
    Err(Hangup::LoggedOut)
}

/// RFC 3501 §6.2.1.
pub(super) async fn start_tls(session: &mut Session) -> Handled {
    let Some(acceptor) = session.deps.tls.clone().filter(|_| capability::can_start_tls(session)) else {
        return Ok(Reply { status: Status::Bad, ..Reply::no("TLS is not available") });
    };
    // The tagged response goes out here, because the handshake follows it on the wire.
    let tag = std::mem::take(&mut session.tag);
    Reply::ok("Begin TLS negotiation now").print(&mut session.link.out, session.dialect.language, Some(&tag));
    session.link.flush().await?;
    session.link.start_tls(&acceptor).await?;
    super::certificate::look(session);
    Err(Hangup::Answered)
}

/// RFC 2971. What the client says goes to the log, quoted and short.
pub(super) fn id(session: &mut Session, fields: &[IdField]) -> Handled {
    if session.signed.is_none() {
        session.hear_origin(fields);
    }
    if !fields.is_empty() {
        let said: Vec<String> = fields
            .iter()
            .map(|(field, value)| {
                let value = value.as_deref().unwrap_or_default();
                let short = &value[..value.len().min(80)];
                format!("{}={}", field.escape_ascii(), short.escape_ascii())
            })
            .collect();
        tracing::debug!(category = "Protocol", client = said.join(" "), "ID");
    }
    let out = &mut session.link.out;
    out.extend_from_slice(b"* ID (\"name\" ");
    print::string(out, daemon::Product::NAME.as_bytes());
    out.extend_from_slice(b" \"version\" ");
    print::string(out, daemon::Product::VERSION.as_bytes());
    out.extend_from_slice(b")\r\n");
    Ok(Reply::ok("ID completed"))
}

/// RFC 5161: names that are unknown or need no enabling are passed over.
pub(super) fn enable(session: &mut Session, names: &[String]) -> Handled {
    let mut enabled = String::new();
    for name in names {
        let mut known = name.as_str();
        match known {
            "CONDSTORE" => {}
            "QRESYNC" => session.dialect.qresync = true,
            "UIDONLY" => session.dialect.uid_only = true,
            "UTF8=ACCEPT" => session.dialect.utf8 = true,
            "IMAP4REV2" if session.deps.reach.is_configured() => {
                session.dialect.rev2 = true;
                known = "IMAP4rev2";
                if let Some(selected) = &mut session.selected {
                    selected.view.recency = Recency::Unknown;
                    selected.view.recent = [].into();
                }
            }
            _ => continue,
        }
        enabled.push(' ');
        enabled.push_str(known);
    }
    session.link.out.extend_from_slice(format!("* ENABLED{enabled}\r\n").as_bytes());
    // QRESYNC holds all of CONDSTORE (RFC 7162 §3.2.3).
    if names.iter().any(|name| name == "CONDSTORE" || name == "QRESYNC") {
        super::select::enable_condstore(session);
    }
    Ok(Reply::ok("ENABLE completed"))
}
