"""What all tests in a browser share: a server, a browser, and a page that nothing may go wrong in."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from explorer.browser import WAIT, Served, browser_path, served


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One for all, so that a run of a shape is compiled once."""
    with served(tmp_path_factory.mktemp("page")) as one:
        yield one


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    with sync_api.sync_playwright() as playwright:
        one = playwright.chromium.launch(executable_path=browser_path(), args=["--no-sandbox"])
        yield one
        one.close()


@pytest.fixture
def visit(server: Served, chromium: Any) -> Iterator[Callable[..., Any]]:
    """Opens the page; nothing may leave this machine, and nothing may go wrong in it."""
    contexts, wrong = [], []

    def open_page(query: str = "", base: str = "", **manner: Any) -> Any:
        context = chromium.new_context(**{"viewport": {"width": 1300, "height": 900}, "accept_downloads": True, **manner})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(WAIT)

        def only_here(route: Any) -> None:
            if route.request.url.startswith(("http://127.0.0.1:", "data:", "blob:")):
                route.continue_()
            else:
                wrong.append(route.request.url)
                route.abort()

        page.route("**/*", only_here)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda said: wrong.append(said.text) if "Content Security Policy" in said.text else None)
        page.goto(f"{base or server.address}?{query}")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert wrong == []
