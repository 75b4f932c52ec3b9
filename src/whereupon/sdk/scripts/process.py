"""A process of its own in which scripts run: it can reach nothing, and can be ended at any moment.

It is started with Python alone (`python -I process.py`), without our package, our environment, our files or
our connections. It compiles the JavaScript engine (QuickJS in WebAssembly), then gives up everything that it
needs no more: files, sockets, other processes, memory that can be executed. From then on it reads one request
at a time and answers it. Each script finds the engine as if it were the first.
"""

from __future__ import annotations

import ctypes
import json
import os
import platform
import re
import resource
import struct
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

MEMORY = 64 << 20  # bytes that a script may have
STACK = 512 << 10
WASM_STACK = 2 << 20  # the engine's own: some thousand calls inside each other
PROCESS_MEMORY = 512 << 20  # bytes that the whole process may have, the engine included
CPU_SECONDS = 600  # of the whole process; the pool retires it long before
LONGEST_ANSWER = 1 << 20  # characters
LENGTH = struct.Struct("<I")
PLACE = re.compile(r"<input>:(\d+)(?::(\d+))?")
NAMED = re.compile(r"property '([^']{1,100})' of|^'?([\w$]{1,100})'? is not defined")
# The script is the body of a function. It begins on the first line, so that its lines keep their numbers.
OPENING, CLOSING = '(function (input) { "use strict"; ', "\n})"


def main() -> int:
    """Get ready, say so, and answer until nobody asks any more."""
    incoming, outgoing = os.dup(0), os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1):
        os.dup2(nowhere, descriptor)
    engine = Engine()
    engine.answer({"code": "return 1", "given": {}, "moment": 0, "seed": [1, 2, 3, 4], "seconds": 5})
    limit()
    os.dup2(nowhere, 2)
    confined = confine()
    write(outgoing, {"ready": True, "confined": confined})
    while (request := read(incoming)) is not None:
        write(outgoing, engine.answer(request))
    return 0


def limit() -> None:
    """What the process may use from now on."""
    for what, most in (
        (resource.RLIMIT_DATA, PROCESS_MEMORY),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 16),
        (resource.RLIMIT_NPROC, 0),
    ):
        hard = resource.getrlimit(what)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        try:
            resource.setrlimit(what, (most, most))
        except (OSError, ValueError):
            continue  # this system has it otherwise; the engine's own limits hold


class Engine:
    """Runs scripts. Each finds the engine's memory as it was before the first one, to the last byte."""

    def __init__(self) -> None:
        import quickjs_rs
        import quickjs_rs._wasmtime as shared
        import wasmtime

        config = wasmtime.Config()
        config.max_wasm_stack = WASM_STACK
        internals: Any = shared
        internals._SHARED_ENGINE = wasmtime.Engine(config)  # there is no other way to say it
        self.library: Any = quickjs_rs
        self.trap: Any = wasmtime.Trap
        self.overflow: Any = wasmtime.TrapCode.STACK_OVERFLOW
        self.prelude = Path(__file__).with_name("prelude.js").read_text("utf-8")
        self.instance: Instance | None = None

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """What came of one script: its result or its fault, what it said, and the CPU time used so far."""
        used = resource.getrusage(resource.RUSAGE_SELF)
        instance, self.instance = self.instance, None
        try:
            instance = instance or Instance(self.library, self.prelude)
            found = self.run(instance, request)
        except (self.library.QuickJSError, self.trap, MemoryError) as error:
            found = {"fault": {"kind": "crash", "name": type(error).__name__}}
        if instance is not None and self.instance is None:
            instance.close()
        return {**found, "cpu": used.ru_utime + used.ru_stime}

    def run(self, instance: Instance, request: dict[str, Any]) -> dict[str, Any]:
        """The same; the instance is kept where it can be used again."""
        try:
            written = instance.evaluate(call(request), request["seconds"])
        except self.library.TimeoutError:
            return {"fault": {"kind": "time"}, "log": instance.said()}
        except self.library.MemoryLimitError:
            return {"fault": {"kind": "memory"}, "log": instance.said()}
        except self.trap as trap:
            return {"fault": {"kind": "depth" if trap.trap_code == self.overflow else "crash"}}
        if not instance.grown:
            self.instance = instance
        return read_answer(written, request["code"])


