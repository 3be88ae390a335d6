//! Scripts that want too much: time, stack, memory, output.

use cxda_domain::script::ScriptLimit;

use super::Comes::{self, Fails, Stops, Throws};
use super::{Hostile, hostile};

const TIME: Comes = Stops(&[ScriptLimit::Time]);
const MEMORY: Comes = Stops(&[ScriptLimit::Memory, ScriptLimit::Time]);
const OUTPUT: Comes = Stops(&[ScriptLimit::Output]);
const STACK: Comes = Throws("Maximum call stack size exceeded");

pub(super) const SCRIPTS: &[Hostile] = &[
    // Time.
    hostile("endless loop", "function main() { while (true) {} }", TIME),
    hostile(
        "endless loop before main",
        "for (;;) {} function main() {}",
        TIME,
    ),
    hostile(
        "endless loop in catch and finally",
        "function main() { for (;;) { try { for (;;) {} } catch { for (;;) {} } finally { for (;;) {} } } }",
        TIME,
    ),
    hostile(
        "endless loop under labels",
        "function main() { a: for (;;) { b: for (;;) { continue a; } } }",
        TIME,
    ),
    hostile(
        "endless generator",
        "function* all() { for (;;) yield 1; } function main() { let n = 0; for (const x of all()) n += x; return n; }",
        TIME,
    ),
    hostile(
        "endless getter in the result",
        "function main() { return { get a() { for (;;) {} } }; }",
        TIME,
    ),
    hostile(
        "endless toJSON in the result",
        "function main() { return { toJSON() { for (;;) {} } }; }",
        TIME,
    ),
    hostile(
        "endless message of an error",
        "function main() { throw Object.defineProperty(new Error(), 'message', { get() { for (;;) {} } }); }",
        TIME,
    ),
    hostile(
        "endless proxy as result",
        "function main() { return new Proxy({}, { ownKeys() { for (;;) {} } }); }",
        TIME,
    ),
    hostile(
        "endless comparison in sort",
        "function main() { return [3, 2, 1].sort(() => { for (;;) {} }); }",
        TIME,
    ),
    hostile(
        "sort of a long list with a wild comparison",
        "function main() { let n = 0; for (;;) Array.from({ length: 1e4 }, (_, i) => i).sort(() => (n += 1) % 3 - 1); }",
        TIME,
    ),
    hostile(
        "indexOf on the longest list there is",
        "function main() { return Array.prototype.indexOf.call({ length: 2 ** 32 - 1 }, 1); }",
        Stops(&[ScriptLimit::Time, ScriptLimit::Process]),
    ),
    hostile(
        "join of the longest list there is",
        "function main() { return Array.prototype.join.call({ length: 2 ** 53 - 1 }, ''); }",
        Fails,
    ),
    hostile(
        "text of a long sparse list",
        "function main() { const a = []; a.length = 2 ** 32 - 1; return (a + '').length; }",
        Fails,
    ),
    hostile(
        "power of a BigInt",
        "function main() { let x = 3n; for (;;) x = x ** 3n; }",
        Fails,
    ),
    hostile(
        "text of a large BigInt",
        "function main() { return (7n ** 300000n).toString().length + (() => { for (;;) (7n ** 300000n).toString(); })(); }",
        TIME,
    ),
    hostile(
        "regular expression: nested quantifiers",
        "function main() { return /^(a+)+$/.test('a'.repeat(60) + 'b'); }",
        TIME,
    ),
    hostile(
        "regular expression: lookbehind",
        "function main() { return /(?<=^(a+)+)c/.test('b' + 'a'.repeat(60) + 'c'); }",
        TIME,
    ),
    hostile(
        "regular expression: backreference",
        "function main() { return /^(a*)(a*)(a*)(a*)(a*)(a*)\\1\\2\\3\\4\\5b$/.test('a'.repeat(300)); }",
        TIME,
    ),
    hostile(
        "regular expression: alternatives, in replace",
        "function main() { return 'a'.repeat(60).replace(/(a|a|aa)*c/g, ''); }",
        TIME,
    ),
    hostile(
        "flood of promises",
        "async function main() { for (;;) await null; }",
        TIME,
    ),
    hostile(
        "flood of promises that multiply",
        "function main() { function more() { Promise.resolve().then(more); Promise.resolve().then(more); } more(); return new Promise(() => {}); }",
        MEMORY,
    ),
    hostile(
        "promise that never settles",
        "function main() { return new Promise(() => {}); }",
        Throws("the promise that `main` returned is never settled"),
    ),
    hostile(
        "async function that waits for itself",
        "let own; function main() { own = (async () => { await null; return own; })(); return own; }",
        Fails,
    ),
    hostile(
        "thenable that calls back for ever",
        "async function main() { const again = { then(done) { done(again); } }; return again; }",
        TIME,
    ),
    hostile(
        "wait in Atomics",
        "function main() { return Atomics.wait(new Int32Array(new SharedArrayBuffer(8)), 0, 0); }",
        Throws("cannot block in this thread"),
    ),
    // Stack.
    hostile("recursion", "function main() { return main() + 1; }", STACK),
    hostile(
        "recursion through toString",
        "function main() { const a = { toString() { return `${this}`; } }; return `${a}`; }",
        STACK,
    ),
    hostile(
        "recursion through a getter",
        "function main() { const a = { get b() { return this.b; } }; return a.b; }",
        STACK,
    ),
    hostile(
        "recursion through toJSON",
        "function main() { const a = { toJSON() { return JSON.stringify(a); } }; return a; }",
        STACK,
    ),
    hostile(
        "recursion through a proxy",
        "function main() { const p = new Proxy({}, { get(t, k, r) { return r[k]; } }); return p.a; }",
        STACK,
    ),
    hostile(
        "recursion that is caught and tried again",
        "function main() { function deep() { try { deep(); } finally { deep(); } } deep(); }",
        Fails,
    ),
    hostile(
        "chain of proxies",
        "function main() { let p = {}; for (let i = 0; i < 1e5; i += 1) p = new Proxy(p, {}); return p.a; }",
        Fails,
    ),
    hostile(
        "result of 100,000 levels",
        "function main() { let a = []; for (let i = 0; i < 1e5; i += 1) a = [a]; return a; }",
        STACK,
    ),
    hostile(
        "result of 101 levels",
        "function main() { let a = 1; for (let i = 0; i < 101; i += 1) a = [a]; return a; }",
        Throws("the result is nested more than 100 levels deep"),
    ),
    hostile(
        "JSON of a million levels",
        "function main() { return JSON.parse('['.repeat(1e6)); }",
        STACK,
    ),
    hostile(
        "source of 100,000 levels",
        "function main() { return eval('['.repeat(1e5) + ']'.repeat(1e5)); }",
        Fails,
    ),
    hostile(
        "regular expression of 100,000 groups",
        "function main() { return new RegExp('('.repeat(1e5) + ')'.repeat(1e5)).test(''); }",
        Fails,
    ),
    // Memory.
    hostile(
        "memory by lists",
        "const all = []; function main() { for (;;) all.push(new Array(1000).fill(1)); }",
        MEMORY,
    ),
    hostile(
        "memory by objects",
        "const all = []; function main() { for (;;) all.push({}); }",
        MEMORY,
    ),
    hostile(
        "memory by texts",
        "const all = []; function main() { for (let i = 0; ; i += 1) all.push(i + 'x'.repeat(1e5)); }",
        MEMORY,
    ),
    hostile(
        "memory by a text that doubles",
        "function main() { let a = 'x'.repeat(1000); for (;;) a += a; }",
        Fails,
    ),
    hostile(
        "memory by String.repeat",
        "function main() { return 'x'.repeat(2 ** 29).length + 'x'.repeat(2 ** 30).length; }",
        Fails,
    ),
    hostile(
        "memory by templates",
        "function main() { let a = 'x'; for (let i = 0; i < 60; i += 1) a = `${a}${a}${a}`; return a.length; }",
        Fails,
    ),
    hostile(
        "memory by buffers",
        "const all = []; function main() { for (;;) all.push(new Uint8Array(1e6).fill(1)); }",
        MEMORY,
    ),
    hostile(
        "one buffer of 4 GB",
        "function main() { return new ArrayBuffer(2 ** 32).byteLength; }",
        Fails,
    ),
    hostile(
        "memory by a map",
        "function main() { const m = new Map(); for (let i = 0; ; i += 1) m.set(i, [i]); }",
        MEMORY,
    ),
    hostile(
        "list of 2 ** 32 members",
        "function main() { return Array.from({ length: 2 ** 32 }).length; }",
        Fails,
    ),
    hostile(
        "memory behind weak references and finalizers",
        "const all = []; const ended = new FinalizationRegistry(() => { for (;;) {} }); function main() { for (;;) { const o = { o: [1] }; ended.register(o, o.o); all.push(new WeakRef(o)); } }",
        MEMORY,
    ),
    hostile(
        "memory that is caught and asked for again",
        "const all = []; function main() { for (;;) { try { for (;;) all.push(new Array(1e4).fill(1)); } catch {} } }",
        MEMORY,
    ),
    hostile(
        "memory by JSON.parse",
        "function main() { return JSON.parse('[' + '[],'.repeat(2e6) + '[]]').length; }",
        MEMORY,
    ),
    // Output.
    hostile(
        "output of 100 MB, one text at a time",
        "function main() { const part = 'x'.repeat(1e6); return Array.from({ length: 100 }, () => part); }",
        Stops(&[ScriptLimit::Output, ScriptLimit::Memory, ScriptLimit::Time]),
    ),
    hostile(
        "output of just too much",
        "function main() { return 'x'.repeat(1e6); }",
        OUTPUT,
    ),
    hostile(
        "logs of 100 MB",
        "function main() { for (let i = 0; i < 1e6; i += 1) console.log('x'.repeat(100)); return 'passed'; }",
        OUTPUT,
    ),
    hostile(
        "logs of 100 MB, the refusal caught",
        "function main() { for (let i = 0; i < 1e6; i += 1) { try { console.log('x'.repeat(100)); } catch {} } return 'passed'; }",
        OUTPUT,
    ),
    hostile(
        "logs of 100,000 empty lines",
        "function main() { console.log('\\n'.repeat(1900)); for (let i = 0; i < 1e5; i += 1) console.log(); return 'passed'; }",
        OUTPUT,
    ),
    hostile(
        "message of 10 MB",
        "function main() { throw new Error('x'.repeat(1e7)); }",
        Throws("Error: xxx"),
    ),
];
