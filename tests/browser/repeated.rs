//! The compose form posted more than once: double click, reload, several posts at the same time. One message goes out.

use std::thread;

use suite::Site;
use suite::http::{HttpClient, HttpResponse};

use super::said;

/// Posts the form as a browser without scripts does.
fn post(http: &mut HttpClient, id: &str, fields: &[(&str, &str)]) -> HttpResponse {
    let mut body = String::new();
    for (name, value) in fields {
        body.push_str(&format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"));
    }
    body.push_str("--b--\r\n");
    http.request("POST", &format!("/compose/{id}"), Some(("multipart/form-data; boundary=b", body.as_bytes())))
}

fn messages(site: &Site, user: &str) -> String {
    said(&site.imap_as(user).command("STATUS INBOX (MESSAGES)"))
}

#[test]
fn one_form_sends_one_message() {
    let site = Site::new();
    let mut http = site.http_as("alice");
    let token = http.get("/settings").input_value("csrf").expect("a token");
    let id = "0123456789abcdef0123456789abcdef";
    let letter = |to: &'static str, text: &'static str| {
        [("csrf", token.clone()), ("to", to.to_owned()), ("subject", "Once".to_owned()), ("body", text.to_owned())]
    };
    let fields = |letter: &[(&'static str, String); 4], action: &'static str| -> Vec<(&'static str, String)> {
        letter.iter().cloned().chain([("do", action.to_owned())]).collect()
    };
    let send = |http: &mut HttpClient, fields: &[(&'static str, String)]| {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        post(http, id, &fields)
    };
    // What failed may be tried again.
    let wrong = fields(&letter("nobody@example.test", "words"), "send");
    assert_eq!(send(&mut http, &wrong).status, 422);
    assert_eq!(send(&mut http, &wrong).status, 422);
    let right = fields(&letter("bob@example.test", "words"), "send");
    thread::scope(|scope| {
        for _ in 0..6 {
            let mut other = site.http();
            other.cookies().clone_from(http.cookies());
            let (send, right) = (&send, &right);
            scope.spawn(move || {
                let answer = send(&mut other, right);
                assert_eq!((answer.status, answer.header("location")), (303, Some("/mail/INBOX")));
            });
        }
    });
    let again = send(&mut http, &right);
    assert_eq!(again.status, 303);
    assert!(http.follow(again).text().contains("Message sent"));
    assert!(messages(&site, "bob").contains("MESSAGES 1"), "{}", messages(&site, "bob"));
    // Other words are not lost, and get a form of their own.
    let other = send(&mut http, &fields(&letter("bob@example.test", "other words"), "send"));
    assert_eq!(other.status, 409);
    assert!(other.text().contains("other words") && !other.text().contains(id));
    let saved = send(&mut http, &fields(&letter("bob@example.test", "words"), "save"));
    assert_eq!(saved.status, 303);
    assert!(messages(&site, "bob").contains("MESSAGES 1"));
}
