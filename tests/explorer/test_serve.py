"""Listening: what is printed can be opened, and a port that is taken is said in one line."""

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from explorer.browser import served
from thalweg.explorer.serve import _listen, _named


def test_a_port_in_use_is_said_with_a_way_out():
    with _listen("127.0.0.1", 0) as first, pytest.raises(OSError, match="--port 0") as refused:
        _listen("127.0.0.1", first.getsockname()[1])
    assert "another program listens at 127.0.0.1 port" in str(refused.value)


@pytest.mark.parametrize("host", ["0.0.0.0", ""])
def test_where_it_listens_everywhere_the_address_is_one_that_others_can_open(host: str):
    named = _named(host)
    assert named not in ("", "0.0.0.0")
    with _listen(host, 0) as listening, socket.create_connection((named, listening.getsockname()[1])):
        pass


def test_other_hosts_are_named_as_they_are():
    assert (_named("::1"), _named("lab.example"), _named("10.0.0.7")) == ("[::1]", "lab.example", "10.0.0.7")


@pytest.mark.parametrize(("how", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, -signal.SIGTERM)])
def test_a_signal_in_the_midst_of_a_run_ends_it_without_a_traceback(tmp_path: Path, how: int, code: int):
    with served(tmp_path) as server:
        with urllib.request.urlopen(f"{server.address}api/runs/margins") as stream:
            assert stream.readline() == b"event: knobs\n"
            assert server.end(how) == code
            assert b"event: failed" not in stream.read()  # a page that is not told of an end looks out for the next server
        assert "Traceback" not in (tmp_path / "log").read_text()


def test_without_the_extra_one_line_says_what_to_install(tmp_path: Path):
    code = "import sys; sys.modules['uvicorn'] = None; from thalweg.cli import main; sys.argv = ['thalweg', 'explore']; main()"
    found = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env={**os.environ}, capture_output=True, text=True)
    assert found.returncode == 2
    assert found.stderr == "thalweg: to explore install the extra live: pip install 'thalweg[live]'\n"
