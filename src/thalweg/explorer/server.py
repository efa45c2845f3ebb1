"""The server behind the page: files of the page, descriptions of knobs, runs as streams of events, exports."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from thalweg import __version__
from thalweg._storage.errors import StoreError
from thalweg.explorer import exports
from thalweg.explorer.experiments.base import AbstractExperiment
from thalweg.explorer.experiments.registry import EXPERIMENTS
from thalweg.explorer.jobs import Full, Job, Jobs, Limits, plain
from thalweg.explorer.knobs import BadKnob, address, read
from thalweg.explorer.laws import Laws
from thalweg.explorer.security import Guard
from thalweg.explorer.studies import Going, Studies

KINDS = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}
BEAT = 1.0
"""Seconds after which a stream without news says that it is alive."""


def application(token: str | None = None, limits: Limits | None = None, store: Path | None = None) -> Any:
    """The application, for any server that speaks ASGI.

    Arguments:
        token: that readers must bring; None where only this machine is served.
        limits: of what readers may ask for.
        store: the folder of runs of studies; as everywhere unless given.

    Examples:
        >>> application() is not None
        True
    """
    routes = _Routes(token, Jobs(limits), Studies(store))
    return Guard(routes.app(), token, routes.leave)


class _Routes:
    def __init__(self, token: str | None, jobs: Jobs, studies: Studies):
        self.token, self.jobs, self.studies, self.laws = token, jobs, studies, Laws(jobs)
        self.files = {one.name: one.read_bytes() for one in resources.files("thalweg.explorer").joinpath("page").iterdir()}

    def app(self) -> Starlette:
        routes = [
            Route("/", self.page),
            Route("/page/{name}", self.file),
            Route("/api/experiments", self.experiments),
            Route("/api/runs/{experiment}", self.stream),
            Route("/api/jobs/{job}/{what}", self.steer, methods=["POST"]),
            Route("/api/export/{experiment}/{kind}", self.export),
            Route("/api/laws/{experiment}", self.laid),
            Route("/api/status", self.status),
            Route("/api/studies", self.listed),
            Route("/api/studies/{study}/{mode}", self.study),
            Route("/api/studies/{study}/{mode}/run", self.carry_out),
            Route("/api/studies/{study}/{mode}/pictures/{slug}", self.picture),
        ]
        return Starlette(routes=routes, exception_handlers={StoreError: _no_store, Exception: _failed})

    def leave(self) -> None:
        self.jobs.leave()
        self.studies.leave()

    async def page(self, request: Request) -> Response:
        return Response(self.files["index.html"], media_type=KINDS[".html"])

    async def file(self, request: Request) -> Response:
        name = request.path_params["name"]
        kind = KINDS.get(f".{name.rpartition('.')[2]}")
        if name not in self.files or kind is None:
            return _said(404, "there is no such file")
        return Response(self.files[name], media_type=kind)

    async def experiments(self, request: Request) -> Response:
        limits = self.jobs.limits
        told = [
            {
                "name": one.name,
                "title": one.title,
                "question": one.question,
                "knobs": [knob.as_json() for knob in one.knobs],
            }
            for one in EXPERIMENTS.values()
        ]
        return JSONResponse({"version": __version__, "seconds": limits.seconds, "readers": limits.jobs, "experiments": told})

    async def status(self, request: Request) -> Response:
        return JSONResponse({"jobs": self.jobs.count(), "waiting": self.jobs.turns.waiting, "most": self.jobs.limits.jobs})

    async def stream(self, request: Request) -> Response:
        try:
            experiment, values = _asked(request)
        except LookupError as error:
            return _said(404, str(error.args[0]))
        except BadKnob as error:
            return _events([("refused", {"knob": error.knob, "sentence": str(error)})])
        if request.method == "HEAD":
            return _events([])  # begins nothing
        loop, news = asyncio.get_running_loop(), asyncio.Event()
        try:
            job = self.jobs.start(experiment, values, lambda: _wake(loop, news))
        except Full as error:
            return _events([("full", {"sentence": str(error)})])
        return _Stream(job, _told(job, news))

    async def steer(self, request: Request) -> Response:
        job, what = self.jobs.find(request.path_params["job"]), request.path_params["what"]
        if what not in ("pause", "resume", "stop"):
            return _said(404, "a run can be told to pause, to resume or to stop")
        if job is None:
            return _said(404, "there is no such run any longer")
        getattr(job, what)()
        return JSONResponse({"done": what})

    async def export(self, request: Request) -> Response:
        kind = request.path_params["kind"]
        try:
            experiment, values = _asked(request)
        except LookupError as error:
            return _said(404, str(error.args[0]))
        except BadKnob as error:
            return _said(400, str(error))
        if kind not in exports.KINDS:
            return _said(404, f"there are exports as {', '.join(exports.KINDS)}")
        try:
            content = await run_in_threadpool(exports.export, self.jobs, experiment, values, kind)
        except ValueError as error:  # a start that no run begins from
            return _said(400, str(error))
        except Full as error:
            return _said(503, str(error))
        name = f"thalweg-{experiment.name}.{exports.KINDS[kind].ending}"
        headers = {"content-disposition": f'attachment; filename="{name}"'}
        return Response(content, media_type=exports.KINDS[kind].media, headers=headers)

    async def laid(self, request: Request) -> Response:
        try:
            asked = _asked(request)
        except LookupError as error:
            return _said(404, str(error.args[0]))
        except BadKnob as error:
            return _said(400, str(error))
        try:
            return JSONResponse(plain(await run_in_threadpool(self.laws.laid, *asked)))
        except ValueError as error:  # a start that no run begins from
            return _said(400, str(error))
        except Full as error:
            return _said(503, str(error))

    async def listed(self, request: Request) -> Response:
        return JSONResponse(await run_in_threadpool(self.studies.listed))

    async def study(self, request: Request) -> Response:
        where = request.path_params
        try:
            return JSONResponse(plain(await run_in_threadpool(self.studies.told, where["study"], where["mode"])))
        except LookupError as error:
            return _said(404, str(error.args[0]))

    async def picture(self, request: Request) -> Response:
        where = request.path_params
        try:
            content = await run_in_threadpool(self.studies.picture, where["study"], where["mode"], where["slug"])
        except LookupError as error:
            return _said(404, str(error.args[0]))
        policy = {"content-security-policy": "default-src 'none'; style-src 'unsafe-inline'"}
        return Response(content, media_type=KINDS[".svg"], headers=policy)

    async def carry_out(self, request: Request) -> Response:
        where, loop, news = request.path_params, asyncio.get_running_loop(), asyncio.Event()
        if request.method == "HEAD":
            return _events([])  # begins nothing
        try:
            going = await run_in_threadpool(self.studies.run, where["study"], where["mode"], lambda: _wake(loop, news))
        except LookupError as error:
            return _said(404, str(error.args[0]))
        except Full as error:
            return _events([("full", {"sentence": str(error)})])
        return _Stream(going, _stream(going, news))


def _asked(request: Request) -> tuple[AbstractExperiment, Mapping[str, Any]]:
    name = request.path_params["experiment"]
    if name not in EXPERIMENTS:
        raise LookupError(f"there is no such experiment; there are {', '.join(EXPERIMENTS)}")
    experiment = EXPERIMENTS[name]
    given = request.query_params.multi_items()
    if len({knob for knob, _ in given}) < len(given):
        raise BadKnob("", "a knob stands twice in the address")
    values = read(experiment.knobs, dict(given))
    experiment.check(values)
    return experiment, values


async def _told(job: Job, news: asyncio.Event) -> AsyncIterator[bytes]:
    """The messages of a job until it is done."""
    yield _event("knobs", {"address": address(job.experiment.knobs, job.values)})
    async for part in _stream(job, news):
        yield part


async def _stream(source: Job | Going, news: asyncio.Event) -> AsyncIterator[bytes]:
    yield b": here\n\n"
    while True:
        news.clear()
        while (message := source.take()) is not None and not source.leaving:
            kind, what = message
            yield await asyncio.to_thread(_event, kind, what)
            if kind in ("done", "failed"):
                return
        if source.leaving:
            return
        try:
            await asyncio.wait_for(news.wait(), BEAT)
        except TimeoutError:
            yield b": still here\n\n"


class _Stream(StreamingResponse):
    """The messages of a source, which is stopped however this ends: a reader may leave before the first is sent, or in one."""

    def __init__(self, source: Job | Going, content: AsyncIterator[bytes]):
        super().__init__(content, media_type="text/event-stream")
        self.source = source

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self.source.stop()


def _events(events: list[tuple[str, Mapping[str, Any]]]) -> Response:
    return Response(b"".join(_event(*one) for one in events), media_type="text/event-stream")


def _event(kind: str, what: Mapping[str, Any]) -> bytes:
    return f"event: {kind}\ndata: {json.dumps(plain(what), separators=(',', ':'), allow_nan=False)}\n\n".encode()


def _wake(loop: asyncio.AbstractEventLoop, news: asyncio.Event) -> None:
    try:
        loop.call_soon_threadsafe(news.set)
    except RuntimeError:  # the server has gone
        return


def _said(status: int, sentence: str) -> Response:
    return PlainTextResponse(f"{sentence}\n", status_code=status)


async def _no_store(request: Request, error: Exception) -> Response:
    print(f"thalweg: {error}", file=sys.stderr)  # it names folders of this machine, which are not for all readers
    return _said(503, "the store of studies cannot be read; the log of the server says why")


async def _failed(request: Request, error: Exception) -> Response:
    return _said(500, "the server failed at this; what went wrong stands in its log")
