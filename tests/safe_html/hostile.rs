//! Hostile bodies by the class of trick. Each is written here from the description of the trick.

use super::reading::{assert_harmless, clean, html};
use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};

const SCRIPTS: &[&str] = &[
    "<script>alert(1)</script>",
    "<SCRIPT\n>alert(1)</SCRIPT\n>",
    "<script/x>alert(1)</script/x>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<script src=//evil.invalid/x></script>",
    "<script>/*</script><img src=x onerror=alert(1)>*/",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<!--><script>alert(1)</script>-->",
    "<!--[if gte mso 9]><img src=x onerror=alert(1)><![endif]-->",
    "<?xml version=\"1.0\"?><script>alert(1)</script>",
    "<!doctype html [<!ENTITY x \"<script>alert(1)</script>\">]>&x;",
    "<script>alert(1)",
    "</p <script>alert(1)</script>",
    "<\0script>alert(1)</script>",
];

const HANDLERS: &[&str] = &[
    "<img src=x onerror=alert(1)>",
    "<img/src=\"x\"/onerror=alert(1)>",
    "<img src=x\tonerror\n=\nalert(1)>",
    "<img src=\"x\" ONERROR='alert(1)' alt=a>",
    "<img src='cid:known' onload=alert(1)>",
    "<img src=x:alert(1) \"\"\"onerror=alert(1)//\">",
    "<img \"\"\"><script>alert(1)</script>\">",
    "<div onpointerrawupdate=alert(1) onanimationstart=alert(1)>x</div>",
    "<details open ontoggle=alert(1)>x</details>",
    "<body onload=alert(1) onpageshow=alert(1)>x",
    "<a href=https://x.invalid onclick=alert(1) onfocus=alert(1) autofocus tabindex=1 id=x>x</a>",
    "<b style=\"color:red\" onbeforematch=alert(1) hidden=until-found>x</b>",
    "<font color=red onmouseover=alert(1)>x</font>",
    "<p contenteditable onbeforeinput=alert(1) accesskey=x>x</p>",
    "<div popover id=p onbeforetoggle=alert(1)>x</div><button popovertarget=p>y</button>",
    "<video><source onerror=alert(1)></video><audio src=x onerror=alert(1)></audio>",
    "<marquee onstart=alert(1)>x</marquee>",
    // What drives scripts of the page itself.
    "<div hx-get=/delete hx-trigger=load data-hx-post=/x _=\"on load\" x-init=alert(1)>x</div>",
    "<a href=https://x.invalid is=x-y slot=a part=b class=\"btn hx-boost\" data-action=delete>x</a>",
];

