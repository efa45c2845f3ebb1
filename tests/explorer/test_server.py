"""The server behind the page: what it answers, whom, and what it never does, whatever it is asked."""

import asyncio
import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import numpy as np
import pytest
import xarray as xr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

import thalweg as tw
from thalweg.explorer.experiments.registry import EXPERIMENTS
from thalweg.explorer.exports import export
from thalweg.explorer.jobs import Jobs, Limits
from thalweg.explorer.knobs import read
from thalweg.explorer.server import _Stream, _stream, application
from thalweg.explorer.studies import Studies
from thalweg.explorer.turns import Turns

SMALL = "depth=2&rows=10&columns=10&rank=1&share=0.6&algorithm=descent&rate=0.2"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    app = application(store=tmp_path_factory.mktemp("explorer") / "store")
    with TestClient(app, base_url="http://127.0.0.1:8765", raise_server_exceptions=False) as found:
        yield found


def events(client: TestClient, path: str) -> list[tuple[str, Any]]:
    """What a stream told from its beginning to its end."""
    text = client.get(path).text
    blocks = [block.splitlines() for block in text.split("\n\n") if block.startswith("event: ")]
    return [(block[0].removeprefix("event: "), json.loads(block[1].removeprefix("data: "))) for block in blocks]


def test_a_run_is_told_from_its_start_to_its_end(client: TestClient):
    told = events(client, f"/api/runs/completion?{SMALL}")
    kinds = [kind for kind, _ in told]
    assert kinds[:2] == ["knobs", "opened"]
    assert kinds[-1] == "done"
    assert kinds.count("ended") == kinds.count("reference") == 1
    frames = [what for kind, what in told if kind == "frame"]
    times = np.concatenate([frame["records"]["time"] for frame in frames])
    assert (np.diff(times) > 0).all()
    assert times[0] == 0
    assert {chart["name"] for chart in told[1][1]["charts"]} >= {"spectrum", "losses", "predictor"}
    assert client.get("/api/status").json()["jobs"] == 0


def test_exports_are_the_numbers_that_were_told(client: TestClient):
    told = events(client, f"/api/runs/completion?{SMALL}")
    losses = np.concatenate([what["records"]["loss"] for kind, what in told if kind == "frame"])
    netcdf = client.get(f"/api/export/completion/netcdf?{SMALL}")
    data = xr.load_dataset(netcdf.content, engine="h5netcdf")
    np.testing.assert_allclose(data.loss.values, losses, rtol=1e-7)
    assert json.loads(data.attrs["provenance"])["algorithm"]
    lines = client.get(f"/api/export/completion/csv?{SMALL}").text.splitlines()
    names = lines[0].split(",")
    column = [float(line.split(",")[names.index("loss")]) for line in lines[1:]]
    np.testing.assert_array_equal(column, data.loss.values)
    namespace: dict[str, Any] = {}
    exec(client.get(f"/api/export/completion/python?{SMALL}").text, namespace)
    np.testing.assert_array_equal(namespace["run"].data.loss.values, data.loss.values)
    assert isinstance(namespace["run"], tw.Trajectory)
    assert netcdf.headers["content-disposition"] == 'attachment; filename="thalweg-completion.nc"'


@pytest.mark.parametrize(
    ("experiment", "query", "computed"),
    [
        ("completion", SMALL, set()),
        ("kernel", "coefficients=10&samples=6&sparsity=2&scale=0.1", {"l1_norm", "coefficients"}),
        ("margins", "steps=200&algorithms=normalized.sign", {"missing", "angle", "fallen"}),
    ],
)
def test_exports_hold_whatever_a_chart_draws(client: TestClient, experiment: str, query: str, computed: set[str]):
    told = events(client, f"/api/runs/{experiment}?{query}")
    opened = next(what for kind, what in told if kind == "opened")
    drawn = {"time", "steps"}
    for chart in opened["charts"]:
        drawn |= {chart["record"]} if "record" in chart else {series["record"] for series in chart.get("series", ())}
    assert drawn > computed
    lanes = [lane["name"] for lane in opened["lanes"]]
    data = xr.load_dataset(client.get(f"/api/export/{experiment}/netcdf?{query}").content, engine="h5netcdf")
    rows = list(csv.DictReader(io.StringIO(client.get(f"/api/export/{experiment}/csv?{query}").text)))
    for lane in lanes:
        frames = [what["records"] for kind, what in told if kind == "frame" and what["lane"] == lane]
        own = [row for row in rows if row["lane"] == lane]
        prefix = f"{lane}_" if len(lanes) > 1 else ""
        for record in drawn:
            shown = np.array([row for frame in frames for row in frame[record]], dtype=float)  # null is NaN
            array = data[prefix + record]
            exported = np.where(np.isfinite(array.values), array.values, np.nan)
            np.testing.assert_allclose(shown, exported, rtol=1e-7, err_msg=record)
            assert ("derived" in array.attrs) == (record in computed)
            for place in np.ndindex(*array.shape[1:]):
                column = record + (f"[{', '.join(map(str, place))}]" if place else "")
                kept = [float(row[column] or "nan") for row in own]
                np.testing.assert_array_equal(kept, array.values[(slice(None), *place)], err_msg=column)
    # Whatever was told is there, also where no run is kept and all is computed again.
    with TestClient(application(), base_url="http://127.0.0.1:8765") as other:
        again = xr.load_dataset(other.get(f"/api/export/{experiment}/netcdf?{query}").content, engine="h5netcdf")
    assert set(again.data_vars) == set(data.data_vars)
    for name in data.data_vars:
        np.testing.assert_array_equal(again[name].values, data[name].values, err_msg=str(name))


