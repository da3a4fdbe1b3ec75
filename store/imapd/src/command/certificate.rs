//! Sign-in by the certificate that the client has shown: AUTHENTICATE EXTERNAL (RFC 4422 appendix A) and PREAUTH straight after the
//! handshake on the TLS port (RFC 3501 §7.1.4; Guide §5.2.3).

use std::sync::Arc;

use auth::{AuthContext, AuthError, AuthErrorKind, Identity};

use super::sign_in::{self, Broken};
use crate::reply::{Handled, Reply};
use crate::session::Session;

/// Finds out after a handshake whether EXTERNAL can be offered; a certificate that counts for nothing is logged here.
pub(crate) fn look(session: &mut Session) {
    let shown = session.link.conn().and_then(|conn| conn.certificate().cloned());
    session.external = shown.is_some_and(|shown| session.deps.authenticator.trusts(&shown, context(session)));
}

/// On the TLS port: who the certificate says that this is. Whoever it leaves unknown may still give a password.
pub(crate) async fn straight_away(session: &mut Session) -> Option<Identity> {
    if !session.external || !session.deps.config.cert_preauth {
        return None;
    }
    check(session, None).await.ok()
}

/// AUTHENTICATE EXTERNAL. The message is whom to act for; empty is the certificate's own user.
pub(super) async fn external(session: &mut Session, initial: Option<Vec<u8>>) -> Handled {
    if !session.external {
        return Ok(Reply::no("No certificate to sign in with").code("CANNOT"));
    }
    let message = match initial {
        Some(message) => sign_in::decode(&message),
        None => sign_in::ask(session, "").await?,
    };
    let wanted = message.and_then(|message| match String::from_utf8(message) {
        Ok(wanted) if !wanted.contains('\0') => Ok(wanted),
        _ => Err(Broken::Malformed(AuthError::new(AuthErrorKind::Malformed, "not a name"))),
    });
    let wanted = match wanted {
        Ok(wanted) => wanted,
        Err(broken) => return sign_in::broken_off(session, "certificate", broken),
    };
    match check(session, Some(&wanted)).await {
        Ok(identity) => sign_in::accept(session, identity).await,
        Err(error) => sign_in::refuse(session, &error),
    }
}

async fn check(session: &Session, authorization: Option<&str>) -> Result<Identity, AuthError> {
    let shown = session.link.conn().and_then(|conn| conn.certificate().cloned());
    let shown = shown.ok_or_else(|| AuthError::new(AuthErrorKind::Failed, "no certificate"))?;
    let authenticator = Arc::clone(&session.deps.authenticator);
    authenticator.certificate(&shown, authorization, context(session)).await
}

fn context(session: &Session) -> AuthContext {
    sign_in::context(session)
}
