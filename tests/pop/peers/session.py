"""Python's poplib against a POP server. Arguments: host, port, certificate, TLS port; the password on standard input."""

import poplib
import ssl
import sys

host, port, certificate, tls_port = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
password = sys.stdin.readline().rstrip("\n")
# Longer lines than its default occur in real mail.
poplib._MAXLINE = 1 << 20
context = ssl.create_default_context(cafile=certificate)


def sizes(lines):
    return {int(number): int(size) for number, size in (line.split() for line in lines)}


# In clear, and what goes wrong.
server = poplib.POP3(host, port, timeout=30)
capabilities = server.capa()
for name in ("TOP", "UIDL", "USER", "PIPELINING", "STLS", "RESP-CODES", "AUTH-RESP-CODE"):
    assert name in capabilities, capabilities
assert "PLAIN" in capabilities["SASL"] and capabilities["EXPIRE"] == ["NEVER"], capabilities
server.user("alice")
try:
    server.pass_("wrong")
    raise SystemExit("a wrong password was taken")
except poplib.error_proto as error:
    assert b"[AUTH]" in error.args[0], error
server.user("alice")
server.pass_(password)
count, octets = server.stat()
assert count == 4, count
listed = sizes(server.list()[1])
assert sum(listed.values()) == octets and sorted(listed) == [1, 2, 3, 4], listed
ids = dict(line.split() for line in server.uidl()[1])
assert len(set(ids.values())) == 4, ids
assert server.uidl(2).split()[2] == ids[b"2"]
for number in listed:
    _, lines, read = server.retr(number)
    # poplib counts line ends as two octets and leaves stuffed dots out.
    assert read == listed[number], (number, read, listed[number])
    assert sum(len(line) + 2 for line in lines) == listed[number]
    top = server.top(number, 1)[1]
    blank = lines.index(b"")
    assert top == lines[: blank + 2], top
server.dele(1)
try:
    server.retr(1)
    raise SystemExit("a deleted message was sent")
except poplib.error_proto as error:
    assert b"No such message" in error.args[0], error
server.rset()
assert server.noop().startswith(b"+OK")
server.quit()

# STLS; a message is deleted, but the line is cut before QUIT.
server = poplib.POP3(host, port, timeout=30)
server.stls(context)
server.utf8()
server.user("alice")
server.pass_(password)
server.dele(1)
server.close()

# On the TLS port: the message is still there, under the same id. Now it goes.
while True:
    server = poplib.POP3_SSL("localhost", tls_port, context=context, timeout=30)
    try:
        server.user("alice")
        server.pass_(password)
        break
    except poplib.error_proto as error:
        # The server may not have seen yet that the line was cut.
        assert b"[IN-USE]" in error.args[0], error
        server.quit()
assert dict(line.split() for line in server.uidl()[1]) == ids
server.dele(1)
server.quit()
server = poplib.POP3(host, port, timeout=30)
server.user("alice@example.test")
server.pass_(password)
left = [line.split()[1] for line in server.uidl()[1]]
assert left == [ids[b"2"], ids[b"3"], ids[b"4"]], left
server.quit()
print("session done")
