//! The site itself: its name, its domain.

use super::rows;
use crate::key::Kind;

rows! {
    HOSTNAME: "local.hostname", Kind::Host, "localhost", Restart, "Reference §1.3",
        "Fully qualified name of this host; shown in banners, and what mailHost is compared with.";
    DEFAULT_DOMAIN: "service.defaultdomain", Kind::Host, "", Restart, "Guide §5.2.1",
        "Domain of users who sign in without one.";
}
