"""The notebooks as they ran where the site was made, to read: code, answers and figures."""

import os
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from effnet.base import EffnetError, needing, shipped

PLOTLY = "plotly.min.js"
SECONDS = 900  # of a cell
STYLES = ("xcode", "github-dark")  # Pygments' colours of code, on light and on dark
# figures come as data, which the page draws with the one plotly.js of the site
KERNEL = {"PLOTLY_RENDERER": "plotly_mimetype"}
FIGURE, WIDGET = "application/vnd.plotly.v1+json", "application/vnd.jupyter.widget-view+json"
EXPLORER = '<p><a href="index.html">The explorer</a> stands here in a notebook that runs.</p>'


@dataclass(frozen=True, slots=True)
class Executed:
    """A notebook as it ran.

    Attributes:
        name: The file's, without its ending.
        title: Its first line.
        body: Its cells and outputs as HTML.
    """

    name: str
    title: str
    body: str


def names() -> list[str]:
    """The notebooks that are shipped, in order."""
    return sorted(path.stem for path in shipped("notebooks").glob("*.ipynb"))


@needing
def executed(assets: Path) -> list[Executed]:
    """Run every notebook in a kernel of its own; plotly.js goes into `assets`.

    Raises:
        EffnetError: A package is not installed, or a cell failed: says which notebook's.
    """
    import plotly.offline

    found = [_run(shipped("notebooks", f"{name}.ipynb")) for name in names()]
    (assets / PLOTLY).write_text(plotly.offline.get_plotlyjs(), "utf-8")
    (assets / "notebook.css").write_text(_highlighting(), "utf-8")
    return found


def _run(file: Path) -> Executed:
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError
    from nbconvert.exporters import HTMLExporter

    notebook = nbformat.read(file, as_version=4)
    with TemporaryDirectory() as folder:
        place = {"metadata": {"path": folder}}
        client = NotebookClient(notebook, timeout=SECONDS, kernel_name="python3", resources=place)
        try:
            client.execute(env=os.environ | KERNEL)
        except CellExecutionError as error:
            raise EffnetError(
                "notebook {name} failed: {kind}: {reason}",
                name=file.stem,
                kind=error.ename,
                reason=error.evalue[:200],
            ) from error
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            _drawn(output.get("data", {}))
    exporter = HTMLExporter(
        template_name="basic", exclude_input_prompt=True, exclude_output_prompt=True
    )
    body, _ = exporter.from_notebook_node(notebook)
    title = notebook.cells[0].source.splitlines()[0].removeprefix("# ")
    return Executed(file.stem, title, body)


def _drawn(data: dict[str, Any]) -> None:
    """Put HTML in the place of what only a running notebook can show."""
    if FIGURE in data:
        import plotly.io

        drawn = data.pop(FIGURE)
        figure = {"data": drawn["data"], "layout": drawn["layout"]}
        data["text/html"] = plotly.io.to_html(figure, full_html=False, include_plotlyjs=False)
    elif data.pop(WIDGET, None):
        data["text/html"] = EXPLORER


def _highlighting() -> str:
    """Colours of the code, on light and on dark."""
    from pygments.formatters import HtmlFormatter

    of = {name: HtmlFormatter(style=name).get_style_defs(".highlight") for name in STYLES}
    light, dark = of.values()
    return f"{light}\n@media (prefers-color-scheme: dark) {{\n{dark}\n}}\n"
