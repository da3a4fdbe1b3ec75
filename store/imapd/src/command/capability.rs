//! What the server announces, which depends on the state of the session (RFC 3501 §6.1.1, §7.2.1).

use auth::scram::ChannelBindings;

use crate::session::Session;

/// Everything that is whole here. An extension that is not in this line is not there.
const EXTENSIONS: &str = "SASL-IR ID ENABLE NAMESPACE UIDPLUS CHILDREN UNSELECT SPECIAL-USE CREATE-SPECIAL-USE MOVE \
    LIST-EXTENDED LIST-STATUS LIST-METADATA STATUS=SIZE ESEARCH SEARCH=FUZZY MULTISEARCH FILTERS WITHIN CONDSTORE QRESYNC UIDONLY UIDBATCHES PARTIAL \
    MULTIAPPEND SORT SORT=DISPLAY ESORT CONTEXT=SEARCH CONTEXT=SORT THREAD=ORDEREDSUBJECT THREAD=REFERENCES THREAD=REFS SEARCHRES \
    ACL RIGHTS=kxte LIST-MYRIGHTS QUOTA QUOTA=RES-STORAGE QUOTA=RES-MESSAGE METADATA OBJECTID SAVEDATE \
    BINARY PREVIEW COMPRESS=DEFLATE REPLACE CATENATE URL-PARTIAL UTF8=ACCEPT URLAUTH URLAUTH=BINARY I18NLEVEL=2 LANGUAGE INPROGRESS \
    QUOTASET XSENDER X-NETSCAPE XSERVERINFO X-ANNOTATEMORE";

/// How sign-in is possible on this connection at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Passwords {
    Allowed,
    /// Not before STARTTLS.
    NeedTls,
    /// Never.
    Refused,
}

/// Guide §5.3.4: 0 takes passwords on any connection, a number above only under TLS of that strength, -1 never.
pub(crate) fn passwords(session: &Session) -> Passwords {
    let least = session.deps.config.service.plaintext_min_cipher;
    let bits = session.link.conn().map_or(0, daemon::Conn::cipher_bits);
    match u32::try_from(least) {
        Err(_) => Passwords::Refused,
        Ok(0) => Passwords::Allowed,
        Ok(least) if bits >= least => Passwords::Allowed,
        Ok(_) => Passwords::NeedTls,
    }
}

/// What the connection has to bind to (RFC 9266).
pub(crate) fn channel_bindings(session: &Session) -> ChannelBindings {
    ChannelBindings { offered: session.link.conn().and_then(daemon::Conn::channel_binding).into_iter().collect() }
}

/// Whether SCRAM is to be had: it needs verifiers, and is a sign-in by password like any other.
pub(crate) fn offers_scram(session: &Session) -> bool {
    session.deps.authenticator.directory().offers_scram() && passwords(session) != Passwords::Refused
}

/// Whether STARTTLS would work now.
pub(crate) fn can_start_tls(session: &Session) -> bool {
    session.deps.tls.is_some() && session.signed.is_none() && session.link.conn().is_some_and(|conn| !conn.is_tls())
}

/// `CAPABILITY IMAP4rev1 …`: the response without `* `, and the response code without brackets.
pub(crate) fn line(session: &Session) -> String {
    let literals = if session.deps.config.literal_minus { "LITERAL-" } else { "LITERAL+" };
    // IDLE is a part of IMAP4rev2 (RFC 9051 §6.3.13), so it is announced where IDLE is set up.
    let revisions = if session.deps.reach.is_configured() { "IMAP4rev1 IMAP4rev2" } else { "IMAP4rev1" };
    let mut line = format!("CAPABILITY {revisions} {literals} {EXTENSIONS}");
    if session.deps.reach.is_up() {
        line.push_str(" IDLE NOTIFY");
    }
    if session.deps.config.login_referrals {
        line.push_str(" LOGIN-REFERRALS");
    }
    match session.deps.config.max_message_size {
        Some(limit) => line.push_str(&format!(" APPENDLIMIT={limit}")),
        // RFC 7889 §2, §3: STATUS tells that there is none.
        None => line.push_str(" APPENDLIMIT"),
    }
    if session.signed.is_some() {
        // There is nothing to take back before (RFC 8437 §2).
        line.push_str(" UNAUTHENTICATE");
        return line;
    }
    if can_start_tls(session) {
        line.push_str(" STARTTLS");
    }
    line.push_str(match passwords(session) {
        Passwords::Allowed => " AUTH=PLAIN AUTH=LOGIN",
        Passwords::NeedTls | Passwords::Refused => " LOGINDISABLED",
    });
    if session.external {
        line.push_str(" AUTH=EXTERNAL");
    }
    let scram = offers_scram(session);
    if scram {
        line.push_str(" AUTH=SCRAM-SHA-256");
    }
    if scram && !channel_bindings(session).offered.is_empty() {
        line.push_str(" AUTH=SCRAM-SHA-256-PLUS");
    }
    line
}
