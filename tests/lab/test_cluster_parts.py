"""What a cluster is made of, without one: addresses, what must be alike, messages, states, and processes that compute."""

import asyncio
import builtins
import errno
import http.server
import io
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import distributed
import pytest

import thalweg as tw
from cli.calls import TINY, call
from lab import tiny_study as tiny
from thalweg._storage.files import arrays_bytes
from thalweg.lab.cluster import connect, slots
from thalweg.lab.cluster.address import checked
from thalweg.lab.cluster.errors import ClusterError
from thalweg.lab.cluster.facts import PACKAGES, differences, facts
from thalweg.lab.cluster.frames import receive, send
from thalweg.lab.cluster.process import _listen
from thalweg.lab.cluster.states import States
from thalweg.lab.perform import computed
from thalweg.studies.study import Case
from thalweg.trajectory import provenance

FILE = Path(tiny.__file__)


@pytest.fixture
def silent() -> Iterator[str]:
    """The address of something that takes connections and never says a word."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield f"tcp://127.0.0.1:{listener.getsockname()[1]}"


def closed() -> str:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return f"tcp://127.0.0.1:{listener.getsockname()[1]}"


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("scheduler", "'scheduler' is no address of a scheduler: it names no port; write it as in tcp://scheduler:8786"),
        ("tcp://scheduler", "it names no port"),
        ("tcp://:8786", "it names no host"),
        ("tcp://a b:8786", "it names no host"),
        ("http://scheduler:8786", "http:// is none of tcp://, tls://"),
        ("tcp://scheduler:99999", "port out of range"),
        ("tcp://scheduler:port", "port could not be cast"),
        ("tcp://scheduler:8786/status", "nothing follows the port"),
        ("", "it names no host"),
    ],
)
def test_what_is_no_address_is_refused_at_once(tmp_path: Path, address: str, words: str):
    told = call("run", TINY, "--quick", "--store", tmp_path / "store", "--on", address)
    assert told.exit_code == 2
    assert told.stderr.startswith("thalweg: ")
    assert words in told.stderr
    assert told.stderr.count("\n") == 1
    assert not (tmp_path / "store").exists()


def test_addresses_come_from_files_of_schedulers_too(tmp_path: Path):
    file = tmp_path / "scheduler.json"
    with pytest.raises(LookupError, match="there is no file .*scheduler.json"):
        checked(str(file))
    file.write_text("{}")
    with pytest.raises(ValueError, match="it holds no address"):
        checked(str(file))
    file.write_text(json.dumps({"type": "Scheduler", "address": "tls://10.0.0.1:8786"}))
    assert checked(str(file)) == "tls://10.0.0.1:8786"
    assert checked("[::1]:8786") == "tcp://[::1]:8786"


def test_nobody_who_listens_is_one_line(tmp_path: Path):
    address = closed()
    told = call("verify", TINY, "--quick", "--store", tmp_path / "store", "--on", address)
    assert told.exit_code == 2
    line = f"thalweg: nothing listens at {address} (connection refused): check the address, or start a scheduler there"
    assert told.stderr.startswith(line)
    assert told.stderr.count("\n") == 1
    assert not (tmp_path / "store").exists()


def test_what_is_no_scheduler_is_told_so(tmp_path: Path, silent: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(connect, "SECONDS", 0.5)
    with pytest.raises(ClusterError, match=rf"what listens at {silent} does not answer as a Dask scheduler: check the address"):
        tw.lab.run(FILE, tmp_path / "store", quick=True, client=silent)
    assert not (tmp_path / "store").exists()


def test_what_speaks_of_other_things_is_no_scheduler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A web server, say."""
    monkeypatch.setattr(connect, "SECONDS", 2.0)
    server = http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
    monkeypatch.setattr(http.server.BaseHTTPRequestHandler, "log_message", lambda *told: None)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        address = f"tcp://127.0.0.1:{server.server_port}"
        told = call("run", TINY, "--quick", "--store", tmp_path / "store", "--on", address)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert told.exit_code == 2
    assert told.stderr == f"thalweg: what listens at {address} does not answer as a Dask scheduler: check the address\n"
    assert not (tmp_path / "store").exists()


def test_without_dask_it_is_told_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    real = builtins.__import__

    def without(name: str, *more: Any, **rest: Any) -> Any:
        if name == "distributed":
            raise ModuleNotFoundError(f"No module named {name!r}")
        return real(name, *more, **rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ClusterError, match=r"pip install 'thalweg\[cluster\]'"):
        tw.lab.run(FILE, tmp_path / "store", quick=True, client="tcp://127.0.0.1:1")


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("--on", "tcp://127.0.0.1:1", "--jobs", "2"), "give --on or --jobs"),
        (("--shared", "."), "--shared is for the workers of a cluster: give --on too"),
        (("--on", "tcp://127.0.0.1:1", "--shared", "no-such-folder"), "there is no shared folder"),
        (("--on", "tcp://127.0.0.1:1", "--set", "nothing=1"), "there is no parameter 'nothing'"),
    ],
)
def test_options_that_do_not_go_together_are_refused(tmp_path: Path, words: tuple[str, ...], line: str):
    told = call("run", TINY, "--quick", "--store", tmp_path / "store", *words)
    assert told.exit_code == 2
    assert line in told.stderr
    assert not (tmp_path / "store").exists()


