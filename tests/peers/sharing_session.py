"""Two people and a shared mailbox with Python's imaplib: rights, quota, MOVE, SORT, IDLE by its raw interface. Arguments: host, port, owner,
reader; password on stdin."""

import imaplib
import sys

host, port, owner, reader = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
password = sys.stdin.readline().rstrip("\n")
shared = f'"Shared Folders/User/{owner}/Team"'


def ok(reply):
    kind, data = reply
    assert kind == "OK", reply
    return data


def no(reply, code):
    assert reply[0] == "NO" and code in reply[1][0], reply


def message(subject):
    return f"From: s@elsewhere.test\r\nSubject: {subject}\r\n\r\nText of {subject}.\r\n".encode()


with imaplib.IMAP4(host, port, timeout=30) as own, imaplib.IMAP4(host, port, timeout=30) as other:
    ok(own.login(owner, password))
    ok(other.login(reader, password))
    ok(own.create("Team"))
    ok(own.append("Team", None, None, message("Zebra")))
    ok(own.append("Team", None, None, message("Apple")))
    no(other.select(shared), b"NONEXISTENT")
    ok(own.setacl("Team", reader, "lrs"))
    assert reader.encode() + b" lrs" in ok(own.getacl("Team"))[0]
    assert ok(other.myrights(shared))[0].endswith(b" lrs")
    assert any(b"Shared Folders/User" in line for line in ok(other.list()) if line), "it is listed"
    no(other.getacl(shared), b"NOPERM")

    # Reading: one's own \Seen and nothing else.
    try:
        other.select(shared)
        raise AssertionError("nothing that others see may be changed")
    except imaplib.IMAP4.readonly:
        assert other.response("READ-ONLY")[1] != [None]
    ok(other.fetch("1", "(BODY[TEXT])"))
    assert ok(other.search(None, "UNSEEN")) == [b"2"]
    assert b"UNSEEN 2" in ok(own.status("Team", "(UNSEEN)"))[0], "the owner has read nothing"
    no(other.uid("STORE", "1", "+FLAGS", r"(\Flagged)"), b"NOPERM")
    no(other.copy("1", shared), b"NOPERM")
    assert ok(other.sort("(SUBJECT)", "UTF-8", "ALL")) == [b"2 1"]
    assert ok(other.search(None, "TEXT", "apple")) == [b"2"]

    # More rights, in the session that runs.
    ok(own.setacl("Team", reader, "+wite"))
    ok(other.noop())
    assert b"Flagged" in ok(other.uid("STORE", "1", "+FLAGS", r"(\Flagged)"))[0]
    ok(other.uid("COPY", "1", "INBOX"))
    ok(other.uid("MOVE", "2", "INBOX"))
    assert ok(other.search(None, "ALL")) == [b"1"]
    assert b"MESSAGES 2" in ok(other.status("INBOX", "(MESSAGES)"))[0]
    ok(other.uid("EXPUNGE", "7"))
    ok(other.append(shared, r"(\Seen)", None, message("Put by another")))

    # IDLE, as a script has it before Python 3.14.
    ok(own.select("Team"))
    other.send(b"idle1 IDLE\r\n")
    while not (line := other.readline()).startswith(b"+"):
        assert line.startswith(b"* "), line
    ok(own.append("Team", None, None, message("Told")))
    while b"3 EXISTS" not in (line := other.readline()):
        assert line.startswith(b"* "), line
    other.send(b"DONE\r\n")
    while not (line := other.readline()).startswith(b"idle1 "):
        assert line.startswith(b"* "), line
    assert line.startswith(b"idle1 OK"), line

    # Quota is the owner's; the reader is not told of it.
    assert ok(other.getquotaroot(shared))[1] == [None]
    assert b'""' in ok(own.getquotaroot("Team"))[0][0]
    ok(own.getquota('""'))
    ok(own.deleteacl("Team", reader))
    try:
        other.noop()
        raise AssertionError("the session goes on without the right to read")
    except imaplib.IMAP4.abort:
        other.shutdown()
        other.state = "LOGOUT"
print("session done")