@pytest.mark.parametrize(
    ("query", "knob", "sentence"),
    [
        ("depth=0", "depth", "depth goes from 1 to 8"),
        ("depth=many", "depth", "depth takes a whole number"),
        ("scale=nan", "scale", "is outside"),
        ("scale=1e400", "scale", "is outside"),
        ("algorithm=magic", "algorithm", "algorithm is one of flow, descent"),
        ("rows=10&columns=10&rank=10&share=0.05", "share", "so few entries"),
        ("rows=10000", "rows", "rows goes from 10 to 120"),
        ("colour=red", "", "there is no knob"),
        ("depth=2&depth=3", "", "a knob stands twice"),
    ],
)
def test_what_a_knob_does_not_take_is_refused_in_a_sentence(client: TestClient, query: str, knob: str, sentence: str):
    ((kind, what),) = events(client, f"/api/runs/completion?{query}")
    assert kind == "refused"
    assert what["knob"] == knob
    assert sentence in what["sentence"]
    answer = client.get(f"/api/export/completion/csv?{query}")
    assert answer.status_code == 400
    assert sentence in answer.text


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/nothing", 404),
        ("/page/../server.py", 404),
        ("/page/..%2fserver.py", 404),
        ("/page/index.html%00.js", 404),
        ("/page/jsconfig.json", 404),
        ("/api/runs/nothing", 404),
        ("/api/export/completion/pickle", 404),
        ("/api/export/nothing/csv", 404),
        ("/api/studies/nothing/quick", 404),
        ("/api/studies/balancedness/slow", 404),
        ("/api/studies/..%2f..%2fetc/quick/run", 404),
        ("/api/studies/balancedness/quick/pictures/none", 404),
        (f"/?{'a' * 9000}", 414),
    ],
)
def test_what_is_not_there_is_said_to_be_not_there(client: TestClient, path: str, status: int):
    answer = client.get(path)
    assert answer.status_code == status
    assert "Traceback" not in answer.text


def test_every_answer_carries_the_policy_and_nothing_from_elsewhere(client: TestClient):
    page = client.get("/")
    assert page.headers["content-security-policy"] == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    )
    assert page.headers["x-content-type-options"] == "nosniff"
    links = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    size = len(page.content)
    names = {link for link in links if link.startswith("/page/")}
    while names - (seen := set()):
        for name in sorted(names - seen):
            answer = client.get(name)
            assert answer.status_code == 200, name
            size += len(answer.content)
            seen.add(name)
            names |= set(re.findall(r'from "(/page/[^"]+)"', answer.text))
            elsewhere = [link for link in re.findall(r"https?://[^\s\"'`)]+", answer.text) if "www.w3.org" not in link]
            assert elsewhere == [], name
        if seen == names:
            break
    assert size < 200_000
    assert all(link.startswith(("/page/", "#")) for link in links)


def test_only_names_of_this_machine_are_answered_without_a_token(client: TestClient):
    assert client.get("/", headers={"host": "evil.example:8765"}).status_code == 421
    assert client.get("/", headers={"host": "[::1]:8765"}).status_code == 200
    assert client.post("/api/jobs/x/stop").status_code == 404
    assert client.post("/api/jobs/x/fly").status_code == 404


@pytest.mark.parametrize(
    "told",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},  # another port of this machine
        {"origin": "null"},
        {"origin": "http://evil.example"},
        {"origin": "http://127.0.0.1:3000", "sec-fetch-site": "same-site"},
    ],
)
def test_pages_from_elsewhere_may_link_and_nothing_more(client: TestClient, told: dict[str, str]):
    assert client.get("/", headers=told).status_code == 200
    assert client.post("/api/jobs/x/stop", headers=told).status_code == 403
    for path in (f"/api/runs/completion?{SMALL}", "/api/studies/balancedness/quick/run", "/api/status", "/page/main.js"):
        assert client.get(path, headers=told).status_code == 403, path
    own = {"origin": "http://127.0.0.1:8765", "sec-fetch-site": "same-origin"}
    assert client.post("/api/jobs/x/stop", headers=own).status_code == 404


def test_who_asks_for_the_head_alone_begins_nothing(client: TestClient, monkeypatch: pytest.MonkeyPatch):
    def never(*given: object) -> None:
        raise AssertionError("it was begun")

    monkeypatch.setattr(Jobs, "start", never)
    monkeypatch.setattr(Studies, "run", never)
    for path in (f"/api/runs/completion?{SMALL}", "/api/studies/balancedness/quick/run"):
        answer = client.head(path)
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")


