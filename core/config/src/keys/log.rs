//! What is logged.

use super::rows;
use crate::key::Kind;

/// The log levels of the old server, from none to all.
pub const LEVELS: &[&str] = &["Nolog", "Critical", "Error", "Warning", "Notice", "Information", "Debug"];

rows! {
    DEFAULT_LEVEL: "logfile.default.loglevel", Kind::Choice(LEVELS), "Notice", Restart, "Reference §1.3",
        "Least level that is logged.";
    IMAP_LEVEL: "logfile.imap.loglevel", Kind::Choice(LEVELS), "", Restart, "Reference §1.3",
        "Least level that the IMAP service logs; unset: as logfile.default.loglevel.";
    HTTP_LEVEL: "logfile.http.loglevel", Kind::Choice(LEVELS), "", Restart, "Reference §1.3",
        "Least level that the HTTP service logs; unset: as logfile.default.loglevel.";
    LMTP_LEVEL: "logfile.lmtp.loglevel", Kind::Choice(LEVELS), "", Restart, "own",
        "Least level that the LMTP service logs; unset: as logfile.default.loglevel.";
    STORE_LEVEL: "logfile.store.loglevel", Kind::Choice(LEVELS), "", Restart, "own",
        "Least level that the message store logs; unset: as logfile.default.loglevel.";
}
