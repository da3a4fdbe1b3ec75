//! The greeting's `%` codes (Guide §5.1.4; Reference §8).

/// What the program calls itself.
#[derive(Debug, Clone, Copy)]
pub struct Product;

impl Product {
    /// `%P`.
    pub const NAME: &'static str = "Heliograph Messaging Server";
    /// `%v`.
    pub const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    /// `%V`: the version with the day of the build.
    pub const FULL_VERSION: &'static str =
        concat!(env!("CARGO_PKG_VERSION"), " (built ", env!("HELIOGRAPH_BUILD_DAY"), ")");
}

/// Most octets of a greeting: a response line has 512 (RFC 2449 §4), with what the protocol puts around the greeting.
const LONGEST: usize = 480;

/// Fills in the codes of `template`: `%h` host, `%p` protocol, `%P` product, `%v` version, `%V` version with build,
/// `%d` the date and time of now, `%%` a percent sign. Other codes stay as they are; control characters are dropped. What is longer
/// than a response line is cut.
pub fn banner(template: &str, hostname: &str, protocol: &str) -> String {
    let mut text = String::with_capacity(template.len() + 64);
    let mut chars = template.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            text.push(c);
            continue;
        }
        match chars.next() {
            Some('h') => text.push_str(hostname),
            Some('p') => text.push_str(protocol),
            Some('P') => text.push_str(Product::NAME),
            Some('v') => text.push_str(Product::VERSION),
            Some('V') => text.push_str(Product::FULL_VERSION),
            Some('d') => text.push_str(&now()),
            Some('%') | None => text.push('%'),
            Some(other) => {
                text.push('%');
                text.push(other);
            }
        }
    }
    text.retain(|c| !c.is_control());
    text.truncate(text.floor_char_boundary(LONGEST));
    text
}

/// As in a Date header (RFC 5322 §3.3).
fn now() -> String {
    time::OffsetDateTime::now_utc().format(&time::format_description::well_known::Rfc2822).unwrap_or_default()
}
