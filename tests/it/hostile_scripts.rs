//! Scripts that mean harm, each in a child of the real binary: every one ends within its limits, none passes falsely, and
//! what comes after it is unharmed.

use std::num::NonZeroUsize;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cxda_adapters_script::run::{CHILD_ARGUMENT, ChildRunner};
use cxda_domain::script::ScriptEnd;
use cxda_ports::script::{ScriptOutcome, ScriptRun, ScriptRunner};
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};

use self::corpus::{Comes, Hostile, corpus};

mod corpus;

/// How many run at once; most of them wait for nothing but the end of their time.
const AT_ONCE: usize = 4;
/// Within what a script must have ended, by the parent's clock.
const ENDED: Duration = Duration::from_millis(3_250);

fn runner() -> ChildRunner {
    let program = env!("CARGO_BIN_EXE_cxda").into();
    let at_once = NonZeroUsize::new(AT_ONCE).unwrap();
    ChildRunner::new(program, CHILD_ARGUMENT.into(), at_once)
}

async fn run(runner: &ChildRunner, source: &str) -> ScriptOutcome {
    let run = ScriptRun {
        source: source.to_owned(),
        input: r#"{"score":10}"#.to_owned(),
        now: None,
        random_seed: None,
    };
    runner.run(&run).await.unwrap()
}

impl Comes {
    /// Whether `end` is what must come; what stops a script may depend on how fast the machine is.
    fn is(&self, end: &ScriptEnd) -> bool {
        match (self, end) {
            (Self::Returns(want), ScriptEnd::Returned(value)) => {
                serde_json::from_str::<Value>(want).unwrap() == *value
            }
            (Self::Throws(part), ScriptEnd::Threw { message, .. }) => message.contains(part),
            (Self::Stops(limits), ScriptEnd::Stopped(limit)) => limits.contains(limit),
            (Self::Fails, ScriptEnd::Threw { .. } | ScriptEnd::Stopped(_)) => true,
            _ => false,
        }
    }
}

/// What is wrong with how `hostile` ended, and with how a sound script fared after it.
async fn complaints(runner: &ChildRunner, hostile: &Hostile) -> Vec<String> {
    let Hostile { tries, source, .. } = hostile;
    let mut complaints = Vec::new();
    let started = Instant::now();
    let outcome = run(runner, source).await;
    let took = started.elapsed();
    if took > ENDED {
        complaints.push(format!("{tries}: took {took:?}"));
    }
    if !hostile.comes.is(&outcome.end) {
        let mut end = format!("{:?}", outcome.end);
        end.truncate(end.floor_char_boundary(300));
        complaints.push(format!("{tries}: {end}, expected {:?}", hostile.comes));
    }
    let sound = "function main(context) { return { score: context.input.score + 2 }; }";
    let after = run(runner, sound).await;
    if after.end != ScriptEnd::Returned(json!({"score": 12})) {
        complaints.push(format!("{tries}: the script after it: {:?}", after.end));
    }
    complaints
}

#[test]
fn t_09_every_hostile_script_ends_within_its_limits_and_harms_nothing_else() {
    // In a process of its own, for its memory is measured.
    let alone = ["--exact", "hostile_scripts::the_corpus_alone", "--ignored"];
    let ran = Command::new(std::env::current_exe().unwrap())
        .args(alone)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ran.stdout);
    assert!(
        ran.status.success() && said.contains("1 passed"),
        "{said}{}",
        String::from_utf8_lossy(&ran.stderr)
    );
}

#[tokio::test]
#[ignore = "run by the test above"]
async fn the_corpus_alone() {
    assert!(corpus().count() >= 40);
    let runner = Arc::new(runner());
    let found: Vec<Vec<String>> = stream::iter(corpus())
        .map(|hostile| {
            let runner = Arc::clone(&runner);
            async move { complaints(&runner, hostile).await }
        })
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    let found = found.concat();
    assert!(found.is_empty(), "{}", found.join("\n"));
    #[cfg(target_os = "linux")]
    {
        let most = most_memory_kb();
        assert!(most < 100_000, "the parent had {most} kB");
    }
}

/// The most memory that this process ever had in use.
#[cfg(target_os = "linux")]
fn most_memory_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let number = line.unwrap().split_whitespace().nth(1).unwrap();
    number.parse().unwrap()
}

