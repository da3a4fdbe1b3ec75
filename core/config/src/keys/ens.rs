//! The Event Notification Service: the broker, and what the store publishes.

use super::{bytes, rows};
use crate::key::Kind;

rows! {
    ENABLE: "local.ens.enable", Kind::Bool, "yes", Restart, "Reference §5",
        "Start the event broker.";
    PORT: "local.ens.port", Kind::Port, "7997", Restart, "Reference §5",
        "Port of the event broker.";
    LISTEN_ADDRESSES: "local.ens.listenaddr", Kind::Addresses, "", Restart, "own",
        "Addresses that the event broker listens on; not set: 127.0.0.1, or those of service.listenaddr once its access list is set.";
    ACCESS: "local.ens.access", Kind::Text, "", Restart, "Guide §5.6.1",
        "Which hosts may connect to the event broker, as in ENS_ACCESS of the environment, which wins: +ADDRESS|MASK;-ADDRESS|MASK and so on. The first that covers an address decides, but a refusal behind it with a longer mask is an exception; whoever none covers is refused; set to nothing, everyone is.";
    PLUGIN: "local.store.notifyplugin", Kind::Text, "", Restart, "Guide §5.6.1",
        "The notification plug-in: a name or path that ends in libibiff publishes the store's events; not set: nothing is published.";
    HOST: "local.store.notifyplugin.enshost", Kind::Text, "", Restart, "Guide §5.6.1",
        "Host of the event broker, or a nats:// address.";
    BROKER_PORT: "local.store.notifyplugin.ensport", Kind::Port, "7997", Restart, "Reference §5",
        "Port of the event broker on that host.";
    EVENT_KEY: "local.store.notifyplugin.enseventkey", Kind::Text, "enp://127.0.0.1/store", Restart, "Guide §5.6.1",
        "Key of the events that are published; it must end in %M, the mailbox, for IMAP IDLE.";
    NONE_INBOX: "local.store.notifyplugin.noneinbox.enable", Kind::Bool, "no", Restart, "Guide §5.6.1",
        "Publish the events of all mailboxes, not of INBOX alone; IMAP IDLE needs it.";
    MAX_HEADER_SIZE: "local.store.notifyplugin.maxheadersize", bytes(0), "0", Restart, "Reference §5",
        "Bytes of the header that the event of a new message carries at most.";
    MAX_BODY_SIZE: "local.store.notifyplugin.maxbodysize", bytes(0), "0", Restart, "Reference §5",
        "Bytes of the body that the event of a new message carries at most.";
    NEW_MSG: "local.store.notifyplugin.newmsg.enable", Kind::Bool, "yes", Restart, "Reference §5",
        "Publish NewMsg: a message was delivered.";
    UPDATE_MSG: "local.store.notifyplugin.updatemsg.enable", Kind::Bool, "yes", Restart, "Reference §5",
        "Publish UpdateMsg: a message came into a mailbox other than by delivery.";
    READ_MSG: "local.store.notifyplugin.readmsg.enable", Kind::Bool, "yes", Restart, "Reference §5",
        "Publish ReadMsg: a message was marked as read.";
    TRASH_MSG: "local.store.notifyplugin.trashmsg.enable", Kind::Bool, "yes", Restart, "Reference §5",
        "Publish TrashMsg: a message was marked as deleted.";
    DELETE_MSG: "local.store.notifyplugin.deletemsg.enable", Kind::Bool, "yes", Restart, "Reference §5",
        "Publish DeleteMsg: a message was removed by a client.";
    PURGE_MSG: "local.store.notifyplugin.purgemsg.enable", Kind::Bool, "yes", Restart, "Reference §5",
        "Publish PurgeMsg: a message was removed by expiry.";
    CHANGE_FLAG: "local.store.notifyplugin.changeflag.enable", Kind::Bool, "yes", Restart, "Reference §5",
        "Publish ChangeFlag: flags of a message changed; IMAP IDLE needs it to show them.";
    MSG_FLAGS: "local.store.notifyplugin.msgflags.enable", Kind::Bool, "no", Restart, "Reference §5",
        "Say in the events of a message which flags it has.";
    LOG_USER: "local.store.notifyplugin.loguser.enable", Kind::Bool, "yes", Restart, "Reference §5",
        "Publish Login and Logout.";
    OVER_QUOTA: "local.store.notifyplugin.overquota.enable", Kind::Bool, "yes", Restart, "Reference §5",
        "Publish OverQuota and UnderQuota.";
    MAILBOXES: "local.store.notifyplugin.mailboxes.enable", Kind::Bool, "yes", Restart, "own",
        "Publish CreateMailbox, DeleteMailbox, RenameMailbox, Subscribe, Unsubscribe and ChangeAcl.";
}
