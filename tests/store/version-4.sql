CREATE TABLE seen (
  mailbox_id INTEGER NOT NULL,
  reader TEXT NOT NULL,
  first_uid INTEGER NOT NULL,
  last_uid INTEGER NOT NULL,
  PRIMARY KEY (mailbox_id, reader, first_uid)
) WITHOUT ROWID;
INSERT INTO acl VALUES (1, 'bob', 'lrs');
INSERT INTO seen VALUES (1, 'bob', 2, 3);
PRAGMA user_version = 4;