def test_studies_are_given_by_name_by_file_by_plan_or_as_they_are():
    from thalweg.lab.carry_out import named
    from thalweg.lab.plan import Plan
    from thalweg.studies.registry import study

    assert named("schatten") == named(study("schatten")) == "schatten"
    assert named(FILE) == str(FILE)
    with pytest.raises(ValueError, match="write it to a file that defines STUDY"):
        named(tiny.STUDY)
    with pytest.raises(TypeError, match="study must be a name"):
        tw.lab.run(3)  # pyright: ignore[reportArgumentType]
    with pytest.raises(ValueError, match="a Plan holds quick"):
        tw.lab.run(Plan("schatten"), quick=True)


def test_what_must_be_alike_is_what_provenance_tells_and_the_source():
    assert PACKAGES == provenance.PACKAGES
    here = facts()
    told = provenance.environment()
    assert {name: here[name] for name in ("thalweg", *PACKAGES)} == told["versions"]
    assert told["python"].startswith(here["python"] + ".")
    assert here["source of thalweg"]
    assert differences(here, dict(here)) == ""


@pytest.mark.parametrize("name", ["thalweg", "source of thalweg", "python", "jax", "numpy"])
def test_each_difference_is_named(name: str):
    here = facts()
    assert differences(here, {**here, name: "0.0"}).startswith(f"it has {name} 0.0 (here {here[name]}): the numbers could differ")
    assert f"{name} none" in differences(here, {other: value for other, value in here.items() if other != name})


def test_a_message_that_breaks_off_is_none():
    pipe = io.BytesIO()
    send(pipe, {"do": "run", "key": "k"}, b"state", b"")
    content = pipe.getvalue()
    assert receive(io.BytesIO(content)) == ({"do": "run", "key": "k"}, [b"state", b""])
    for length in range(len(content)):
        assert receive(io.BytesIO(content[:length])) is None


def test_a_stop_may_come_before_its_run(monkeypatch: pytest.MonkeyPatch):
    pipe, left, requests, stopped = io.BytesIO(), [], [], set()
    send(pipe, {"do": "stop", "token": "mine"})
    send(pipe, {"do": "run", "token": "mine"})
    pipe.seek(0)
    monkeypatch.setattr("os._exit", left.append)
    _listen(pipe, type("Queue", (), {"put": staticmethod(requests.append)}), stopped)
    assert stopped == {"mine"}
    assert [header["do"] for header, _ in requests] == ["run"]
    assert left == [0]


@pytest.mark.parametrize("way", ["carried", "shared"])
def test_a_run_goes_on_bit_for_bit_from_a_state_that_travelled(tmp_path: Path, way: str):
    parameters, case = (
        tiny.Parameters(kinds="good", steps=400_000, every=40_000, inner=tiny.Inner(rate=1e-7)),
        Case({"kind": "good"}, 0),
    )
    setup = tiny.build(parameters, case, 0)
    straight, _ = computed(setup, case, States(b"", None), lambda progress: None)
    place = tmp_path / "snapshots" / "key.npz" if way == "shared" else None

    def stop(progress: Any) -> None:
        raise KeyboardInterrupt

    first = States(b"", place)
    with pytest.raises(KeyboardInterrupt):
        computed(setup, case, first, stop)
    assert first.content
    second = States(first.content if way == "carried" else b"", place)
    kept = second.load()
    assert kept is not None
    data, _ = computed(setup, case, second, lambda progress: None)
    assert all(data[name].values.tobytes() == straight[name].values.tobytes() for name in straight.data_vars)
    second.drop()
    assert place is None or not place.exists()


def test_states_that_are_torn_or_of_other_versions_are_none():
    assert States(b"", None).load() is None
    assert States(b"torn", None).load() is None
    assert States(arrays_bytes({"a": [1.0]}, {"identity": {"jax": "0.0"}}), None).load() is None


def test_a_worker_that_does_not_see_the_shared_folder_is_unfit(tmp_path: Path):
    asked = {"facts": facts(), "shared": str(tmp_path), "token": "mine"}
    with pytest.raises(slots.Unfit, match=f"it does not see the shared folder {tmp_path}: mount"):
        slots._check(asked)
    (tmp_path / "mine.asked").touch()
    slots._check(asked)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.asked"]
    with pytest.raises(slots.Unfit, match=r"it has jax \S+ \(here 0.0\)"):
        slots._check({**asked, "facts": {**facts(), "jax": "0.0"}})


