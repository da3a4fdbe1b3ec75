//! Sizes: limits before and during the transfer, and messages larger than what is held in memory.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::fixture::{Lmtp, Options, begin, codes};

#[test]
fn too_large_is_said_at_mail_if_announced_and_after_the_data_if_not() {
    let lmtp = Lmtp::with(Options { max_message_size: 1000, ..Options::default() });
    let mut client = lmtp.connect();
    assert_eq!(codes(&client.command("MAIL FROM:<a@x.test> SIZE=1001")), "552 5.3.4");
    assert_eq!(codes(&client.command("MAIL FROM:<a@x.test> SIZE=1000")), "250 2.1.0");
    assert_eq!(client.command("RSET").code, 250);
    let sized = |size: usize| [b"x".repeat(size - 2), b"\r\n".to_vec()].concat();
    let both = ["alice@example.test", "bob@example.test"];
    let replies = client.attempt("a@x.test", &both, &sized(1001));
    assert_eq!(replies.iter().map(codes).collect::<Vec<_>>(), ["552 5.3.4", "552 5.3.4"]);
    client.deliver("a@x.test", &both, &sized(1000));
    assert_eq!(lmtp.bodies("alice"), [sized(1000)]);
    // A SIZE that is too small a promise does not let a larger message in, nor keep a good one out.
    assert_eq!(client.command("MAIL FROM:<a@x.test> SIZE=1").code, 250);
    assert_eq!(client.command("RCPT TO:<bob@example.test>").code, 250);
    assert_eq!(client.command("DATA").code, 354);
    client.send(&[sized(500), b".\r\n".to_vec()].concat());
    assert_eq!(client.reply().code, 250);
}

#[test]
fn a_message_far_over_the_limit_is_read_to_its_end() {
    let lmtp = Lmtp::with(Options { max_message_size: 1 << 20, ..Options::default() });
    let mut client = lmtp.connect();
    begin(&mut client, "alice@example.test");
    assert_eq!(client.command("DATA").code, 354);
    let line = [b"x".repeat(70), b"\r\n".to_vec()].concat().repeat(1000);
    for _ in 0..100 {
        client.send(&line);
    }
    client.send(b".\r\n");
    assert_eq!(codes(&client.reply()), "552 5.3.4");
    client.deliver("a@x.test", &["alice@example.test"], b"small\r\n");
    assert_eq!(lmtp.bodies("alice"), [b"small\r\n"]);
}

#[test]
fn large_messages_reach_every_recipient_byte_for_byte() {
    let seed = rand::random();
    println!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let lmtp = Lmtp::new();
    let mut client = lmtp.connect();
    let mut sent = Vec::new();
    // Around the size that is held in memory, and well over it.
    for size in [256 * 1024 - 1, 256 * 1024, 256 * 1024 + 1, 512 * 1024, 3_000_001] {
        let mut message = b"Subject: large\r\n\r\n".to_vec();
        while message.len() < size - 2 {
            let length = random.random_range(0..200).min(size - 2 - message.len());
            message.extend((0..length).map(|_| match random.random_range(1..=255) {
                b'\n' | b'\r' => b'.',
                byte => byte,
            }));
            message.extend_from_slice(b"\r\n");
        }
        client.deliver(
            "a@x.test",
            &["alice@example.test", "nobody+x@example.test", "bob@example.test", "carol@hosted.example"]
                .map(|to| to.replace("nobody", "bob"))
                .each_ref()
                .map(String::as_str),
            &message,
        );
        sent.push(message);
    }
    assert_eq!(lmtp.bodies("alice"), sent);
    assert_eq!(lmtp.bodies("carol@hosted.example"), sent);
    assert_eq!(lmtp.bodies("bob").len(), 2 * sent.len());
}

#[test]
fn a_large_message_is_refused_to_the_full_and_given_to_the_others() {
    let lmtp = Lmtp::new();
    lmtp.directory.add("small", &[("mailQuota", "100K")]);
    let message = [b"Subject: large\r\n\r\n".as_slice(), &b"line of text\r\n".repeat(50_000)].concat();
    // The first recipient is the one whose copy was streamed.
    let replies =
        lmtp.connect().attempt("", &["small@example.test", "alice@example.test", "bob@example.test"], &message);
    assert_eq!(replies.iter().map(codes).collect::<Vec<_>>(), ["452 4.2.2", "250 2.0.0", "250 2.0.0"]);
    assert_eq!(lmtp.bodies("bob"), [message]);
    assert!(lmtp.messages("small", "INBOX").is_empty());
}
