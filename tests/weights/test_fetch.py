"""Downloads over a loopback server that breaks off, forgets ranges, lies, or answers slowly."""

import contextlib
import hashlib
import os
import random
import signal
import socket
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
        go_on: Waited for after the first 320 KiB of an answer.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.breaks: list[int] = []
        self.ranges, self.status, self.go_on = True, 200, threading.Event()
        self.go_on.set()
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
        self.wfile.write(body[: 5 << 16])
        self.server.go_on.wait(120)
        self.wfile.write(body[5 << 16 :])

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
    server.go_on.clear()
    code = (
        f"from effnet.weights import downloads; downloads.fetch({server.url!r}, P, sha256={SHA!r})"
    )
    setup = f"from pathlib import Path; P = Path({str(tmp_path / 'f')!r}); "
    program = subprocess.Popen([sys.executable, "-c", setup + code])
    part = tmp_path / "f.part"
    while not (part.exists() and part.stat().st_size > 300_000):
        assert program.poll() is None
        time.sleep(0.01)
    program.send_signal(signal.SIGKILL)
    program.wait()
    server.go_on.set()
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
    assert capsys.readouterr().err == ""  # a bar moves in a terminal, and nowhere else


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


# --- servers that mean harm, or are none


@pytest.fixture
def odd(monkeypatch):
    """Serves what a test says, byte by byte where it says so; gives the address."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(downloads, "PAUSE_S", 0)
    listening, done = socket.create_server(("127.0.0.1", 0)), threading.Event()
    listening.settimeout(120)
    threads = []

    def served(head: bytes, drip: bytes = b"") -> str:
        def answer() -> None:
            while not done.is_set():
                try:
                    caller, _ = listening.accept()
                except OSError:
                    return
                with caller:
                    try:
                        caller.recv(4096)
                        caller.sendall(head)
                        while drip and not done.wait(0.02):
                            caller.sendall(drip)
                    except OSError:
                        continue

        threads.append(threading.Thread(target=answer))
        threads[-1].start()
        return f"http://127.0.0.1:{listening.getsockname()[1]}"

    yield served
    done.set()
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()
    for thread in threads:
        thread.join()


class Stop(Exception):
    pass


@pytest.mark.parametrize(
    "head",
    [b"HTTP/1.0 200 OK\r\n\r\n", b"HTTP/1.0 200 OK\r\nX: ", b""],
    ids=["body", "header", "status"],
)
def test_a_server_that_drips_can_be_stopped_and_locks_nobody_out(odd, tmp_path, monkeypatch, head):
    monkeypatch.setattr(downloads, "LOOK_S", 0.05)
    url, calls = odd(head, b"x"), []

    def stop(*at: int) -> None:
        calls.append(at)
        if len(calls) > 3:
            raise Stop

    for _ in range(2):  # the second is not told that the file is being fetched
        calls.clear()
        with pytest.raises(Stop):
            downloads.fetch(url, tmp_path / "f", sha256=SHA, progress=stop)


@pytest.mark.parametrize(
    "head", [b"HTTP/1.0 200 OK\r\n\r\n", b"HTTP/1.0 200 OK\r\nX: "], ids=["body", "header"]
)
def test_a_server_that_drips_is_given_up(odd, tmp_path, monkeypatch, head):
    monkeypatch.setattr(downloads, "LOOK_S", 0.05)
    monkeypatch.setattr(downloads, "PATIENCE_S", 0.2)
    with pytest.raises(downloads.FetchError, match=r"fewer than 16,384 b|no answer in|timed out"):
        downloads.fetch(odd(head, b"x"), tmp_path / "f", sha256=SHA)


@pytest.mark.parametrize(
    "head",
    [b"HTTP/1.0 200 OK\r\n\r\n", b"HTTP/1.0 200 OK\r\nContent-Length: 99999999999999\r\n\r\n"],
    ids=["endless", "says so"],
)
def test_more_than_the_file_can_have_is_refused_and_not_kept(odd, tmp_path, head):
    with pytest.raises(downloads.FetchError, match=r"more than the 1\.0 MiB that the file has"):
        downloads.fetch(odd(head, bytes(1 << 16)), tmp_path / "f", sha256=SHA, most_bytes=1 << 20)
    assert (tmp_path / "f.part").stat().st_size == 0


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (b"HTTP/1.0 200 OK\r\nContent-Length: many\r\n\r\nabc", "another file"),
        (b"HTTP/1.0 200 OK\r\nContent-Length: -5\r\n\r\nabc", "another file"),
        (b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc", "IncompleteRead|broke"),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 99\r\n\r\nabc", "the next try goes on|broke"),
        (b"HTTP/1.0 302 Found\r\nLocation: ftp://127.0.0.1:9/f\r\n\r\n", "refused|ftp"),
        (b"HTTP/1.0 302 Found\r\nLocation: http://[::1\r\n\r\n", "Invalid IPv6|IPv6"),
        (b"HTTP/1.0 302 Found\r\nLocation: file:///etc/passwd\r\n\r\n", "302|file"),
        (b"HTTP/1.0 302 Found\r\nLocation: /f\r\n\r\n", "302"),
        (b"SSH-2.0-OpenSSH_9\r\n", "SSH"),
        (b"HTTP/1.0 abc\r\n\r\n", "abc"),
    ],
    ids=["length of words", "negative length", "chunks", "too little", "ftp", "half an address",
         "a file", "a circle", "no web server", "no status"],
)  # fmt: skip
def test_nonsense_is_one_line(odd, tmp_path, head, words):
    with pytest.raises(downloads.FetchError, match=words) as caught:
        downloads.fetch(odd(head), tmp_path / "f", sha256=SHA)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "f").exists()


@pytest.mark.parametrize("url", ["mirror.local/f", "ftp://x/f", "file:///etc/passwd", "", "//x"])
def test_an_address_that_is_none_is_said(url, tmp_path):
    with pytest.raises(downloads.FetchError, match="begins with http"):
        downloads.fetch(url, tmp_path / "f", sha256=SHA)


@pytest.mark.parametrize("url", ["http://[::1", "http://x:port/f", "http://a b/f", "http:///f"])
def test_a_broken_address_is_said(url, tmp_path, monkeypatch):
    monkeypatch.setattr(downloads, "PAUSE_S", 0)
    with pytest.raises(downloads.FetchError, match=r"^http:"):
        downloads.fetch(url, tmp_path / "f", sha256=SHA)


def test_a_part_that_is_a_link_is_not_followed(server, tmp_path):
    (tmp_path / "precious").write_bytes(b"mine")
    (tmp_path / "f.part").symlink_to(tmp_path / "precious")
    with pytest.raises(downloads.FetchError, match=r"f\.part is a link; delete it"):
        downloads.fetch(server.url, tmp_path / "f", sha256=SHA)
    assert (tmp_path / "precious").read_bytes() == b"mine"


def test_a_mirror_without_a_scheme_is_one_line(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("EFFNET_WEIGHTS", str(tmp_path))
    monkeypatch.setenv("EFFNET_WEIGHTS_URL", "classroom.local/weights")
    assert main(["weights", "download", "b0"]) == 2
    error = capsys.readouterr().err
    assert "begins with http:// or https://" in error
    assert error.count("\n") == 1
