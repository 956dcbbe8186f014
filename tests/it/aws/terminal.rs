//! Ctrl-C on a terminal: the first one stops following; the second one cancels the update after a confirmation.
#![allow(clippy::unwrap_used)]

use std::io::{Read as _, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use super::endpoint::Account;
use super::stories::{RACK, bench};

/// The time limit for expected output.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The byte of Ctrl-C, for which a terminal sends SIGINT.
const CTRL_C: &[u8] = b"\x03";

/// A command on its own pseudo-terminal, created by `script` of util-linux.
struct Terminal {
    child: Child,
    keys: ChildStdin,
    output: Receiver<Vec<u8>>,
    shown: String,
}

impl Terminal {
    /// Starts a command on a terminal; `None` if `script` is missing, which skips the test.
    fn start(command: &Command) -> Option<Self> {
        let knows = Command::new("script").arg("--version").stdin(Stdio::null()).output();
        if !knows.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains("util-linux")) {
            crate::support::skip("no pseudo-terminal for Ctrl-C (`script` of util-linux creates one)");
            return None;
        }
        let quoted = |text: &std::ffi::OsStr| format!("'{}'", text.to_str().unwrap().replace('\'', r"'\''"));
        // Without `exec`, the shell would get the interrupt too.
        let words: Vec<String> = [command.get_program()].into_iter().chain(command.get_args()).map(quoted).collect();
        let mut script = Command::new("script");
        script.args(["-qec", &format!("exec {}", words.join(" ")), "/dev/null"]).current_dir(command.get_current_dir().unwrap());
        script
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("TERM", "dumb")
            .envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let mut child = script.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let (keys, mut shown) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let (sender, output) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(read @ 1..) = shown.read(&mut buffer) {
                let _ = sender.send(buffer[..read].to_vec());
            }
        });
        Some(Self { child, keys, output, shown: String::new() })
    }

    fn press(&mut self, keys: &[u8]) {
        self.keys.write_all(keys).unwrap();
        self.keys.flush().unwrap();
    }

    /// Waits until the output contains a text.
    fn until(&mut self, words: &str) {
        let end = Instant::now() + TIMEOUT;
        while !self.shown.contains(words) {
            let more = self.output.recv_timeout(end.saturating_duration_since(Instant::now()));
            assert!(more.is_ok(), "`{words}` is not printed:\n{}", self.shown);
            self.shown.push_str(&String::from_utf8_lossy(&more.unwrap()));
        }
    }

    /// Waits for the end; returns the exit code and the whole output.
    fn finish(mut self) -> (Option<i32>, String) {
        let end = Instant::now() + TIMEOUT;
        while let Ok(more) = self.output.recv_timeout(end.saturating_duration_since(Instant::now())) {
            self.shown.push_str(&String::from_utf8_lossy(&more));
        }
        assert!(Instant::now() < end, "still running:\n{}", self.shown);
        (self.child.wait().unwrap().code(), std::mem::take(&mut self.shown))
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts the update of a stack on a terminal.
fn updating() -> Option<(Account, crate::program::Bench, Terminal)> {
    let (account, bench) = (Account::new()?, bench());
    account.ask("CreateStack", &[("StackName", "slowest"), ("TemplateBody", RACK)]);
    assert_eq!(account.wait_until_idle("slowest"), "CREATE_COMPLETE");
    let command = account.command(&bench, "set Days=30 Cache=Yes --yes --stack-name slowest");
    let terminal = Terminal::start(&command)?;
    account.until("slowest", "UPDATE_IN_PROGRESS");
    Some((account, bench, terminal))
}

#[test]
fn the_second_interruption_offers_to_cancel_and_yes_rolls_the_update_back() {
    let Some((account, _bench, mut terminal)) = updating() else { return };
    terminal.until("UPDATE_IN_PROGRESS");
    terminal.press(CTRL_C);
    terminal.until("Ctrl-C again within");
    assert_eq!(account.status("slowest"), "UPDATE_IN_PROGRESS", "the first only stops following");
    terminal.press(CTRL_C);
    terminal.until("Cancel the update of slowest and roll back its changes?");
    assert_eq!(account.status("slowest"), "UPDATE_IN_PROGRESS", "the update is cancelled only after a confirmation");
    terminal.press(b"yes\n");
    let (code, shown) = terminal.finish();
    assert_eq!((code, account.wait_until_idle("slowest").as_str()), (Some(1), "UPDATE_ROLLBACK_COMPLETE"), "{shown}");
    assert!(shown.contains("UPDATE_ROLLBACK_IN_PROGRESS"), "the rollback is followed\n{shown}");
}

#[test]
fn answering_no_lets_the_update_continue() {
    let Some((account, _bench, mut terminal)) = updating() else { return };
    terminal.until("UPDATE_IN_PROGRESS");
    terminal.press(CTRL_C);
    terminal.until("Ctrl-C again within");
    terminal.press(CTRL_C);
    terminal.until("Cancel the update of slowest and roll back its changes?");
    terminal.press(b"no\n");
    let (code, shown) = terminal.finish();
    assert_eq!((code, account.wait_until_idle("slowest").as_str()), (Some(130), "UPDATE_COMPLETE"), "{shown}");
    assert!(shown.contains("rackform events --follow"), "the next command is shown\n{shown}");
}
