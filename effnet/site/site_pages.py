"""The site's pages in one language: templates filled with records, nothing fetched, no server."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from effnet import papers
from effnet.base import DEFAULT, LANGUAGES, EffnetError, class_name, current, mark, say
from effnet.papers import Exhibit
from effnet.report import glossary, templates
from effnet.site.executed_notebooks import Executed
from effnet.web import TAGS, TITLE, script, translations

TITLES = {
    "index.html": mark("Scale"),
    "classify.html": mark("Classify"),
    "papers.html": mark("Papers"),
    "lessons.html": mark("Lessons"),
    "glossary.html": mark("Glossary"),
    "notebooks.html": mark("Notebooks"),
}
NOTEBOOKS = {
    "01_compound_scaling": (
        mark("1. Compound scaling"),
        mark("Which phi gives B1 to B7?"),
    ),
    "03_counting": (
        mark("3. Counting"),
        mark("Why do counters disagree on one network?"),
    ),
    "09_reading_the_tables": (
        mark("9. Reading tables critically"),
        mark("Which printed numbers can be checked?"),
    ),
}
JUPYTER_MB = 47  # what a browser asks for until the first cell has run
# what the page that classifies is made of: the page, the network's thread, and what they share
SCRIPTS = ("classify", "classify.worker", "maps", "colours", "pixels", "words", "core")


@dataclass(frozen=True, slots=True)
class Folder:
    """Where pages of one language are written, and how they reach what all share.

    Attributes:
        path: The folder.
        root: From it to the site's own folder, as links write it.
        files: The pages that the menu names.
    """

    path: Path
    root: str
    files: tuple[str, ...] = tuple(TITLES)

    def write(self, file: str, *, template: str = "", title: str = "", **values: Any) -> None:
        """Fill a template and write it.

        Args:
            file: What the page is called; the menu's title is its title, and its own template is
                filled, where none is given.
            template: The template's name.
            title: In English, as `say` takes it.
            values: What it shows besides the frame.
        """
        page = {
            "tag": TAGS[current()],
            "title": say(title or TITLES[file]),
            "root": self.root,
            "current": f"{file.partition('-')[0]}s.html" if "-" in file else file,
            "pages": [{"file": name, "title": say(TITLES[name])} for name in self.files],
            "languages": [
                {"name": name, "tag": TAGS[code], "href": f"{self.root}{folder_of(code)}{file}"}
                for code, name in LANGUAGES.items()
            ],
        }
        made = templates("site/templates").get_template(template or file).render(**page | values)
        self.path.mkdir(parents=True, exist_ok=True)
        (self.path / file).write_text(made, "utf-8")


def folder_of(code: str) -> str:
    """Where a language's pages lie: English on top, the others in a folder of their own."""
    return "" if code == DEFAULT else f"{code}/"


def explorer(folder: Folder, *, classifies: bool) -> None:
    """The first page; it holds its script and opens with no server as well."""
    links = {"lesson": "lesson-one-step.html"}
    if classifies:
        links["photo"] = "classify.html"
    folder.write("index.html", template="explorer.html", title=TITLE, script=script(links=links))


# --- classify -----------------------------------------------------------------------------------


def classify(folder: Folder, network: Mapping[str, Any]) -> None:
    """The page that classifies a photo in the browser; `network` is what its folder holds."""
    shown = [class_name(name) for name in network["classes"]]
    config = {**network, "words": translations(SCRIPTS), "shown": shown}
    megabytes = (network["network"]["model"]["bytes"] + network["runtime_bytes"]) / 1e6
    folder.write("classify.html", config=config, megabytes=megabytes)


# --- papers -------------------------------------------------------------------------------------


def paper_tables(folder: Folder) -> None:
    """Every table and figure of the papers as a table that can be sorted, with what to note."""
    verdicts = [papers.verdict(key) for key in papers.EXHIBITS]
    found = [
        {
            "name": paper.name,
            "exhibits": [
                _exhibit(exhibit)
                for exhibit in papers.EXHIBITS.values()
                if exhibit.paper == paper.key
            ],
        }
        for paper in papers.PAPERS
    ]
    folder.write(
        "papers.html",
        papers=found,
        cited=papers.cited,
        claim=say(
            "{agree} of {checked} printed numbers that can be computed agree with ours, rounded "
            "as the papers round.",
            agree=sum(verdict.agree for verdict in verdicts),
            checked=sum(verdict.checked for verdict in verdicts),
        ),
    )


def _exhibit(exhibit: Exhibit) -> dict[str, Any]:
    lines = papers.lines(exhibit.key)
    table = papers.flat(lines, word=exhibit.word)
    kinds = [*(column.kind for column in table.columns[:-1]), "source"]
    idle = {  # the last two columns, note and source, where they say nothing of their own
        place
        for place, known in ((len(kinds) - 2, ""), (len(kinds) - 1, exhibit.source))
        if all(row[place].text == known for row in table.rows)
    }
    shown = [place for place in range(len(kinds)) if place not in idle]
    return {
        "key": exhibit.key,
        "label": say(exhibit.label),
        "title": say(exhibit.title),
        "shows": say(exhibit.shows),
        "finding": exhibit.finding(lines),
        "checked": papers.checked(exhibit.key),
        "columns": [
            {
                "title": table.columns[place].title,
                "kind": kinds[place],
                "numeric": table.columns[place].numeric,
            }
            for place in shown
        ],
        "rows": [[row[place] for place in shown] for row in table.rows],
        "notes": [
            {"said": note.said, "source": papers.cited(note.source)} for note in exhibit.notes
        ],
        "source": say("Source: {source}", source=papers.cited(exhibit.source)),
    }


# --- glossary ---------------------------------------------------------------------------------


def term_cards(folder: Folder) -> None:
    """What the terms mean, with a picture of each."""
    folder.write("glossary.html", terms=glossary.terms().values())


# --- notebooks, and what is not there -----------------------------------------------------------


def notebook_list(
    folder: Folder, as_run: Sequence[Executed], *, missing: EffnetError | None
) -> None:
    """The notebooks that run in the browser, and all of them as they ran where this was made.

    Args:
        folder: Where to write.
        as_run: A page is written of each.
        missing: Why none runs in the browser; None where they do.
    """
    for one in as_run:
        folder.write(
            f"notebook-{one.name}.html", template="executed.html", title=one.title, body=one.body
        )
    notebooks = {} if missing else NOTEBOOKS
    folder.write("notebooks.html", notebooks=notebooks, as_run=as_run, megabytes=JUPYTER_MB)


def absent(folder: Folder, file: str, why: str) -> None:
    """A page in the place of one that could not be made: it says why, in its language."""
    folder.write(file, template="absent.html", why=why)
