"""Everything that a visitor may do to a server, at once, while another's slider is answered.

The server runs under a limit of 2 GB for itself and the trainings that it starts (a cgroup; where
none can be made it is only watched; `ulimit -v` won't do: importing PyTorch alone reserves several
GB of addresses, of which it uses few). Its visitors speak Streamlit's own protocol, so nothing that
a browser checks protects it. They all come at once:

    Classify        three WebPs of 2 KB, a float TIFF and a PNG of 16 bits, 8000 x 8000 each
    Many images     a zip whose 2,000 entries overlap; a folder in it that bears 12 KB of a name
    Weights         1.5 MB that unpack to 1.5 GB; a classifier of 3 million rows with stride 0;
                    class names of 12 KB; downloads from a server that sends a byte every five
                    seconds, and from one that never ends
    Teach it        ten WebPs of 5600 x 5600 (larger ones are refused) under a class of 12 KB
    Run             five visitors who start three trainings each

Prints memory when idle, at its peak and after they have left (within 200 MB of idle, or the script
fails), what each was told, and what the slider waited before and meanwhile.

    python tests/benchmarks/bench_attack.py
"""

import asyncio
import contextlib
import io
import math
import os
import signal
import sys
import tempfile
import threading
import time
import urllib.request
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from uuid import uuid4

import torch
from PIL import Image
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Common_pb2 import FileURLs
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import ConnectionClosed

import effnet

sys.path.insert(0, str(Path(__file__).parents[1]))  # `servers` is a helper of the tests
from hostile_zips import overlapping
from servers import HEALTH, Server, running, streamlit
from visitor import Visitor, arrive

SIDE, TAUGHT_SIDE = 8000, 5600  # px
LIMIT = 2_000_000_000
SLACK_MB = 200
LONG = "(a+)+" * 2500  # 12 KB
CALM_S, PAUSE_S = 12.0, 0.3
LEFT_S = 200  # Streamlit keeps a visit for two minutes, in case that it comes back
FIRST, SECOND = "b0", "b1"  # fetched slowly, and endlessly
MEMORY = Path("/sys/fs/cgroup/memory")
UNIFIED = Path("/sys/fs/cgroup")

File = tuple[str, bytes]


class Attacker(Visitor):
    """A session that fills in a page's widgets, by their keys, and runs it."""

    def __init__(self, *given: object) -> None:
        super().__init__(*given)
        self.ids: dict[str, str] = {}
        self.options: dict[str, list[str]] = {}
        self.addresses: list[FileURLs] = []
        self.shown: list[str] = []

    async def run(self, page: str, tab: str = "", **values: object) -> None:
        """Run the page with a file, a text, a list of choices or a press (True) in its widgets."""
        asked = BackMsg()
        asked.rerun_script.page_name = page
        asked.rerun_script.query_string = f"tab={tab}" if tab else ""
        for key, value in values.items():
            state = asked.rerun_script.widget_states.widgets.add()
            numbered = [one for name, one in self.ids.items() if name.startswith(f"{key}_")]
            state.id = self.ids.get(key) or numbered[-1]
            if value is True:
                state.trigger_value = True
            elif isinstance(value, str):
                state.string_value = value
            elif isinstance(value[0], str):
                state.string_array_value.data.extend(value)
            else:
                for name, data in value:
                    address = await self.upload(name, data)
                    file = state.file_uploader_state_value.uploaded_file_info.add()
                    file.name, file.size, file.file_id = name, len(data), address.file_id
                    file.file_urls.CopyFrom(address)
        await self.send(asked, "script_finished")

    async def upload(self, name: str, data: bytes) -> FileURLs:
        asked = BackMsg()
        asked.file_urls_request.request_id = uuid4().hex
        asked.file_urls_request.file_names.append(name)
        await self.send(asked, "file_urls_response")
        address, mark = self.addresses[-1], uuid4().hex
        head = f'--{mark}\r\nContent-Disposition: form-data; name="f"; filename="{name}"\r\n\r\n'
        body = head.encode() + data + f"\r\n--{mark}--\r\n".encode()
        where = self.url.rstrip("/") + "/" + address.upload_url.lstrip("/")
        request = urllib.request.Request(where, body, method="PUT")
        request.add_header("Content-Type", f"multipart/form-data; boundary={mark}")
        await asyncio.to_thread(lambda: urllib.request.urlopen(request).read())
        return address

    async def send(self, asked: BackMsg, until: str) -> None:
        """Send a message and read until a kind of answer."""
        await self.socket.send(asked.SerializeToString())
        kind = ""
        while kind != until:
            answer = ForwardMsg.FromString(await asyncio.wait_for(self.socket.recv(), 400))
            kind = answer.WhichOneof("type")
            if kind == "file_urls_response":
                self.addresses += answer.file_urls_response.file_urls
            elif kind == "delta" and answer.delta.HasField("new_element"):
                self.see(answer.delta.new_element)

    def see(self, element: object) -> None:
        """Remember a widget, and what a message says."""
        what = element.WhichOneof("type")
        found = getattr(element, what)
        if what == "exception":
            self.errors.append(found.message)
        elif what == "alert":
            self.shown.append(found.body)
        elif identity := getattr(found, "id", ""):
            key = identity.split("-", 2)[-1]
            self.ids.pop(key, None)  # the newest last
            self.ids[key] = identity
            self.options[key] = list(getattr(found, "options", ()))


