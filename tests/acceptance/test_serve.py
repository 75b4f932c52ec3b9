"""`whereupon serve` as an operator meets it: it starts, survives what is killed, and ends whole."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from tests.acceptance.serving import COMMAND, Serving, data_folder, environment, eventually, run, serving

pytestmark = pytest.mark.xdist_group("serve")  # one worker has the installation, once


@pytest.fixture(scope="module")
def served() -> Iterator[Serving]:
    """One installation that most of these tests ill-treat, one after the other."""
    with data_folder() as folder, serving(folder) as server:
        server.open_office()
        yield server


@pytest.fixture(scope="module")
def spare() -> Iterator[Path]:
    """A data folder for installations that are started and ended whole."""
    with data_folder() as folder:
        yield folder


def test_a_record_created_over_http_starts_a_workflow(served: Serving) -> None:
    assert served.works("Ωμέγα") < 5


def test_a_killed_worker_is_replaced_and_work_goes_on(served: Serving) -> None:
    worker = served.worker()
    worker.send_signal(signal.SIGKILL)
    assert served.works("after the worker") < 8
    assert served.worker().pid != worker.pid


def test_a_killed_web_application_turns_nobody_away(served: Serving) -> None:
    api = served.api()
    api.send_signal(signal.SIGKILL)
    psutil.wait_procs([api], timeout=5)
    record = served.add("while it starts again")  # waits, and is answered
    eventually(lambda: served.note(record) == "seen")
    assert served.api().pid != api.pid


def test_a_killed_database_is_started_again(served: Serving) -> None:
    before = served.add("before the crash")
    database = served.database()
    database.send_signal(signal.SIGKILL)
    psutil.wait_procs([database], timeout=5)
    record = eventually(lambda: served.add("after the crash"), within=15)
    eventually(lambda: served.note(record) == "seen" and served.note(before) == "seen", within=15)
    assert served.database().pid != database.pid


def test_a_worker_that_is_asked_to_stop_finishes_and_is_replaced(served: Serving) -> None:
    worker = served.worker()
    worker.terminate()
    assert psutil.wait_procs([worker], timeout=10)[1] == []
    assert served.works("after that") < 8


def test_the_worker_is_on_the_list_while_it_lives(served: Serving) -> None:
    pid = served.worker().pid
    eventually(lambda: served.ask("GET", "/api/v1/health")["workers"] >= 1)
    told = run(served.folder, "doctor", "--json")
    assert told.returncode == 0, told.stdout
    assert psutil.pid_exists(pid)
    # Links in mails lead to where `serve` listens, whatever the environment says of the port.
    assert served.worker().environ()["WHEREUPON_PORT"] == served.address.rpartition(":")[2]


def test_the_second_serve_on_a_port_says_which_port_is_taken(served: Serving) -> None:
    port = served.address.rpartition(":")[2]
    told = run(served.folder, "serve", "--port", port)
    assert told.returncode == 4
    assert f"Port {port}" in told.stderr
    assert "Traceback" not in told.stderr


def test_idle_it_stays_small(served: Serving) -> None:
    ours = [served.process.pid, served.api().pid, served.worker().pid]
    assert sum(psutil.Process(pid).memory_info().rss for pid in ours) < 250e6


def test_a_stop_leaves_no_process_behind(spare: Path) -> None:
    server = Serving(spare)
    processes = server.everything()
    assert len(processes) >= 4
    assert server.stop() == 0
    assert psutil.wait_procs(processes, timeout=1)[1] == []


def test_when_the_supervisor_is_killed_the_others_end_by_themselves(spare: Path) -> None:
    with serving(spare) as server:
        others = [server.api(), server.worker()]
        server.process.send_signal(signal.SIGKILL)
        assert psutil.wait_procs(others, timeout=10)[1] == []


def test_without_workers_only_the_web_application_runs(spare: Path) -> None:
    with serving(spare, "--no-worker") as server:
        assert server.children("whereupon.workers.process") == []
        server.open_office()
        record = server.add("later")
        assert server.note(record) is None
        worker = subprocess.Popen([*COMMAND, "worker"], env=environment(spare))
        try:
            eventually(lambda: server.note(record) == "seen")
        finally:
            worker.terminate()
            assert worker.wait(15) == 0


@pytest.mark.parametrize(
    ("words", "said", "code"),
    [
        (("--host", "no.such.host.invalid"), "no.such.host.invalid", 7),
        (("--port", "70000"), "port", 2),
        (("--prot", "80"), "--port", 2),
        (("--workers", ""), "workers", 2),
    ],
)
def test_what_cannot_be_served_is_said_in_a_sentence(
    tmp_path: Path, words: tuple[str, ...], said: str, code: int
) -> None:
    told = run(tmp_path / "never made", "serve", *words)
    assert (told.returncode, told.stdout) == (code, "")
    assert said in told.stderr
    assert "Traceback" not in told.stderr
    assert not (tmp_path / "never made").exists()


def test_a_taken_port_is_noticed_before_anything_is_started(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        told = run(tmp_path / "never made", "serve", "--port", str(port), "--json")
    assert told.returncode == 4
    assert json.loads(told.stderr)["error"] == "conflict"
    assert not (tmp_path / "never made").exists()


def test_a_database_that_does_not_answer_is_said_in_a_sentence(tmp_path: Path) -> None:
    began = time.monotonic()
    url = "postgresql://nobody@127.0.0.1:1/none"
    told = run(tmp_path, "serve", "--port", "0", WHEREUPON_DATABASE_URL=url)
    assert told.returncode == 7
    assert "cannot be reached" in told.stderr
    assert time.monotonic() - began < 15
