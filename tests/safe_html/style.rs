//! style attributes (only what is on the lists, written anew).

use super::reading::html;

fn style(value: &str) -> String {
    let cleaned = html(&format!("<p style=\"{}\">x</p>", value.replace('"', "&quot;")));
    let inner = cleaned.strip_prefix("<p").and_then(|rest| rest.strip_suffix(">x</p>")).expect("a paragraph");
    inner.strip_prefix(" style=\"").and_then(|rest| rest.strip_suffix('"')).unwrap_or_default().to_owned()
}

#[test]
fn good_declarations_stay() {
    for (value, expected) in [
        ("color: red", "color: red;"),
        ("COLOR:#FF0000;background:#fff", "color: #ff0000; background: #fff;"),
        ("color:rgba(1, 2,3,.5)", "color: rgba(1, 2, 3, 0.5);"),
        ("font:bold 12px/1.5 Arial,sans-serif", "font: bold 12px/1.5 arial, sans-serif;"),
        ("font-family:'Segoe UI',Arial", "font-family: &quot;Segoe UI&quot;, arial;"),
        ("margin:0 auto;padding:10px 5%", "margin: 0 auto; padding: 10px 5%;"),
        ("width:calc(100% - 20px)", "width: calc(100% - 20px);"),
        ("display:none !important", "display: none !important;"),
        ("position:relative", "position: relative;"),
        ("border:1px solid rgb(0 0 0)", "border: 1px solid rgb(0 0 0);"),
        ("border-radius:10px / 5px", "border-radius: 10px / 5px;"),
        (";;color:red;;", "color: red;"),
    ] {
        assert_eq!(style(value), expected, "{value}");
    }
}

#[test]
fn bad_declarations_go_and_good_ones_beside_them_stay() {
    for bad in [
        "background:url(x)",
        "position:fixed",
        "mso-line-height-rule:exactly",
        "margin:-1px",
        "color",
        "color:",
        ":red",
        "1px:2px",
        "color:red blue(1)",
        "font-family:'a\"b'",
        "--x:1",
        "color:{}",
        "color:[a]",
        "content:'x'",
        "width:expression(1)",
        "color:red!",
        "x{color:red}",
    ] {
        assert_eq!(style(&format!("{bad};width:1px")).trim_start_matches("color: red blue;"), "width: 1px;", "{bad}");
    }
    assert_eq!(style(&"color:red;".repeat(5000)), "", "longer than any real style");
}
