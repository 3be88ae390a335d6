//! Runs the binary in an environment of its own and looks at how it ended.

use std::ffi::OsStr;
use std::path::Path;

use serde_json::Value;

use super::DEADLINE;

/// A call of `cxda` that is being put together.
#[derive(Debug)]
pub(crate) struct Call {
    command: assert_cmd::Command,
    words: String,
}

/// A call that ended.
#[derive(Clone, Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    words: String,
}

impl Call {
    /// `cxda ARGUMENTS`, started in `folder`, with none of the environment of whoever runs the tests.
    pub(crate) fn new(folder: &Path, arguments: &[&str]) -> Self {
        let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_cxda"));
        command
            .env_clear()
            .current_dir(folder)
            .args(arguments)
            .timeout(DEADLINE);
        Self {
            command,
            words: arguments.join(" "),
        }
    }

    /// The same, with the environment variable `name`.
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// The same, with credentials in the environment.
    pub(crate) fn with_credentials(self) -> Self {
        self.env("CXONE_CLIENT_ID", "the-client-id")
            .env("CXONE_CLIENT_SECRET", "the-client-secret")
    }

    /// Runs it to its end, also where it is killed; the exit code is then -1.
    #[track_caller]
    pub(crate) fn run_or_die(mut self) -> Ended {
        let output = self.command.output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Ended {
            stdout: text(output.stdout),
            stderr: text(output.stderr),
            code: output.status.code().unwrap_or(-1),
            words: self.words,
        }
    }

    /// Runs it to its end.
    #[track_caller]
    pub(crate) fn run(self) -> Ended {
        let ended = self.run_or_die();
        assert_ne!(ended.code, -1, "killed or too slow: {ended:#?}");
        ended
    }
}

impl Ended {
    /// Makes sure of the exit code.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(
            self.code, code,
            "`cxda {}`\n--- stdout\n{}\n--- stderr\n{}",
            self.words, self.stdout, self.stderr
        );
        self
    }

    /// Stdout as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}\n{}", self.stdout, self.stderr))
    }

    /// Stdout and stderr, for words that must or must not be there.
    pub(crate) fn both(&self) -> String {
        format!("{}\n{}", self.stdout, self.stderr)
    }

    /// Makes sure that each of `words` stands in what a person reads.
    #[track_caller]
    pub(crate) fn says(self, words: &[&str]) -> Self {
        let both = self.both();
        for word in words {
            assert!(
                both.contains(word),
                "`cxda {}` does not say {word:?}:\n{both}",
                self.words
            );
        }
        self
    }

    /// Makes sure that none of `words` stands in what a person reads.
    #[track_caller]
    pub(crate) fn never_says(self, words: &[&str]) -> Self {
        let both = self.both();
        for word in words {
            assert!(
                !both.contains(word),
                "`cxda {}` says {word:?}:\n{both}",
                self.words
            );
        }
        self
    }
}