const URLS: &[&str] = &[
    "<a href=\"javascript:alert(1)\">x</a>",
    "<a href=\" \x01javascript:alert(1)\">x</a>",
    "<a href=\"java\tscript:alert(1)\">x</a>",
    "<a href=\"java&#10;script&#58;alert(1)\">x</a>",
    "<a href=\"jav&#x0A;ascript&colon;alert(1)\">x</a>",
    "<a href=\"&#106;&#97;vascript:alert(1)\">x</a>",
    "<a href=\"JaVaScRiPt:alert(1)\">x</a>",
    "<a href=\"vbscript:msgbox(1)\">x</a>",
    "<a href=\"data:text/html,<script>alert(1)</script>\">x</a>",
    "<a href=\"data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==\">x</a>",
    "<a href=\"blob:https://x.invalid/1\">x</a>",
    "<a href=\"filesystem:https://x.invalid/1\">x</a>",
    "<a href=\"view-source:https://x.invalid\">x</a>",
    "<a href=\"file:///etc/passwd\">x</a>",
    "<a href=\"intent://x#Intent;end\">x</a>",
    "<a href=\"//evil.invalid/x\">x</a>",
    "<a href=\"/logout\">x</a>",
    "<a href=\"/compose?to=a&attach=/etc/passwd\">x</a>",
    "<a href=\"/part/token\">x</a>",
    "<a href=\"?cmd=delete\">x</a><a href=\"#top\">y</a><a href=\"\">z</a>",
    "<a href=\"\\\\evil.invalid\\x\">x</a>",
    "<a href=\"cid:known\">x</a>",
    "<a xlink:href=\"javascript:alert(1)\" ping=//evil.invalid download target=_top>x</a>",
    "<img src=\"javascript:alert(1)\">",
    "<img src=\"data:image/svg+xml,<svg onload=alert(1)>\">",
    "<img src=\"data:image/s vg+xml;base64,PHN2Zz4=\">",
    "<img src=\"/cmd.msc?cmd=delete&argv=1\">",
    "<img src=\"//evil.invalid/x.png\">",
    "<img src=\"http:\\\\evil.invalid\\x.png\">",
    "<img srcset=\"https://evil.invalid/a 1x, https://evil.invalid/b 2x\" sizes=100vw>",
    "<img lowsrc=//evil.invalid dynsrc=//evil.invalid longdesc=//evil.invalid usemap=#m>",
    "<img src=\"cid:unknown\"><img src=\"cid:\"><img src=\"cid:%00\">",
    "<img src=\"/part/token\">",
    "<blockquote cite=\"javascript:alert(1)\">x</blockquote><q cite=//evil.invalid>y</q>",
];

const LOADERS: &[&str] = &[
    "<iframe src=//evil.invalid></iframe>",
    "<iframe srcdoc=\"<script>alert(1)</script>\"></iframe>",
    "<object data=//evil.invalid><param name=x value=y></object><embed src=//evil.invalid>",
    "<applet code=x></applet><frameset><frame src=//evil.invalid></frameset>",
    "<link rel=stylesheet href=//evil.invalid><link rel=preconnect href=//evil.invalid><link rel=dns-prefetch href=//evil.invalid>",
    "<meta http-equiv=refresh content=\"0;url=//evil.invalid\"><meta http-equiv=\"Content-Security-Policy\" content=\"\">",
    "<base href=//evil.invalid><a href=x>y</a>",
    "<form action=//evil.invalid><input name=password><button formaction=//evil.invalid>Sign in</button></form>",
    "<input type=image src=//evil.invalid><isindex action=javascript:alert(1)>",
    "<video poster=//evil.invalid src=//evil.invalid><track src=//evil.invalid></video><bgsound src=//evil.invalid>",
    "<picture><source srcset=//evil.invalid><img src=//evil.invalid></picture>",
    "<body background=//evil.invalid/x><table background=//evil.invalid><td background=//evil.invalid>x</table>",
    "<body background=\"data:image/png,x);background:url(//evil.invalid/t\">x",
    "<style>@import '//evil.invalid';*{background:url(//evil.invalid)}</style>",
    "<style><!--</style><script>alert(1)</script>-->",
    "<image src=//evil.invalid><portal src=//evil.invalid></portal>",
    "<map name=m><area href=javascript:alert(1)></map>",
    "<html manifest=//evil.invalid><head profile=//evil.invalid>",
];