class Instance:
    """One engine, which is taken back to its beginning before every script.

    Its whole state is its memory: what a script did to it is gone when the memory is written anew. One that
    was stopped, or took more memory, is not used again.
    """

    def __init__(self, library: Any, prelude: str) -> None:
        self.runtime = library.Runtime(memory_limit=MEMORY, stack_limit=STACK)
        self.context = self.runtime.new_context()
        self.host = self.context.eval_handle(prelude)
        self.beginning = self.context.create_snapshot()
        self.size = self._size()

    def evaluate(self, expression: str, seconds: float) -> Any:
        self.runtime.restore_snapshot(self.beginning, self.context)
        self.context._timeout = seconds
        return self.context.eval(expression)

    def said(self) -> str:
        """What the script has written to its console, if that can still be asked."""
        try:
            return str(self.host.call_method("said").to_python())
        except Exception:
            return ""

    def close(self) -> None:
        """Give its memory back, at once; whatever a script left there does not matter any more."""
        with suppress(Exception):
            self.runtime.close()

    @property
    def grown(self) -> bool:
        """Whether it has more memory than in the beginning."""
        return self._size() != self.size

    def _size(self) -> int:
        inner: Any = self.context._engine_ctx._inst
        return int(inner.mem.data_len(inner.store))


def call(request: dict[str, Any]) -> str:
    """The expression that runs the script. JSON is JavaScript, so what goes in stays a text."""
    source, given = OPENING + request["code"] + CLOSING, json.dumps(request["given"])
    numbers = ", ".join(str(int(number)) for number in (request["moment"], *request["seed"]))
    only_read = "true" if request.get("only_read") else "false"
    return f"run({json.dumps(source)}, {json.dumps(given)}, {only_read}, {numbers})"


def read_answer(written: Any, code: str) -> dict[str, Any]:
    """The prelude's answer, with the place of the fault in it."""
    if not isinstance(written, str):
        return {"fault": {"kind": "crash", "name": "no answer"}}
    if len(written) > LONGEST_ANSWER:
        return {"fault": {"kind": "output"}}
    try:
        found: dict[str, Any] = json.loads(written, parse_int=whole)
    except RecursionError:
        return {"fault": {"kind": "depth"}}
    if "fault" in found:
        fault: dict[str, Any] = found["fault"]
        line = line_of(PLACE.search(fault.pop("stack", "")), code, str(fault.get("message", "")))
        found["fault"] = {"kind": "error", **fault, **({"line": line} if line else {})}
    return found


def whole(digits: str) -> int | float:
    """A number without a point: beyond what JavaScript counts exactly, only about as large."""
    return int(digits) if len(digits) < 17 else float(digits)


def line_of(place: re.Match[str] | None, code: str, message: str) -> int | None:
    """The line of a fault, as the author counts.

    The engine remembers the places of calls and of operators, not of every name: the fault is there or a
    little behind. Where the message tells a name, it is the line of that name.
    """
    if place is None or len(place[1]) > 7:
        return None
    line, column = int(place[1]), int((place[2] or "0")[:7])
    if line == 1:
        column -= len(OPENING)
    lines = code.split("\n")
    start = sum(len(one) + 1 for one in lines[: line - 1]) + max(0, column - 1)
    named = NAMED.search(message)
    name = (named[1] or named[2]) if named else None
    if name and (at := re.compile(rf"(?<![\w$]){re.escape(name)}(?![\w$])").search(code, start)):
        return code.count("\n", 0, at.start()) + 1
    begins = line == 1 and column <= 1
    return None if begins and len(lines) > 1 else min(line, len(lines))


# Reading and writing ------------------------------------------------------------------------------------


def read(incoming: int) -> dict[str, Any] | None:
    """The next request; None when there will be none."""
    head = exactly(incoming, LENGTH.size)
    body = exactly(incoming, *LENGTH.unpack(head)) if head else b""
    return json.loads(body) if body else None


def exactly(incoming: int, size: int) -> bytes:
    parts = bytearray()
    while len(parts) < size:
        part = os.read(incoming, size - len(parts))
        if not part:
            return b""
        parts += part
    return bytes(parts)


def write(outgoing: int, message: dict[str, Any]) -> None:
    """One answer, whole."""
    body = json.dumps(message).encode()
    left = memoryview(LENGTH.pack(len(body)) + body)
    while left:
        left = left[os.write(outgoing, left) :]


# Giving up what is not needed (Linux) -----------------------------------------------------------------------

