//! Links: where they lead, and what they say.

use super::reading::{clean, html};

fn href(target: &str) -> Option<String> {
    let cleaned = html(&format!("<a href=\"{}\">x</a>", target.replace('&', "&amp;")));
    let (_, rest) = cleaned.split_once("href=\"")?;
    rest.split_once('"').map(|(href, _)| href.replace("&amp;", "&"))
}

#[test]
fn links_open_elsewhere_and_say_nothing_of_us() {
    assert_eq!(
        html("<a href=\"https://x.example/a?b=c#d\" target=_top rel=opener>x</a>"),
        "<a href=\"https://x.example/a?b=c#d\" target=\"_blank\" rel=\"noopener noreferrer nofollow\">x</a>"
    );
    assert_eq!(href("HTTP://X.example:80/%41").as_deref(), Some("http://x.example/%41"));
    assert_eq!(href("https:/\\x.example\\y").as_deref(), Some("https://x.example/y"));
    assert_eq!(href("tel:+49-30-123").as_deref(), Some("tel:+49-30-123"));
    assert_eq!(href("tel:alert(1)<"), None);
    assert_eq!(href(&format!("https://x.example/{}", "y".repeat(20_000))), None);
}

#[test]
fn mail_links_lead_to_the_composer_with_four_fields_and_no_more() {
    assert_eq!(href("mailto:a@b.example").as_deref(), Some("/compose?to=a@b.example"));
    assert_eq!(
        href("mailto:a@b.example?subject=Hi%20you&cc=c@d.example&body=one%0D%0Atwo&attach=/etc/passwd&bcc=spy@x.example&From=x").as_deref(),
        Some("/compose?to=a@b.example&subject=Hi%20you&cc=c@d.example&body=one%0D%0Atwo")
    );
    // No line break gets into a header field, and no second parameter out of a value.
    assert_eq!(
        href("mailto:a@b?subject=x%0D%0ABcc:%20y&to=z%26attach=1").as_deref(),
        Some("/compose?to=a@b%2C%20z%26attach%3D1&subject=x%20%20Bcc%3A%20y")
    );
    assert_eq!(href("mailto:").as_deref(), Some("/compose?to="));
}

#[test]
fn links_that_say_one_thing_and_do_another_are_told() {
    let told =
        |body: &str| clean(body).deceiving_links.into_iter().map(|link| (link.shown, link.goes_to)).collect::<Vec<_>>();
    let pair = |shown: &str, goes_to: &str| vec![(shown.to_owned(), goes_to.to_owned())];
    let bad = "href=\"https://evil.example/login\"";
    assert_eq!(told(&format!("<a {bad}>https://bank.example/login</a>")), pair("bank.example", "evil.example"));
    assert_eq!(told(&format!("<a {bad}><b>www.bank</b>.example</a>")), pair("www.bank.example", "evil.example"));
    assert_eq!(told(&format!("<a {bad}>http://bank.example is safe</a>")), pair("bank.example", "evil.example"));
    assert_eq!(
        told("<a href=\"https://bank.example@evil.example/\">bank.example</a>"),
        pair("bank.example", "evil.example")
    );
    assert_eq!(
        told("<a href=\"https://bank.example.evil.example/\">bank.example</a>"),
        pair("bank.example", "bank.example.evil.example")
    );
    for honest in [
        "<a href=\"https://bank.example/x\">https://www.bank.example</a>",
        "<a href=\"https://login.bank.example/x\">bank.example</a>",
        "<a href=\"https://evil.example\">click here</a>",
        "<a href=\"https://evil.example\">see report.pdf for more</a>",
        "<a href=\"mailto:a@b.example\">bank.example</a>",
        "<a>bank.example</a>",
    ] {
        assert_eq!(told(honest), [], "{honest}");
    }
}
