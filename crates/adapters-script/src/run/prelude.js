// What a script finds in place of what it must not have, and how its values are shown. It is run before the script, so what
// it takes into its hands here is the engine's own, whatever the script puts in its place later.
(function (now, random, log, longest) {
  'use strict';

  const { apply, construct, defineProperty } = Reflect;
  const { slice, toWellFormed } = String.prototype;
  const { stringify } = JSON;
  const EngineError = Error;
  const EngineDate = Date;
  const EngineTypeError = TypeError;
  const textOf = String;
  const dateText = Date.prototype.toString;

  function put(object, name, value) {
    defineProperty(object, name, { value, writable: true, enumerable: false, configurable: true });
  }

  function denied(what, member) {
    return new EngineTypeError(`a script has no ${what} here unless its test sets \`${member}\``);
  }

  function instant() {
    if (now === undefined) throw denied('clock', 'now');
    return now;
  }

  const FixedDate = function Date(...given) {
    if (new.target === undefined) return apply(dateText, new EngineDate(instant()), []);
    return construct(EngineDate, given.length === 0 ? [instant()] : given, new.target);
  };
  defineProperty(FixedDate, 'length', { value: 7, configurable: true });
  defineProperty(FixedDate, 'prototype', { value: EngineDate.prototype, writable: false });
  put(FixedDate, 'now', function now() { return instant(); });
  put(FixedDate, 'parse', EngineDate.parse);
  put(FixedDate, 'UTC', EngineDate.UTC);
  put(EngineDate.prototype, 'constructor', FixedDate);
  put(globalThis, 'Date', FixedDate);

  put(Math, 'random', random ?? function random() { throw denied('randomness', 'randomSeed'); });

  function cut(text) {
    const whole = apply(toWellFormed, text, []);
    if (whole.length <= longest) return whole;
    return apply(toWellFormed, apply(slice, whole, [0, longest]), []) + '…';
  }

  function errorText(error) {
    const { name, message } = error;
    if (message === undefined || message === '') return textOf(name);
    return `${textOf(name)}: ${textOf(message)}`;
  }

  function show(value) {
    switch (typeof value) {
      case 'string': return value;
      case 'bigint': return `${value}n`;
      case 'function': return 'a function';
      case 'object': break;
      default: return textOf(value);
    }
    try {
      if (value instanceof EngineError) return errorText(value);
      return textOf(stringify(value));
    } catch {
      return 'an object that cannot be shown';
    }
  }

  function write(...values) {
    let line = '';
    for (let at = 0; at < values.length; at += 1) {
      line += (at === 0 ? '' : ' ') + cut(show(values[at]));
    }
    log(cut(line));
  }

  const console = {};
  put(globalThis, 'console', console);
  put(console, 'log', write);
  put(console, 'info', write);
  put(console, 'warn', write);
  put(console, 'error', write);
  put(console, 'debug', write);

  // The text of what was thrown, and where it says that it came from.
  return function told(thrown) {
    let stack;
    try {
      if (thrown instanceof EngineError) ({ stack } = thrown);
    } catch {
      // Then it does not say.
    }
    return { message: cut(show(thrown)), stack: typeof stack === 'string' ? cut(stack) : '' };
  };
})
