//! Cleaned HTML never fails its own audit, and a second cleaning of what was cleaned changes nothing.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sanitiser::views::safe_html::{BodyError, BodyOptions, message_body};
use sanitiser::views::{plain_text, safe_html};

fn clean(html: &str) -> Option<String> {
    match message_body(html, &BodyOptions { remote_images: true, cid: &|_| None }) {
        Ok(body) => Some(body.html.to_string()),
        Err(BodyError::TooDeep | BodyError::TooLarge) => None,
        Err(error @ BodyError::Unsafe) => panic!("{error}"),
    }
}

fuzz_target!(|text: &str| {
    // The first cleaning writes links of ours, which the second one takes out as foreign.
    if let Some(second) = clean(text).and_then(|first| clean(&first)) {
        assert_eq!(clean(&second).as_deref(), Some(second.as_str()));
        let lower = second.to_ascii_lowercase();
        assert!(!["<script", "<svg", "<iframe", "<style", "<form", "<!--"].iter().any(|bad| lower.contains(bad)));
    }
    safe_html::compose_quote(text);
    plain_text::of_html(text);
    // The same text as a plain body holds no element but links and quotes.
    let plain = plain_text::to_html(text, None).to_string();
    assert!(plain.split('<').skip(1).all(|rest| {
        ["a href=\"", "/a>", "blockquote>", "/blockquote>"].iter().any(|known| rest.starts_with(known))
    }));
});
