//! What good mail needs stays.

use super::reading::html;
use mshttpd::views::safe_html::{BodyOptions, compose_quote, message_body};

#[test]
fn structure_and_looks_stay() {
    for body in [
        "<h1>Title</h1><p>One <b>two</b> <i>three</i></p>",
        "<table width=\"100%\" cellpadding=\"0\" bgcolor=\"#ffffff\"><tbody><tr><td align=\"center\" valign=\"top\" colspan=\"2\">x</td></tr></tbody></table>",
        "<font color=\"#ff0000\" face=\"Arial, Helvetica\" size=\"+1\">x</font>",
        "<ul><li>a</li><li>b</li></ul><blockquote>c</blockquote><pre>d  e</pre><hr>",
        "<p dir=\"rtl\" lang=\"he\">\u{5e9}\u{5dc}\u{5d5}\u{5dd}</p>",
    ] {
        assert_eq!(html(body), body);
    }
}

#[test]
fn unknown_elements_go_and_their_words_stay() {
    assert_eq!(html("<o:p>a</o:p><form>b<button>c</button></form><custom-tag>d</custom-tag>"), "abcd");
    assert_eq!(html("<html><head><title>t</title></head><body><p>x</p></body></html>"), "<p>x</p>");
}

#[test]
fn images_of_the_message_stay_and_remote_ones_wait() {
    let body = "<img src=\"cid:known\" alt=\"a\"><img src=\"https://x.example/1.png\"><img src=\"http://x.example/2.png\" width=\"1\">";
    let cid = |id: &str| (id == "known").then(|| "/part/token".to_owned());
    let blocked = message_body(body, &BodyOptions { remote_images: false, cid: &cid }).expect("cleans");
    assert_eq!(blocked.blocked_images, 2);
    assert!(blocked.html.as_str().contains("src=\"/part/token\""), "{}", blocked.html);
    assert!(!blocked.html.as_str().contains("x.example"), "{}", blocked.html);
    let shown = message_body(body, &BodyOptions { remote_images: true, cid: &cid }).expect("cleans");
    assert_eq!(shown.blocked_images, 0);
    assert!(shown.html.as_str().contains("src=\"https://x.example/1.png\""), "{}", shown.html);
    assert!(shown.html.as_str().contains("src=\"http://x.example/2.png\""), "{}", shown.html);
}

#[test]
fn content_ids_with_all_their_characters_are_found() {
    let cid = |id: &str| (id == "image001.png@01D9.AB+c/d").then(|| "/part/1".to_owned());
    for source in
        ["cid:image001.png@01D9.AB+c/d", "CID:image001.png%4001D9.AB%2Bc%2Fd", "cid:<image001.png@01D9.AB+c/d>"]
    {
        let body = format!("<img src=\"{source}\">");
        let cleaned = message_body(&body, &BodyOptions { remote_images: false, cid: &cid }).expect("cleans");
        assert_eq!(cleaned.html.as_str(), "<img src=\"/part/1\">", "{source}");
    }
}

#[test]
fn quotes_for_the_editor_hold_neither_images_nor_styles() {
    let quote = compose_quote(
        "<p style=\"color:red\">a<img src=\"cid:x\"> <a href=\"mailto:a@b.example\">c</a></p><script>x</script>",
    );
    assert_eq!(
        quote.as_str(),
        "<p>a <a href=\"mailto:a@b.example\" target=\"_blank\" rel=\"noopener noreferrer nofollow\">c</a></p>"
    );
    let deep = format!("{}words{}", "<div>".repeat(3000), "</div>".repeat(3000));
    assert_eq!(compose_quote(&deep).as_str(), "words");
}
