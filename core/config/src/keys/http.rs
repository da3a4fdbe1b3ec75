//! The HTTP service.

use super::{bytes, count, minutes, rows, seconds};
use crate::key::Kind;

rows! {
    ENABLE: "service.http.enable", Kind::Bool, "yes", Restart, "Guide §5.1.1",
        "Start the HTTP service on its plain port. Its TLS port is service.http.enablesslport's: the service is off when both are no.";
    PORT: "service.http.port", Kind::Port, "80", Restart, "Guide §5.1.2",
        "Port of the HTTP service.";
    ENABLE_SSL_PORT: "service.http.enablesslport", Kind::Bool, "no", Restart, "Guide §5.1.3",
        "Also listen on the port for HTTP over TLS.";
    SSL_PORT: "service.http.sslport", Kind::Port, "443", Restart, "Guide §5.1.3",
        "Port for HTTP over TLS.";
    SSL_USE_SSL: "service.http.sslusessl", Kind::Bool, "yes", Restart, "Reference §1.3",
        "Master switch for TLS in the HTTP service, on its own port and after STARTTLS.";
    MAX_SESSIONS: "service.http.maxsessions", count(1, 1_000_000), "6000", Restart, "Guide §5.3.2",
        "Network connections per process.";
    MAX_THREADS: "service.http.maxthreads", count(1, 10_000), "250", Restart, "Guide §5.3.3",
        "Threads per process for blocking work.";
    NUM_PROCESSES: "service.http.numprocesses", count(1, 64), "1", Restart, "Guide §5.3.1",
        "Processes of the HTTP service with start-msg; run and serve are one.";
    IDLE_TIMEOUT: "service.http.idletimeout", minutes(3, 10_080), "3", Refresh, "Guide §5.3.4",
        "Idle minutes after which a connection is dropped; may be raised, not lowered.",
        because("an HTTP connection may be idle for 3 minutes at least (Guide §5.3.4)");
    PLAINTEXT_MIN_CIPHER: "service.http.plaintextmincipher", count(-1, 512), "0", Refresh, "Guide §5.6, §5.7.1",
        "0: passwords are accepted on any connection; more: only under TLS with keys of at least that many bits; -1: never.";
    SESSION_TIMEOUT: "service.http.sessiontimeout", seconds(60, 604_800), "7200", Refresh, "Guide §5.3.5",
        "Idle seconds after which a webmail session ends.";
    RESOURCE_TIMEOUT: "service.http.resourcetimeout", seconds(10, 86_400), "900", Refresh, "Reference §1.3",
        "Idle seconds after which a session's back-end connections are closed; the session itself lives on.";
    MAX_MESSAGE_SIZE: "service.http.maxmessagesize", bytes(1024), "5242880", Refresh, "Guide §5.7.1",
        "Largest message that may be sent, attachments counted as they are encoded in base64.";
    MAX_POST_SIZE: "service.http.maxpostsize", bytes(1024), "5242880", Refresh, "Reference §1.3",
        "Largest body of one request that is not an attachment upload.";
    SPOOL_DIR: "service.http.spooldir", Kind::Path, "spool", Restart, "Guide §5.7.1",
        "Folder of uploaded attachments until their message is sent.";
    SMTP_HOST: "service.http.smtphost", Kind::Host, "localhost", Refresh, "Guide §5.7.1",
        "Host of the MTA that takes outgoing mail.";
    SMTP_PORT: "service.http.smtpport", Kind::Port, "25", Refresh, "Guide §5.7.1",
        "Port of the MTA that takes outgoing mail.";
    SMTP_TLS: "service.http.smtptls", Kind::Choice(&["no", "opportunistic", "required"]), "opportunistic", Refresh, "own",
        "STARTTLS on the way to the MTA: no never, opportunistic when it is offered and works, required or nothing is sent.";
    SMTP_CA_FILE: "service.http.smtpcafile", Kind::Path, "", Refresh, "own",
        "PEM file of the certificates that the MTA is checked against; without it the way is encrypted but the MTA not proven.";
    SMTP_AUTH_USER: "service.http.smtpauthuser", Kind::Text, "", Refresh, "own",
        "User that the webmail signs in as at the MTA; empty: it does not.";
    SMTP_AUTH_PASSWORD: "service.http.smtpauthpassword", Kind::Secret, "", Refresh, "own",
        "Password of that user; sent under TLS only, unless the MTA is on this host.";
    LOCAL_DELIVERY: "service.http.localdelivery", Kind::Bool, "no", Refresh, "own",
        "Deliver to recipients of this site by IMAP to their back-end store instead of by the MTA.";
    FULL_FROM_HEADER: "service.http.fullfromheader", Kind::Bool, "no", Refresh, "Reference §1.3",
        "Let users write the whole From header instead of building it from the directory; a foreign address gets a Sender header.";
    IP_SECURITY: "service.http.ipsecurity", Kind::Choice(&["no", "prefix", "yes"]), "no", Refresh, "Reference §1.3",
        "Tie a session to the address that signed in: yes exactly, prefix to its network, no not at all.";
    SHOW_UNREAD_COUNTS: "local.service.http.showunreadcounts", Kind::Bool, "yes", Refresh, "Reference §1.3",
        "Show the number of unread messages beside each mailbox.";
    COOKIE_NAME: "local.service.http.cookiename", Kind::Word, "heliograph", Restart, "Reference §1.3",
        "Name of the session cookie; over TLS the prefix __Host- is put before it.";
}