# What Python and WebAssembly need to compute, by machine. Everything else answers "not permitted".
ALLOWED = {
    "x86_64": {
        "read": 0, "write": 1, "close": 3, "fstat": 5, "poll": 7, "lseek": 8, "mmap": 9, "mprotect": 10,
        "munmap": 11, "brk": 12, "rt_sigaction": 13, "rt_sigprocmask": 14, "rt_sigreturn": 15, "readv": 19,
        "writev": 20, "sched_yield": 24, "mremap": 25, "madvise": 28, "nanosleep": 35, "getpid": 39,
        "exit": 60, "getrusage": 98, "sigaltstack": 131, "gettid": 186, "futex": 202,
        "restart_syscall": 219, "clock_gettime": 228, "clock_nanosleep": 230, "exit_group": 231,
        "getrandom": 318, "membarrier": 324, "rseq": 334, "sched_getaffinity": 204,
    },
    "aarch64": {
        "close": 57, "lseek": 62, "read": 63, "write": 64, "readv": 65, "writev": 66, "ppoll": 73,
        "fstat": 80, "exit": 93, "exit_group": 94, "futex": 98, "nanosleep": 101, "clock_gettime": 113,
        "clock_nanosleep": 115, "sched_getaffinity": 123, "sched_yield": 124, "restart_syscall": 128,
        "sigaltstack": 132, "rt_sigaction": 134, "rt_sigprocmask": 135, "rt_sigreturn": 139,
        "getrusage": 165, "getpid": 172, "gettid": 178, "brk": 214, "munmap": 215, "mremap": 216,
        "mmap": 222, "mprotect": 226, "madvise": 233, "getrandom": 278, "membarrier": 283, "rseq": 293,
    },
}  # fmt: skip
AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
SECCOMP = {"x86_64": 317, "aarch64": 277}  # the call that installs a filter
ALLOW, REFUSE = 0x7FFF0000, 0x00050001  # REFUSE: "not permitted"
LOAD, EQUALS, SET, RETURN = 0x20, 0x15, 0x45, 0x06  # of a filter's little machine (BPF)
EXECUTABLE = 4  # PROT_EXEC, in the third argument of mmap and mprotect
NO_NEW_PRIVILEGES, DIE_WITH_PARENT, KILL = 38, 1, 9
FOR_EVERY_THREAD = 1


def confine() -> bool:
    """No files, sockets, processes or new code, from now on and for every thread; whether it worked."""
    if sys.platform != "linux" or platform.machine() not in ALLOWED:
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    machine = platform.machine()
    rules = (Rule * len(program := filter_of(machine)))(*program)
    filtering = Filter(len(program), rules)
    libc.prctl(DIE_WITH_PARENT, KILL, 0, 0, 0)
    if libc.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0):
        return False
    return libc.syscall(SECCOMP[machine], 1, FOR_EVERY_THREAD, ctypes.byref(filtering)) == 0


class Rule(ctypes.Structure):
    """One step of a filter: what to do, how far to jump if so and if not, with what number."""

    _fields_ = (
        ("code", ctypes.c_ushort),
        ("yes", ctypes.c_ubyte),
        ("no", ctypes.c_ubyte),
        ("k", ctypes.c_uint),
    )


class Filter(ctypes.Structure):
    """A filter as the kernel takes it."""

    _fields_ = (("length", ctypes.c_ushort), ("rules", ctypes.POINTER(Rule)))


def filter_of(machine: str) -> list[Rule]:
    """Of this machine's calls the allowed ones, and none that makes memory executable."""
    calls = ALLOWED[machine]
    program = [
        Rule(LOAD, 0, 0, 4),  # the kind of machine that the call is made as
        Rule(EQUALS, 1, 0, AUDIT[machine]),
        Rule(RETURN, 0, 0, REFUSE),
        Rule(LOAD, 0, 0, 0),  # the number of the call
    ]
    for name, number in calls.items():
        if name in ("mmap", "mprotect"):
            program += [
                Rule(EQUALS, 0, 4, number),
                Rule(LOAD, 0, 0, 32),
                Rule(SET, 0, 1, EXECUTABLE),
                Rule(RETURN, 0, 0, REFUSE),
                Rule(RETURN, 0, 0, ALLOW),
            ]
        else:
            program += [Rule(EQUALS, 0, 1, number), Rule(RETURN, 0, 0, ALLOW)]
    return [*program, Rule(RETURN, 0, 0, REFUSE)]


if __name__ == "__main__":
    sys.exit(main())
