//! Child processes: found by name, started in a group of their own, killed and reaped when dropped.

use std::{
    ffi::OsStr,
    fs::{self, File},
    io::{BufRead, BufReader, Read, Write},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{
        Mutex,
        mpsc::{Receiver, RecvTimeoutError, channel},
    },
    thread,
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};

use crate::wait::{DEADLINE, within};

/// The path of the program `name`; panics with the name of what must be installed.
#[track_caller]
pub fn find_program(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin", "/sbin"].map(PathBuf::from))
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
        .unwrap_or_else(|| panic!("the program '{name}' is missing; tests/run installs it"))
}

/// The folder that cargo builds this profile into (`target/debug`).
pub fn build_folder() -> PathBuf {
    let exe = std::env::current_exe().expect("the path of the running test");
    let folder = exe.parent().expect("a test program lies in a folder");
    match folder.file_name().and_then(OsStr::to_str) {
        Some("deps") => folder.parent().expect("deps/ lies in the profile's folder").to_owned(),
        _ => folder.to_owned(),
    }
}

/// The target folder itself; screenshots, test data and npm packages lie in it.
pub fn target_folder() -> PathBuf {
    build_folder().parent().expect("a profile's folder lies in target/").to_owned()
}

/// The repository's folder.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the repository").to_owned()
}

/// The program under test, built beforehand by `cargo build -p heliograph`.
#[track_caller]
pub fn heliograph() -> PathBuf {
    let file = build_folder().join("heliograph");
    assert!(file.is_file(), "{} is missing: run `cargo build -p heliograph` first (tests/run does)", file.display());
    file
}

/// What a program printed and how it ended.
#[derive(Debug)]
pub struct Output {
    /// How it ended.
    pub status: ExitStatus,
    /// Standard output, as text.
    pub stdout: String,
    /// Standard error, as text.
    pub stderr: String,
}

impl Output {
    /// Panics with everything the program said, unless it exited with 0.
    #[track_caller]
    pub fn success(self) -> Self {
        assert!(self.status.success(), "{}\n--- stdout\n{}\n--- stderr\n{}", self.status, self.stdout, self.stderr);
        self
    }
}

/// Runs a command to its end with `input` on its standard input; panics when it takes longer than two minutes.
#[track_caller]
pub fn run(command: &mut Command, input: &[u8]) -> Output {
    use std::os::unix::process::CommandExt;
    let name = format!("{command:?}");
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    let mut stdin = child.stdin.take().expect("stdin is piped");
    let input = input.to_vec();
    let writer = thread::spawn(move || {
        // A program that does not read its input closes it early; that is its right.
        let _ = stdin.write_all(&input);
    });
    let collect = |pipe: Option<Box<dyn Read + Send>>| {
        thread::spawn(move || {
            let mut bytes = Vec::new();
            if let Some(mut pipe) = pipe {
                let _ = pipe.read_to_end(&mut bytes);
            }
            String::from_utf8_lossy(&bytes).into_owned()
        })
    };
    let stdout = collect(child.stdout.take().map(|pipe| Box::new(pipe) as _));
    let stderr = collect(child.stderr.take().map(|pipe| Box::new(pipe) as _));
    let group = Pid::from_raw(child.id().cast_signed());
    let status = within(DEADLINE * 4, &mut || child.try_wait().expect("waiting for a child"));
    if status.is_none() {
        let _ = killpg(group, Signal::SIGKILL);
        let _ = child.wait();
    }
    let _ = writer.join();
    let stdout = stdout.join().unwrap_or_default();
    let stderr = stderr.join().unwrap_or_default();
    match status {
        Some(status) => Output { status, stdout, stderr },
        None => panic!("{name} did not end\n--- stdout\n{stdout}\n--- stderr\n{stderr}"),
    }
}

/// A program that runs beside the test. Dropping it kills its whole process group and waits for it.
pub struct Server {
    name: String,
    child: Child,
    lines: Mutex<Receiver<String>>,
    log: PathBuf,
}

