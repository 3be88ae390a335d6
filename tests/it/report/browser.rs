//! A headless Chromium, spoken to by its `DevTools` protocol over two pipes. It knows nothing of the pages that it opens.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tempfile::TempDir;

/// Under which names a browser is looked for.
const NAMES: [&str; 4] = [
    "chromium",
    "google-chrome",
    "google-chrome-stable",
    "chromium-browser",
];
/// How long any answer may take before a test gives up on it.
const DEADLINE: Duration = Duration::from_mins(2);
/// The browser reads at 3 and writes at 4; a shell puts the pipes there, for Rust has no safe way to.
const PIPES: &str = r#"exec "$@" 3<&0 4>&1 </dev/null >/dev/null 2>/dev/null"#;

/// A browser with one page. It is killed with the test.
#[derive(Debug)]
pub(super) struct Browser {
    process: Child,
    pipe: ChildStdin,
    messages: Receiver<Value>,
    page: String,
    sent: u64,
    /// What it told beside answers since the page was opened last, by the kind of event.
    events: BTreeMap<String, Vec<Value>>,
    _profile: TempDir,
}

/// The browser of this machine: what the variable `CHROMIUM` names, or the first that is on the path.
pub(super) fn installed() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("CHROMIUM") {
        return Some(named.into());
    }
    let path = std::env::var_os("PATH")?;
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let all = NAMES
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    all.into_iter().find(|program| program.is_file())
}

impl Browser {
    /// Starts `program` with an empty page and a profile of its own.
    pub(super) fn start(program: &Path) -> Self {
        let profile = tempfile::Builder::new()
            .prefix("cxda-browser-")
            .tempdir()
            .unwrap();
        let mut folder = OsString::from("--user-data-dir=");
        folder.push(profile.path());
        let mut process = Command::new("sh")
            .args(["-c", PIPES, "sh"])
            .arg(program)
            .args([
                "--headless=new",
                "--remote-debugging-pipe",
                // Containers run as root and have neither a name space to spare nor a large /dev/shm.
                "--no-sandbox",
                "--disable-dev-shm-usage",
                "--disable-gpu",
                "--disable-extensions",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--no-first-run",
                "--no-default-browser-check",
                "--hide-scrollbars",
                "--force-color-profile=srgb",
            ])
            .arg(folder)
            .env("HOME", profile.path())
            .env("TMPDIR", profile.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let pipe = process.stdin.take().unwrap();
        let said = BufReader::new(process.stdout.take().unwrap());
        let (sender, messages) = channel();
        std::thread::spawn(move || {
            for message in said.split(0) {
                let message = message
                    .ok()
                    .and_then(|text| serde_json::from_slice(&text).ok());
                if message.is_none_or(|message| sender.send(message).is_err()) {
                    return;
                }
            }
        });
        let mut browser = Self {
            process,
            pipe,
            messages,
            page: String::new(),
            sent: 0,
            events: BTreeMap::new(),
            _profile: profile,
        };
        let target = browser.ask("Target.createTarget", &json!({"url": "about:blank"}));
        let attach = json!({"targetId": target["targetId"], "flatten": true});
        let attached = browser.ask("Target.attachToTarget", &attach);
        attached["sessionId"]
            .as_str()
            .unwrap()
            .clone_into(&mut browser.page);
        for domain in ["Page", "Runtime", "Log", "Network"] {
            browser.ask(&format!("{domain}.enable"), &json!({}));
        }
        browser
    }

    /// Opens `url` in a window of this width, for a reader who wants this colour scheme, and returns once it is loaded.
    pub(super) fn open(&mut self, url: &str, width: u32, scheme: &str) {
        let window =
            json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false});
        self.ask("Emulation.setDeviceMetricsOverride", &window);
        let scheme = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.ask("Emulation.setEmulatedMedia", &scheme);
        self.events.clear();
        let loading = self.ask("Page.navigate", &json!({"url": url}));
        assert_eq!(loading["errorText"], Value::Null, "{url}");
        while !self.events.contains_key("Page.loadEventFired") {
            self.hear();
        }
    }

    /// What `expression` comes to on the page.
    pub(super) fn evaluate(&mut self, expression: &str) -> Value {
        let asked = json!({"expression": expression, "returnByValue": true});
        let said = self.ask("Runtime.evaluate", &asked);
        assert_eq!(said["exceptionDetails"], Value::Null, "{expression}");
        said["result"]["value"].clone()
    }

    /// A picture of the window, or of all that can be scrolled to, as PNG.
    pub(super) fn picture(&mut self, beyond_window: bool) -> Vec<u8> {
        let mut asked = json!({"format": "png", "captureBeyondViewport": beyond_window});
        if beyond_window {
            let sizes = self.ask("Page.getLayoutMetrics", &json!({}));
            asked["clip"] = sizes["cssContentSize"].clone();
            asked["clip"]["scale"] = json!(1);
        }
        let picture = self.ask("Page.captureScreenshot", &asked);
        STANDARD.decode(picture["data"].as_str().unwrap()).unwrap()
    }

    /// What the page was told of since it was opened: of each event of this kind what it says.
    pub(super) fn told(&self, event: &str) -> &[Value] {
        self.events.get(event).map_or(&[], Vec::as_slice)
    }

    fn ask(&mut self, method: &str, parameters: &Value) -> Value {
        self.sent += 1;
        let id = self.sent;
        let mut message = json!({"id": id, "method": method, "params": parameters});
        if !self.page.is_empty() {
            message["sessionId"] = json!(self.page);
        }
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        self.pipe.write_all(&bytes).unwrap();
        loop {
            if let Some(answer) = self.hear().filter(|answer| answer["id"] == id) {
                assert_eq!(answer["error"], Value::Null, "{method}");
                return answer["result"].clone();
            }
        }
    }

    /// The next message, where it is an answer; an event is kept.
    fn hear(&mut self) -> Option<Value> {
        let message = self.messages.recv_timeout(DEADLINE);
        let mut message = message.unwrap_or_else(|error| panic!("the browser: {error}"));
        let Some(event) = message["method"].as_str().map(str::to_owned) else {
            return Some(message);
        };
        let told = message["params"].take();
        self.events.entry(event).or_default().push(told);
        None
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
