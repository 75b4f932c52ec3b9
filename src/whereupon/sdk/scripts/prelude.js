// What stands around a script. It runs before the script, so it keeps what the script could replace.
// Its value is an object that only the host has; the script finds nothing of it.
(() => {
  "use strict";
  const { parse, stringify } = JSON;
  const { construct } = Reflect;
  const evaluate = eval;
  const text = String;
  const NativeDate = Date;
  const NativePromise = Promise;
  const NativeError = Error;
  const NativeTypeError = TypeError;
  const NOTHING_LIKE_IT = "cannot be shown";

  // console ---------------------------------------------------------------------------------------
  const MOST_LINES = 100, LONGEST_LINE = 1000, LONGEST_LOG = 10000;
  let said = "", lines = 0;

  const shown = (value) => {
    try {
      if (typeof value === "string") return value;
      if (value instanceof NativeError) return text(value);
      if (typeof value === "object" && value !== null) return stringify(value) ?? text(value);
      return text(value);
    } catch {
      return NOTHING_LIKE_IT;
    }
  };

  // One line of text: template strings add no property anywhere that a script could have prepared.
  const cut = (line, most) => {
    let found = "";
    for (let i = 0; i < line.length && i < most; i++) found += line[i] === "\n" ? " " : line[i];
    return line.length > most ? `${found}…` : found;
  };

  const say = (...values) => {
    if (lines >= MOST_LINES || said.length >= LONGEST_LOG) return;
    let line = "";
    for (let i = 0; i < values.length && line.length <= LONGEST_LINE; i++) line += (i ? " " : "") + shown(values[i]);
    said += `${lines++ ? "\n" : ""}${cut(line, LONGEST_LINE)}`;
  };

  // Always the same ----------------------------------------------------------------------------------
  const fixTheClock = (moment) => {
    const Clock = function Date(...given) {
      if (!new.target) return text(new NativeDate(moment));
      return construct(NativeDate, given.length ? given : [moment], new.target);
    };
    Clock.prototype = NativeDate.prototype;
    Clock.parse = NativeDate.parse;
    Clock.UTC = NativeDate.UTC;
    Clock.now = () => moment;
    NativeDate.prototype.constructor = Clock;
    globalThis.Date = Clock;
  };

  // sfc32: small, fast, and good enough to draw lots.
  const seed = (a, b, c, d) => {
    Math.random = () => {
      const t = (((a + b) | 0) + d) | 0;
      d = (d + 1) | 0;
      a = b ^ (b >>> 9);
      b = (c + (c << 3)) | 0;
      c = (((c << 21) | (c >>> 11)) + t) | 0;
      return (t >>> 0) / 4294967296;
    };
    for (let i = 0; i < 12; i++) Math.random();
  };

  for (const name of ["performance", "WeakRef", "FinalizationRegistry"]) delete globalThis[name];

  // Out again --------------------------------------------------------------------------------------------
  const refuse = (key, what) => {
    throw new NativeTypeError(key ? `"${key}" is ${what}` : `it returned ${what}`);
  };

  const plain = (key, value) => {
    switch (typeof value) {
      case "number":
        if (value !== value || value - value !== 0) refuse(key, `${value}, which is no number that can be kept`);
        return value;
      case "bigint":
        if (value > 9007199254740991n || value < -9007199254740991n) refuse(key, "too large a whole number");
        return +text(value);
      case "function":
      case "symbol":
        return refuse(key, `a ${typeof value}, not a value`);
      default:
        if (value instanceof NativePromise) refuse(key, "a promise, and there is nothing to wait for in a script");
        return value;
    }
  };

  const fault = (error) => {
    if (typeof error !== "object" || error === null) return { __proto__: null, thrown: cut(shown(error), LONGEST_LINE) };
    let name = "", message = "", stack = "";
    try {
      name = cut(text(error.name ?? ""), 100);
      message = cut(text(error.message ?? shown(error)), LONGEST_LINE);
      stack = cut(text(error.stack ?? ""), 2000);
    } catch {
      message = message || NOTHING_LIKE_IT;
    }
    return { __proto__: null, name, message, stack };
  };

  globalThis.run = (source, given, onlyRead, moment, a, b, c, d) => {
    delete globalThis.run;
    fixTheClock(moment);
    seed(a, b, c, d);
    globalThis.console = { log: say, info: say, warn: say, error: say, debug: say };
    let written;
    try {
      const script = evaluate(source);
      const result = onlyRead ? {} : script(parse(given));
      written = `{"result":${stringify(result, plain) ?? "null"}`;
    } catch (error) {
      written = `{"fault":${stringify(fault(error))}`;
    }
    return `${written},"log":${stringify(said)}}`;
  };

  return { said: () => said };
})()