const MARKUP: &[&str] = &[
    // Foreign content and raw text: where two parsers disagree.
    "<svg><use href=\"data:image/s vg+xml;base64,PHN2Zz4=#x\"></svg>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><animate attributeName=href values=javascript:alert(1) /><a id=x><text>y</text></a></svg>",
    "<svg><set attributeName=style to=\"background:url(//evil.invalid)\"/><animate attributeName=mask by=url(//evil.invalid) /></svg>",
    "<svg><feImage href=//evil.invalid /><image href=//evil.invalid /></svg>",
    "<svg><foreignObject><img src=x onerror=alert(1)></foreignObject></svg>",
    "<math><maction actiontype=statusline#https://evil.invalid xlink:href=javascript:alert(1)>x</maction></math>",
    "<math href=javascript:alert(1)>x</math>",
    "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=x onerror=alert(1)&gt;\">",
    "<math><mtext><h1><a><h6></a></h6><mglyph><svg><mtext><style><a title=\"</style><img src=x onerror=alert(1)>\"></a></style>",
    "<svg></p><style><a id=\"</style><img src=x onerror=alert(1)>\">",
    "<math><annotation-xml encoding=\"text/html\"><style><a title=\"</style><img src onerror=alert(1)>\">",
    "<math><annotation-xml encoding=\"x\"><p><style><!--</style><img src=x onerror=alert(1)>-->",
    "<form><math><mtext></form><form><mglyph><style></math><img src=x onerror=alert(1)>",
    "<svg><title><p title=\"</title><img src=x onerror=alert(1)>\">",
    "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
    "<noembed><p title=\"</noembed><img src=x onerror=alert(1)>\">",
    "<xmp><p title=\"</xmp><img src=x onerror=alert(1)>\">",
    "<textarea><p title=\"</textarea><img src=x onerror=alert(1)>\">",
    "<title><p title=\"</title><img src=x onerror=alert(1)>\">",
    "<iframe><p title=\"</iframe><img src=x onerror=alert(1)>\">",
    "<template><style></template><img src=x onerror=alert(1)>",
    "<select><template><style><a title=\"</style><img src=x onerror=alert(1)>\"></select>",
    "<plaintext><img src=x onerror=alert(1)>",
    "<p title=\"<img src=x onerror=alert(1)>\" alt=\"&lt;script&gt;alert(1)&lt;/script&gt;\">x</p>",
    "<p title='\"><img src=x onerror=alert(1)>'>x</p>",
    "<p title=\"`><img src=x onerror=alert(1)>\">x</p>",
    "&lt;img src=x onerror=alert(1)&gt;",
    "&amp;lt;script&amp;gt;alert(1)",
    "<a href=\"https://x.invalid/&quot;&gt;&lt;img src=x onerror=alert(1)&gt;\">x</a>",
    "<img src=\"https://x.invalid/\" alt=\"x\" / onerror=alert(1)",
    "<img src=x onerror=alert(1)//",
    "<a<b>c</a><img<x src=y onerror=alert(1)>",
    "<table><tr><td><form><table><img src=x onerror=alert(1)></table></form>",
    "<a><table><a><img src=x onerror=alert(1)></table></a>",
    "<b><p><i></b>x</i></p><a href=https://a.invalid><table><a href=https://b.invalid>y",
    "<img name=body><a id=location name=cookie href=https://x.invalid>x</a><form id=document></form>",
    "</div></body></html><script>alert(1)</script>",
    "</template></iframe></frame></div></div><img src=x onerror=alert(1)>",
    "<body onload=x style=\"position:fixed\"><html onclick=y><body background=z>",
    "\u{feff}<\u{200b}script>alert(1)</script>\u{2028}<img\u{a0}src=x onerror=alert(1)>",
];

