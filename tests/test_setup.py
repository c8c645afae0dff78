"""What `make` installs: the releases that were tested last, or loudly what the ranges admit."""

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
INSTALL = ROOT / ".ci" / "install"
LOCKS = (ROOT / "requirements.lock", ROOT / "tests" / "requirements.lock")
NO_SUCH_RELEASE = "ERROR: No matching distribution found for torch==2.15.0"
CAPPED = "ERROR: Cannot install torch==2.15.0 because these package versions have conflicting"
TAMPERED = """ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.
    torch==2.15.0 from an index:"""


@pytest.fixture
def install(tmp_path):
    """Run the script with a pip that can't install from the lock, and says so in these words."""

    def run(trouble: str = "", **environment: str) -> tuple[subprocess.CompletedProcess[str], str]:
        pip, calls = tmp_path / "pip", tmp_path / "calls"
        refuses = (
            f"case $* in *--requirement*) echo '{trouble}' >&2; exit 1;; esac" if trouble else ""
        )
        pip.write_text(f'#!/bin/sh\necho "$*" >> {calls}\n{refuses}\n')
        pip.chmod(0o755)
        done = subprocess.run(
            [INSTALL, pip, "some.lock", ".[test]"],
            capture_output=True,
            text=True,
            check=False,
            env={"PATH": os.environ["PATH"]} | environment,
        )
        return done, calls.read_text()

    return run


def test_the_lock_is_installed_with_hashes_and_the_project_alone_after_it(install):
    done, calls = install()
    assert (done.returncode, done.stderr) == (0, "")
    locked, project = calls.splitlines()
    assert "--no-deps --require-hashes --requirement some.lock" in locked
    assert project.endswith("--no-deps --editable .[test]")


@pytest.mark.parametrize("trouble", [NO_SUCH_RELEASE, CAPPED])
def test_a_release_that_cant_be_had_is_named_and_the_ranges_are_taken(install, trouble):
    done, calls = install(trouble)
    assert done.returncode == 0
    assert done.stderr == "torch==2.15.0 can't be had here: installing from the ranges\n"
    last = calls.splitlines()[-1]
    assert last.endswith("--editable .[test]")
    assert "--no-deps" not in last


def test_another_file_than_the_tested_one_is_not_installed(install):
    done, calls = install(TAMPERED)
    assert done.returncode == 1
    assert "torch==2.15.0 is not the file that was tested" in done.stderr
    assert len(calls.splitlines()) == 1


def test_what_is_to_be_locked_is_installed_exactly_or_not_at_all(install):
    done, calls = install(NO_SUCH_RELEASE, EXACT="1")
    assert done.returncode == 1
    assert NO_SUCH_RELEASE in done.stderr
    assert len(calls.splitlines()) == 1


def test_the_ranges_can_be_asked_for(install):
    done, calls = install(RANGES="1")
    assert done.returncode == 0
    assert "some.lock" not in calls


def releases(lock: Path) -> set[str]:
    return set(re.findall(r"^[\w.-]+==.*?(?= \\$)", lock.read_text(), flags=re.MULTILINE))


def test_the_app_is_locked_to_what_the_tests_ran_with():
    app, tests = (releases(lock) for lock in LOCKS)
    assert app < tests
    assert len(app) > 50


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.parent.name)
def test_a_lock_has_every_requirement_with_hashes_and_names_no_index(lock):
    text = lock.read_text()
    locked = {release.partition("==")[0] for release in releases(lock)}
    ranges = (lock.with_suffix(".txt")).read_text()
    names = re.findall(r"^([\w-]+)", ranges, flags=re.MULTILINE)
    assert {name.lower().replace("_", "-") for name in names} <= locked
    assert text.count("--hash=sha256:") > len(locked)
    assert "://" not in text
