//! Simple search.

use backends::{Flag, Search, SearchIn};

use super::fixture::{both, run};

#[test]
fn text_is_found_where_it_is_looked_for() {
    for alice in both() {
        let mut other = alice.other();
        let messages = [
            "Subject: Harvest report\r\nFrom: ann@x.example\r\nTo: alice@x.example\r\n\r\nnothing\r\n",
            "Subject: other\r\nFrom: Harvest Team <h@x.example>\r\n\r\nnothing\r\n",
            "Subject: other\r\nFrom: bob@x.example\r\n\r\nthe harvest is in the text\r\n",
            "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nGrüße\r\n",
            "Subject: say \"hi\" \\ there {3}\r\n\r\nx\r\n",
        ];
        for message in messages {
            other.append("INBOX", "()", message.as_bytes());
        }
        run(async {
            let find = async |text: &str, place| {
                let search = Search { text: text.to_owned(), place, ..Search::default() };
                let mut page = alice.session.search("INBOX", &search, 1, 50).await.unwrap();
                assert_eq!(page.total as usize, page.rows.len());
                page.rows.drain(..).map(|row| row.uid).collect::<Vec<u32>>()
            };
            assert_eq!(find("harvest", SearchIn::Everything).await, [3, 2, 1]);
            assert_eq!(find("HARVEST", SearchIn::Headers).await, [2, 1]);
            assert_eq!(find("harvest", SearchIn::Subject).await, [1]);
            assert_eq!(find("harvest", SearchIn::From).await, [2]);
            assert_eq!(find("alice@", SearchIn::To).await, [1]);
            assert_eq!(find("grüße", SearchIn::Everything).await, [4]);
            assert_eq!(find("say \"hi\" \\ there {3}", SearchIn::Subject).await, [5]);
            assert!(find("no such text anywhere", SearchIn::Everything).await.is_empty());
        });
    }
}

#[test]
fn results_are_paged_and_filtered_by_flag() {
    for alice in both() {
        let mut other = alice.other();
        for n in 1..=25 {
            let flags = if n % 5 == 0 { "(\\Flagged)" } else { "(\\Seen)" };
            other.append("INBOX", flags, format!("Subject: item {n}\r\n\r\nx\r\n").as_bytes());
        }
        run(async {
            let all = Search::text("item");
            let page = alice.session.search("INBOX", &all, 3, 10).await.unwrap();
            assert_eq!((page.total, page.pages, page.number), (25, 3, 3));
            assert_eq!(page.rows.iter().map(|row| row.uid).collect::<Vec<_>>(), [5, 4, 3, 2, 1]);
            let unread = Search { without: Some(Flag::Seen), ..Search::default() };
            assert_eq!(alice.session.search_uids("INBOX", &unread).await.unwrap(), [5, 10, 15, 20, 25]);
            let flagged = Search { with: Some(Flag::Flagged), ..Search::text("item 1") };
            assert_eq!(alice.session.search_uids("INBOX", &flagged).await.unwrap(), [10, 15]);
        });
    }
}
