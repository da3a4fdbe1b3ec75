//! The names under which commands are timed: words of ours, never the client's.

use imap_wire::Command as C;

/// The command's name; IDLE, whose time is the client's, has none.
pub(crate) fn name(command: &C) -> Option<&'static str> {
    Some(match command {
        C::Idle => return None,
        C::Capability => "CAPABILITY",
        C::Noop => "NOOP",
        C::Logout => "LOGOUT",
        C::StartTls => "STARTTLS",
        C::Authenticate(..) => "AUTHENTICATE",
        C::Login(..) => "LOGIN",
        C::ProxyAuth(..) => "PROXYAUTH",
        C::Id(..) => "ID",
        C::Enable(..) => "ENABLE",
        C::Select(..) => "SELECT",
        C::Examine(..) => "EXAMINE",
        C::Create(..) => "CREATE",
        C::Delete(..) => "DELETE",
        C::Rename(..) => "RENAME",
        C::Subscribe(..) | C::Unsubscribe(..) => "SUBSCRIBE",
        C::List(..) | C::Lsub(..) => "LIST",
        C::Status(..) => "STATUS",
        C::Namespace => "NAMESPACE",
        C::GetQuota(..) | C::GetQuotaRoot(..) | C::SetQuota(..) => "QUOTA",
        C::Unauthenticate => "UNAUTHENTICATE",
        C::Check => "CHECK",
        C::Close | C::Unselect => "CLOSE",
        C::Expunge(..) => "EXPUNGE",
        C::Search(..) => "SEARCH",
        C::Sort(..) => "SORT",
        C::Thread(..) => "THREAD",
        C::Fetch(..) => "FETCH",
        C::Store(..) => "STORE",
        C::Copy(..) => "COPY",
        C::Move(..) => "MOVE",
        // A command without a row here is timed with the rare ones.
        #[allow(unreachable_patterns)]
        _ => "OTHER",
    })
}
