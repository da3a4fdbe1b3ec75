//! The Python package imapclient, installed from PyPI into target/.

use std::path::PathBuf;
use std::process::Command;

use suite::{
    Site,
    process::{find_program, repository, run, target_folder},
    site::password,
};

/// Where the package is; installed at the first use.
fn installed() -> PathBuf {
    let folder = target_folder().join("python");
    if !folder.join("imapclient/__init__.py").is_file() {
        let mut pip = Command::new(find_program("python3"));
        pip.args(["-m", "pip", "install", "--quiet", "--target"]).arg(&folder).arg("imapclient==3.0.1");
        run(&mut pip, b"").success();
    }
    folder
}

#[test]
fn everyday_acts() {
    let site = Site::new();
    let mut command = Command::new(find_program("python3"));
    command.env("PYTHONPATH", installed()).arg(repository().join("tests/peers/imapclient_session.py"));
    let address = site.listener("imap");
    command.args([address.ip().to_string(), address.port().to_string(), "alice".to_owned()]);
    let output = run(&mut command, format!("{}\n", password()).as_bytes()).success();
    assert_eq!(output.stdout, "session done\n", "{}", output.stderr);
}
