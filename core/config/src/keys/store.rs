//! The message store.

use super::{bytes, count, rows};
use crate::key::Kind;

rows! {
    PATH: "store.path", Kind::Path, "store", Restart, "own",
        "Folder of the message store.";
    PARTITION_PATH: "store.partition.<NAME>.path", Kind::Path, "", Restart, "Reference §1.3",
        "Folder of a partition; users are placed by mailMessageStore.";
    DEFAULT_MAILBOX_QUOTA: "store.defaultmailboxquota", count(-1, i64::MAX), "-1", Refresh, "Reference §7.4",
        "Bytes that an account may hold when its mailQuota does not say; -1 for no limit.";
    DEFAULT_MESSAGE_QUOTA: "store.defaultmessagequota", count(-1, i64::MAX), "-1", Refresh, "Reference §7.4",
        "Messages that an account may hold when its mailMsgQuota does not say; -1 for no limit.";
    QUOTA_ENFORCEMENT: "store.quotaenforcement", Kind::Bool, "yes", Refresh, "Reference §7.4",
        "Refuse mail over quota; no only counts.";
    QUOTA_GRACE: "store.quotagraceperiod", Kind::Number { min: 0, max: 87_600, unit: "hours" }, "120", Refresh, "Reference §7.4",
        "Hours for which mail to an account over its quota is put off (452), from the first refusal on; after that it is refused for good (552).";
    OVER_QUOTA_STATUS: "store.overquotastatus", Kind::Bool, "no", Refresh, "Reference §7.4",
        "Set mailUserStatus to overquota once a delivery has taken an account over its quota, so that the MTA sends no more; active again when there is room.";
    QUOTA_OVERDRAFT: "local.store.quotaoverdraft", Kind::Bool, "no", Refresh, "Reference §7.4",
        "Deliver the one message that takes an account over its quota, and refuse those after it; always so with store.overquotastatus.";
    QUOTA_EXCEEDED_MESSAGE: "store.quotaexceededmsg", Kind::Text, "", Refresh, "Reference §7.4",
        "Message that a user over the quota warning gets: header and text, with $ for a line end; [ID], [DISKUSAGE], [NUMMSG], [PERCENT], [QUOTA] and [MSGQUOTA] are filled in.",
        per_language;
    QUOTA_EXCEEDED_INTERVAL: "store.quotaexceededmsginterval", count(0, 3650), "7", Refresh, "Reference §7.4",
        "Days between two notices to a user over the quota warning.";
    QUOTA_WARN: "store.quotawarn", count(1, 100), "90", Refresh, "Reference §7.4",
        "Percent of the quota at which a user is warned; 100 only when it is full.";
    CLEANUP_AGE: "store.cleanupage", count(0, 24 * 3650), "1", Restart, "Reference §7.3",
        "Hours for which expunged messages are kept, so that mboxutil -R can bring them back; 0 for not at all.";
    INLINE_LIMIT: "store.inlinelimit", bytes(0), "65536", Restart, "own",
        "Messages up to this size are kept in the account's database, larger ones in a file each.";
    SEARCH_INDEX: "store.searchindex", Kind::Bool, "yes", Restart, "own",
        "Keep of the messages that searches have read which letters follow each other in them, so that the next search reads only those that may hold what it looks for; about a fifth of the mail's size, for mailboxes that are searched.";
    OPEN_ACCOUNTS: "store.openaccounts", count(8, 100_000), "512", Restart, "own",
        "Account databases that a process keeps open.";
}
