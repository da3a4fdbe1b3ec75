//! Who may connect, through which proxies, how often, and how fast passwords may be tried (Guide §23.7; reference §2).

use super::{count, rows, seconds};
use crate::key::Kind;

rows! {
    RESOLVE_CLIENT: "service.dnsresolveclient", Kind::Bool, "yes", Refresh, "Reference §1.3",
        "Look up the client's name when an access filter needs it; with no, every client's name is UNKNOWN.";
    DNS_SERVERS: "service.dnsserver", Kind::Servers, "", Refresh, "own",
        "Name servers for that, blank-separated, with :PORT where it is not 53; empty: those of the system.";
    NETGROUP_FILE: "service.netgroupfile", Kind::Path, "/etc/netgroup", Refresh, "own",
        "File of the netgroups that access filters name as @group.";
    THROTTLE: "service.loginthrottle.enable", Kind::Bool, "yes", Refresh, "own",
        "Delay sign-ins after wrong passwords, for the user and address that they came from.";
    THROTTLE_FREE: "service.loginthrottle.failures", count(1, 1000), "3", Refresh, "own",
        "Wrong passwords for a user from an address before its sign-ins are delayed; ten times as many for all users from an address together.";
    THROTTLE_MAX_DELAY: "service.loginthrottle.maxdelay", seconds(1, 300), "15", Refresh, "own",
        "Longest delay; it begins with one second and doubles with each failure.";
    THROTTLE_HALF_LIFE: "service.loginthrottle.halflife", seconds(1, 86_400), "120", Refresh, "own",
        "Time in which half of the failures are forgotten; a right password forgets all of that user and address.";
    THROTTLE_SIZE: "service.loginthrottle.size", count(1000, 10_000_000), "100000", Refresh, "own",
        "Users and addresses with failures that are remembered at most.";
    THROTTLE_EXEMPT: "service.loginthrottle.exempt", Kind::Networks, "", Refresh, "own",
        "Networks whose sign-ins are never delayed.";
}

/// Access to the IMAP service.
pub mod imap {
    use crate::{key::Kind, keys::rows};

    rows! {
        ALLOWED: "service.imap.domainallowed", Kind::AccessFilters, "", Refresh, "Reference §2.2",
            "Access filters whose clients may connect to the IMAP service: SERVICES: CLIENTS, several joined by $.";
        NOT_ALLOWED: "service.imap.domainnotallowed", Kind::AccessFilters, "", Refresh, "Reference §2.2",
            "Access filters whose clients may not connect to the IMAP service, unless domainallowed admits them.";
        CONN_LIMITS: "service.imap.connlimits", Kind::ConnLimits, "", Refresh, "Reference §1.3",
            "Connections at a time from one address: IP|MASK:NUMBER entries separated by commas, the first that fits counts.";
        PROXY_PROTOCOL: "service.imap.proxyprotocol", Kind::Networks, "", Refresh, "own",
            "Proxies whose connections to the IMAP service begin with a PROXY protocol header (version 1 or 2), which is believed.";
        TRUSTED_PROXIES: "service.imap.trustedproxies", Kind::Networks, "", Refresh, "own",
            "Proxies and webmail servers that are believed when they tell the client's address by ID (x-originating-ip).";
        LISTEN_ADDRESSES: "service.imap.listenaddr", Kind::Addresses, "", Restart, "own",
            "Addresses that the IMAP service listens on; empty: those of service.listenaddr.";
    }
}

/// Access to the POP service.
pub mod pop {
    use crate::{key::Kind, keys::rows};

