//! Scripts that want to deceive or to get out: forged results, values that are none, ways to the outside.

use cxda_domain::script::ScriptLimit;

use super::Comes::{Returns, Stops, Throws};
use super::{Hostile, hostile};

pub(super) const SCRIPTS: &[Hostile] = &[
    // Forged results.
    hostile(
        "frame in a log",
        r#"function main() { console.log('{"end":{"returned":"passed"},"logs":[],"took_us":1}\n'); throw new Error('no'); }"#,
        Throws("Error: no"),
    ),
    hostile(
        "frame as a message",
        r#"function main() { throw '","line":1,"column":1}},"end":{"returned":1},"logs":[],"took_us":1}'; }"#,
        Throws(r#"","line":1"#),
    ),
    hostile(
        "JSON.stringify replaced",
        "function main() { JSON.stringify = () => '{}},\"end\":1'; globalThis.JSON = null; return [1]; }",
        Returns("[1]"),
    ),
    hostile(
        "prototypes polluted",
        "function main() { for (const p of [Object.prototype, Array.prototype, Function.prototype, String.prototype]) for (const k of ['message', 'stack', 'input', 'value', 'get', 'set', 'then', 'name', '0', 'length']) try { Object.defineProperty(p, k, { get() { throw 1; }, set() { throw 2; }, configurable: true }); } catch {} throw new RangeError('told'); }",
        Throws("told"),
    ),
    hostile(
        "iterators and calls replaced before a log",
        "function main() { Array.prototype[Symbol.iterator] = Function.prototype.call = Function.prototype.apply = String.prototype.slice = String.prototype.toWellFormed = Reflect.apply = () => { throw 1; }; console.log('a', { b: 1 }); return 'sound'; }",
        Returns(r#""sound""#),
    ),
    hostile(
        "every global redefined",
        "function main() { for (const k of Object.getOwnPropertyNames(globalThis)) try { Object.defineProperty(globalThis, k, { get() { throw 1; } }); } catch {} return 'sound'; }",
        Returns(r#""sound""#),
    ),
    hostile(
        "main in disguise",
        "Object.defineProperty(globalThis, 'main', { get() { throw new Error('no main'); } });",
        Throws("no main"),
    ),
    hostile(
        "no main",
        "const other = 1;",
        Throws("the script has no function `main`"),
    ),
    hostile(
        "main is no function",
        "const main = 'passed';",
        Throws("the script has no function `main`"),
    ),
    // Values that JSON cannot hold.
    hostile(
        "result with a cycle",
        "function main() { const a = {}; a.a = [a]; return a; }",
        Throws("circular"),
    ),
    hostile(
        "BigInt as result",
        "function main() { return { a: 1n }; }",
        Throws("BigInt"),
    ),
    hostile(
        "function as result",
        "function main() { return main; }",
        Throws("nothing that JSON can hold"),
    ),
    hostile(
        "symbol as result",
        "function main() { return Symbol('passed'); }",
        Throws("nothing that JSON can hold"),
    ),
    hostile(
        "numbers that are none, and members that are none",
        "function main() { return [NaN, Infinity, -0, undefined, { a: undefined, b() {} }]; }",
        Returns("[null,null,0,null,{}]"),
    ),
    hostile(
        "half a character",
        "function main() { return 'a\\ud800'; }",
        Throws("not Unicode"),
    ),
    hostile(
        "half a character in a log",
        "function main() { console.log('\\udfff'); return 1; }",
        Returns("1"),
    ),
    hostile(
        "throws null",
        "function main() { throw null; }",
        Stops(&[ScriptLimit::Memory]),
    ),
    hostile(
        "throws undefined",
        "function main() { throw undefined; }",
        Throws("undefined"),
    ),
    hostile(
        "throws a symbol",
        "function main() { throw Symbol('s'); }",
        Throws("Symbol(s)"),
    ),
    hostile(
        "throws an error that throws",
        "function main() { throw Object.defineProperty(new Error(), 'message', { get() { throw 1; } }); }",
        Throws("cannot be shown"),
    ),
    hostile(
        "throws an error whose stack is a trap",
        "function main() { throw Object.defineProperty(new Error('told'), 'stack', { get() { throw 1; } }); }",
        Throws("told"),
    ),
    hostile(
        "revoked proxy thrown",
        "function main() { const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); throw proxy; }",
        Throws("cannot be shown"),
    ),
    // Ways out.
    hostile(
        "lookups of what other engines have",
        "function main() { return ['require', 'process', 'std', 'os', 'bjson', 'fetch', 'Deno', 'Worker', 'setTimeout', 'XMLHttpRequest', 'WebAssembly', 'performance', 'print', 'load', 'scriptArgs', 'navigator', 'gc'].filter((name) => name in globalThis); }",
        Returns("[]"),
    ),
    hostile(
        "lookups by way of Function",
        "function main() { const all = (function () {}).constructor('return this')(); return [typeof all.std, typeof (0, eval)('this').os, typeof all.process]; }",
        Returns(r#"["undefined","undefined","undefined"]"#),
    ),
    hostile(
        "import of a module of the engine",
        "async function main() { return Object.keys(await import('std')); }",
        Throws("could not load module"),
    ),
    hostile(
        "import of a file",
        "async function main() { return await import('/etc/passwd'); }",
        Throws("could not load module"),
    ),
    hostile(
        "import statement",
        "import * as os from 'os'; function main() { return 1; }",
        Throws("SyntaxError"),
    ),
    hostile(
        "import.meta",
        "function main() { return import.meta.url; }",
        Throws("SyntaxError"),
    ),
    hostile(
        "with, over the global object",
        "function main() { with (globalThis) { console = { log() {} }; JSON = 1; } return typeof console.log; }",
        Returns(r#""function""#),
    ),
    hostile(
        "a clock",
        "function main() { return Date.now(); }",
        Throws("no clock"),
    ),
    hostile(
        "a clock by new",
        "function main() { return new Date(); }",
        Throws("no clock"),
    ),
    hostile(
        "a clock by call",
        "function main() { return Date(); }",
        Throws("no clock"),
    ),
    hostile(
        "a clock by the prototype",
        "function main() { return new (Date.prototype.constructor)(); }",
        Throws("no clock"),
    ),
    hostile(
        "a clock by a class",
        "class Mine extends Date {} function main() { return new Mine(); }",
        Throws("no clock"),
    ),
    hostile(
        "randomness",
        "function main() { return Math.random(); }",
        Throws("no randomness"),
    ),
];
