//! LANG: the languages of response texts (RFC 6856 §3; RFC 4647).

use crate::reply::Reply;

/// Language tag and its name in the language itself.
const LANGUAGES: [(&str, &str); 1] = [("en", "English")];

/// The listing that follows its first line, without the last dot.
pub(crate) fn listing() -> String {
    LANGUAGES.iter().map(|(tag, name)| format!("{tag} {name}\r\n")).collect()
}

/// Chooses a language by a basic language range, by the look-up of RFC 4647 §3.4: `en-GB` is answered in `en`.
pub(crate) fn choose(range: &str) -> Reply {
    let mut range = if range == "*" { LANGUAGES[0].0 } else { range };
    loop {
        if let Some((tag, _)) = LANGUAGES.iter().find(|(tag, _)| tag.eq_ignore_ascii_case(range)) {
            return Reply::ok(format!("{tag} Language changed"));
        }
        match range.rsplit_once('-') {
            Some((shorter, _)) => range = shorter,
            None => return Reply::err("Language is not supported"),
        }
    }
}
