//! What all services share: addresses, login names, administrators, the authentication cache.

use super::{count, rows, seconds};
use crate::key::Kind;

rows! {
    LISTEN_ADDRESSES: "service.listenaddr", Kind::Addresses, "0.0.0.0 ::", Restart, "own",
        "Addresses that every service listens on.";
    LOGIN_SEPARATORS: "service.loginseparator", Kind::Text, "@", Refresh, "Guide §5.2",
        "Characters each of which may stand between user ID and domain in a login name; @+ also lets in clients that cannot send @.";
    AUTH_CACHE_TTL: "service.authcachettl", seconds(0, 86_400), "900", Refresh, "Reference §1.3",
        "How long a good password is remembered (as a keyed hash); 0 turns the cache off.";
    AUTH_CACHE_SIZE: "service.authcachesize", count(0, 10_000_000), "10000", Refresh, "Reference §1.3",
        "How many good passwords are remembered at most.";
    ADMINS: "store.admins", Kind::Text, "", Refresh, "Reference §6",
        "Blank-separated user IDs of the store administrators, who may act for any user.";
    ADMIN_GROUP: "store.serviceadmingroupdn", Kind::Text, "", Refresh, "Reference §6",
        "DN of a group whose members (uniqueMember, member) are store administrators too.";
}
