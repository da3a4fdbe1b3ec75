//! The user directory: LDAP servers, how they are reached, and how login names are searched.

use super::{count, rows};
use crate::key::Kind;

rows! {
    HOST: "local.ugldaphost", Kind::Text, "", Restart, "Reference §1.3",
        "LDAP servers with the users, host or host:port, blank-separated, tried in this order; empty: the embedded file config/directory.ldif.";
    PORT: "local.ugldapport", Kind::Port, "389", Restart, "Reference §1.3",
        "Port of the LDAP servers that name none; 636 is the default when local.ugldapusessl is on.";
    BASE_DN: "local.ugldapbasedn", Kind::Text, "", Restart, "own",
        "DN below which users, groups and Schema 2 domains are; empty: all that the servers hold.";
    BIND_DN: "local.ugldapbinddn", Kind::Text, "", Restart, "own",
        "DN that searches are made as; empty: anonymous.";
    BIND_CRED: "local.ugldapbindcred", Kind::Secret, "", Restart, "own",
        "Password of that DN.";
    USE_SSL: "local.ugldapusessl", Kind::Bool, "no", Restart, "Reference §1.3",
        "Speak LDAPS: TLS from the first byte.";
    START_TLS: "local.ugldapstarttls", Kind::Bool, "no", Restart, "own",
        "Begin TLS with StartTLS on the plain port, and go on only under TLS.";
    CA_FILE: "local.ugldapcafile", Kind::Path, "", Restart, "own",
        "PEM file of the certificates that LDAP servers are checked against; empty: the system's certificate authorities.";
    CHECK_CERT: "local.ldapcheckcert", Kind::Bool, "yes", Restart, "Reference §1.3",
        "Check the LDAP server's certificate; no encrypts without knowing to whom.";
    TRACE: "local.ldaptrace", Kind::Bool, "no", Refresh, "Reference §1.3",
        "Log every LDAP operation with its time; never passwords.";
    POOL_SIZE: "local.ugldappoolsize", count(1, 1000), "10", Restart, "own",
        "Connections to each LDAP server, once for searches and once for checking passwords.";
    TIME_LIMIT: "local.ugldaptimelimit", Kind::Number { min: 100, max: 60_000, unit: "milliseconds" }, "1500", Restart, "own",
        "Longest wait for an answer of the directory, over all servers; after that people are told to try later.";
    DC_ROOT: "service.dcroot", Kind::Text, "", Restart, "Reference §1.3",
        "DN of the domain component tree, for domains by Schema 1; empty: Schema 2 only.";
    SEARCH_FILTER: "sasl.default.ldap.searchfilter", Kind::Text, "", Restart, "Guide §5.2.1",
        "Filter that finds who signs in: %U user part, %V domain, %o login as typed; empty: (&(objectclass=inetOrgPerson)(uid=%U)).";
    SEARCH_FOR_DOMAIN: "sasl.default.ldap.searchfordomain", Kind::Bool, "yes", Refresh, "Guide §5.2.1",
        "Look for login names without a domain in the default domain; no: in the whole directory, where they must be unique.";
}
