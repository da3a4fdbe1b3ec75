//! The demo's mail: a few messages such as people really get, dated around now.

use std::io::Write;

use anyhow::Context;
use mailstore::{AccountId, FlagSet, Flags, MailboxName, NewMessage, Store};
use time::{Duration, OffsetDateTime, format_description::well_known::Rfc2822};

/// One message of the demo.
struct Mail {
    to: &'static str,
    mailbox: &'static str,
    hours_ago: i64,
    flags: Flags,
    /// Header lines but Date, To and Message-ID, then a blank line, then the body. Line ends are LF here.
    text: &'static str,
}

const PLAIN: &str =
    "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8; format=flowed\nContent-Transfer-Encoding: 8bit\n";

/// A red-to-amber square of 2 × 2 pixels, as an inline picture.
const PNG: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAFklEQVR4nGM4ESByIiCA4USPyImeAAAnbgWhkZxfRwAAAABJRU5ErkJggg==";

const MAILS: &[Mail] = &[
    Mail {
        to: "alice",
        mailbox: "INBOX",
        hours_ago: 2,
        flags: Flags::NONE,
        text: "From: Bob Lindqvist <bob@example.test>\nSubject: Quarterly mirror alignment\n{plain}\nHello Alice,\n\nthe numbers from the north field are in and they look better than last\nquarter: 0.4 mrad on average, and only two mirrors out of tolerance.\n\nShall we go through them on Thursday? I have put the survey drawings of\nthe east line at https://observatory.example/east-line for you.\n\nBob\n\n-- \nBob Lindqvist\nHeliostat field, north\n",
    },
    Mail {
        to: "alice",
        mailbox: "INBOX",
        hours_ago: 4,
        flags: Flags::FLAGGED,
        text: "From: Observatory Board <board@observatory.example>\nSubject: Re: Site visit in March\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"m1\"\n\n--m1\nContent-Type: multipart/alternative; boundary=\"a1\"\n\n--a1\nContent-Type: text/plain; charset=utf-8\n\nDear all,\n\nThursday works for all of us. The plan of the day is attached.\n\nHelena\n\n--a1\nContent-Type: multipart/related; boundary=\"r1\"\n\n--r1\nContent-Type: text/html; charset=utf-8\n\n<p>Dear all,</p><p>Thursday works for all of us. I have asked the north field team to have the array parked by ten, so that we can walk the <b>full line of mirrors</b> before the sun is on them.</p><p><img src=\"cid:field@observatory.example\" width=\"96\" height=\"96\" alt=\"The field at dawn\"></p><p>The plan of the day is attached, with the list of <a href=\"https://observatory.example/wear\">what to wear</a>.</p><p>Kind regards,<br>Helena</p><img src=\"https://tracker.example/pixel.gif\" width=\"1\" height=\"1\" alt=\"\">\n\n--r1\nContent-Type: image/png\nContent-Transfer-Encoding: base64\nContent-ID: <field@observatory.example>\nContent-Disposition: inline; filename=\"field.png\"\n\n{png}\n--r1--\n--a1--\n--m1\nContent-Type: text/plain; charset=utf-8; name=\"Plan of the day.txt\"\nContent-Disposition: attachment; filename=\"Plan of the day.txt\"\n\n09:30  Meet at the gate\n10:00  Array parked, walk of the line\n12:30  Lunch in the control room\n\n--m1--\n",
    },
    Mail {
        to: "alice",
        mailbox: "INBOX",
        hours_ago: 7,
        flags: Flags::NONE,
        text: "From: =?utf-8?Q?Tom=C3=A1s_Rey?= <tomas@rey-legal.example>\nSubject: Contract, second reading\n{plain}\nDear Ms Moreno,\n\ntwo clauses are still open: the date of hand-over and who insures the\nmirrors on the way. The rest can be signed as it is.\n\nTomás Rey\n",
    },
    Mail {
        to: "alice",
        mailbox: "INBOX",
        hours_ago: 26,
        flags: Flags::SEEN,
        text: "From: =?utf-8?B?5bGx55SwIOaYjuWtkA==?= <akiko@yamada.example>\nSubject: =?utf-8?B?5YaZ55yf44KS44GC44KK44GM44Go44GG?=\n{plain}\nアリスさん、\n\n写真をありがとうございました。来週の打ち合わせの資料も添付しました。\n\n山田明子\n",
    },
    Mail {
        to: "alice",
        mailbox: "INBOX",
        hours_ago: 30,
        flags: Flags::SEEN,
        text: "From: Rail Tickets <tickets@rail.example>\nSubject: Your booking 7Q2-LX: coach 11, seats 42 and 43, leaving at 08:12 from platform 6, with a change at the junction and ten minutes to make it\nMIME-Version: 1.0\nContent-Type: text/html; charset=utf-8\n\n<table width=\"100%\"><tr><td style=\"background:#0d5aa7;color:#ffffff;padding:16px\"><h1 style=\"margin:0\">Your booking</h1></td></tr><tr><td style=\"padding:16px\"><p>Thank you for travelling with us.</p><table border=\"1\" cellpadding=\"6\"><tr><th>Train</th><th>Leaves</th><th>Seats</th></tr><tr><td>IC 204</td><td>08:12</td><td>11 / 42, 43</td></tr></table><p><a href=\"https://rail.example/booking/7Q2-LX\">Show booking</a></p></td></tr></table>\n",
    },
    Mail {
        to: "alice",
        mailbox: "INBOX",
        hours_ago: 52,
        flags: Flags::SEEN,
        text: "From: Carol Natarajan <carol@example.test>\nSubject: Lunch?\n{plain}\nThe new place on the corner has opened. Wednesday?\n\nCarol\n",
    },
    Mail {
        to: "alice",
        mailbox: "Archive",
        hours_ago: 24 * 20,
        flags: Flags::SEEN,
        text: "From: Facilities <facilities@example.test>\nSubject: Lift out of order until Tuesday\n{plain}\nPlease use the east stairs.\n",
    },
    Mail {
        to: "bob",
        mailbox: "INBOX",
        hours_ago: 3,
        flags: Flags::NONE,
        text: "From: Carol Natarajan <carol@example.test>\nSubject: Heat shield photographs\n{plain}\nBob, do you still have the photographs for the annual report?\n\nCarol\n",
    },
    Mail {
        to: "carol",
        mailbox: "INBOX",
        hours_ago: 5,
        flags: Flags::NONE,
        text: "From: Bob Lindqvist <bob@example.test>\nSubject: Re: Heat shield photographs\n{plain}\nYes, on the old disk. I will bring them on Monday.\n\n> Bob, do you still have the photographs for the annual report?\n\nBob\n",
    },
];

/// Puts the demo's mail into `store`, the oldest first.
pub fn deliver(store: &Store) -> anyhow::Result<()> {
    let now = OffsetDateTime::now_utc();
    let mut mails: Vec<&Mail> = MAILS.iter().collect();
    mails.sort_by_key(|mail| -mail.hours_ago);
    for (number, mail) in mails.into_iter().enumerate() {
        let date = now - Duration::hours(mail.hours_ago);
        let text = format!(
            "Date: {}\nTo: {to}@example.test\nMessage-ID: <demo-{number}@example.test>\n{}",
            date.format(&Rfc2822).context("date")?,
            mail.text.replace("{plain}", PLAIN).replace("{png}", PNG),
            to = mail.to,
        );
        let account = store.account(&AccountId::new(mail.to)?)?;
        let mut incoming = account.incoming(Some(text.len() as u64))?;
        incoming.write_all(text.replace('\n', "\r\n").as_bytes())?;
        let message = NewMessage {
            flags: FlagSet { system: mail.flags, ..FlagSet::default() },
            internal_date: Some(date.unix_timestamp().into()),
            ..NewMessage::new(incoming.finish()?)
        };
        account.deliver(&MailboxName::new(mail.mailbox)?, vec![message])?;
    }
    Ok(())
}