# --- what they bring


def picture(mode: str, format: str, shade: int, side: int = SIDE, **options: object) -> File:
    buffer = io.BytesIO()
    Image.new(mode, (side, side), shade).save(buffer, format, **options)
    return f"photo.{format.lower()}", buffer.getvalue()


def webp(shade: int, side: int = SIDE) -> File:
    return picture("RGB", "WEBP", shade, side, lossless=True)


def weights(*, rows: int = 0) -> bytes:
    state = effnet.build("lite0").state_dict()
    if rows:
        state["classifier.1.weight"] = torch.ones(1, 1280).expand(rows, 1280)
        state["classifier.1.bias"] = torch.ones(1).expand(rows)
    buffer = io.BytesIO()
    torch.save(state, buffer)
    return buffer.getvalue()


def unpacking(megabytes: int) -> bytes:
    """A file of `torch.save` whose tensor is packed zeros."""
    plain, packed = io.BytesIO(), io.BytesIO()
    torch.save({"a": torch.zeros(1)}, plain)
    with (
        zipfile.ZipFile(plain) as old,
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for name in old.namelist():
            with archive.open(name, "w") as part:
                for _ in range(megabytes if name.endswith("data/0") else 0):
                    part.write(bytes(1_000_000))
                part.write(old.read(name))
    return packed.getvalue()


def named_long() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(f"{LONG}/a.png", picture("RGB", "PNG", 1, side=40)[1])
    return buffer.getvalue()


class Mirror(BaseHTTPRequestHandler):
    """Weights that never come: a byte every five seconds, or zeros without an end."""

    def do_GET(self) -> None:
        with contextlib.suppress(OSError):
            self.send_response(200)
            self.end_headers()
            slow = FIRST in self.path
            while True:
                self.wfile.write(b"0" if slow else bytes(1 << 16))
                time.sleep(5 if slow else 0)

    def log_message(self, *_: object) -> None:
        pass


# --- what they do


async def photograph(who: Attacker, file: File) -> None:
    await who.run("classify")
    for _ in range(2):
        await who.run("classify", upload=[file])


async def give_weights(who: Attacker, data: bytes, names: str = "") -> None:
    await who.run("classify", "Weights")
    values: dict[str, object] = {
        "own_weights": [("own.pth", data)],
        "own_variant": "EfficientNet-Lite0",
    }
    if names:
        values["own_classes"] = [("names.txt", names.encode())]
    await who.run("classify", "Weights", **values)


async def give_zip(who: Attacker, data: bytes) -> None:
    await who.run("classify", "Many images")
    for _ in range(2):
        await who.run("classify", "Many images", many_files=[("many.zip", data)])


async def fetch(who: Attacker, variant: str) -> None:
    await who.run("classify", "Weights")
    title = next(
        one for one in who.options["to_fetch"] if one.lower().split(",")[0].endswith(variant)
    )
    await who.run("classify", "Weights", to_fetch=[title], fetch=True)


async def teach(who: Attacker) -> None:
    await who.run("train", "Teach it")
    halves = [[webp(10 * half + i, TAUGHT_SIDE) for i in range(5)] for half in range(2)]
    given = {f"teach_files_{half}": files for half, files in enumerate(halves)}
    for _ in range(2):
        await who.run("train", "Teach it", teach=True, teach_name_0=LONG, **given)


async def train(who: Attacker) -> None:
    await who.run("train", "Run")
    for _ in range(3):
        await who.run("train", "Run", run_data="digits", run_epochs=["1"], run_start=True)


async def visit(server: Server, name: str, deed: object, *given: object) -> tuple[str, Attacker]:
    plain = await arrive(server)
    who = Attacker(plain.socket, plain.url, 0)
    await deed(who, *given)
    return name, who


# --- what is watched


class Group:
    """A limit for this process and those that it starts, where the system lets us make one."""

    def __init__(self) -> None:
        self.old = MEMORY.is_dir()
        lines = Path("/proc/self/cgroup").read_text().splitlines()
        (mine,) = (line for line in lines if ("memory" in line if self.old else line[:3] == "0::"))
        self.home = (MEMORY if self.old else UNIFIED) / mine.split(":", 2)[2].lstrip("/")
        self.folder = self.home / f"effnet-attack-{os.getpid()}"
        try:
            self.folder.mkdir()
            limit = "memory.limit_in_bytes" if self.old else "memory.max"
            (self.folder / limit).write_text(str(LIMIT))
            self.made = True
        except OSError:
            self.made = False

    @contextlib.contextmanager
    def around(self) -> Iterator[None]:
        """What is started inside is limited; this process itself only while it starts it."""
        if self.made:
            (self.folder / "cgroup.procs").write_text(str(os.getpid()))
        try:
            yield
        finally:
            self.leave()
            while self.made:
                with contextlib.suppress(OSError):  # until the last process has ended
                    self.folder.rmdir()
                    break
                time.sleep(0.1)

    def leave(self) -> None:
        if self.made:
            (self.home / "cgroup.procs").write_text(str(os.getpid()))

    def processes(self, server: Server) -> list[int]:
        if not self.made:
            return [server.process.pid]
        return [int(line) for line in (self.folder / "cgroup.procs").read_text().split()]

    def end(self, server: Server) -> None:
        """End the trainings, which would outlive the server."""
        for process in self.processes(server):
            if process != server.process.pid:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)

    def killed(self) -> str:
        """How many processes the limit has ended."""
        if not self.made:
            return "not limited"
        name = "memory.oom_control" if self.old else "memory.events"
        lines = (self.folder / name).read_text().splitlines()
        return next((line.split()[1] for line in lines if line.startswith("oom_kill ")), "?")


