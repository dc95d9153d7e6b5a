//! A program on a terminal of its own: what is typed is echoed as people see it, and everything shown is kept.

use std::ffi::OsStr;
use std::io::{Read as _, Write};
use std::sync::{Arc, Mutex};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use crate::poll;

/// A running program and its terminal.
pub struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    keyboard: Box<dyn Write + Send>,
    /// Kept open until the program has ended.
    _screen: Box<dyn MasterPty + Send>,
    shown: Arc<Mutex<Vec<u8>>>,
    /// Up to where it has been looked at.
    seen: usize,
}

impl Terminal {
    /// Starts `program` with nothing in its environment but `environment`.
    #[must_use]
    pub fn start<A: AsRef<OsStr>>(program: &str, arguments: &[A], environment: &[(String, String)]) -> Self {
        let size = PtySize { rows: 40, cols: 200, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).expect("a terminal can be opened");
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        command.env_clear();
        // Otherwise it would start in the home folder.
        command.cwd(".");
        environment.iter().for_each(|(name, value)| command.env(name, value));
        let child = pair.slave.spawn_command(command).expect("the program can be started");
        // The program holds the other end alone, so that its end is the end of what is shown.
        drop(pair.slave);
        let mut screen = pair.master.try_clone_reader().expect("a terminal can be read");
        let keyboard = pair.master.take_writer().expect("a terminal can be typed on");
        let shown = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&shown);
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            // A terminal whose program has ended gives an error and no end.
            while let Ok(count @ 1..) = screen.read(&mut buffer) {
                kept.lock().expect("nobody panics with it").extend_from_slice(&buffer[..count]);
            }
        });
        Self { child, keyboard, _screen: pair.master, shown, seen: 0 }
    }

    /// Everything shown so far.
    #[must_use]
    pub fn shown(&self) -> String {
        String::from_utf8_lossy(&self.shown.lock().expect("nobody panics with it")).into_owned()
    }

    /// Waits until `text` is shown, after whatever was waited for before.
    ///
    /// # Panics
    /// It is not shown before the deadline.
    pub async fn expect(&mut self, text: &str) {
        let (shown, from) = (Arc::clone(&self.shown), self.seen);
        let what = format!("`{text}` on the terminal");
        let found = poll::until(&what, async || {
            let shown = shown.lock().expect("nobody panics with it");
            let rest = shown.get(from..)?;
            rest.windows(text.len()).position(|window| window == text.as_bytes()).map(|at| from + at + text.len())
        });
        self.seen = found.await;
    }

    /// Types text and the key that ends a line.
    pub fn type_line(&mut self, text: &str) {
        self.press(&format!("{text}\r"));
    }

    /// Presses keys; `\u{3}` is Ctrl-C.
    pub fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).expect("a terminal can be typed on");
    }

    /// What every user of the machine can read of the program.
    #[must_use]
    pub fn command_line(&self) -> String {
        let id = self.child.process_id().expect("a program that runs has an id");
        let bytes = std::fs::read(format!("/proc/{id}/cmdline")).expect("a program that runs has a command line");
        String::from_utf8_lossy(&bytes).replace('\0', " ")
    }

    /// Waits for the end: the exit code and everything that was shown.
    pub async fn ended(mut self) -> (u32, String) {
        let status =
            poll::until("the end of the program", async || self.child.try_wait().expect("a child can be waited for"))
                .await;
        // The reader has the rest once nobody writes any more; it then lets go of its half.
        poll::until("the last of what is shown", async || (Arc::strong_count(&self.shown) == 1).then_some(())).await;
        (status.exit_code(), self.shown())
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
    }
}
