//! The greeting's `%` codes (Guide §5.1.4; Reference §8).

/// What the program calls itself.
#[derive(Debug, Clone, Copy)]
pub struct Product;

impl Product {
    /// `%P`.
    pub const NAME: &'static str = "Heliograph Messaging Server";
    /// `%v`.
    pub const VERSION: &'static str = env!("CARGO_PKG_VERSION");
}

/// Fills in the codes of `template`: `%h` host, `%p` protocol, `%P` product, `%v` version, `%V` version with build,
/// `%%` a percent sign. Other codes stay as they are; control characters are dropped.
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
            Some('v' | 'V') => text.push_str(Product::VERSION),
            Some('%') | None => text.push('%'),
            Some(other) => {
                text.push('%');
                text.push(other);
            }
        }
    }
    text.retain(|c| !c.is_control());
    text
}
