"""What the documents point at is there, and their Python and commands run."""

import json
import re
import shlex
import tomllib
from pathlib import Path

import pytest
from PIL import Image

import effnet
from effnet.app.kit import frame
from effnet.cli.main import make_parser

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted(ROOT.glob("*.md"))


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_to_files(path):
    for target in re.findall(r"\]\((?!http)([^)#]+)", path.read_text("utf-8")):
        assert (ROOT / target).is_file(), f"{path.name} links to {target}"
    for script in re.findall(r"tests/[\w/]+\.py", path.read_text("utf-8")):
        assert (ROOT / script).is_file(), f"{path.name} names {script}"


def test_the_readme_tours_every_page():
    text = (ROOT / "README.md").read_text("utf-8")
    for page in frame.PAGES:
        assert f"**{page.title}**" in text
    for picture in ("scale", "cost", "latency", "classify", "explain", "train", "papers"):
        file = ROOT / "assets" / "images" / f"{picture}.png"
        assert file.is_file()
        assert file.stat().st_size < 1_000_000


def test_the_readmes_first_block_gives_what_its_comments_say():
    block = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.S)[0]
    room: dict[str, object] = {}
    exec(block, room)
    assert eval("effnet.count(b2ish).macs", room) == 992_629_472
    assert "992629472" in block


def test_every_line_of_the_readmes_library_runs_and_gives_what_its_comment_says(
    lite0, chelsea, tmp_path, monkeypatch
):
    text = (ROOT / "README.md").read_text("utf-8").partition("### As a library")[2]
    monkeypatch.chdir(tmp_path)
    Image.open(chelsea).convert("RGB").save("cat.jpg")
    room: dict[str, object] = {"effnet": effnet, "classifier": lite0}
    said = 0
    for line in "\n".join(re.findall(r"```python\n(.*?)```", text, re.S)).splitlines():
        code, _, comment = line.partition("  # ")
        if re.match(r"import |from |[a-z]+ = ", code):
            exec(code, room)
            continue
        value = eval(code or "None", room)
        promised = re.match(r"\([\d, ]+\)(, \([\d, ]+\))*|True", comment)
        if promised:
            said += 1
            assert value == eval(promised[0]), line
    assert said == 6


def test_commands_of_the_readme_are_understood():
    text = (ROOT / "README.md").read_text("utf-8")
    lines = re.findall(r"^(?:python -m )?effnet (.+)$", text, re.M)
    assert len(lines) >= 6
    for line in lines:
        assert callable(make_parser().parse_args(shlex.split(line, comments=True)).run), line


def test_the_containers_files_are_well_formed():
    json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text("utf-8"))
    docker = (ROOT / "Dockerfile").read_text("utf-8")
    for needed in ("USER effnet", "HEALTHCHECK", "ARG WEIGHTS"):
        assert needed in docker
    for line in re.findall(r"^COPY (?:--\S+ )?(.+) \S+$", docker, re.M):
        for source in line.split():
            assert (ROOT / source).exists(), source


def test_the_page_of_capabilities_has_every_row_and_no_line_of_ours_failed():
    """Its cells were run in four packages by the script; here none is, so none can be stale."""
    sections = tomllib.loads((ROOT / "tests/benchmarks/capabilities.toml").read_text("utf-8"))
    page = (ROOT / "assets" / "benchmarks" / "capabilities.md").read_text("utf-8")
    for title, rows in sections.items():
        assert f"## {title}\n" in page
        for row, lines in rows.items():
            ours = "yes" if {"effnet", "all"} & set(lines) else "-"  # "no" where a line failed
            assert f"\n| {row} | {ours} |" in page
            for line in lines.values():
                assert f": {line}\n" in page
