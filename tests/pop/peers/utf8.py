"""Python's poplib and email over a message with UTF-8 headers. Arguments: host, port; the password on standard input."""

import email
import email.policy
import poplib
import sys

server = poplib.POP3(sys.argv[1], int(sys.argv[2]), timeout=30)
server.user("alice")
server.pass_(sys.stdin.readline().rstrip("\n"))
_, lines, octets = server.retr(1)
assert server.stat() == (1, octets), (server.stat(), octets)
assert server.list(1).split()[2] == str(octets).encode()
message = email.message_from_bytes(b"\r\n".join(lines) + b"\r\n", policy=email.policy.default)
assert not message.defects, message.defects
assert message["Subject"] == "Grüße aus Köln", message["Subject"]
sender = message["From"].addresses[0]
assert (sender.display_name, sender.addr_spec) == ("Jürgen Müller", "juergen@xn--mller-kva.example"), sender
assert message.get_filename() == "Übersicht.txt", message.get_filename()
assert message.get_content().rstrip() == "Schöne Grüße.", message.get_content()
assert server.top(1, 0)[1] == lines[: lines.index(b"") + 1]
server.quit()
print("session done")
