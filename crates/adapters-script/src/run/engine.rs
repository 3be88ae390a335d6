//! One script in a fresh engine: without clock, randomness, modules or any way out, and within limits.
//!
//! What a script can change it cannot change here: results are made into JSON by the engine itself, and values are shown
//! by functions that were taken aside before the script ran.

use std::cell::{Cell, RefCell};
use std::mem;
use std::rc::Rc;
use std::time::{Duration, Instant};

use cxda_domain::script::ENTRY_FUNCTION;
use rquickjs::context::{ContextBuilder, EvalOptions, intrinsic};
use rquickjs::promise::PromiseState;
use rquickjs::{Context, Ctx, Error, Exception, Function, Object, Runtime, Value};
use serde_json::value::RawValue;

use super::frame::{Answer, End, Limit, Request, read_result};
use super::limits;

/// What is done before the script.
const PRELUDE: &str = include_str!("prelude.js");
/// The name that the script's own lines bear in a stack trace.
const FILE: &str = "script.js";

/// Everything a script gets of the engine; what would show it the time is left out.
type Intrinsics = (
    intrinsic::Date,
    intrinsic::Eval,
    intrinsic::RegExpCompiler,
    intrinsic::RegExp,
    intrinsic::Json,
    intrinsic::Proxy,
    intrinsic::MapSet,
    intrinsic::TypedArrays,
    intrinsic::Promise,
    intrinsic::WeakRef,
);

/// What a run gathers while the script has its turn.
#[derive(Debug, Default)]
struct Gathered {
    /// The first limit that was reached. No script can take that back.
    over: Cell<Option<Limit>>,
    logs: RefCell<Vec<String>>,
    log_bytes: Cell<usize>,
}

/// Runs one script, and says what came of it.
pub(super) fn run(request: Request) -> Answer {
    let gathered = Rc::new(Gathered::default());
    let started = now();
    let end = run_script(request, &gathered, started);
    Answer {
        end: gathered.over.get().map_or(end, End::Stopped),
        logs: gathered.logs.take(),
        took_us: u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the child has no ports; this clock only ends what takes too long, and no script sees it"
)]
fn now() -> Instant {
    Instant::now()
}

fn run_script(request: Request, gathered: &Rc<Gathered>, started: Instant) -> End {
    let Ok(runtime) = Runtime::new() else {
        return End::Stopped(Limit::Memory);
    };
    runtime.set_memory_limit(limits::ENGINE_MEMORY_BYTES);
    runtime.set_max_stack_size(limits::STACK_BYTES);
    let watched = Rc::clone(gathered);
    runtime.set_interrupt_handler(Some(Box::new(move || watched.is_over(started.elapsed()))));
    let Ok(context) = ContextBuilder::default()
        .with::<Intrinsics>()
        .build(&runtime)
    else {
        return End::Stopped(Limit::Memory);
    };
    let end = context.with(|context| {
        let script = Script {
            context: &context,
            gathered,
        };
        match script.prepare(&request) {
            Ok(tell) => script.run(request, &tell),
            Err(_) => End::Stopped(Limit::Memory),
        }
    });
    forget(context, runtime);
    end
}

/// Leaves everything to the end of the process, which is near: taking a large heap apart takes time, and a deep one stack.
fn forget(context: Context, runtime: Runtime) {
    mem::forget(context);
    mem::forget(runtime);
}

impl Gathered {
    /// Whether the script must end now.
    fn is_over(&self, taken: Duration) -> bool {
        if taken > limits::ENGINE_TIME {
            self.reached(Limit::Time);
        }
        self.over.get().is_some()
    }

    fn reached(&self, limit: Limit) {
        self.over.set(self.over.get().or(Some(limit)));
    }

    /// Keeps what was logged, a line each.
    fn log(&self, text: &str) {
        let mut logs = self.logs.borrow_mut();
        for line in text.split('\n') {
            let bytes = self.log_bytes.get() + line.len();
            if logs.len() == limits::LOG_LINES || bytes > limits::LOG_BYTES {
                self.reached(Limit::Output);
                return;
            }
            self.log_bytes.set(bytes);
            logs.push(line.to_owned());
        }
    }
}

/// A script's turn in an engine.
struct Script<'a, 'js> {
    context: &'a Ctx<'js>,
    gathered: &'a Rc<Gathered>,
}