    rows! {
        ALLOWED: "service.pop.domainallowed", Kind::AccessFilters, "", Refresh, "Reference §2.2",
            "Access filters whose clients may connect to the POP service: SERVICES: CLIENTS, several joined by $.";
        NOT_ALLOWED: "service.pop.domainnotallowed", Kind::AccessFilters, "", Refresh, "Reference §2.2",
            "Access filters whose clients may not connect to the POP service, unless domainallowed admits them.";
        CONN_LIMITS: "service.pop.connlimits", Kind::ConnLimits, "", Refresh, "Reference §1.3",
            "Connections at a time from one address: IP|MASK:NUMBER entries separated by commas, the first that fits counts.";
        PROXY_PROTOCOL: "service.pop.proxyprotocol", Kind::Networks, "", Refresh, "own",
            "Proxies whose connections to the POP service begin with a PROXY protocol header (version 1 or 2), which is believed.";
        LISTEN_ADDRESSES: "service.pop.listenaddr", Kind::Addresses, "", Restart, "own",
            "Addresses that the POP service listens on; empty: those of service.listenaddr.";
    }
}

/// Access to the HTTP service.
pub mod http {
    use crate::{key::Kind, keys::rows};

    rows! {
        ALLOWED: "service.http.domainallowed", Kind::AccessFilters, "", Refresh, "Reference §2.2",
            "Access filters whose clients may connect to the HTTP service: SERVICES: CLIENTS, several joined by $.";
        NOT_ALLOWED: "service.http.domainnotallowed", Kind::AccessFilters, "", Refresh, "Reference §2.2",
            "Access filters whose clients may not connect to the HTTP service, unless domainallowed admits them.";
        PROXY_ALLOWED: "service.http.proxydomainallowed", Kind::AccessFilters, "", Refresh, "Reference §2.4",
            "Access filters whose clients, portals, may sign in to the webmail for other users with any account (proxyauth of login.msc); store administrators may from everywhere.";
        CONN_LIMITS: "service.http.connlimits", Kind::ConnLimits, "", Refresh, "Reference §1.3",
            "Connections at a time from one address: IP|MASK:NUMBER entries separated by commas, the first that fits counts.";
        PROXY_PROTOCOL: "service.http.proxyprotocol", Kind::Networks, "", Refresh, "own",
            "Proxies whose connections to the HTTP service begin with a PROXY protocol header (version 1 or 2), which is believed.";
        TRUSTED_PROXIES: "service.http.trustedproxies", Kind::Networks, "", Refresh, "own",
            "Proxies that are believed when a header tells the browser's address and whether it came by HTTPS.";
        FORWARDED_HEADER: "service.http.forwardedheader", Kind::Choice(&["X-Forwarded-For", "Forwarded"]), "X-Forwarded-For", Refresh, "own",
            "The header that those proxies set: X-Forwarded-For with X-Forwarded-Proto, or Forwarded (RFC 7239); the other one is ignored.";
        SMTP_XCLIENT: "service.http.smtpxclient", Kind::Bool, "yes", Refresh, "own",
            "Tell the MTA by XCLIENT who sends and from where, if it offers that.";
        LISTEN_ADDRESSES: "service.http.listenaddr", Kind::Addresses, "", Restart, "own",
            "Addresses that the HTTP service listens on; empty: those of service.listenaddr.";
    }
}

/// Access to the LMTP service.
pub mod lmtp {
    use crate::{key::Kind, keys::rows};

    rows! {
        ALLOWED: "service.lmtp.domainallowed", Kind::AccessFilters, "", Refresh, "own",
            "Access filters whose clients may connect to the LMTP service: SERVICES: CLIENTS, several joined by $.";
        NOT_ALLOWED: "service.lmtp.domainnotallowed", Kind::AccessFilters, "", Refresh, "own",
            "Access filters whose clients may not connect to the LMTP service, unless domainallowed admits them.";
        CONN_LIMITS: "service.lmtp.connlimits", Kind::ConnLimits, "", Refresh, "own",
            "Connections at a time from one address: IP|MASK:NUMBER entries separated by commas, the first that fits counts.";
        PROXY_PROTOCOL: "service.lmtp.proxyprotocol", Kind::Networks, "", Refresh, "own",
            "Proxies whose connections to the LMTP service begin with a PROXY protocol header (version 1 or 2), which is believed.";
    }
}