def test_a_token_is_brought_once_and_then_kept_in_a_cookie():
    with TestClient(application("secret"), base_url="http://lab.example") as stranger:
        assert stranger.get("/").status_code == 401
        assert stranger.get("/?token=wrong").status_code == 401
        assert stranger.get("/api/experiments").status_code == 401
        welcome = stranger.get("/?token=secret", follow_redirects=False)
        assert welcome.status_code == 303
        assert welcome.headers["location"] == "/"
        assert welcome.headers["set-cookie"] == "thalweg-80=secret; HttpOnly; SameSite=Lax; Path=/"
        shared = stranger.get("/?tab=margins&tok%65n=secret&seed=3", follow_redirects=False)
        assert shared.headers["location"] == "/?tab=margins&seed=3"
        assert stranger.get("/").status_code == 200
        assert stranger.get("/api/experiments").status_code == 200


def test_a_token_without_characters_is_none_at_all():
    with pytest.raises(ValueError, match="must have characters"):
        application("")


def test_pages_are_not_told_of_an_end_when_the_server_goes_so_that_they_look_out_for_the_next():
    class Source:
        leaving = False
        left = 2

        def take(self) -> tuple[str, dict[str, int]] | None:
            self.left -= 1
            if self.left:
                return "frame", {"records": 1}
            self.leaving = True  # as a signal in the midst of it
            return "failed", {}

    async def told() -> bytes:
        return b"".join([part async for part in _stream(source, asyncio.Event())])

    source: Any = Source()
    text = asyncio.run(told())
    assert b"event: frame" in text
    assert b"event: failed" not in text


@pytest.mark.parametrize("sent", [0, 1, 3])
def test_whoever_leaves_takes_the_run_along_whatever_has_been_sent(sent: int):
    class Source:
        leaving = stopped = False

        def take(self) -> tuple[str, dict[str, int]]:
            return "frame", {"records": 1}

        def stop(self) -> None:
            self.stopped = True

    async def leave() -> None:
        gone, count = asyncio.Event(), 0

        async def send(message: Any) -> None:
            nonlocal count
            if count == sent:  # as where the network takes no more: nothing comes back until the reader is gone
                gone.set()
                await asyncio.Event().wait()
            count += 1

        async def receive() -> dict[str, str]:
            await gone.wait()
            return {"type": "http.disconnect"}

        answer = _Stream(source, _stream(source, asyncio.Event()))
        await answer({"type": "http", "asgi": {"spec_version": "2.3"}}, receive, send)
        assert source.stopped

    source: Any = Source()
    asyncio.run(leave())


def test_an_export_pays_for_its_own_turns_alone():
    jobs = Jobs(Limits(places=1, seconds=60.0))
    experiment = EXPERIMENTS["margins"]
    values = read(experiment.knobs, {"algorithms": "descent"})
    clock = iter(range(10**9))

    class Slow(Turns):
        def let_others(self, given_up: Callable[[], bool], who: object | None = None) -> bool:
            for _ in range(1000):
                next(clock)  # others have a thousand seconds
            return True

    jobs.turns = Slow(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("thalweg.explorer.exports.time.perf_counter", lambda: next(clock) / 1000)
        assert export(jobs, experiment, values, "csv").startswith(b"lane,")


def test_a_full_server_says_so():
    with TestClient(application(limits=Limits(jobs=0)), base_url="http://localhost") as client:
        ((kind, what),) = events(client, f"/api/runs/completion?{SMALL}")
        assert kind == "full"
        assert "as many as there may be" in what["sentence"]


def test_a_store_that_cannot_be_read_is_said_without_the_names_of_folders(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "store").write_text("not a store")
    with TestClient(application(store=tmp_path / "store"), base_url="http://localhost") as client:
        for path in ("/api/studies", "/api/studies/balancedness/quick", "/api/studies/balancedness/quick/pictures/x"):
            answer = client.get(path)
            assert answer.status_code == 503
            assert "the log of the server says why" in answer.text
            assert str(tmp_path) not in answer.text
    assert str(tmp_path) in capsys.readouterr().err


NAMES = st.sampled_from([knob.name for one in EXPERIMENTS.values() for knob in one.knobs] + ["", "x", "token", "__class__"])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=st.lists(st.tuples(NAMES, st.text(max_size=12)), max_size=4), experiment=st.sampled_from([*EXPERIMENTS, "?", "é"]))
def test_any_query_is_read_or_refused_and_never_a_traceback(client: TestClient, query: list[tuple[str, str]], experiment: str):
    answer = client.get(f"/api/export/{experiment}/python?{urlencode(query)}")
    assert answer.status_code in (200, 400, 404, 414)
    assert "Traceback" not in answer.text


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.text(max_size=20), method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS"]))
def test_any_path_is_answered_and_never_by_a_traceback(client: TestClient, path: str, method: str):
    answer = client.request(method, "/" + quote(path.lstrip("/"), safe="/"))
    assert answer.status_code < 500
    assert "Traceback" not in answer.text
