//! What befalls a process at which call, and the library that brings it about.
//!
//! `interpose.c` says how; here it is compiled, once for all tests, and told what to do.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::stage::Call;

/// A kind of call to the operating system. `Change` is any that changes a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Open,
    Write,
    Flush,
    Truncate,
    Rename,
    Lock,
    Connect,
    Send,
    Receive,
    Change,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Write => "write",
            Self::Flush => "flush",
            Self::Truncate => "truncate",
            Self::Rename => "rename",
            Self::Lock => "lock",
            Self::Connect => "connect",
            Self::Send => "send",
            Self::Receive => "receive",
            Self::Change => "change",
        }
    }
}

/// A call, or the last of several of which each comes after the one before it.
#[derive(Clone, Debug)]
pub(super) struct Place(String);

impl Place {
    /// The `nth` call of `kind`, from 1, on a file whose path ends in `file`, with bytes that hold `text`.
    pub(super) fn file(kind: Kind, nth: usize, file: &str, text: &str) -> Self {
        Self(step(kind, nth, file, text))
    }

    /// The `nth` call of `kind`, from 1, on a connection, with bytes that hold `text`.
    pub(super) fn socket(kind: Kind, nth: usize, text: &str) -> Self {
        Self(step(kind, nth, "socket", text))
    }

    /// After that, the next call of `kind` on the same handle with bytes that hold `text`.
    pub(super) fn then(self, kind: Kind, text: &str) -> Self {
        Self(format!("{}\n{}", self.0, step(kind, 1, "same", text)))
    }

    /// After that, the next call of `kind` on a file whose path ends in `file`.
    pub(super) fn then_file(self, kind: Kind, file: &str) -> Self {
        Self(format!("{}\n{}", self.0, step(kind, 1, file, "")))
    }
}

fn step(kind: Kind, nth: usize, file: &str, text: &str) -> String {
    format!("{}\t{nth}\t{file}\t{text}", kind.word())
}

/// An error that a disk answers with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    Full,
    Broken,
    ReadOnly,
}

impl Refusal {
    pub(super) const ALL: [Self; 3] = [Self::Full, Self::Broken, Self::ReadOnly];

    /// The number of the error.
    fn errno(self) -> i32 {
        match self {
            Self::Full => 28,
            Self::Broken => 5,
            Self::ReadOnly => 30,
        }
    }
}

/// What befalls the process.
#[derive(Clone, Debug)]
pub(super) enum Fault {
    /// Nothing; every call is noted.
    Watched,
    /// It is killed before the call is made.
    KilledBefore(Place),
    /// It is killed once the call was made.
    KilledAfter(Place),
    /// The call fails; the next one does not.
    RefusedOnce(Place, Refusal),
    /// The call fails, and all like it that follow.
    RefusedOn(Place, Refusal),
}

impl Fault {
    fn deed_and_place(&self) -> (String, &str) {
        match self {
            Self::Watched => ("watch".into(), ""),
            Self::KilledBefore(place) => ("kill before".into(), &place.0),
            Self::KilledAfter(place) => ("kill after".into(), &place.0),
            Self::RefusedOnce(place, how) => (format!("fail {} once", how.errno()), &place.0),
            Self::RefusedOn(place, how) => (format!("fail {} always", how.errno()), &place.0),
        }
    }

    /// The same call, which the fault befalls as soon as it touches what lies below `folder`. What happened is told in `log`.
    pub(super) fn befalls(&self, call: Call, folder: &Path, log: &Path) -> Call {
        let (deed, place) = self.deed_and_place();
        call.env("LD_PRELOAD", library())
            .env("CRASH_DEED", deed)
            .env("CRASH_PLACE", place)
            .env("CRASH_UNDER", folder)
            .env("CRASH_LOG", log)
    }
}

/// What the library said about a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Noted {
    /// Such as `killed`, `failed` or `saw`.
    pub(super) what: String,
    /// The kind of the call.
    pub(super) call: String,
    /// The file, or the connection.
    pub(super) path: String,
}

/// All that the library said in `log`.
pub(super) fn noted(log: &Path) -> Vec<Noted> {
    let text = fs::read_to_string(log).unwrap_or_default();
    let note = |line: &str| {
        let mut words = line.splitn(3, ' ').map(str::to_owned);
        let mut next = || words.next().unwrap_or_default();
        Noted {
            what: next(),
            call: next(),
            path: next(),
        }
    };
    text.lines().map(note).collect()
}

/// The library. The compiler is the one that also builds what the product is linked with.
fn library() -> &'static Path {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/it/crash/interpose.c");
        // Each process compiles its own and puts it in place whole, since others may be using the one that is there.
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let fresh = folder.join(format!("interpose-{}.so", std::process::id()));
        let built = Command::new("cc")
            .args(["-Wall", "-Wextra", "-O1", "-shared", "-fPIC", "-o"])
            .arg(&fresh)
            .arg(&source)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&built.stderr);
        assert!(built.status.success(), "{}:\n{said}", source.display());
        let library = folder.join("interpose.so");
        fs::rename(&fresh, &library).unwrap();
        library
    })
}
