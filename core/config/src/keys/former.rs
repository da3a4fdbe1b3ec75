//! Options of the old server that do nothing here: they are taken, so that its settings can be brought along, with a
//! warning that says why and what to do instead.

use super::{bytes, count, rows, seconds};
use crate::key::Kind;

rows! {
    POP_ANONYMOUS: "service.pop.allowanonymouslogin", Kind::Bool, "no", Restart, "Reference §1.3",
        "Anonymous sign-in to the POP service.",
        without_effect("nobody is signed in without a name: make an account for the purpose");
    IMAP_ANONYMOUS: "service.imap.allowanonymouslogin", Kind::Bool, "no", Restart, "Reference §1.3",
        "Anonymous sign-in to the IMAP service.",
        without_effect("nobody is signed in without a name: make an account for the purpose");
    HTTP_ANONYMOUS: "service.http.allowanonymouslogin", Kind::Bool, "no", Restart, "Reference §1.3",
        "Anonymous sign-in to the HTTP service.",
        without_effect("nobody is signed in without a name: make an account for the purpose");
    HTTP_ADMIN_PROXY: "service.http.allowadminproxy", Kind::Bool, "no", Restart, "Reference §1.3",
        "Proxy sign-in of administrators for the Messenger Express Multiplexor.",
        without_effect("the multiplexor is obsolete; the webmail reaches back ends by local.service.proxy.admin");
    EXTRA_ATTRIBUTES: "service.http.extrauserldapattrs", Kind::Text, "", Restart, "Reference §1.3",
        "Further directory attributes that pages are given.",
        without_effect("the pages take what they show from the directory without a list");
    LDAP_MEMORY_CACHE: "service.experimentalldapmemcache", Kind::Bool, "no", Restart, "Reference §1.3",
        "Memory cache in the LDAP library.",
        without_effect("answers are remembered by service.authcachettl");
    AUTO_TRANSITION: "sasl.default.auto_transition", Kind::Bool, "no", Restart, "Reference §1.3",
        "Store a password in another form when its owner signs in.",
        without_effect("passwords are changed by the directory alone");
    TRANSITION_CRITERIA: "sasl.default.transition_criteria", Kind::Text, "", Restart, "Reference §1.3",
        "Whom sasl.default.auto_transition applies to.",
        without_effect("passwords are changed by the directory alone");
    DOMAIN_MAP: "sasl.default.ldap.domainmap", Kind::Text, "", Restart, "Reference §1.3",
        "How a domain is found in the directory.",
        without_effect("domains are found by their names, in both schemas");
    PLAIN_PASSWORDS: "sasl.default.ldap.has_plain_passwords", Kind::Bool, "no", Restart, "Reference §1.3",
        "The directory holds passwords that can be read, for APOP, CRAM-MD5 and DIGEST-MD5.",
        without_effect("these mechanisms are not offered: they need passwords that can be read");
    MECHANISMS: "sasl.default.mech_list", Kind::Text, "", Restart, "Reference §1.3",
        "SASL mechanisms that are offered.",
        without_effect("each service offers what is safe on its connection; service.*.plaintextmincipher limits passwords");
    ADMIN_QUOTA: "local.imap.adminbypassquota", Kind::Bool, "no", Restart, "Reference §1.3",
        "Let administrators put messages into mailboxes that are over quota.",
        without_effect("deliver -q puts a message into a mailbox that is over quota");
    AUTO_RESTART: "local.autorestart", Kind::Bool, "no", Restart, "Reference §1.3",
        "Restart services that ended.",
        without_effect("start-msg and systemd restart what ended without it");
    AUTO_RESTART_TIMEOUT: "local.autorestart.timeout", seconds(0, 86_400), "600", Restart, "Reference §1.3",
        "Time in which a second failure is not followed by another restart.",
        without_effect("start-msg and systemd have limits of their own");
    DB_SYNC: "local.dbtxnsync", Kind::Bool, "yes", Restart, "Reference §1.3",
        "Write the store's transactions to disk before they count.",
        without_effect("every change is on disk before it is acknowledged");
    DEFAULT_DOMAIN: "local.defdomain", Kind::Host, "", Restart, "Reference §1.3",
        "Domain that the installation was asked for.",
        without_effect("set service.defaultdomain");
    END_USER_DN: "local.enduseradmindn", Kind::Text, "", Restart, "Reference §1.3",
        "Directory name that users' own settings are written with.",
        without_effect("set local.ugldapbinddn");
    END_USER_CRED: "local.enduseradmincred", Kind::Secret, "", Restart, "Reference §1.3",
        "Its password.",
        without_effect("set local.ugldapbindcred");
    IMAP_TELEMETRY: "local.imap.forcetelemetry", Kind::Bool, "no", Restart, "Reference §1.3",
        "Record the transcript of every IMAP session.",
        without_effect("transcripts of sessions would hold mail and passwords; logfile.*.loglevel Debug tells what sessions do");
    POP_TELEMETRY: "local.pop.forcetelemetry", Kind::Bool, "no", Restart, "Reference §1.3",
        "Record the transcript of every POP session.",
        without_effect("transcripts of sessions would hold mail and passwords; logfile.*.loglevel Debug tells what sessions do");
    HTTP_TELEMETRY: "local.http.forcetelemetry", Kind::Bool, "no", Restart, "Reference §1.3",
        "Record the transcript of every HTTP session.",
        without_effect("transcripts of sessions would hold mail and passwords; logfile.*.loglevel Debug tells what sessions do");
    IMAP_NICKNAMES: "local.imap.sslnicknames", Kind::Text, "", Restart, "Reference §1.3",
        "Names of the certificates in the certificate database.",
        without_effect("certificates are PEM files: set service.tls.certfile and service.tls.keyfile");
    POP_NICKNAMES: "local.pop.sslnicknames", Kind::Text, "", Restart, "Reference §1.3",
        "Names of the certificates in the certificate database.",
        without_effect("certificates are PEM files: set service.tls.certfile and service.tls.keyfile");
    HTTP_NICKNAMES: "local.http.sslnicknames", Kind::Text, "", Restart, "Reference §1.3",
        "Names of the certificates in the certificate database.",
        without_effect("certificates are PEM files: set service.tls.certfile and service.tls.keyfile");
    IMTA_NICKNAMES: "local.imta.sslnicknames", Kind::Text, "", Restart, "Reference §1.3",
        "Names of the certificates in the certificate database.",
        without_effect("certificates are PEM files: set service.tls.certfile and service.tls.keyfile");
    RSA_PERSONALITY: "encryption.rsa.nssslpersonalityssl", Kind::Text, "", Restart, "Reference §1.3",
        "Name of the certificate in the certificate database.",
        without_effect("certificates are PEM files: set service.tls.certfile and service.tls.keyfile");
    FIX_INTERNAL_DATE: "local.imap.fixinternaldate", Kind::Bool, "no", Restart, "Reference §1.3",
        "Mend internal dates that an import got wrong.",
        without_effect("imports keep the dates that they find");
    IMMEDIATE_FLAGS: "local.imap.immediateflagupdate", Kind::Bool, "yes", Restart, "Reference §1.3",
        "Show other sessions' flags at once.",
        without_effect("it is always so");
    SMIME: "local.webmail.smime.enable", Kind::Bool, "no", Restart, "Reference §1.3",
        "S/MIME in the webmail, by an applet.",
        without_effect("browsers run no applets any more; signed mail is shown as what it is");
    WEBMAIL_CERT: "local.webmail.cert.enable", Kind::Bool, "no", Restart, "Reference §1.3",
        "Certificate checks for S/MIME.",
        without_effect("browsers run no applets any more");
    DEBUG_KEYS: "local.debugkeys", Kind::Text, "", Restart, "Reference §1.3",
        "Parts of the program that write debugging lines.",
        without_effect("set logfile.default.loglevel or that of one service to Debug");
    PAB_HOST: "local.service.pab.ldaphost", Kind::Text, "", Restart, "Reference §1.3",
        "Directory server of the personal address books.",
        without_effect("the webmail collects no personal address book from a directory of its own");
    PAB_PORT: "local.service.pab.ldapport", Kind::Port, "389", Restart, "Reference §1.3",
        "Port of that server.",
        without_effect("the webmail collects no personal address book from a directory of its own");
    PAB_SSL: "local.service.pab.ldapusessl", Kind::Bool, "no", Restart, "Reference §1.3",
        "Connect to that server over TLS.",
        without_effect("the webmail collects no personal address book from a directory of its own");
    MMP: "local.mmp.enable", Kind::Bool, "no", Restart, "Reference §1.3",
        "Start the Messaging Multiplexor.",
        without_effect("a front end needs no multiplexor: the webmail finds each user's mailHost itself");
    METERMAID: "local.metermaid.enable", Kind::Bool, "no", Restart, "Reference §1.3",
        "Start the central counter of connections.",
        without_effect("limits are counted in each service");
    PROXY_SERVERS: "local.service.proxy.serverlist", Kind::Text, "", Restart, "Reference §1.3",
        "Back-end servers whose shared folders are listed.",
        without_effect("shared folders are found by the IMAP server that holds them");
    CLASS_NAME: "<BRANCH..>.nsclassname", Kind::Text, "", Restart, "Reference §1.3",
        "Class of a branch of the configuration directory.",
        without_effect("settings are no longer kept in a directory");
    SSO_ENABLE: "local.webmail.sso.enable", Kind::Bool, "no", Restart, "Reference §3.4",
        "Single sign-on with other servers of a trusted circle.",
        without_effect("Access Manager's and the trusted circle's sessions are not known here: users sign in by password or certificate");
    SSO_PREFIX: "local.webmail.sso.prefix", Kind::Text, "", Restart, "Reference §3.4",
        "Prefix of the trusted circle's cookies.",
        without_effect("Access Manager's and the trusted circle's sessions are not known here: users sign in by password or certificate");
    SSO_ID: "local.webmail.sso.id", Kind::Text, "", Restart, "Reference §3.4",
        "Name of this server in the trusted circle.",
        without_effect("Access Manager's and the trusted circle's sessions are not known here: users sign in by password or certificate");
    SSO_COOKIE_DOMAIN: "local.webmail.sso.cookiedomain", Kind::Text, "", Restart, "Reference §3.4",
        "Domain of the trusted circle's cookies.",
        without_effect("Access Manager's and the trusted circle's sessions are not known here: users sign in by password or certificate");
    SSO_SIGN_OFF: "local.webmail.sso.singlesignoff", Kind::Bool, "no", Restart, "Reference §3.4",
        "Signing out here signs out everywhere.",
        without_effect("Access Manager's and the trusted circle's sessions are not known here: users sign in by password or certificate");
    SSO_AM_NAMING: "local.webmail.sso.amnamingurl", Kind::Text, "", Restart, "Reference §3.4",
        "Naming service of Access Manager.",
        without_effect("Access Manager's and the trusted circle's sessions are not known here: users sign in by password or certificate");
    SSO_AM_COOKIE: "local.webmail.sso.amcookiename", Kind::Text, "", Restart, "Reference §3.4",
        "Cookie of Access Manager.",
        without_effect("Access Manager's and the trusted circle's sessions are not known here: users sign in by password or certificate");
    SSO_UWC_ENABLED: "local.webmail.sso.uwcenabled", Kind::Bool, "no", Restart, "Reference §3.4",
        "Communications Express is used.",
        without_effect("Access Manager's and the trusted circle's sessions are not known here: users sign in by password or certificate");
    SSO_UWC_PORT: "local.webmail.sso.uwcport", Kind::Port, "80", Restart, "Reference §3.4",
        "Port of Communications Express.",
        without_effect("Access Manager's and the trusted circle's sessions are not known here: users sign in by password or certificate");
    SSO_UWC_SSL_PORT: "local.webmail.sso.uwcsslport", Kind::Port, "443", Restart, "Reference §3.4",
        "TLS port of Communications Express.",
        without_effect("Access Manager's and the trusted circle's sessions are not known here: users sign in by password or certificate");
    SSO_UWC_CONTEXT: "local.webmail.sso.uwccontexturi", Kind::Text, "", Restart, "Reference §3.4",
        "Path of Communications Express.",
        without_effect("Access Manager's and the trusted circle's sessions are not known here: users sign in by password or certificate");
    SSO_UWC_LOGOUT: "local.webmail.sso.uwclogouturl", Kind::Text, "", Restart, "Reference §3.4",
        "Page of Communications Express that signs out.",
        without_effect("Access Manager's and the trusted circle's sessions are not known here: users sign in by password or certificate");
    SSO_UWC_HOME: "local.webmail.sso.uwchome", Kind::Text, "", Restart, "Reference §3.4",
        "First page of Communications Express.",
        without_effect("Access Manager's and the trusted circle's sessions are not known here: users sign in by password or certificate");
    SSO_VERIFY: "local.sso.<APPID>.verifyurl", Kind::Text, "", Restart, "Reference §3.4",
        "Where the sessions of a server of the trusted circle are verified.",
        without_effect("Access Manager's and the trusted circle's sessions are not known here: users sign in by password or certificate");
    MSG_HASH: "store.msghash.enable", Kind::Bool, "no", Restart, "Reference §1.3",
        "Remember digests of messages.",
        without_effect("bodies are shared by COPY and MOVE, and each is stored once per account");
    MSG_HASH_COUNT: "store.msghash.nummsgs", count(0, i64::MAX), "", Restart, "Reference §1.3",
        "How many digests are remembered.",
        without_effect("bodies are shared by COPY and MOVE, and each is stored once per account");
    CACHE_FILE: "store.maxcachefilesize", bytes(0), "", Restart, "Reference §1.3",
        "Size of a folder's cache file.",
        without_effect("the store has no cache files: envelopes are kept with the messages");
    ARCHIVE: "store.archive.<NAME..>", Kind::Text, "", Restart, "Reference §1.3",
        "Archiving of messages.",
        without_effect("no archiving system is attached; imsbackup copies mail elsewhere");
    CHECKPOINT_DEBUG: "store.checkpoint.debug", Kind::Text, "", Restart, "Reference §1.3",
        "Debugging of the store's checkpoints.",
        without_effect("set logfile.store.loglevel to Debug");
    ENCRYPT_NEW: "store.encryptnew", Kind::Bool, "no", Restart, "Reference §1.3",
        "Encrypt new messages in the store.",
        without_effect("keep the store on an encrypted file system");
    ALARM_HOST: "alarm.msgalarmnoticehost", Kind::Host, "localhost", Restart, "Reference §1.3",
        "SMTP server of alarms.",
        without_effect("nothing is mailed: watch the metrics and the log with your monitoring");
    ALARM_PORT: "alarm.msgalarmnoticeport", Kind::Port, "25", Restart, "Reference §1.3",
        "Its port.",
        without_effect("nothing is mailed: watch the metrics and the log with your monitoring");
    ALARM_RCPT: "alarm.msgalarmnoticercpt", Kind::Text, "Postmaster@localhost", Restart, "Reference §1.3",
        "Who is told of alarms.",
        without_effect("nothing is mailed: watch the metrics and the log with your monitoring");
    ALARM_SENDER: "alarm.msgalarmnoticesender", Kind::Text, "Postmaster@localhost", Restart, "Reference §1.3",
        "Sender of alarms.",
        without_effect("nothing is mailed: watch the metrics and the log with your monitoring");
    ALARM_TEMPLATE: "alarm.msgalarmnoticetemplate", Kind::Text, "", Restart, "Reference §1.3",
        "Text of alarms.",
        without_effect("nothing is mailed: watch the metrics and the log with your monitoring");
    ALARM_DISK_DESCRIPTION: "alarm.diskavail.msgalarmdescription", Kind::Text, "", Restart, "Reference §1.3",
        "Description in alarms about free disk space.",
        without_effect("nothing is mailed: watch the metrics and the log with your monitoring");
    ALARM_DISK_INTERVAL: "alarm.diskavail.msgalarmstatinterval", seconds(0, 31_536_000), "3600", Restart, "Reference §1.3",
        "How often free disk space is looked at.",
        without_effect("nothing is mailed: watch the metrics and the log with your monitoring");
    ALARM_DISK_THRESHOLD: "alarm.diskavail.msgalarmthreshold", count(0, i64::MAX), "10", Restart, "Reference §1.3",
        "The threshold of alarms about free disk space.",
        without_effect("nothing is mailed: watch the metrics and the log with your monitoring");
    ALARM_DISK_DIRECTION: "alarm.diskavail.msgalarmthresholddirection", count(-1, 1), "-1", Restart, "Reference §1.3",
        "Whether alarms about free disk space are for values below (-1) or above (1) the threshold.",
        without_effect("nothing is mailed: watch the metrics and the log with your monitoring");
    ALARM_DISK_WARNING: "alarm.diskavail.msgalarmwarninginterval", Kind::Number { min: 0, max: 8_760, unit: "hours" }, "24", Restart, "Reference §1.3",
        "How often an alarm about free disk space is repeated.",
        without_effect("nothing is mailed: watch the metrics and the log with your monitoring");
    ALARM_RESPONSE_DESCRIPTION: "alarm.serverresponse.msgalarmdescription", Kind::Text, "", Restart, "Reference §1.3",
        "Description in alarms about answering services.",
        without_effect("nothing is mailed: watch the metrics and the log with your monitoring");
    ALARM_RESPONSE_INTERVAL: "alarm.serverresponse.msgalarmstatinterval", seconds(0, 31_536_000), "600", Restart, "Reference §1.3",
        "How often answering services is looked at.",
        without_effect("nothing is mailed: watch the metrics and the log with your monitoring");
    ALARM_RESPONSE_THRESHOLD: "alarm.serverresponse.msgalarmthreshold", count(0, i64::MAX), "10", Restart, "Reference §1.3",
        "The threshold of alarms about answering services.",
        without_effect("nothing is mailed: watch the metrics and the log with your monitoring");
    ALARM_RESPONSE_DIRECTION: "alarm.serverresponse.msgalarmthresholddirection", count(-1, 1), "1", Restart, "Reference §1.3",
        "Whether alarms about answering services are for values below (-1) or above (1) the threshold.",
        without_effect("nothing is mailed: watch the metrics and the log with your monitoring");
    ALARM_RESPONSE_WARNING: "alarm.serverresponse.msgalarmwarninginterval", Kind::Number { min: 0, max: 8_760, unit: "hours" }, "24", Restart, "Reference §1.3",
        "How often an alarm about answering services is repeated.",
        without_effect("nothing is mailed: watch the metrics and the log with your monitoring");
}
