//! The stored form: envelopes, versions, damage.

use super::structure::crlf;
use message::{Digest, DigestError, DigestRef, Limits};

fn digest(text: &str) -> Digest {
    Digest::of(&crlf(text), &Limits::default())
}

#[test]
fn absent_and_empty_members_differ() {
    // RFC 3501 §7.4.2: absent is NIL, present but empty is "".
    let absent = digest("X: y\n\n");
    let envelope = absent.view().expect("own digest").envelope();
    assert_eq!((envelope.date, envelope.subject, envelope.in_reply_to, envelope.message_id), (None, None, None, None));
    let empty = digest("Date:\nSubject: \nIn-Reply-To:\nMessage-ID:\nTo:\n\n");
    let envelope = empty.view().expect("own digest").envelope();
    let nothing = Some(&b""[..]);
    assert_eq!(
        (envelope.date, envelope.subject, envelope.in_reply_to, envelope.message_id),
        (nothing, nothing, nothing, nothing)
    );
    assert!(envelope.to.is_empty());
}

#[test]
fn sender_and_reply_to_default_to_from() {
    let made = digest("From: a@b\nSender:\nCc: c@d\n\n");
    let envelope = made.view().expect("own digest").envelope();
    for list in [envelope.from, envelope.sender, envelope.reply_to] {
        assert_eq!(list.map(|a| a.mailbox).collect::<Vec<_>>(), [Some(&b"a"[..])]);
    }
    let made = digest("From: a@b\nReply-To: r@s\n\n");
    let envelope = made.view().expect("own digest").envelope();
    assert_eq!(envelope.reply_to.map(|a| a.mailbox).collect::<Vec<_>>(), [Some(&b"r"[..])]);
}

#[test]
fn several_address_fields_are_one_list() {
    let made = digest("To: a@b\nTo: c@d\nFrom: e@f\nFrom: g@h\n\n");
    let envelope = made.view().expect("own digest").envelope();
    assert_eq!(envelope.to.count(), 2);
    assert_eq!(envelope.from.count(), 2);
}

#[test]
fn values_are_unfolded_and_free_of_nul() {
    let made = digest(
        "Subject: a\n  b\t c \nMessage-ID: <x\n @y>\nReferences: <1@x>\n <2@x>\nDate: Fri, 21 Nov 1997 09:55:06 -0600\nFrom: n\0 <a@b>\n\n",
    );
    let view = made.view().expect("own digest");
    assert_eq!(view.envelope().subject, Some(&b"a b c"[..]));
    assert_eq!(view.envelope().message_id, Some(&b"<x @y>"[..]));
    assert_eq!(view.references(), Some(&b"<1@x> <2@x>"[..]));
    assert_eq!(view.sent().map(|sent| sent.epoch), Some(880_127_706));
    assert!(view.envelope().from.flat_map(|a| [a.name, a.mailbox]).flatten().all(|text| !text.contains(&0)));
}

#[test]
fn the_size_with_complete_line_ends() {
    for (message, expected) in
        [("", 0), ("a", 3), ("a\n", 3), ("a\r\n", 3), ("a\n\nb\r\nc", 11), ("\n", 2), ("a\r", 4), ("\r\n", 2)]
    {
        let digest = Digest::of(message.as_bytes(), &Limits::default());
        assert_eq!(digest.view().expect("own digest").crlf_size(), expected, "{message:?}");
    }
}

#[test]
fn other_versions_and_damage_are_refused() {
    let bytes = digest("From: a@b\nSubject: x\n\nhello\n").encode();
    assert!(DigestRef::decode(&bytes).is_ok());
    assert_eq!(DigestRef::decode(&[]).err(), Some(DigestError::Damaged));
    let mut newer = bytes.clone();
    newer[0] = 99;
    assert_eq!(DigestRef::decode(&newer).err(), Some(DigestError::Version(99)));
    for length in 1..bytes.len() {
        assert_eq!(DigestRef::decode(&bytes[..length]).err(), Some(DigestError::Damaged), "cut at {length}");
    }
}
