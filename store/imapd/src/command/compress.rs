//! COMPRESS (RFC 4978 §3).

use crate::reply::{Handled, Hangup, Reply};
use crate::session::Session;

/// COMPRESS DEFLATE: the tagged OK is the last thing that goes out as it is.
pub(super) async fn compress(session: &mut Session, mechanism: &str) -> Handled {
    if mechanism != "DEFLATE" {
        return Ok(Reply::bad("Unknown compression mechanism"));
    }
    if session.link.is_compressed() {
        return Ok(Reply::no("DEFLATE is active already").code("COMPRESSIONACTIVE"));
    }
    let tag = std::mem::take(&mut session.tag);
    Reply::ok("DEFLATE active").print(&mut session.link.out, session.dialect.language, Some(&tag));
    session.link.flush().await?;
    session.link.start_compression();
    Err(Hangup::Answered)
}