const STYLES: &[&str] = &[
    "background:url(//evil.invalid/x)",
    "background:url('https://evil.invalid/x')",
    "background:\\75rl(//evil.invalid)",
    "backgr\\ound-image:\\ur\\l('//evil.invalid')",
    "background:u/**/rl(//evil.invalid)",
    "background-image:image-set('//evil.invalid' 1x)",
    "background:-webkit-image-set(url(//evil.invalid) 1x)",
    "list-style:url(//evil.invalid)",
    "list-style-image:url(//evil.invalid)",
    "content:url(//evil.invalid)",
    "cursor:url(//evil.invalid),auto",
    "border-image:url(//evil.invalid)",
    "mask:url(//evil.invalid)",
    "filter:url(//evil.invalid#x)",
    "background:cross-fade(url(//evil.invalid),red)",
    "background:element(#x)",
    "--x:url(//evil.invalid);background:var(--x)",
    "color:attr(title)",
    "width:env(x,url(//evil.invalid))",
    "width:expression(alert(1))",
    "width:ex\\pression(alert(1))",
    "behavior:url(#x)",
    "-moz-binding:url(//evil.invalid)",
    "position:fixed;top:0;left:0;width:100%;height:100%",
    "position:absolute",
    "position:sticky",
    "POSITION : FiXeD",
    "position:fix\\65 d",
    "z-index:9999",
    "margin:-500px",
    "margin-left:calc(-1px*500)",
    "margin-top:calc(0px - 999px)",
    "text-indent:-999em",
    "transform:scale(99)",
    "animation:x 1s",
    "transition:all 1s",
    "color:red}*{background:url(//evil.invalid)",
    "color:red;}</style><script>alert(1)</script>",
    "@import '//evil.invalid'",
    "color:red;/*",
    "font-family:'x\\27;background:url(//evil.invalid)'",
    "font-family:\"</style><img src=x onerror=alert(1)>\"",
    "background:url(\"cid:\\\");background:url(//evil.invalid);(\")",
    "src:url(//evil.invalid)",
    "width:1e999px",
    "line-height:-1",
    "letter-spacing:-99px",
    "background:url(\n//evil.invalid",
    "background:src('//evil.invalid')",
    "background:paint(x)",
    "offset-path:url(//evil.invalid)",
    "clip-path:url(#x)",
];

fn all() -> Vec<String> {
    let mut bodies: Vec<String> =
        [SCRIPTS, HANDLERS, URLS, LOADERS, MARKUP].concat().into_iter().map(str::to_owned).collect();
    for style in STYLES {
        bodies.push(format!("<p style=\"{}\">x</p>", style.replace('"', "&quot;")));
        bodies.push(format!("<td style='{}'>x", style.replace('\'', "&#39;")));
    }
    bodies
}

#[test]
fn each_trick_comes_out_harmless() {
    for body in all() {
        let cleaned = clean(&body);
        assert_harmless(cleaned.html.as_str(), &body);
        assert!(!cleaned.html.as_str().contains("evil.invalid/x.png"), "{body}");
    }
}

#[test]
fn a_second_cleaning_changes_nothing() {
    for body in all() {
        // Our own links are rightly taken for foreign ones the second time; without them it settles.
        let second = html(&html(&body));
        assert_eq!(html(&second), second, "{body}");
    }
}

#[test]
fn tricks_mixed_and_cut_anywhere_come_out_harmless() {
    let seed = rand::rng().random();
    println!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let bodies = all();
    let joints = [
        "",
        "<table>",
        "</p>",
        "<svg>",
        "<math><mtext>",
        "<b>",
        "</b>",
        "<!--",
        "-->",
        "<style>",
        "</style>",
        "<a href='",
        "\">",
        "<tr><td>",
        "<form>",
        "<select>",
        "<template>",
    ];
    for _ in 0..1500 {
        let mut body = String::new();
        for _ in 0..random.random_range(1..5) {
            let piece = bodies.choose(&mut random).expect("bodies");
            let mut cut = random.random_range(0..=piece.len());
            while !piece.is_char_boundary(cut) {
                cut -= 1;
            }
            body.push_str(if random.random_bool(0.5) { &piece[..cut] } else { piece });
            body.push_str(joints.choose(&mut random).expect("joints"));
        }
        assert_harmless(&html(&body), &body);
    }
}

#[test]
fn nothing_of_a_script_is_left_as_text() {
    for body in [
        "a<script>alert('marker')</script>b",
        "a<style>marker{}</style>b",
        "a<svg><text>marker</text></svg>b",
        "a<title>marker</title>b",
    ] {
        let cleaned = html(body);
        assert!(!cleaned.contains("marker"), "{cleaned}");
        assert!(cleaned.contains('a'), "{cleaned}");
    }
    assert_eq!(html("a<script>x</script>b"), "ab");
}
