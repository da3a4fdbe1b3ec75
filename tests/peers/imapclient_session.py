"""A session with imapclient: move, search, sort, threads, IDLE, CONDSTORE, quota, ACL. Arguments: host, port, user; password on stdin."""

import sys

import imapclient
from imapclient import IMAPClient

host, port, user = sys.argv[1], int(sys.argv[2]), sys.argv[3]
password = sys.stdin.readline().rstrip("\n")


def message(number, subject):
    head = f"From: Sender {number} <s{number}@elsewhere.test>\r\nSubject: {subject}\r\nMessage-ID: <{number}@elsewhere.test>\r\n"
    refer = "References: <1@elsewhere.test>\r\n" if number > 1 else ""
    return (head + refer + f"Date: Tue, {number} Nov 2026 10:11:12 +0000\r\n\r\nBody {number}\r\n").encode()


with IMAPClient(host, port=port, ssl=False, timeout=30) as imap:
    imap.login(user, password)
    assert imap.has_capability("MOVE") and imap.has_capability("SORT") and imap.has_capability("THREAD=REFERENCES")
    assert imap.namespace().personal[0] == ("", "/")
    assert imap.id_({"name": "script"})
    names = {name: flags for flags, _, name in imap.list_folders()}
    assert b"\\Sent" in names["Sent"], names
    assert imap.find_special_folder(b"\\Trash") == "Trash"
    imap.create_folder("Entwürfe & mehr")
    assert imap.folder_exists("Entwürfe & mehr")
    imap.subscribe_folder("Entwürfe & mehr")
    assert any(name == "Entwürfe & mehr" for _, _, name in imap.list_sub_folders())
    for number, subject in enumerate(["Zebra", "Re: apple", "Mango"], 1):
        imap.append("INBOX", message(number, subject), flags=[imapclient.SEEN] if number == 1 else [])
    selected = imap.select_folder("INBOX")
    assert selected[b"EXISTS"] == 3 and selected[b"HIGHESTMODSEQ"] > 0, selected
    assert imap.search("UNSEEN") == [2, 3]
    assert imap.search(["SUBJECT", "Äpfel"], charset="UTF-8") == []
    assert imap.sort("SUBJECT") == [2, 3, 1]
    assert imap.thread(algorithm="REFERENCES") == ((1, (2,), (3,)),), imap.thread(algorithm="REFERENCES")
    data = imap.fetch([1, 2], ["ENVELOPE", "BODYSTRUCTURE", "FLAGS", "BODY.PEEK[]", "MODSEQ"])
    assert data[2][b"ENVELOPE"].subject == b"Re: apple"
    assert data[1][b"BODY[]"] == message(1, "Zebra")
    before = selected[b"HIGHESTMODSEQ"]
    imap.add_flags([1], [imapclient.FLAGGED])
    changed = imap.fetch("1:*", ["FLAGS"], modifiers=[f"CHANGEDSINCE {before}"])
    assert list(changed) == [1], (before, changed)
    imap.move([3], "Entwürfe & mehr")
    assert imap.search() == [1, 2]
    assert imap.folder_status("Entwürfe & mehr", ["MESSAGES"])[b"MESSAGES"] == 1
    with IMAPClient(host, port=port, ssl=False, timeout=30) as other:
        other.login(user, password)
        imap.idle()
        other.append("INBOX", message(4, "New"))
        told = imap.idle_check(timeout=30)
        assert (3, b"EXISTS") in told, told
        imap.idle_done()
        other.select_folder("INBOX")
        other.delete_messages([1])
        other.expunge([1])
    imap.noop()
    assert imap.search() == [2, 5] or imap.search() == [2, 4], imap.search()
    usage = imap.get_quota("INBOX")
    assert isinstance(usage, list)
    rights = imap.getacl("INBOX")
    assert any(user.encode() == who for who, _ in rights), rights
    imap.setacl("INBOX", "bob", "lr")
    assert (b"bob", b"lr") in imap.getacl("INBOX"), imap.getacl("INBOX")
    # Rights as the other one sees them; what is enabled says more of changes.
    with IMAPClient(host, port=port, ssl=False, timeout=30) as other:
        other.login("bob", password)
        shared = f"Shared Folders/User/{user}/INBOX"
        assert shared in [name for _, _, name in other.list_folders("Shared Folders/", "*")]
        selected = other.select_folder(shared, readonly=True)
        assert b"READ-ONLY" in selected, selected
        assert selected[b"PERMANENTFLAGS"] == (), selected
        assert other.search("SUBJECT apple") == [2]
        try:
            other.add_flags([2], [imapclient.FLAGGED])
            raise AssertionError("flagged without the right to")
        except imapclient.exceptions.IMAPClientError as error:
            assert "READ-ONLY" in str(error), error
        imap.setacl("INBOX", "bob", "lrswite")
        other.select_folder(shared)
        other.add_flags([2], [imapclient.FLAGGED])
        assert imapclient.FLAGGED in imap.get_flags([2])[2]
        other.idle()
        imap.append("INBOX", message(5, "Told"))
        assert any(told[1] == b"EXISTS" for told in other.idle_check(timeout=30))
        other.idle_done()
        other.close_folder()
        assert set(other.enable("CONDSTORE", "QRESYNC")) == {b"CONDSTORE", b"QRESYNC"}
        before = other.select_folder(shared)[b"HIGHESTMODSEQ"]
        imap.add_flags([2], [imapclient.ANSWERED])
        assert list(other.fetch("1:*", ["FLAGS"], modifiers=[f"CHANGEDSINCE {before}"])) == [2]
    root = imap.get_quota_root("INBOX")
    assert root[0].quota_roots == [""], root
    imap.rename_folder("Entwürfe & mehr", "Fertig")
    imap.delete_folder("Fertig")
print("session done")
