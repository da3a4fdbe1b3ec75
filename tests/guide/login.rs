//! Guide §5.2: how people sign in.

use suite::{Site, Terminal, site::password};

#[test]
fn plus_is_a_separator_once_the_guides_command_made_it_one() {
    let mut site = Site::new();
    site.stop();
    Terminal::at(&site).types("configutil -o service.loginseparator -v \"@+\"").success();
    site.run();
    for name in ["alice+example.test", "alice@example.test", "alice"] {
        site.imap().login(name, password());
    }
}
