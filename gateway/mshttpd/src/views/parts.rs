//! Which parts of a message are its text, and which are files.

use backends::Part;

/// A message sorted into text and files.
#[derive(Debug, Default)]
pub struct Sorted<'a> {
    /// The HTML to show.
    pub html: Option<&'a Part>,
    /// The plain text to show, in order.
    pub texts: Vec<&'a Part>,
    /// Files to list.
    pub files: Vec<&'a Part>,
}

/// Deepest nesting that is looked into (security model §2.1.1).
const DEPTH: usize = 50;
/// Most files that are listed.
const FILES: usize = 1000;

/// Sorts the part tree.
pub fn sorted(root: &Part) -> Sorted<'_> {
    let mut sorted = Sorted::default();
    visit(root, &mut sorted, Place::default(), 0);
    sorted.files.truncate(FILES);
    sorted
}

#[derive(Clone, Copy, Default)]
struct Place {
    /// Inside multipart/alternative.
    alternative: bool,
    /// Inside multipart/related: images with an id belong to the HTML.
    related: bool,
}

fn visit<'a>(part: &'a Part, sorted: &mut Sorted<'a>, place: Place, depth: usize) {
    if depth > DEPTH {
        return;
    }
    if part.is_multipart() {
        let place = Place {
            alternative: place.alternative || part.subtype == "alternative",
            related: place.related || part.subtype == "related",
        };
        for child in &part.parts {
            visit(child, sorted, place, depth + 1);
        }
        return;
    }
    let named = part.is_attachment() || part.file_name().is_some();
    match (part.kind.as_str(), part.subtype.as_str()) {
        ("text", "html") if !named && sorted.html.is_none() && (place.alternative || sorted.texts.is_empty()) => {
            sorted.html = Some(part)
        }
        ("text", "plain") if !named && (sorted.html.is_none() || place.alternative || !sorted.texts.is_empty()) => {
            sorted.texts.push(part)
        }
        // A calendar among the alternatives is the invitation as a file; other alternatives only repeat the text.
        ("text", "calendar") => sorted.files.push(part),
        ("text", _) if place.alternative && !named => {}
        ("image", _) if place.related && part.id.is_some() && !part.is_attachment() && sorted.html.is_some() => {}
        _ => sorted.files.push(part),
    }
}