impl Server {
    /// Starts `command` in a process group of its own. Its stderr goes to the file `log`, its stdout is read by
    /// [`Server::wait_for_line`].
    #[track_caller]
    pub fn start(command: &mut Command, log: &Path) -> Self {
        use std::os::unix::process::CommandExt;
        let name = command.get_program().to_string_lossy().into_owned();
        let file = File::options()
            .create(true)
            .append(true)
            .open(log)
            .unwrap_or_else(|error| panic!("{}: {error}", log.display()));
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(file)
            .process_group(0)
            .spawn()
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let stdout = child.stdout.take().expect("stdout is piped");
        let (sender, lines) = channel();
        // Ends by itself when the child's stdout is closed.
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Self { name, child, lines: Mutex::new(lines), log: log.to_owned() }
    }

    /// The first line of stdout that begins with `start`; panics with the log at the deadline or when the program ends.
    #[track_caller]
    pub fn wait_for_line(&mut self, start: &str) -> String {
        self.try_line(start).unwrap_or_else(|why| panic!("{why}"))
    }

    /// As [`Server::wait_for_line`], for programs that may have to be started again.
    pub fn try_line(&mut self, start: &str) -> Result<String, String> {
        let end = Instant::now() + DEADLINE;
        let mut seen = String::new();
        loop {
            match self
                .lines
                .get_mut()
                .expect("no reader panics")
                .recv_timeout(end.saturating_duration_since(Instant::now()))
            {
                Ok(line) if line.starts_with(start) => return Ok(line),
                Ok(line) => seen = seen + &line + "\n",
                Err(RecvTimeoutError::Timeout) => {
                    return Err(format!("{} printed no '{start}' line in time\n{seen}{}", self.name, self.log_text()));
                }
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(format!("{} ended before its '{start}' line\n{seen}{}", self.name, self.log_text()));
                }
            }
        }
    }

    /// What the program wrote to stderr until now.
    pub fn log_text(&self) -> String {
        let bytes = std::fs::read(&self.log).unwrap_or_default();
        format!("--- log of {}\n{}", self.name, String::from_utf8_lossy(&bytes))
    }

    /// The process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Whether the program is still running.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Sends a signal to the program's process group.
    pub fn signal(&self, signal: Signal) {
        // The group may be gone already; the caller sees that by waiting.
        let _ = killpg(Pid::from_raw(self.child.id().cast_signed()), signal);
        if signal == Signal::SIGSTOP {
            // Its threads stop one by one, each when it next runs: until then one of them may still answer.
            within(DEADLINE, &mut || self.is_still().then_some(()));
        }
    }

    /// Whether every thread of the program is stopped, or gone.
    fn is_still(&self) -> bool {
        let Ok(threads) = fs::read_dir(format!("/proc/{}/task", self.child.id())) else { return true };
        threads.flatten().all(|thread| {
            let stat = fs::read_to_string(thread.path().join("stat")).unwrap_or_default();
            // The state stands behind the name, which is in parentheses.
            stat.rsplit_once(") ").is_none_or(|(_, rest)| rest.starts_with(['T', 't', 'Z', 'X']))
        })
    }

    /// Sends SIGTERM and waits for the end; panics when it does not end in time.
    #[track_caller]
    pub fn stop(&mut self) -> ExitStatus {
        self.signal(Signal::SIGTERM);
        let status = within(DEADLINE, &mut || self.child.try_wait().ok().flatten());
        match status {
            Some(status) => status,
            None => panic!("{} did not end after SIGTERM\n{}", self.name, self.log_text()),
        }
    }

    /// Kills the whole group at once with SIGKILL and reaps the program.
    pub fn kill(&mut self) {
        self.signal(Signal::SIGKILL);
        let _ = self.child.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.is_running() {
            self.signal(Signal::SIGTERM);
            // A peer made of several processes (Dovecot, Postfix, Chromium) ends its own children when asked kindly.
            let ended = within(Duration::from_secs(3), &mut || self.child.try_wait().ok().flatten());
            if ended.is_some() {
                return;
            }
        }
        self.kill();
    }
}

/// A TCP port on 127.0.0.1 that was free a moment ago; for peers that cannot choose one themselves.
pub fn free_port() -> u16 {
    std::net::TcpListener::bind(("127.0.0.1", 0))
        .and_then(|listener| listener.local_addr())
        .expect("a free port on loopback")
        .port()
}

/// A new temporary folder, gone when dropped. Every user may enter it: peers drop their rights.
pub fn temporary(name: &str) -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt;
    tempfile::Builder::new()
        .prefix(&format!("heliograph-{name}-"))
        .permissions(std::fs::Permissions::from_mode(0o755))
        .tempdir()
        .expect("a temporary folder")
}