def resident_mb(processes: Sequence[int]) -> float:
    """What they hold of memory together; pages that several share count once for each."""
    pages = 0
    for process in processes:
        with contextlib.suppress(OSError):
            pages += int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


async def watch(server: Server, group: Group, seen: list[tuple[float, float, int]]) -> None:
    while True:
        there = group.processes(server)
        seen.append((server.resident(), resident_mb(there), len(there)))
        await asyncio.sleep(0.1)


async def moved(visitor: Visitor, over: asyncio.Event) -> list[float]:
    waits: list[float] = []
    with contextlib.suppress(ConnectionClosed):  # the server has gone, as the end says
        while not over.is_set():
            waits += await visitor.move(2.0, PAUSE_S)
    return waits


def told(waits: Sequence[float]) -> str:
    ms = sorted(1000 * wait for wait in waits)
    middle, high = ms[len(ms) // 2], ms[int(0.95 * (len(ms) - 1))]
    return f"{len(ms)} moves, median {middle:.0f} ms, p95 {high:.0f} ms, largest {ms[-1]:.0f} ms"


async def main(server: Server, group: Group) -> bool:
    """Warm the server, attack it, print what came of it; True where it held."""
    overlap, bomb, rows = overlapping(2000), unpacking(1500), weights(rows=3_000_000)
    names = "\n".join([LONG, *(f"class {i}" for i in range(999))])
    photos: Mapping[str, File] = {
        **{f"photo, WebP {i}": webp(i) for i in range(3)},
        "photo, float TIFF": picture("F", "TIFF", 1, compression="tiff_adobe_deflate"),
        "photo, 16-bit PNG": picture("I;16", "PNG", 1),
    }
    _, warm = await visit(server, "", photograph, picture("RGB", "PNG", 90, side=400))
    await warm.run("train", "Teach it")
    await warm.run("train", "Teach it", teach=True)
    await warm.socket.close()
    moving = await arrive(server, 1)
    await moving.ask()
    print("another's slider, calm:", told(await moving.move(CALM_S, PAUSE_S)))
    idle = server.resident()
    seen: list[tuple[float, float, int]] = []
    over = asyncio.Event()
    watching = asyncio.create_task(watch(server, group, seen))
    waits = asyncio.create_task(moved(moving, over))
    start = time.perf_counter()
    found = await asyncio.gather(
        *(visit(server, name, photograph, file) for name, file in photos.items()),
        visit(server, "weights that unpack to 1.5 GB", give_weights, bomb),
        visit(server, "weights of stride 0", give_weights, rows),
        visit(server, "class names of 12 KB", give_weights, weights(), names),
        visit(server, "zip that overlaps", give_zip, overlap),
        visit(server, "folder of 12 KB in a zip", give_zip, named_long()),
        visit(server, "download, a byte in 5 s", fetch, FIRST),
        visit(server, "download without an end", fetch, SECOND),
        visit(server, "ten photos to teach", teach),
        *(visit(server, f"training, visitor {i}", train) for i in range(5)),
        return_exceptions=True,
    )
    attacked = time.perf_counter() - start
    over.set()
    print("another's slider, meanwhile:", told(await waits))
    errors = list(moving.errors)
    for one in found:
        if isinstance(one, BaseException):
            errors.append(repr(one))
            continue
        name, who = one
        last = list(dict.fromkeys(who.shown))[-1:] or ["answered"]
        print(f"    {name}: {last[0][:150]}")
        errors += [f"{name}: {error[:300]}" for error in who.errors]
        await who.socket.close()
    until = time.perf_counter() + LEFT_S
    while (
        server.alive
        and time.perf_counter() < until
        and (server.resident() > idle + SLACK_MB or len(group.processes(server)) > 1)
    ):
        await asyncio.sleep(1)
        await moving.ask(moving.value)
    watching.cancel()
    after = server.resident() if server.alive else math.nan
    own, all_of_it, most = (max(column) for column in zip(*seen, strict=True))
    print(
        f"memory of the server: {idle:.0f} MB idle, {own:.0f} MB at the peak of {attacked:.0f} s, "
        f"{after:.0f} MB after\n"
        f"with its trainings: {all_of_it:.0f} MB at the peak, {most} processes; "
        f"ended by the limit of {LIMIT / 1e9:g} GB: {group.killed()}, the server "
        f"{'lives' if server.alive else 'too'}"
    )
    print("errors:", errors or "none")
    within = group.made or own <= LIMIT / 1e6
    return server.alive and within and not errors and after <= idle + SLACK_MB


if __name__ == "__main__":
    limit = Group()
    if not limit.made:
        print("no cgroup can be made here: the server is watched, not limited")
    mirror = ThreadingHTTPServer(("127.0.0.1", 0), Mirror)
    mirror.daemon_threads = True
    threading.Thread(target=mirror.serve_forever, daemon=True).start()
    command = [*streamlit(), "--server.enableXsrfProtection", "false"]
    with tempfile.TemporaryDirectory() as place, limit.around():
        for folder in ("runs", "weights", "times"):
            (Path(place) / folder).mkdir()
        given = {
            f"EFFNET_{folder.upper()}": str(Path(place) / folder)
            for folder in ("runs", "weights", "times")
        } | {"EFFNET_WEIGHTS_URL": f"http://127.0.0.1:{mirror.server_port}"}
        with running(command, HEALTH, environment=os.environ | given) as running_server:
            limit.leave()
            try:
                good = asyncio.run(main(running_server, limit))
            finally:
                limit.end(running_server)
    sys.exit(0 if good else 1)
