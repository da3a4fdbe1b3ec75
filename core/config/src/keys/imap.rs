//! The IMAP service.

use super::{count, minutes, rows};
use crate::key::Kind;

rows! {
    ENABLE: "service.imap.enable", Kind::Bool, "yes", Restart, "Guide §5.1.1",
        "Start the IMAP service on its plain port. Its TLS port is service.imap.enablesslport's: the service is off when both are no.";
    PORT: "service.imap.port", Kind::Port, "143", Restart, "Guide §5.1.2",
        "Port of the IMAP service.";
    ENABLE_SSL_PORT: "service.imap.enablesslport", Kind::Bool, "no", Restart, "Guide §5.1.3",
        "Also listen on the port for IMAP over TLS.";
    SSL_PORT: "service.imap.sslport", Kind::Port, "993", Restart, "Guide §5.1.3",
        "Port for IMAP over TLS.";
    SSL_USE_SSL: "service.imap.sslusessl", Kind::Bool, "yes", Restart, "Reference §1.3",
        "Master switch for TLS in the IMAP service, on its own port and after STARTTLS.";
    MAX_SESSIONS: "service.imap.maxsessions", count(1, 1_000_000), "4000", Restart, "Guide §5.3.2",
        "Network connections per process.";
    MAX_THREADS: "service.imap.maxthreads", count(1, 10_000), "250", Restart, "Guide §5.3.3",
        "Threads per process for blocking work.";
    NUM_PROCESSES: "service.imap.numprocesses", count(1, 64), "1", Restart, "Guide §5.3.1",
        "Processes of the IMAP service with start-msg; run and serve are one.";
    IDLE_TIMEOUT: "service.imap.idletimeout", minutes(30, 10_080), "30", Refresh, "Guide §5.3.4",
        "Idle minutes after which a connection is dropped; may be raised, not lowered.",
        because("IMAP clients may be idle for 30 minutes at least (RFC 3501 §5.4, Guide §5.3.4)");
    PLAINTEXT_MIN_CIPHER: "service.imap.plaintextmincipher", count(-1, 512), "0", Refresh, "Guide §5.6, §5.7.1",
        "0: passwords are accepted on any connection; more: only under TLS with keys of at least that many bits; -1: never.";
    BANNER: "service.imap.banner", Kind::Banner, "%h %p service (%P %V)", Refresh, "Guide §5.1.4",
        "Greeting text: %h host, %p protocol, %P product, %v version, %V version and build.";
    CERT_PREAUTH: "service.imap.certpreauth", Kind::Bool, "yes", Refresh, "Guide §5.2.3",
        "Sign in whoever shows a good certificate on the TLS port at once (PREAUTH); no: only by AUTHENTICATE EXTERNAL, for clients that do not expect it.";
    MAX_MESSAGE_SIZE: "service.imap.maxmessagesize", super::bytes(0), "0", Refresh, "own",
        "Largest message that APPEND takes; 0 for no limit of its own.";
    LITERAL_MINUS: "service.imap.literalminus", Kind::Bool, "no", Refresh, "own",
        "Announce LITERAL- in place of LITERAL+: literals above 4096 octets only come after the server's word.";
    SHARED_FOLDERS: "local.store.sharedfolders", Kind::Bool, "yes", Refresh, "Reference §7.2",
        "Show mailboxes that other people share below Shared Folders; no: everybody has their own mailboxes only, under every name.";
    PUBLIC_USER: "store.publicsharedfolders.user", Kind::Text, "public", Refresh, "Reference §7.1",
        "User whose mailboxes are the public ones: what its access control lists allow is shown right below Shared Folders.";
    SUBMIT_USERS: "service.imap.submituser", Kind::Text, "", Refresh, "own",
        "Users, separated by blanks, as whom submission servers sign in: they may read URLs authorized for submit+.";
    LOGIN_REFERRALS: "service.imap.loginreferrals", Kind::Bool, "yes", Refresh, "own",
        "Send users whose mailHost is another host there (RFC 2221) in place of signing them in.";
    ACCOUNT_URL: "service.imap.accounturl", Kind::Text, "", Refresh, "own",
        "Page on which users look after their account, told by XSERVERINFO and NETSCAPE; %u is the user.";
    LISTS_URL: "service.imap.listsurl", Kind::Text, "", Refresh, "own",
        "Page on which users look after their mailing lists, told by XSERVERINFO and NETSCAPE; %u is the user.";
    FILTERS_URL: "service.imap.filtersurl", Kind::Text, "", Refresh, "own",
        "Page on which users look after their mail filters, told by XSERVERINFO and NETSCAPE; %u is the user.";
    MAILBOX_URL: "service.imap.mailboxurl", Kind::Text, "", Refresh, "own",
        "Page on which users look after a mailbox, told by XMAILBOXINFO; %u is the user, %m the mailbox.";
    POST_URL: "service.imap.posturl", Kind::Text, "", Refresh, "own",
        "Where users post to a mailbox, told by XMAILBOXINFO; %u is the user, %m the mailbox.";
    PROGRESS_INTERVAL: "service.imap.progressinterval", count(0, 3600), "10", Refresh, "own",
        "Seconds between two words of a long search to its client (RFC 9585); 0: a word with every step.";
}