impl<'js> Script<'_, 'js> {
    /// Takes away what a script must not have, and returns the function that tells of what was thrown.
    fn prepare(&self, request: &Request) -> rquickjs::Result<Function<'js>> {
        let gathered = Rc::clone(self.gathered);
        let log = move |context: Ctx<'_>, text: String| {
            gathered.log(&text);
            match gathered.over.get() {
                None => Ok(()),
                Some(_) => Err(Exception::throw_range(&context, "too much is logged")),
            }
        };
        let log = Function::new(self.context.clone(), log)?;
        let random = request.random_seed.map(|seed| {
            let state = Cell::new(seed.cast_unsigned());
            Function::new(self.context.clone(), move || random(&state))?.with_name("random")
        });
        let prelude: Function<'js> = self.context.eval(PRELUDE)?;
        prelude.call((request.now_ms, random.transpose()?, log, limits::TEXT_UNITS))
    }

    fn run(&self, request: Request, tell: &Function<'js>) -> End {
        let Request { source, input, .. } = request;
        let lines = source.clone();
        match self.result(source, input) {
            Ok(end) => end,
            Err(error) => self.failure(error, tell, &lines),
        }
    }

    fn result(&self, source: String, input: String) -> rquickjs::Result<End> {
        let argument = Object::new(self.context.clone())?;
        argument.set("input", self.context.json_parse(input)?)?;
        let mut options = EvalOptions::default();
        options.strict = false;
        options.filename = Some(FILE.to_owned());
        let _: Value<'js> = self.context.eval_with_options(source, options)?;
        // What is declared by `const` is no property of the global object.
        let entry =
            format!("typeof {ENTRY_FUNCTION} === 'function' ? {ENTRY_FUNCTION} : undefined");
        let Some(main) = self.context.eval::<Option<Function<'js>>, _>(entry)? else {
            return Ok(threw(format!(
                "the script has no function `{ENTRY_FUNCTION}`"
            )));
        };
        let returned: Value<'js> = main.call((argument,))?;
        match self.settled(returned)? {
            Some(value) => self.returned(value),
            None => Ok(threw(format!(
                "the promise that `{ENTRY_FUNCTION}` returned is never settled"
            ))),
        }
    }

    /// What `value` comes to, if it ever does.
    fn settled(&self, value: Value<'js>) -> rquickjs::Result<Option<Value<'js>>> {
        let Some(promise) = value.as_promise() else {
            return Ok(Some(value));
        };
        while promise.state() == PromiseState::Pending {
            // A job that the engine stopped looks like one that threw.
            if self.gathered.over.get().is_some() || !self.context.execute_pending_job() {
                return Ok(None);
            }
        }
        promise.result().transpose()
    }

    /// The end of a script that returned `value`.
    fn returned(&self, value: Value<'js>) -> rquickjs::Result<End> {
        let text = if value.is_undefined() {
            "null".to_owned()
        } else {
            let Some(json) = self.context.json_stringify(value)? else {
                return Ok(threw("the result is nothing that JSON can hold".to_owned()));
            };
            let json = json.to_cstring()?;
            if json.len() > limits::OUTPUT_BYTES {
                return Ok(End::Stopped(Limit::Output));
            }
            json.as_str().to_owned()
        };
        Ok(
            match read_result(&text).map(|_| RawValue::from_string(text)) {
                Ok(Ok(result)) => End::Returned(result),
                Ok(Err(error)) => threw(error.to_string()),
                Err(message) => threw(message),
            },
        )
    }

    /// The end of a script that failed.
    fn failure(&self, error: Error, tell: &Function<'js>, source: &str) -> End {
        match error {
            Error::Exception => {}
            Error::Allocation | Error::Unknown => return End::Stopped(Limit::Memory),
            Error::InvalidString(_) => {
                return threw("the script holds the character U+0000".to_owned());
            }
            other => return threw(other.to_string()),
        }
        let thrown = self.context.catch();
        let was_null = thrown.is_null();
        let told = tell.call((thrown,)).and_then(|told: Object<'js>| {
            let message: String = told.get("message")?;
            let stack: String = told.get("stack")?;
            Ok((message, stack))
        });
        match told {
            // Where there is no room for an error, the engine throws null. Nothing tells whether the script did that, and no test
            // that expects an error must pass because memory ran out.
            Ok((message, _)) if was_null || message == "InternalError: out of memory" => {
                End::Stopped(Limit::Memory)
            }
            Ok((message, stack)) => {
                let place = place(&stack, source);
                End::Threw {
                    message,
                    line: place.map(|(line, _)| line),
                    column: place.map(|(_, column)| column),
                }
            }
            // There is not even room for telling.
            Err(_) => End::Stopped(Limit::Memory),
        }
    }
}

fn threw(message: String) -> End {
    End::Threw {
        message,
        line: None,
        column: None,
    }
}

/// The first place of the script itself that a stack trace names: line and column, from 1.
fn place(stack: &str, source: &str) -> Option<(u32, u32)> {
    let start = format!("{FILE}:");
    let (_, rest) = stack.split_once(&start)?;
    let mut numbers = rest
        .split(|character: char| !character.is_ascii_digit())
        .map(str::parse);
    let line: u32 = numbers.next()?.ok()?;
    let column: u32 = numbers.next()?.ok()?;
    Some((line, in_characters(source, line, column).unwrap_or(column)))
}

/// The engine counts columns in bytes.
fn in_characters(source: &str, line: u32, column: u32) -> Option<u32> {
    let text = source
        .split('\n')
        .nth(usize::try_from(line.checked_sub(1)?).ok()?)?;
    let before = text.get(..usize::try_from(column.checked_sub(1)?).ok()?)?;
    u32::try_from(before.chars().count() + 1).ok()
}

/// The next number of a sequence that is the same for the same seed: 0 or more, and less than 1 (`SplitMix64`).
fn random(state: &Cell<u64>) -> f64 {
    let next = state.get().wrapping_add(0x9E37_79B9_7F4A_7C15);
    state.set(next);
    let mixed = (next ^ (next >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    let mixed = mixed ^ (mixed >> 31);
    // 53 bits are what a number holds.
    let [high, low] = [mixed >> 38, (mixed >> 11) & 0x07FF_FFFF]
        .map(|bits| f64::from(u32::try_from(bits).unwrap_or_default()));
    (high * 134_217_728.0 + low) / 9_007_199_254_740_992.0
}