def test_a_shared_folder_that_takes_no_writes_here_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Not by its permissions, which do not hold for everyone."""
    shared = tmp_path / "shared"
    shared.mkdir()
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != shared or mode != os.W_OK)
    with pytest.raises(ValueError, match=f"the shared folder {shared} does not take writes"):
        tw.lab.run(FILE, tmp_path / "store", quick=True, client="tcp://127.0.0.1:1", shared=shared)
    assert not (tmp_path / "store").exists()


def test_a_worker_for_which_the_shared_folder_takes_no_writes_is_unfit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "mine.asked").touch()

    def refused(*told: Any) -> int:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(Path, "write_bytes", refused)
    with pytest.raises(slots.Unfit, match=rf"it cannot write to the shared folder {tmp_path} \(Read-only file system\)"):
        slots._check({"facts": facts(), "shared": str(tmp_path), "token": "mine"})
    assert [path.name for path in tmp_path.iterdir()] == ["mine.asked"]


def test_devices_and_precisions_that_do_not_fit_are_told():
    def process(platform: str, float64: bool) -> Any:
        return type("Process", (), {"platform": platform, "float64": float64, "device": "Card"})()

    slots._check_device(process("cpu", True), 8)
    slots._check_device(process("gpu", True), 1)
    with pytest.raises(slots.Unfit, match="its 2 threads would share one Card: start it with --nthreads 1"):
        slots._check_device(process("gpu", True), 2)
    with pytest.raises(slots.Unfit, match="float32"):
        slots._check_device(process("cpu", False), 1)


def workers(**changes: Any) -> dict[str, Any]:
    """What two workers tell of themselves."""
    told = {"trouble": "", "device": "cpu", "platform": "cpu", "threads": 2, "host": "a", "visible": "all"}
    return {"tcp://a:1": told, "tcp://a:2": {**told, **changes}}


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (workers(trouble="it has jax 0.0"), "^the worker tcp://a:2 cannot take part: it has jax 0.0$"),
        (workers(device="Card", platform="gpu", threads=1), "compute on a cpu .tcp://a:1. and a Card .tcp://a:2."),
        (
            {name: {**told, "device": "Card", "platform": "gpu", "threads": 1} for name, told in workers().items()},
            "several workers of one machine share a device",
        ),
        ({"tcp://a:1": ModuleNotFoundError("No module named 'thalweg'")}, "no fitting Thalweg .No module named 'thalweg'."),
        ({"tcp://a:1": ValueError("x"), "tcp://a:2": ValueError("y")}, "and 1 more workers with a trouble"),
        ({}, "left while they were looked at"),
    ],
)
def test_workers_that_cannot_take_part_are_named(found: dict[str, Any], words: str):
    from thalweg.lab.cluster.cluster import Cluster

    class Client:
        status = "running"
        scheduler = type("Scheduler", (), {"address": "tcp://s:1"})

        def nthreads(self) -> dict[str, int]:
            return {"tcp://a:1": 2}

        def run(self, *given: Any, **more: Any) -> dict[str, Any]:
            return found

    client: Any = Client()
    with pytest.raises(ClusterError, match=words):
        Cluster(client, [], None).look()


def test_a_run_is_unwanted_where_its_task_or_its_worker_goes():
    def unwanted(status: distributed.Status, **tasks: str) -> bool:
        states = {name: type("Task", (), {"state": state}) for name, state in tasks.items()}
        state = type("State", (), {"tasks": states})
        return slots._unwanted(
            type("Worker", (), {"status": status, "state": state, "get_current_task": lambda self: "mine"})()
        )()

    assert not unwanted(distributed.Status.running, mine="executing")
    assert not unwanted(distributed.Status.closing_gracefully, mine="executing")
    assert unwanted(distributed.Status.running, mine="cancelled")
    assert unwanted(distributed.Status.running, other="executing")
    assert unwanted(distributed.Status.closing, mine="executing")
    assert unwanted(distributed.Status.closed, mine="executing")


def test_a_process_without_anything_to_do_leaves_in_silence_while_its_worker_stays():
    code = "import thalweg.lab.cluster.process as process; process.IDLE = 0.3; process.main()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stderr is not None
        assert process.stderr.read() == b""
        assert process.wait(60) == 0


def test_a_process_leaves_with_its_worker():
    with subprocess.Popen(
        [sys.executable, "-m", "thalweg.lab.cluster.process"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(60) == 0


def test_a_process_computes_in_float64(tmp_path: Path):
    """And leaves when it is ended."""
    told = asyncio.run(_looked({"facts": facts(), "shared": None, "token": "mine", "studies": []}, tmp_path))
    assert told["trouble"] == ""
    assert (told["device"], told["platform"], told["threads"]) == ("cpu", "cpu", 1)
    (process,) = slots._idle
    assert process.float64
    slots._leave()
    assert process.popen.returncode is not None
    with pytest.raises(slots.ProcessDied):
        process.ask({"do": "compare", "facts": facts()})


async def _looked(asked: dict[str, Any], folder: Path) -> dict[str, Any]:
    class Worker:
        state = type("State", (), {"nthreads": 1})
        local_directory = str(folder)

    return await slots.look(asked, Worker())
