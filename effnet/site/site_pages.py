"""The site's pages in one language: templates filled with records, nothing fetched, no server."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import effnet
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

    def write(self, file: str, template: str, title: str, **values: Any) -> None:
        """Fill a template and write it; `values` are what it shows besides the frame."""
        page = {
            "tag": TAGS[current()],
            "title": title,
            "root": self.root,
            "current": f"{file.partition('-')[0]}s.html" if "-" in file else file,
            "pages": [{"file": name, "title": say(TITLES[name])} for name in self.files],
            "languages": [
                {"name": name, "tag": TAGS[code], "href": f"{self.root}{folder_of(code)}{file}"}
                for code, name in LANGUAGES.items()
            ],
        }
        words = _frame() | values.pop("words", {})
        page |= {"words": words} | values
        text = templates("site/templates").get_template(template).render(**page)
        self.path.mkdir(parents=True, exist_ok=True)
        (self.path / file).write_text(text, "utf-8")


def folder_of(code: str) -> str:
    """Where a language's pages lie: English on top, the others in a folder of their own."""
    return "" if code == DEFAULT else f"{code}/"


def _frame() -> dict[str, str]:
    return {
        "name": say("EfficientNet explorer"),
        "pages": say("Pages"),
        "language": say("Language"),
        "made": say(
            "Made by effnet {version}. Everything on this page lies in one folder: nothing is "
            "asked of another place.",
            version=effnet.__version__,
        ),
    }


def explorer(folder: Folder, *, classifies: bool) -> None:
    """The first page; it holds its script and opens with no server as well."""
    links = {"lesson": "lesson-one-step.html"}
    if classifies:
        links["photo"] = "classify.html"
    folder.write("index.html", "explorer.html", say(TITLE), script=script(links=links))


# --- classify -----------------------------------------------------------------------------------


def classify(folder: Folder, network: Mapping[str, Any]) -> None:
    """The page that classifies a photo in the browser; `network` is what its folder holds."""
    shown = [class_name(name) for name in network["classes"]]
    config = {**network, "words": translations(SCRIPTS), "shown": shown}
    samples = [{**sample, "title": say(sample["title"])} for sample in network["samples"]]
    megabytes = (network["network"]["model"]["bytes"] + network["runtime_bytes"]) / 1e6
    folder.write(
        "classify.html",
        "classify.html",
        say(TITLES["classify.html"]),
        config=config,
        samples=samples,
        words={
            "claim": say("What does {network} see in your photo?", network=network["title"]),
            "samples": say("Sample photos"),
            "own": say("Your photo"),
            "paste": say("or drop one here, or paste it"),
            "opacity": say("Opacity of the map"),
            "cells": say("the map's own places"),
            "answers": say("The most probable classes"),
            "search": say("Map of any of the {count} classes", count=len(network["classes"])),
            "example": say("such as teapot"),
            "loading": say("Loading the network, {size:.0f} MB:", size=megabytes),
            "about": say(
                "{network}, published top-1 {accuracy:g} %. Your photo stays in this browser.",
                network=network["title"],
                accuracy=network["top1"],
            ),
            "from_file": say(
                "A browser loads a network only from a server. In this folder, run: "
                "python -m http.server, then open http://localhost:8000"
            ),
        },
    )


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
        "papers.html",
        say(TITLES["papers.html"]),
        papers=found,
        cited=papers.cited,
        claim=say(
            "{agree} of {checked} printed numbers that can be computed agree with ours, rounded "
            "as the papers round.",
            agree=sum(verdict.agree for verdict in verdicts),
            checked=sum(verdict.checked for verdict in verdicts),
        ),
        words={
            "contents": say("Tables and figures"),
            "legend": say(
                "\u25c7 printed, \u25ac computed here. A click on a column's title sorts by it."
            ),
            "same": say("same"),
        },
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
    folder.write(
        "glossary.html",
        "glossary.html",
        say(TITLES["glossary.html"]),
        terms=[
            {"key": t.key, "name": say(t.name), "line": say(t.line), "picture": t.picture}
            for t in glossary.terms().values()
        ],
        words={"claim": say("The terms, each with a picture")},
    )


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
        folder.write(_file_of(one), "executed.html", one.title, body=one.body)
    folder.write(
        "notebooks.html",
        "notebooks.html",
        say(TITLES["notebooks.html"]),
        notebooks=[
            {"file": f"{file}.ipynb", "title": say(title), "question": say(question)}
            for file, (title, question) in NOTEBOOKS.items()
            if not missing
        ],
        as_run=[{"file": _file_of(one), "title": one.title} for one in as_run],
        words={
            "notebooks_claim": say("Three notebooks, with a Python that runs in this browser."),
            "notebooks_about": say(
                "The first one takes about {size:.0f} MB and, on a slow machine, a minute to "
                "start. Run all cells from the Run menu; nothing has to be installed. The "
                "notebooks are in English.",
                size=JUPYTER_MB,
            ),
            "as_run_claim": say("All notebooks as they ran where this site was made"),
            "as_run_about": say("To read, with figures. They are in English."),
        },
    )


def _file_of(one: Executed) -> str:
    return f"notebook-{one.name}.html"


def absent(folder: Folder, file: str, why: str) -> None:
    """A page in the place of one that could not be made: it says why, in its language."""
    folder.write(
        file,
        "absent.html",
        say(TITLES[file]),
        claim=say("This copy of the site has no such page."),
        why=say("When it was made: {why}", why=why),
    )
