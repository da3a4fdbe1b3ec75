//! Housekeeping of the store: what is done when.

use super::{count, rows};
use crate::key::Kind;

rows! {
    ENABLE: "local.sched.enable", Kind::Bool, "yes", Restart, "own",
        "Run the tasks of local.schedule.*: 'heliograph run' and 'heliograph serve store' do, one process of a site at a time.";
    EXPIRE: "local.schedule.expire", Kind::Schedule, "0 23 * * * imexpire", Refresh, "Reference §7.3",
        "When messages are expired by the rules in config/store.expirerule.";
    PURGE: "local.schedule.purge", Kind::Schedule, "0 0,4,8,12,16,20 * * * imexpire -c", Refresh, "Reference §7.3",
        "When expunged messages whose grace (store.cleanupage) is over and old lists of expunged messages are removed, and files that processes left which died: after an hour, but content files that no message names after 7 days.";
    QUOTA: "local.schedule.quota", Kind::Schedule, "30 6 * * * imquotacheck -n -e", Refresh, "own",
        "When users over the quota warning (store.quotawarn) get their message, if store.quotanotification is on.";
    CHECK: "local.schedule.check", Kind::Schedule, "0 3 * * 0 imcheck -q", Refresh, "own",
        "When every account is checked: tables, counters, contents and their checksums.";
    TASK: "local.schedule.<NAME>", Kind::Schedule, "", Refresh, "Reference §7.5",
        "Another task: MINUTE HOUR DAY MONTH WEEKDAY COMMAND, the command being one of the store's tools with its options.";
    QUOTA_NOTIFICATION: "store.quotanotification", Kind::Bool, "yes", Refresh, "Reference §7.4",
        "Send users over the quota warning a message, once in store.quotaexceededmsginterval.";
    EXPUNGED_LOG: "store.expungedlog", count(100, 10_000_000), "10000", Refresh, "own",
        "How many expunges of a mailbox are remembered for clients that resynchronise (QRESYNC); those that were away longer are told more than they need.";
}
