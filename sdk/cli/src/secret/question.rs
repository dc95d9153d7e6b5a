//! A question on the terminal whose answer is not echoed.
//!
//! `rpassword` edits the line. The terminal is ours: echo ends before the question is shown, so that whoever types at once is
//! not shown either, and it is back when Ctrl-C ends the question.

use std::io;

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Unanswered {
    /// Ctrl-C.
    Interrupted,
    /// There is no terminal, or it cannot be read.
    Failed(io::Error),
}

impl From<io::Error> for Unanswered {
    fn from(error: io::Error) -> Self {
        Self::Failed(error)
    }
}

#[cfg(unix)]
pub(super) use unix::ask;

#[cfg(unix)]
mod unix {
    use std::fs::{File, OpenOptions};
    use std::io::{self, Read, Write as _};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use rpassword::ConfigBuilder;
    use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};

    use super::Unanswered;

    const CTRL_C: u8 = 3;

    /// Asks `question` on the terminal that controls the program, wherever its streams go.
    pub(in crate::secret) fn ask(question: &str) -> Result<String, Unanswered> {
        let mut terminal = OpenOptions::new().read(true).write(true).open("/dev/tty")?;
        let silence = Silence::begin(terminal.try_clone()?)?;
        write!(terminal, "{question}: ")?;
        let interrupted = Arc::new(AtomicBool::new(false));
        let keys = Keys { terminal: terminal.try_clone()?, interrupted: Arc::clone(&interrupted) };
        let config = ConfigBuilder::new().input_reader(keys).output_discard().build();
        let answer = rpassword::read_password_with_config(config);
        drop(silence);
        writeln!(terminal)?;
        if interrupted.load(Ordering::Relaxed) {
            return Err(Unanswered::Interrupted);
        }
        Ok(answer?)
    }

    /// What is typed; Ctrl-C is an end and no signal, which would leave the terminal silent for good.
    struct Keys {
        terminal: File,
        interrupted: Arc<AtomicBool>,
    }

    impl Read for Keys {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = self.terminal.read(buffer)?;
            if buffer[..count].contains(&CTRL_C) {
                self.interrupted.store(true, Ordering::Relaxed);
                return Err(io::Error::other("interrupted"));
            }
            Ok(count)
        }
    }

    /// A terminal that shows nothing of what is typed, and hands on each key at once.
    struct Silence {
        terminal: File,
        before: Termios,
    }

    impl Silence {
        fn begin(terminal: File) -> io::Result<Self> {
            let before = tcgetattr(&terminal)?;
            let mut silent = before.clone();
            silent.local_modes.remove(LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ICANON | LocalModes::ISIG);
            silent.special_codes[SpecialCodeIndex::VMIN] = 1;
            silent.special_codes[SpecialCodeIndex::VTIME] = 0;
            tcsetattr(&terminal, OptionalActions::Now, &silent)?;
            Ok(Self { terminal, before })
        }
    }

    impl Drop for Silence {
        fn drop(&mut self) {
            // There is nobody to tell.
            let _ = tcsetattr(&self.terminal, OptionalActions::Now, &self.before);
        }
    }
}

#[cfg(not(unix))]
pub(super) fn ask(question: &str) -> Result<String, Unanswered> {
    Ok(rpassword::prompt_password(format!("{question}: "))?)
}
