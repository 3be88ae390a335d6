//! The page in a real browser: at two widths and in both colour schemes it fits, says nothing to the console and loads nothing.

use std::fs;
use std::path::{Path, PathBuf};

use super::browser::{Browser, installed};
use super::{large, with_failures};
use crate::stage::Project;

/// How large a page may be.
const MOST_BYTES: u64 = 2_000_000;
/// A phone and a desk.
const WIDTHS: [u32; 2] = [380, 1280];
const SCHEMES: [&str; 2] = ["light", "dark"];
/// Where the pictures go, for somebody who wants to look at them; else they are gone after the test.
const FOLDER: &str = "REPORT_PICTURES";
/// What happens on a page that nobody wants to see there.
const TROUBLE: [&str; 3] = [
    "Runtime.consoleAPICalled",
    "Runtime.exceptionThrown",
    "Log.entryAdded",
];
/// Each text whose contrast with what lies behind it is below 4.5.
const FAINT_TEXTS: &str = include_str!("contrast.js");

#[test]
fn pages_fit_and_load_nothing_in_a_browser_at_both_widths_and_in_both_schemes() {
    let Some(program) = installed() else {
        eprintln!("did not run: there is no chromium on the path");
        return;
    };
    let temporary = tempfile::Builder::new()
        .prefix("cxda-report-")
        .tempdir()
        .unwrap();
    let wanted = std::env::var_os(FOLDER).map(PathBuf::from);
    let folder = wanted.unwrap_or_else(|| temporary.path().to_path_buf());
    let mut browser = Browser::start(&program);
    let mut seen = Seen::default();
    let (tenant, run) = (large(), with_failures());
    for (name, project, words) in [
        ("tenant", &tenant, &["report", "--max-age", "0s"][..]),
        ("run", &run, &["report", "--run", "last"]),
    ] {
        let page = folder.join(name).with_extension("html");
        seen.figures.push(written(project, words, &page));
        seen.look(&mut browser, name, &page);
    }
    println!("{}", seen.figures.join("\n"));
    if !seen.findings.is_empty() {
        // They stay, so that somebody can look at them.
        let _ = temporary.keep();
        let findings = seen.findings.join("\n");
        panic!("{findings}\npictures: {}", folder.display());
    }
}

#[test]
fn a_page_that_does_what_it_must_not_is_found_out() {
    let Some(program) = installed() else {
        eprintln!("did not run: there is no chromium on the path");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("bad.html");
    let bad = "<!doctype html><div style=\"width:2000px;color:#ccc\">faint</div><img src=\"http://127.0.0.1:9/x\"><script>console.log(1)</script>";
    fs::write(&page, bad).unwrap();
    let url = format!("file://{}", page.display());
    let mut browser = Browser::start(&program);
    browser.open(&url, WIDTHS[0], SCHEMES[0]);
    let found = judged(&mut browser, &url).join("\n");
    for trouble in [
        "wider than",
        "faint:",
        "asks for http://127.0.0.1:9/x",
        "consoleAPICalled",
    ] {
        assert!(found.contains(trouble), "{trouble} is not among\n{found}");
    }
}

/// Lets `cxda WORDS` write its page to `path`, and tells its size.
fn written(project: &Project, words: &[&str], path: &Path) -> String {
    let out = ["--out", path.to_str().unwrap()];
    let _ = project.cxda(&[words, &out].concat()).run().exits(0);
    let bytes = fs::metadata(path).unwrap().len();
    assert!(bytes < MOST_BYTES, "{}: {bytes} bytes", path.display());
    format!("{}: {bytes} bytes", path.display())
}

/// What looking at pages came to.
#[derive(Debug, Default)]
struct Seen {
    /// What is wrong.
    findings: Vec<String>,
    /// Sizes and times; of times nothing is demanded.
    figures: Vec<String>,
}

impl Seen {
    /// Looks at `page` in each way; pictures of it go beside it.
    fn look(&mut self, browser: &mut Browser, name: &str, page: &Path) {
        let url = format!("file://{}", page.display());
        for width in WIDTHS {
            let mut pictures = Vec::new();
            for scheme in SCHEMES {
                browser.open("about:blank", width, scheme);
                let blank = browser.picture(false);
                browser.open(&url, width, scheme);
                let first = browser.picture(false);
                let whole = browser.picture(true);
                let look = format!("{name}-{width}-{scheme}");
                fs::write(page.with_file_name(&look).with_extension("png"), whole).unwrap();
                let mut found = judged(browser, &url);
                if first == blank {
                    found.push("nothing is seen".to_owned());
                }
                pictures.push(first);
                let loaded = "performance.getEntriesByType('navigation')[0].loadEventEnd";
                let loaded = browser.evaluate(loaded);
                self.figures
                    .push(format!("{look}: loaded after {loaded} ms"));
                let found = found.into_iter();
                self.findings
                    .extend(found.map(|what| format!("{look}: {what}")));
            }
            if pictures[0] == pictures[1] {
                self.findings
                    .push(format!("{name}-{width} looks the same in both schemes"));
            }
        }
    }
}

/// What is wrong with the page at `url`, which is open, as it is first shown and all unfolded.
fn judged(browser: &mut Browser, url: &str) -> Vec<String> {
    let mut found = Vec::new();
    for unfold in [
        "0",
        "document.querySelectorAll('details').forEach((each) => { each.open = true; })",
    ] {
        browser.evaluate(unfold);
        let widths = browser.evaluate("[document.documentElement.scrollWidth, innerWidth]");
        if widths[0].as_f64() > widths[1].as_f64() {
            found.push(format!("it is wider than the window: {widths}"));
        }
    }
    let faint = browser.evaluate(FAINT_TEXTS);
    found.extend(
        faint
            .as_array()
            .unwrap()
            .iter()
            .map(|text| format!("faint: {text}")),
    );
    for kind in TROUBLE {
        let told = browser.told(kind).iter();
        found.extend(told.map(|said| format!("{kind}: {said}")));
    }
    let requests = browser.told("Network.requestWillBeSent");
    for request in requests {
        let asked = request["request"]["url"].as_str().unwrap();
        if asked != url && !asked.starts_with("data:") {
            found.push(format!("it asks for {asked}"));
        }
    }
    if requests.is_empty() {
        found.push("the browser does not tell of requests".to_owned());
    }
    found
}
