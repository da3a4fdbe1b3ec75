//! Plain text as HTML and back.

use super::reading::assert_harmless;
use mshttpd::views::plain_text::{Flowed, of_html, quoted, to_html};

fn shown(text: &str) -> String {
    to_html(text, None).to_string()
}

/// The links of HTML as `text -> target`.
fn links(text: &str) -> Vec<(String, String)> {
    let html = shown(text).replace("&amp;", "&");
    html.split("<a href=\"")
        .skip(1)
        .filter_map(|rest| {
            let (href, rest) = rest.split_once('"')?;
            let (_, rest) = rest.split_once('>')?;
            Some((rest.split_once("</a>")?.0.to_owned(), href.to_owned()))
        })
        .collect()
}

#[test]
fn text_is_escaped() {
    assert_eq!(shown("<b> & \"x\" 'y'"), "&lt;b&gt; &amp; &quot;x&quot; &#39;y&#39;");
    assert_eq!(shown("a\nb\r\nc"), "a\nb\nc");
}

#[test]
fn addresses_and_links_are_found() {
    let one = |text: &str, shown: &str, target: &str| {
        assert_eq!(links(text), [(shown.to_owned(), target.to_owned())], "{text}")
    };
    one("see https://x.example/a?b=1&c=2#d.", "https://x.example/a?b=1&c=2#d", "https://x.example/a?b=1&c=2#d");
    one("(https://x.example/a_(b))", "https://x.example/a_(b)", "https://x.example/a_(b)");
    one("<https://x.example/a>", "https://x.example/a", "https://x.example/a");
    one("www.x.example, and", "www.x.example", "http://www.x.example/");
    one("mail joe@x.example!", "joe@x.example", "/compose?to=joe@x.example");
    one("mailto:joe@x.example?subject=a", "mailto:joe@x.example?subject=a", "/compose?to=joe@x.example&subject=a");
    for text in [
        "javascript:alert(1)",
        "ftp://x",
        "a@b",
        "@x.example",
        "x@",
        "www.",
        "http://",
        "file:///etc/passwd",
        "awww.x.example",
        "data:text/html,x",
    ] {
        assert_eq!(links(text), [], "{text}");
    }
}

#[test]
fn quotes_nest() {
    assert_eq!(shown("a\n> b\n> > c\n>> d\n> e\nf"), "a<blockquote>b<blockquote>c\nd</blockquote>e</blockquote>f");
    assert_eq!(shown("> a"), "<blockquote>a</blockquote>");
    let deep = shown(&">".repeat(10_000));
    assert_eq!(deep.matches("<blockquote>").count(), 20);
    assert_eq!(deep.matches("</blockquote>").count(), 20);
}

#[test]
fn flowed_text_flows() {
    let flowed = |text, delsp| to_html(text, Some(Flowed { delsp })).to_string();
    assert_eq!(flowed("one \ntwo\n> q \n> r\n", false), "one two<blockquote>q r</blockquote>");
    assert_eq!(flowed("one \ntwo", true), "onetwo");
}

#[test]
fn text_that_forges_marks_or_markup_stays_text() {
    for text in [
        "[<script>alert(1)</script>]:##str_replacement_0## https://x.example",
        "a@a.co?]<img/src=\"x\"/onerror=alert(1)>",
        "https://x.example/\"onmouseover=\"alert(1)",
        "https://x.example/'onmouseover='alert(1)",
        "https://x.example/<script>alert(1)</script>",
        "http://a@b.example@c.example <b>",
        "mailto:x@y.example?subject=\"><script>alert(1)</script>",
        "\0<script>\u{1}alert(1)</script>",
        "\u{202e}https://moc.elpmaxe//:sptth",
        "&lt;script&gt;https://x.example/&lt;",
        "javascript:alert(1)//https://x.example",
    ] {
        assert_harmless(&shown(text), text);
        assert!(!shown(text).contains("<script"), "{text}");
    }
}

#[test]
fn a_long_line_costs_its_length() {
    for unit in ["https://x.example ", "a@b.example ", "(", "https://", "@", "www.", ">", "a.b@"] {
        let text = unit.repeat(400_000 / unit.len());
        assert!(shown(&text).len() < 40 * text.len(), "{unit}");
    }
}

#[test]
fn words_of_html() {
    assert_eq!(
        of_html(
            "<html><head><title>t</title><style>x{}</style></head><body><h1>Head</h1><p>One\n  <b>two</b>,three<br>four</p><ul><li>a<li>b</ul><table><tr><td>c<td>d</table><script>no</script>"
        ),
        "Head\n\nOne two,three\nfour\n\n- a\n- b\n\nc d\n"
    );
    assert_eq!(of_html("a<blockquote>b<br>c<blockquote>d</blockquote></blockquote>e"), "a\n> b\n> c\n>> d\ne\n");
    assert_eq!(of_html("<pre>a\n  b</pre>"), "a\n  b\n");
    assert_eq!(of_html("<img alt=\"Logo\"><p>&amp;&nbsp;x"), "[Logo]\n\n& x\n");
    assert_eq!(of_html(""), "");
    assert!(of_html(&"<div><blockquote>x".repeat(50_000)).len() < 3_000_000);
}

#[test]
fn replies_quote() {
    assert_eq!(quoted("a\n\n> b\nc  "), "> a\n>\n>> b\n> c\n");
}
