//! Bombs: what would cost more than its length is refused before anything is built.

use mshttpd::views::safe_html::{BodyError, BodyOptions, LARGEST_BODY, message_body};

fn refused(html: &str) -> Option<BodyError> {
    message_body(html, &BodyOptions { remote_images: false, cid: &|_| None }).err()
}

#[test]
fn size_has_a_limit() {
    assert_eq!(refused(&"x".repeat(LARGEST_BODY)), None);
    assert_eq!(refused(&"x".repeat(LARGEST_BODY + 1)), Some(BodyError::TooLarge));
}

#[test]
fn nesting_has_a_limit_however_it_is_made() {
    assert_eq!(refused(&format!("{}x", "<div>".repeat(200))), None);
    let deep = 20_000;
    for element in [
        "div",
        "b",
        "span",
        "table",
        "blockquote",
        "ul><li",
        "font size=1",
        "svg",
        "math",
        "x-y",
        "a",
        "form",
        "select",
        "template",
        "table><tr><td",
        "svg><foreignObject",
        "p><b",
        "button",
        "applet",
        "object",
        "nobr",
        "noscript",
        "ruby><rt",
        "h1",
        "dl><dd",
    ] {
        let html = format!("<{element}>").repeat(deep.min(LARGEST_BODY / (element.len() + 2)));
        let refused = refused(&html);
        // What the parser closes by itself does not nest; everything else has to be refused.
        let flat =
            matches!(element, "a" | "table" | "form" | "select" | "nobr" | "noscript" | "h1" | "p><b" | "button");
        assert!(refused == Some(BodyError::TooDeep) || flat, "<{element}>: {refused:?}");
    }
    // End tags that end nothing do not hide the nesting.
    assert_eq!(refused(&"<div></b><div></p>".repeat(deep)), Some(BodyError::TooDeep));
    assert_eq!(refused(&"<table><tr><td></div>".repeat(deep)), Some(BodyError::TooDeep));
}

#[test]
fn a_flat_body_of_any_length_is_fine() {
    for unit in [
        "<p>x",
        "<p>x</p>",
        "<li>x",
        "<br>",
        "<tr><td>x",
        "<b>x</b>",
        "<div><span>x</span></div>",
        "</div>",
        "<img src=x>",
        "&amp;",
        "<!-- x -->",
    ] {
        assert_eq!(refused(&unit.repeat(20_000 / unit.len())), None, "{unit}");
    }
}

#[test]
fn formatting_that_is_rebuilt_again_and_again_is_refused() {
    // A parser opens all 200 of them anew in each paragraph: 10 bytes make 200 elements.
    let fonts: String = (0..200).map(|n| format!("<font size={n}>")).collect();
    let bomb = format!("<p>{fonts}</p>{}", "<p>x</p>".repeat(100_000));
    assert_eq!(refused(&bomb), Some(BodyError::TooDeep));
    // A few of them is what old mail looks like.
    let fonts: String = (0..10).map(|n| format!("<font size={n}>")).collect();
    assert_eq!(refused(&format!("<p>{fonts}</p>{}", "<p>x</p>".repeat(1000))), None);
}

#[test]
fn copies_of_an_option_are_refused() {
    assert_eq!(
        refused("<select><button><selectedcontent></selectedcontent></button><option>x</select>"),
        Some(BodyError::TooDeep)
    );
}
