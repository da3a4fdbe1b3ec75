//! One client on a mailbox of 50,000 messages.

use std::{
    fs,
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    path::Path,
    time::Instant,
};

use suite::{process::temporary, site::password, wait::DEADLINE};

use crate::{
    both,
    load::users,
    server::Server,
    table::{Table, Unit},
};

/// How many messages the mailbox has.
pub const MESSAGES: usize = 50_000;

/// A Maildir of messages that differ as real ones do: senders, subjects, dates, lengths, threads.
pub fn make_maildir(folder: &Path, count: usize) {
    for part in ["cur", "new", "tmp"] {
        fs::create_dir_all(folder.join(part)).unwrap();
    }
    let words =
        ["report", "meeting", "lunch", "invoice", "holiday", "release", "question", "answer", "garden", "music"];
    for number in 0..count {
        let word = |salt: usize| words[(number * 7 + salt * 13) / (salt + 1) % words.len()];
        let mut text = format!(
            "From: \"Sender {sender}\" <sender{sender}@elsewhere.test>\nTo: User <user0@example.test>\n\
             Subject: {} {} about {} {number}\nDate: Tue, {} Nov 2026 {:02}:{:02}:12 +0000\n\
             Message-ID: <{number}@elsewhere.test>\nReferences: <{}@elsewhere.test>\nMIME-Version: 1.0\n\
             Content-Type: text/plain; charset=utf-8\nX-Mailer: none\n\n",
            word(1),
            word(2),
            word(3),
            1 + number % 28,
            number % 24,
            number % 60,
            number / 5 * 5,
            sender = number % 997,
        );
        for line in 0..8 + number % 24 {
            text += &format!("Line {line} says {} and {} to number {number}.\n", word(line), word(line + 1));
        }
        fs::write(folder.join(format!("cur/{:010}.{number}.bench:2,S", 1_700_000_000 + number)), text).unwrap();
    }
}

/// A connection that only counts what it reads.
struct Reader {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Reader {
    fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(DEADLINE * 10)).unwrap();
        stream.set_nodelay(true).unwrap();
        let mut reader = Self { stream, buffer: vec![0; 1 << 18] };
        reader.read_until(b"* OK");
        reader.command(&format!("LOGIN user0 {}", password()));
        reader
    }

    /// Reads until the last line that came begins with `start`.
    fn read_until(&mut self, start: &[u8]) -> usize {
        let mut total = 0;
        let mut kept = 0;
        loop {
            let read = self.stream.read(&mut self.buffer[kept..]).unwrap();
            assert!(read > 0, "the server closed the connection");
            total += read;
            let filled = kept + read;
            let seen = &self.buffer[..filled];
            if seen.ends_with(b"\r\n") {
                let line = seen[..filled - 2].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
                if seen[line..].starts_with(start) {
                    let line = String::from_utf8_lossy(&seen[line..]).into_owned();
                    assert!(line.contains("OK"), "{line}");
                    return total;
                }
            }
            // The start of the last line may come again with the next bytes.
            kept = filled.min(2000);
            self.buffer.copy_within(filled - kept..filled, 0);
        }
    }

    /// Milliseconds for one command, answer read to its end.
    fn command(&mut self, command: &str) -> f64 {
        let start = Instant::now();
        self.stream.write_all(format!("tagged {command}\r\n").as_bytes()).unwrap();
        self.read_until(b"tagged ");
        start.elapsed().as_secs_f64() * 1000.0
    }

    /// The middle of nine.
    fn median(&mut self, command: &str) -> f64 {
        let mut times: Vec<f64> = (0..9).map(|_| self.command(command)).collect();
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    }
}

#[derive(Debug)]
struct Figures {
    select: f64,
    flags: f64,
    envelope_first: f64,
    envelope: f64,
    subject: f64,
    body_first: f64,
    body: f64,
    body_miss: f64,
    body_reading: Option<f64>,
    fields: f64,
    sort: f64,
    thread: f64,
}

/// SELECT, FETCH and SEARCH.
pub fn mailbox(table: &mut Table) {
    let folder = temporary("bench");
    let maildir = folder.path().join("Maildir");
    make_maildir(&maildir, MESSAGES);
    let measure = |server: &mut Server| {
        server.fill("user0", &maildir);
        // The first look lets Dovecot find its files; neither server is measured by it.
        let mut first = Reader::connect(server.imap());
        first.command("SELECT INBOX");
        first.command("LOGOUT");
        server.restart();
        let mut imap = Reader::connect(server.imap());
        let select = imap.command("SELECT INBOX");
        let flags = imap.median("FETCH 1:* (UID FLAGS)");
        let envelope_first = imap.command("FETCH 1:* (ENVELOPE)");
        let envelope = imap.median("FETCH 1:* (ENVELOPE)");
        let subject = imap.median("SEARCH SUBJECT \"garden\"");
        let body_first = imap.command("SEARCH BODY \"number 49999\"");
        let body = imap.median("SEARCH BODY \"number 49999\"");
        let body_miss = imap.median("SEARCH BODY \"no line says this\"");
        let fields = imap.median("FETCH 1:* (BODY.PEEK[HEADER.FIELDS (SUBJECT FROM DATE)])");
        let sort = imap.median("SORT (SUBJECT) UTF-8 ALL");
        let thread = imap.median("THREAD REFERENCES UTF-8 ALL");
        let body_reading = server.keep_nothing_of_searches().then(|| {
            let mut imap = Reader::connect(server.imap());
            imap.command("SELECT INBOX");
            imap.median("SEARCH BODY \"number 49999\"")
        });
        Figures {
            select,
            flags,
            envelope_first,
            envelope,
            subject,
            body_first,
            body,
            body_miss,
            body_reading,
            fields,
            sort,
            thread,
        }
    };
    let (theirs, ours) = both(&users(1), measure);
    let mut row = |load: &str, figure: fn(&Figures) -> f64, goal| {
        table.row(load, Unit::Milliseconds, Some(figure(&theirs)), figure(&ours), goal);
    };
    row("50,000 messages: SELECT after a restart", |figures| figures.select, "");
    row("FETCH 1:* (UID FLAGS)", |figures| figures.flags, "≤ 0.7");
    row("FETCH 1:* (ENVELOPE), first", |figures| figures.envelope_first, "");
    row("FETCH 1:* (ENVELOPE), again", |figures| figures.envelope, "≤ 0.5");
    row("SEARCH SUBJECT", |figures| figures.subject, "≤ 0.3");
    row("SEARCH BODY, the first one in the mailbox", |figures| figures.body_first, "");
    row("SEARCH BODY, one message found", |figures| figures.body, "≤ 0.3");
    row("SEARCH BODY, none found", |figures| figures.body_miss, "≤ 0.3");
    row("SEARCH BODY, store.searchindex = no", |figures| figures.body_reading.unwrap_or(figures.body), "");
    row("FETCH 1:* (HEADER.FIELDS)", |figures| figures.fields, "");
    row("SORT SUBJECT", |figures| figures.sort, "≤ 0.3");
    row("THREAD REFERENCES", |figures| figures.thread, "≤ 0.3");
}
