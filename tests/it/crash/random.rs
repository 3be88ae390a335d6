//! Kills at random times, several in a row.

use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use super::laws::unaudited;
use super::points::finish;
use super::scene::{APPLY, Desired, Scene, Size};

/// A stream of numbers that repeats exactly from its seed (`SplitMix64`).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn time_within(&mut self, whole: Duration) -> Duration {
        let micros = u64::try_from(whole.as_micros()).unwrap();
        Duration::from_micros(self.below(micros.max(1)))
    }
}

/// Starts an apply and kills it after `time`; it may have ended by then.
fn kill_after(scene: &Scene, time: Duration) {
    let mut process = Command::new(env!("CARGO_BIN_EXE_cxda"))
        .args(APPLY)
        .env_clear()
        .env("CXONE_CLIENT_ID", "the-client-id")
        .env("CXONE_CLIENT_SECRET", "the-client-secret")
        .current_dir(scene.project.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    thread::sleep(time);
    process.kill().unwrap();
    process.wait().unwrap();
}

/// How long a run takes here and now that nothing befalls.
fn usual_time() -> Duration {
    let scene = Scene::new(Size::LARGE);
    let start = Instant::now();
    let _ = scene.apply().run().exits(0);
    start.elapsed()
}

/// What is wrong after kills at times that `seed` gives, on the way to the first state and then to the second.
fn kill_by(seed: u64, usual: Duration) -> Vec<String> {
    let mut random = Random(seed);
    let scene = Scene::new(Size::LARGE);
    let mut found = Vec::new();
    for desired in [Desired::First, Desired::Second] {
        scene.wants(desired);
        for _ in 0..=random.below(3) {
            kill_after(&scene, random.time_within(usual));
            found.extend(unaudited(&scene));
        }
        found.extend(finish(&scene, desired, &format!("seed {seed}")));
    }
    found
}

#[track_caller]
fn hold(seeds: impl Iterator<Item = u64>) {
    let usual = usual_time();
    let found: Vec<String> = seeds.flat_map(|seed| kill_by(seed, usual)).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn kills_at_random_times_lose_and_double_nothing() {
    hold(1..=8);
}

#[test]
#[ignore = "takes a quarter of an hour"]
fn kills_at_many_random_times_lose_and_double_nothing() {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let first = since.unwrap().as_secs();
    println!("seeds from {first} on");
    hold((first..).take(300));
}