/// What a sound script returns where `now` and `randomSeed` are granted.
async fn granted(source: &str, seed: i64) -> Value {
    let run = ScriptRun {
        source: source.to_owned(),
        input: "null".to_owned(),
        now: Some(cxda_domain::instant::UtcMillis::from_epoch_millis(
            1_700_000_000_123,
        )),
        random_seed: Some(seed),
    };
    match runner().run(&run).await.unwrap().end {
        ScriptEnd::Returned(value) => value,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_granted_clock_stands_still_and_is_the_only_one() {
    let source = "class Later extends Date {}
        function main() {
            const first = Date.now();
            for (let i = 0; i < 1e6; i += 1);
            return [
                first, Date.now(), new Date(), Date(), new Later(), new Date(5), new Date(2020, 1, 1),
                new (Object.getPrototypeOf(new Date(0)).constructor)().getTime(), new Date().getHours(),
                Date.name, Date.length, Date.UTC(2020, 0), Date.parse('2020-01-01'), typeof performance,
                new Date() instanceof Date, Object.prototype.toString.call(new Date())
            ];
        }";
    let shown = "2023-11-14T22:13:20.123Z";
    assert_eq!(
        granted(source, 0).await,
        json!([
            1_700_000_000_123_u64,
            1_700_000_000_123_u64,
            shown,
            "Tue Nov 14 2023 22:13:20 GMT+0000",
            shown,
            "1970-01-01T00:00:00.005Z",
            "2020-02-01T00:00:00.000Z",
            1_700_000_000_123_u64,
            22,
            "Date",
            7,
            1_577_836_800_000_u64,
            1_577_836_800_000_u64,
            "undefined",
            true,
            "[object Date]"
        ])
    );
}

#[tokio::test]
async fn granted_randomness_follows_from_its_seed() {
    let source = "function main() { return Array.from({length: 1000}, () => Math.random()); }";
    let (one, again) = (granted(source, 7).await, granted(source, 7).await);
    assert_eq!(one, again);
    assert_ne!(one, granted(source, -7).await);
    let drawn = one
        .as_array()
        .unwrap()
        .iter()
        .map(|value| value.as_f64().unwrap());
    let (mut sum, mut count) = (0.0, 0.0);
    for value in drawn {
        assert!((0.0..1.0).contains(&value), "{value}");
        sum += value;
        count += 1.0;
    }
    let mean: f64 = sum / count;
    assert!((0.45..0.55).contains(&mean), "{mean}");
}

#[tokio::test]
async fn logs_are_kept_line_by_line_also_where_the_script_fails() {
    let source = "function main() {
            console.log('one', 1, { a: [1] }, null, undefined, 3n, Symbol('s'), () => 1);
            console.warn('two\\nthree');
            console.error(new TypeError('four'));
            console.info('f'.repeat(5000));
            console.debug();
            throw new Error('five');
        }";
    let outcome = run(&runner(), source).await;
    let [one, two, three, four, long, empty] = outcome.logs.as_slice() else {
        panic!("{:?}", outcome.logs);
    };
    assert_eq!(
        one,
        r#"one 1 {"a":[1]} null undefined 3n Symbol(s) a function"#
    );
    assert_eq!((two.as_str(), three.as_str()), ("two", "three"));
    assert_eq!(four, "TypeError: four");
    assert_eq!(long.chars().count(), 2_001);
    assert!(long.ends_with("f…"), "{long}");
    assert_eq!(empty, "");
    let ScriptEnd::Threw { message, at } = outcome.end else {
        panic!("{:?}", outcome.end);
    };
    assert_eq!(message, "Error: five");
    assert_eq!(at.map(|at| at.line), Some(7));
}

#[tokio::test]
async fn columns_count_characters() {
    let source = "function main() {\n  /* ü€𝄞 */ nope(); }";
    let ScriptEnd::Threw { message, at } = run(&runner(), source).await.end else {
        panic!("it must throw");
    };
    assert_eq!(message, "ReferenceError: nope is not defined");
    assert_eq!(at, Some(cxda_domain::node::Mark::new(2, 13)));
}

#[tokio::test]
async fn the_real_runner_keeps_the_promises_of_the_port() {
    cxda_testkit::conformance::scripts::keeps_its_promises(&runner()).await;
}
