"""Downloads over a loopback server that breaks off, forgets ranges, lies, or answers slowly."""

import contextlib
import hashlib
import os
import random
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import effnet
from effnet.cli.main import main
from effnet.nn.weight_files import download, download_url
from effnet.weights import downloads
from effnet.weights.checkpoints import WeightsUnavailable, choose

DATA = random.Random(0).randbytes(1_500_000)
SHA = hashlib.sha256(DATA).hexdigest()


class Server(ThreadingHTTPServer):
    """Serves DATA under every name.

    Attributes:
        breaks: After how many bytes each of the next answers breaks off.
        ranges: Whether it knows ranges.
        asked: The Range header of each request.
        pause_s: Before every 64 KiB.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.breaks: list[int] = []
        self.ranges, self.status, self.pause_s = True, 200, 0.0
        self.asked: list[str | None] = []
        self.content = DATA

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        asked = self.headers.get("Range")
        self.server.asked.append(asked)
        if self.server.status != 200:
            self.send_error(self.server.status)
            return
        start = int(asked.split("=")[1].rstrip("-")) if asked and self.server.ranges else 0
        if start >= len(self.server.content):
            self.send_error(416)
            return
        body = self.server.content[start:]
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.server.breaks:
            body = body[: self.server.breaks.pop(0)]
        for place in range(0, len(body), 1 << 16):
            time.sleep(self.server.pause_s)
            self.wfile.write(body[place : place + (1 << 16)])

    def handle(self) -> None:
        with contextlib.suppress(ConnectionError):  # who asked has gone, as these tests want it
            super().handle()

    def log_message(self, *_) -> None:
        pass


@pytest.fixture
def server(monkeypatch, tmp_path):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(downloads, "PAUSE_S", 0)
    one = Server()
    thread = threading.Thread(target=one.serve_forever)
    thread.start()
    yield one
    one.shutdown()
    one.server_close()
    thread.join()


def test_a_file_comes_whole_with_progress(server, tmp_path):
    seen = []
    target = tmp_path / "folder" / "file.pth"
    downloads.fetch(server.url, target, sha256=SHA[:8], progress=lambda *at: seen.append(at))
    assert target.read_bytes() == DATA
    assert seen[0] == (0, len(DATA))
    assert seen[-1] == (len(DATA), len(DATA))
    assert seen == sorted(seen)
    assert list(target.parent.iterdir()) == [target]


def test_a_connection_that_breaks_off_is_gone_on_with(server, tmp_path):
    server.breaks = [400_000, 1, 600_000]
    downloads.fetch(server.url, tmp_path / "f", sha256=SHA)
    assert (tmp_path / "f").read_bytes() == DATA
    assert server.asked == [None, "bytes=400000-", "bytes=400001-", "bytes=1000001-"]


def test_a_later_try_goes_on_where_the_first_gave_up(server, tmp_path):
    server.breaks = [300_000, 0, 0, 0, 0]
    with pytest.raises(downloads.FetchError, match=r"0\.3 MiB are kept, the next try goes on"):
        downloads.fetch(server.url, tmp_path / "f", sha256=SHA)
    assert not (tmp_path / "f").exists()
    server.asked.clear()
    server.breaks.clear()
    downloads.fetch(server.url, tmp_path / "f", sha256=SHA)
    assert server.asked == ["bytes=300000-"]
    assert (tmp_path / "f").read_bytes() == DATA


def test_a_server_without_ranges_begins_anew(server, tmp_path):
    server.ranges, server.breaks = False, [300_000]
    downloads.fetch(server.url, tmp_path / "f", sha256=SHA)
    assert (tmp_path / "f").read_bytes() == DATA


@pytest.mark.parametrize("already", [b"", b"x" * 1000, DATA[:-7] + b"altered", DATA * 2])
def test_another_file_is_refused_and_nothing_is_replaced(server, tmp_path, already):
    """Whether the server or what an earlier try left is wrong."""
    target, part = tmp_path / "f", tmp_path / "f.part"
    target.write_bytes(b"the old one")
    part.write_bytes(already)
    server.content = DATA if already else DATA[::-1]
    with pytest.raises(downloads.FetchError, match=r"is another file.*nothing was replaced"):
        downloads.fetch(server.url, target, sha256=SHA)
    assert target.read_bytes() == b"the old one"
    assert not part.exists()
    server.content = DATA
    assert downloads.fetch(server.url, target, sha256=SHA).read_bytes() == DATA


@pytest.mark.parametrize("status", [403, 404, 500])
def test_an_answer_that_is_no_file_says_so_at_once(server, tmp_path, status):
    server.status = status
    with pytest.raises(downloads.FetchError, match=f"the server answered {status}"):
        downloads.fetch(server.url, tmp_path / "f", sha256=SHA)
    assert len(server.asked) == 1


def test_no_server_is_an_error_that_names_the_reason(monkeypatch, tmp_path):
    monkeypatch.setattr(downloads, "PAUSE_S", 0)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with pytest.raises(downloads.FetchError, match="refused"):
        downloads.fetch("http://127.0.0.1:9/f", tmp_path / "f", sha256=SHA)


def test_stopping_keeps_what_has_come(server, tmp_path):
    class Stop(Exception):
        pass

    def stop(done: int, _: int) -> None:
        if done > 500_000:
            raise Stop

    with pytest.raises(Stop):
        downloads.fetch(server.url, tmp_path / "f", sha256=SHA, progress=stop)
    assert (tmp_path / "f.part").stat().st_size > 500_000
    downloads.fetch(server.url, tmp_path / "f", sha256=SHA)
    assert (tmp_path / "f").read_bytes() == DATA


def test_two_at_once_do_not_mix(server, tmp_path):
    def inside(done: int, _: int) -> None:
        if done:
            with pytest.raises(downloads.FetchError, match="is being fetched already"):
                downloads.fetch(server.url, tmp_path / "f", sha256=SHA)

    downloads.fetch(server.url, tmp_path / "f", sha256=SHA, progress=inside)
    assert (tmp_path / "f").read_bytes() == DATA


def test_a_killed_program_goes_on_where_it_was(server, tmp_path):
    server.pause_s = 0.05
    code = f"from effnet import fetch; fetch.fetch({server.url!r}, P, sha256={SHA!r})"
    setup = f"from pathlib import Path; P = Path({str(tmp_path / 'f')!r}); "
    program = subprocess.Popen([sys.executable, "-c", setup + code])
    part = tmp_path / "f.part"
    while not (part.exists() and part.stat().st_size > 300_000):
        assert program.poll() is None
        time.sleep(0.01)
    program.send_signal(signal.SIGKILL)
    program.wait()
    kept = part.stat().st_size
    server.asked.clear()
    downloads.fetch(server.url, tmp_path / "f", sha256=SHA)
    assert server.asked == [f"bytes={kept}-"]
    assert (tmp_path / "f").read_bytes() == DATA


# --- as weights


@pytest.fixture
def mirror(server, monkeypatch, tmp_path):
    monkeypatch.setenv("EFFNET_WEIGHTS_URL", f"{server.url}/class/")
    monkeypatch.setenv("EFFNET_WEIGHTS", str(tmp_path / "weights"))
    return server


def test_a_mirror_of_tampered_weights_is_refused(mirror, tmp_path, capsys):
    assert main(["weights", "download", "b0"]) == 2
    error = capsys.readouterr().err
    assert "another file" in error
    assert "expected 7f5810bc" in error
    assert list((tmp_path / "weights").iterdir()) == []


def test_the_command_puts_files_into_the_named_folder(mirror, tmp_path, monkeypatch, capsys):
    import dataclasses

    from effnet.weights import checkpoints

    rows = [dataclasses.replace(row, sha256=SHA) for row in checkpoints.known_checkpoints()]
    monkeypatch.setattr(checkpoints, "known_checkpoints", lambda: tuple(rows))
    mirror.breaks = [700_000]
    assert main(["weights", "download", "b0", "b1:IMAGENET1K_V1"]) == 0
    names = {path.name for path in (tmp_path / "weights").iterdir()}
    assert names == {choose("b0").file, choose("b1", "IMAGENET1K_V1").file}
    assert "100 %" in capsys.readouterr().err


def test_without_a_mirror_the_address_is_torchvisions():
    from torchvision.models import get_weight

    row = choose("v2_s")
    assert download_url(row) == get_weight(row.weights).url


def test_with_no_network_the_message_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setenv("EFFNET_WEIGHTS", str(tmp_path))
    monkeypatch.setenv("EFFNET_WEIGHTS_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(downloads, "PAUSE_S", 0)
    with pytest.raises(WeightsUnavailable) as caught:
        download(choose("b0"))
    assert "could not fetch" in str(caught.value)
    assert f"put {choose('b0').file} into {tmp_path}" in str(caught.value)
    assert "lite0" in str(caught.value)
    assert os.listdir(tmp_path) in ([], [f"{choose('b0').file}.part"])
    assert isinstance(caught.value, effnet.EffnetError)


def test_the_part_of_a_download_is_no_checkpoint(mirror, tmp_path):
    (tmp_path / "weights").mkdir()
    (Path(tmp_path / "weights") / f"{choose('b0').file}.part").write_bytes(DATA)
    assert choose("b0").path is None
