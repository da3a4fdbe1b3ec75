//! Access control lists as a client has them (RFC 4314): rights that are not known here are kept (§5.1.2).

/// The rights of RFC 4314, in the order in which they are written.
const KNOWN: &str = "lrswipkxtea";

/// A set of rights.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rights(String);

impl Rights {
    /// From letters in any order; what is no small letter or digit is passed over. The `c` and `d` of RFC 2086 stand for their members,
    /// unless one of those is there, which says it better (RFC 4314 §2.1.1).
    pub fn new(letters: &str) -> Self {
        let has_any = |members: &str| letters.contains(|letter| members.contains(letter));
        let mut all = letters.replace(['c', 'd'], "");
        if letters.contains('c') && !has_any("kx") {
            all.push('k');
        }
        if letters.contains('d') && !has_any("te") {
            all.push_str("tex");
        }
        let known = KNOWN.chars().filter(|letter| all.contains(*letter));
        let mut others: Vec<char> = all
            .chars()
            .filter(|letter| !KNOWN.contains(*letter) && (letter.is_ascii_lowercase() || letter.is_ascii_digit()))
            .collect();
        others.sort_unstable();
        others.dedup();
        Self(known.chain(others).collect())
    }

    /// Whether a right is among them.
    pub fn has(&self, right: char) -> bool {
        self.0.contains(right)
    }

    /// The letters.
    pub fn letters(&self) -> &str {
        &self.0
    }

    /// The letters for a server that knows RFC 2086 only.
    pub(crate) fn obsolete(&self) -> String {
        let mut letters: String = self.0.chars().filter(|letter| !"kxte".contains(*letter)).collect();
        if self.has('k') {
            letters.push('c');
        }
        if "xte".contains(|right| self.has(right)) {
            letters.push('d');
        }
        letters
    }
}

/// One line of a mailbox's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AclEntry {
    /// Who, as the server names them; with a leading `-` for who is kept from something.
    pub identifier: String,
    /// What they may, or with `-` may not.
    pub rights: Rights,
}
