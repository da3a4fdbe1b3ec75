//! The commands and the states that they belong to (RFC 1939 §3–§7).

use super::fixture::Pop;

const ONE: &[u8] = b"Subject: one\r\n\r\nfirst\r\n";
const TWO: &[u8] = b"Subject: two\r\n\r\nsecond\r\nline\r\n";

#[test]
fn a_session_from_greeting_to_quit() {
    let pop = Pop::new();
    pop.put(&[ONE, TWO]);
    let mut client = pop.connect();
    assert!(client.greeting.starts_with("+OK store.example.test POP3 service (Heliograph"), "{}", client.greeting);
    client.ok("USER alice");
    assert_eq!(client.ok("PASS secret"), "Maildrop has 2 messages (53 octets)");
    assert_eq!(client.ok("STAT"), "2 53");
    assert_eq!(client.list("LIST"), ["1 23", "2 30"]);
    assert_eq!(client.ok("LIST 2"), "2 30");
    assert_eq!(client.retr(1), (23, ONE.to_vec()));
    client.ok("DELE 1");
    assert_eq!(client.ok("STAT"), "1 30");
    assert_eq!(client.list("LIST"), ["2 30"]);
    assert_eq!(client.list("UIDL").len(), 1);
    for gone in ["RETR 1", "TOP 1 0", "DELE 1", "LIST 1", "UIDL 1"] {
        client.err(gone);
    }
    assert_eq!(client.ok("RSET"), "Maildrop has 2 messages (53 octets)");
    assert_eq!(client.retr(1), (23, ONE.to_vec()));
    client.ok("NOOP");
    client.ok("QUIT");
    assert!(client.is_closed());
    assert_eq!(pop.uids(), [1, 2]);
}

#[test]
fn keywords_come_in_any_case_and_lines_may_end_with_a_bare_lf() {
    let pop = Pop::new();
    pop.put(&[ONE]);
    let mut client = pop.connect();
    client.ok("uSeR alice");
    client.ok("pass secret");
    client.send(b"stat\n");
    assert_eq!(client.line(), "+OK 1 23");
    assert_eq!(client.ok("LIST  1 "), "1 23");
    client.ok("quit");
}

#[test]
fn an_empty_maildrop_is_listed_as_such() {
    let pop = Pop::new();
    let mut client = pop.alice();
    assert_eq!(client.ok("STAT"), "0 0");
    assert!(client.list("LIST").is_empty());
    assert!(client.list("UIDL").is_empty());
    client.err("RETR 1");
    client.ok("QUIT");
}

#[test]
fn commands_outside_their_state_are_refused() {
    let pop = Pop::new();
    pop.put(&[ONE]);
    for line in ["STAT", "LIST", "RETR 1", "DELE 1", "NOOP", "RSET", "TOP 1 1", "UIDL"] {
        assert_eq!(pop.connect().err(line), "Sign in first", "{line}");
    }
    let mut client = pop.alice();
    for line in ["USER alice", "PASS secret", "AUTH PLAIN", "AUTH", "APOP alice x", "STLS", "UTF8"] {
        assert_eq!(client.err(line), "Already signed in", "{line}");
    }
    client.ok("NOOP");
    let mut client = pop.connect();
    client.ok("QUIT");
    assert!(client.is_closed());
}

#[test]
fn faulty_arguments_are_refused_and_harm_nothing() {
    let pop = Pop::new();
    pop.put(&[ONE]);
    let mut client = pop.alice();
    for line in [
        "RETR",
        "RETR 0",
        "RETR 2",
        "RETR -1",
        "RETR 1 1",
        "RETR one",
        "RETR 99999999999999999999999",
        "DELE",
        "DELE 0",
        "LIST 1 2",
        "LIST x",
        "UIDL x",
        "TOP",
        "TOP 1",
        "TOP 1 x",
        "TOP 1 -1",
        "TOP 1 1 1",
        "STAT 1",
        "NOOP 1",
        "QUIT now",
        "RSET 1",
        "CAPA x",
        "",
        " STAT",
        "STATS",
        "STAT\0",
        "ST\u{7}AT",
        "LANG a b",
        "LAST",
        "XTND",
    ] {
        client.err(line);
        // A good command in between: the limit on faults in a row is not what is tested here.
        client.ok("NOOP");
    }
    client.send(b"RETR \xff\r\n");
    assert!(client.line().starts_with("-ERR "));
    assert_eq!(client.ok("STAT"), "1 23");
}

#[test]
fn commands_may_be_pipelined() {
    let pop = Pop::new();
    pop.put(&[ONE, TWO]);
    let mut client = pop.connect();
    let batch = "USER alice\r\nPASS secret\r\nSTAT\r\nLIST\r\nRETR 1\r\nDELE 1\r\nRETR 1\r\nRETR 2\r\nNOOP\r\nQUIT\r\n";
    client.send(batch.as_bytes());
    for expected in ["+OK Send", "+OK Maildrop", "+OK 2 53", "+OK 2 messages"] {
        let line = client.line();
        assert!(line.starts_with(expected), "{line}");
    }
    assert_eq!(client.body(), b"1 23\r\n2 30\r\n");
    assert_eq!(client.line(), "+OK 23 octets");
    assert_eq!(client.body(), ONE);
    assert_eq!(client.line(), "+OK Message 1 deleted");
    assert_eq!(client.line(), "-ERR No such message");
    assert_eq!(client.line(), "+OK 30 octets");
    assert_eq!(client.body(), TWO);
    assert_eq!(client.line(), "+OK Nothing done");
    assert_eq!(client.line(), "+OK Goodbye");
    assert!(client.is_closed());
    assert_eq!(pop.uids(), [2]);
}

#[test]
fn thousands_of_pipelined_commands_are_answered_in_order() {
    let pop = Pop::new();
    pop.put(&[ONE]);
    let mut client = pop.alice();
    let batch: String = (0..5000).map(|_| "RETR 1\r\nSTAT\r\n").collect();
    client.send(batch.as_bytes());
    for _ in 0..5000 {
        assert_eq!(client.line(), "+OK 23 octets");
        assert_eq!(client.body(), ONE);
        assert_eq!(client.line(), "+OK 1 23");
    }
    client.ok("QUIT");
}
