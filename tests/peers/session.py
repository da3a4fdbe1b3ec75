"""A session with Python's imaplib, as a script of a person would have it. Arguments: host, port, user; password on stdin."""

import email
import imaplib
import sys
import time

host, port, user = sys.argv[1], int(sys.argv[2]), sys.argv[3]
password = sys.stdin.readline().rstrip("\n")


def ok(reply):
    kind, data = reply
    assert kind == "OK", reply
    return data


message = (
    b"From: Script <script@elsewhere.test>\r\nTo: alice@example.test\r\nSubject: From Python\r\n"
    b"Date: Tue, 3 Nov 2026 10:11:12 +0000\r\n\r\nOne line.\r\n"
)
with imaplib.IMAP4(host, port, timeout=30) as imap:
    assert "IMAP4REV1" in imap.capabilities
    ok(imap.login(user, password))
    ok(imap.create("Work"))
    ok(imap.create('"With Blank"'))
    listed = [line.decode() for line in ok(imap.list())]
    assert any(line.endswith(("Work", '"Work"')) for line in listed), listed
    ok(imap.subscribe("Work"))
    assert any(b"Work" in line for line in ok(imap.lsub())), "subscription"
    ok(imap.append("INBOX", r"(\Seen)", imaplib.Time2Internaldate(time.time()), message))
    ok(imap.append("INBOX", None, None, message.replace(b"From Python", b"Another")))
    assert ok(imap.select("INBOX")) == [b"2"]
    assert imap.response("UIDVALIDITY")[1][0].isdigit()
    assert ok(imap.search(None, "UNSEEN")) == [b"2"]
    assert ok(imap.search(None, "SUBJECT", '"From Python"')) == [b"1"]
    assert ok(imap.uid("SEARCH", None, "ALL")) == [b"1 2"]
    data = ok(imap.fetch("1", "(UID FLAGS RFC822.SIZE BODY.PEEK[])"))
    assert data[0][1] == message, data
    assert str(len(message)).encode() in data[0][0], data
    parsed = email.message_from_bytes(data[0][1])
    assert parsed["Subject"] == "From Python"
    assert b"\\Flagged" in ok(imap.store("2", "+FLAGS", r"(\Flagged)"))[0]
    ok(imap.copy("1:2", "Work"))
    ok(imap.store("1", "+FLAGS", r"(\Deleted)"))
    assert ok(imap.expunge()) == [b"1"]
    assert b"MESSAGES 2" in ok(imap.status("Work", "(MESSAGES UIDNEXT)"))[0]
    ok(imap.rename("Work", "Done"))
    assert ok(imap.select("Done", readonly=True)) == [b"2"]
    try:
        imap.store("1", "+FLAGS", r"(\Draft)")
    except imap.readonly:
        pass
    assert b"Draft" not in ok(imap.fetch("1", "(FLAGS)"))[0], "opened read-only"
    ok(imap.noop())
    ok(imap.close())
    ok(imap.delete("Done"))
    assert b'""' in ok(imap.namespace())[0]
    ok(imap.check()) if imap.state == "SELECTED" else None
    assert imap.logout()[0] == "BYE"
print("session done")
