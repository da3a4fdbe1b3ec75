//! A fresh Debian in a folder: made once by mmdebstrap, kept in target/.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use nix::fcntl::{Flock, FlockArg};
use suite::process::{find_program, repository, run, target_folder};

/// The root folder, with systemd in it and deploy/systemd installed. Several test runs may ask at once.
pub fn root() -> &'static Path {
    static ROOT: OnceLock<PathBuf> = OnceLock::new();
    ROOT.get_or_init(|| {
        let root = target_folder().join("debian-root");
        let lock = fs::File::create(target_folder().join("debian-root.lock")).unwrap();
        let _lock = Flock::lock(lock, FlockArg::LockExclusive).map_err(|(_, error)| error).unwrap();
        if !root.join("usr/lib/systemd/systemd").exists() {
            make(&root);
        }
        install(&root);
        root
    })
}

fn make(root: &Path) {
    let release = fs::read_to_string("/etc/os-release").unwrap();
    let name = release.lines().find_map(|line| line.strip_prefix("VERSION_CODENAME=")).expect("a Debian host");
    // A folder that an interrupted run left is not a Debian.
    let half = root.with_extension("half");
    for old in [root, &half] {
        if old.exists() {
            fs::remove_dir_all(old).unwrap();
        }
    }
    run(
        Command::new(find_program("mmdebstrap"))
            .args(["--quiet", "--mode=root", "--variant=apt", "--include=systemd", name])
            .arg(&half),
        b"",
    )
    .success();
    fs::rename(&half, root).unwrap();
}

/// As deploy/README.md says.
fn install(root: &Path) {
    let units = repository().join("deploy/systemd");
    for entry in fs::read_dir(&units).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let place = match name.as_str() {
            "sysusers.conf" => root.join("usr/lib/sysusers.d/heliograph.conf"),
            "tmpfiles.conf" => root.join("usr/lib/tmpfiles.d/heliograph.conf"),
            _ => root.join("usr/lib/systemd/system").join(name),
        };
        fs::copy(&path, place).unwrap();
    }
    let program = root.join("usr/bin/heliograph");
    let _ = fs::remove_file(&program);
    fs::copy(suite::process::heliograph(), &program).unwrap();
    let site = root.join("var/lib/heliograph");
    if site.exists() {
        fs::remove_dir_all(&site).unwrap();
    }
    // Both tools of this host work in another root; there is no /proc in it for its own.
    for (name, words) in [("systemd-sysusers", &[][..]), ("systemd-tmpfiles", &["--create", "heliograph.conf"][..])] {
        let mut command = Command::new(find_program(name));
        run(command.arg(format!("--root={}", root.display())).args(words), b"").success();
    }
}
