//! ENVELOPE and BODYSTRUCTURE of messages.

use imap_wire::print::{self, Detail};
use message::{Digest, Limits};

fn envelope(message: &str) -> String {
    let digest = Digest::of(message.as_bytes(), &Limits::default());
    let mut out = Vec::new();
    print::envelope(&mut out, &digest.view().unwrap().envelope());
    String::from_utf8(out).unwrap()
}

fn structure(message: &str, detail: Detail) -> String {
    let digest = Digest::of(message.as_bytes(), &Limits::default());
    let mut out = Vec::new();
    print::body_structure(&mut out, &digest.view().unwrap().root(), detail);
    String::from_utf8(out).unwrap()
}

#[test]
fn the_envelope_of_the_rfcs_example() {
    let message = "Date: Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\r\nFrom: Terry Gray <gray@cac.washington.edu>\r\n\
        Subject: IMAP4rev1 WG mtg summary and minutes\r\nTo: imap@cac.washington.edu\r\n\
        cc: minutes@CNRI.Reston.VA.US, John Klensin <KLENSIN@MIT.EDU>\r\n\
        Message-Id: <B27397-0100000@cac.washington.edu>\r\n\r\n";
    assert_eq!(
        envelope(message),
        "(\"Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\" \"IMAP4rev1 WG mtg summary and minutes\" \
         ((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) ((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) \
         ((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) ((NIL NIL \"imap\" \"cac.washington.edu\")) \
         ((NIL NIL \"minutes\" \"CNRI.Reston.VA.US\")(\"John Klensin\" NIL \"KLENSIN\" \"MIT.EDU\")) NIL NIL \
         \"<B27397-0100000@cac.washington.edu>\")"
    );
}

#[test]
fn a_message_without_anything_has_an_envelope_all_the_same() {
    assert_eq!(envelope(""), "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)");
}

#[test]
fn the_structure_of_a_multipart_with_a_message_in_it() {
    let message = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nhi\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n\
        Subject: in\r\n\r\nx\r\n--b\r\nContent-Type: image/png; name=a\r\nContent-Transfer-Encoding: base64\r\n\
        Content-Disposition: attachment; filename=\"a.png\"\r\n\r\nAAAA\r\n--b--\r\n";
    assert_eq!(
        structure(message, Detail::Basic),
        "((\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 2 0)\
         (\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 16 (NIL \"in\" NIL NIL NIL NIL NIL NIL NIL NIL) \
         (\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 1 0) 2)\
         (\"image\" \"png\" (\"name\" \"a\") NIL NIL \"base64\" 4) \"mixed\")"
    );
    let extended = structure(message, Detail::Extended);
    assert!(extended.ends_with("\"base64\" 4 NIL (\"attachment\" (\"filename\" \"a.png\")) NIL NIL) \"mixed\" (\"boundary\" \"b\") NIL NIL NIL)"), "{extended}");
}
