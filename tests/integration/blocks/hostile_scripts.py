"""Scripts that want what they must not have: time, memory, the machine, each other."""

# ruff: noqa: E501 — each is one line, as its author would write it

ENDLESS = {
    "a loop": "while (true) {}",
    "a loop that nothing stops": "for (;;) { try { while (true) {} } catch (e) {} finally { continue; } }",
    "a pattern that backtracks": "return /^(a+)+$/.test('a'.repeat(50) + '!')",
    "a loop in a getter of what it throws": "throw { get message() { while (true) {} } }",
    "a loop while it is written out": "return { x: { toJSON() { while (true) {} } } }",
    "a loop in a proxy": "return new Proxy({}, { ownKeys() { while (true) {} } })",
    "a loop in a sort": "return [3, 2, 1].sort(() => { while (true) {} })",
    "a console without end": "for (;;) console.log('x'.repeat(100000))",
    "a generator without end": "return { x: [...(function* () { for (;;) yield 1 })()] }",
}
GREEDY = {
    "a list": "const a = []; for (;;) a.push('x'.repeat(1e5) + a.length)",
    "a text": "let s = 'x'; for (;;) s += s",
    "a buffer": "const a = []; for (;;) a.push(new ArrayBuffer(1e7))",
    "a huge array": "return new Array(1e9).fill(1)",
    "a huge number": "return 10n ** (10n ** 9n)",
    "padding": "return 'x'.padEnd(2 ** 29, 'y')",
    "recursion": "const f = () => f(); f()",
    "recursion that nothing stops": "const f = () => { try { f() } finally { f() } }; f()",
    "deep data": "let x = []; for (let i = 0; i < 1e5; i++) x = [x]; return { x }",
    "deep source": "return eval('['.repeat(1e5) + ']'.repeat(1e5))",
    "a chain of proxies": "let p = {}; for (let i = 0; i < 1e5; i++) p = new Proxy(p, {}); return p.x",
    "output": "return { x: 'x'.repeat(2e6) }",
}
REACHING = {
    "globals": """const out = []; for (const name of ['process', 'require', 'module', 'fetch', 'XMLHttpRequest', 'Deno',
        'Bun', 'std', 'os', 'fs', 'WebAssembly', 'Worker', 'setTimeout', 'print', 'load', 'loadFile', 'run', 'scriptArgs'])
        if (typeof globalThis[name] !== 'undefined') out.push(name); return { x: out }""",
    "through constructors": """const out = []; for (const f of [() => 1, function* () {}, async () => 1, console.log, input.constructor])
        try { out.push(f.constructor.constructor("return typeof process + typeof require + typeof run")()) } catch (e) {}
        return { x: [...new Set(out)] .filter((t) => t !== 'undefinedundefinedundefined') }""",
    "through the stack": """Error.prepareStackTrace = (e, sites) => sites; const s = new Error().stack;
        return { x: Array.isArray(s) ? s.map((c) => String(c.getThis && c.getThis())) .filter((t) => t !== 'undefined') : [] }""",
    "through arguments.callee": "try { return { x: [arguments.callee.caller] } } catch (e) { return { x: [] } }",
    "through symbols": """const out = []; for (const s of Reflect.ownKeys(globalThis)) if (typeof s === 'symbol' && s !== Symbol.toStringTag)
        out.push(String(s)); return { x: out }""",
    "through this": "return { x: this === undefined ? [] : Object.keys(this) }",
}
TRICKS = {
    "toJSON everywhere": "Object.prototype.toJSON = () => ({ x: 'forged' }); return { x: 1 }",
    "toJSON that throws": "Object.prototype.toJSON = () => { throw 1 }; throw 2",
    "no more JSON": "JSON.stringify = JSON.parse = String = Object = undefined; return { x: 1 }",
    "a list that sets": "Object.defineProperty(Array.prototype, '0', { set() { throw 1 } }); console.log(1); return { x: 1 }",
    "no more errors": "Error.prototype.toString = Symbol.prototype.toString = () => { throw 1 }; throw new Error('x')",
    "a frozen world": "for (const k of Object.getOwnPropertyNames(globalThis)) try { Object.freeze(globalThis[k]) } catch {} return { x: 1 }",
    "out of the function": "}); globalThis.stolen = 1; (function (input) { return { x: 1 }",
    "import": "return { x: import('fs') }",
    "a symbol for a species": "class A extends Array { static get [Symbol.species]() { throw 1 } }; return { x: new A(3).map(String) }",
    "a thenable": "return { then(resolve) { resolve({ x: 1 }) } }",
}
