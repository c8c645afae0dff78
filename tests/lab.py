"""A real JupyterLab on a free port of the loopback, for what drives it in a browser."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
from playwright.sync_api import Page
from servers import running

QUIET = [
    "--no-browser",
    "--allow-root",
    "--ip=127.0.0.1",
    "--IdentityProvider.token=",
    "--ServerApp.password=",
    "--LabApp.news_url=None",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
]


def write(path: Path, *cells: str) -> None:
    """A notebook of these code cells."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, path)


@contextmanager
def serving(folder: Path, log: Path) -> Iterator[str]:
    """The address of a JupyterLab that serves `folder`, with settings and kernels of its own."""
    own = {f"JUPYTER_{kind}_DIR": str(log.parent / kind) for kind in ("CONFIG", "DATA", "RUNTIME")}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    command = ["jupyterlab", "--port={port}", *QUIET]
    environment = os.environ | own | {"PATH": path}
    with running(command, "/api", folder=folder, environment=environment, log=log) as server:
        yield server.url


def run_all(page: Page, url: str, name: str) -> None:
    """Open a notebook alone on its page and run all its cells."""
    page.goto(f"{url}/doc/tree/{name}", wait_until="commit")
    run_cells(page)


def run_cells(page: Page) -> None:
    """Run all cells of the open notebook.

    Not before its kernel is there: until then JupyterLab asks which one to take, and runs nothing.
    """
    page.locator(".jp-Notebook").wait_for()
    page.get_by_text("| Idle").wait_for()
    if page.get_by_role("button", name="No", exact=True).count():  # the offer of news
        page.get_by_role("button", name="No", exact=True).click()
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_text("Run All Cells", exact=True).click()
