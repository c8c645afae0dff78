"""One visitor's files against a server: what its memory does, and what another's slider waits.

Five sessions upload pictures of 8000 x 8000 on Classify at once, three WebPs of 2 KB, a float TIFF
and a PNG of 16 bits, and run the page twice, while another session moves phi on Scale. Prints the
server's resident memory when idle, at its peak and once the attackers have left.

    python tests/benchmarks/bench_attack.py
"""

import asyncio
import io
import sys
import urllib.request
from pathlib import Path
from uuid import uuid4

import numpy as np
from PIL import Image
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Common_pb2 import FileURLs
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

sys.path.insert(0, str(Path(__file__).parents[1]))  # `servers` is a helper of the tests
from servers import HEALTH, Server, running, streamlit
from visitor import Visitor, arrive

SIDE = 8000
SECONDS = 45.0


class Attacker(Visitor):
    """A session that uploads files on a page."""

    def __init__(self, *given, page: str) -> None:
        super().__init__(*given)
        self.name = page
        self.uploaders: list[str] = []
        self.addresses: list[FileURLs] = []
        self.shown: list[str] = []

    async def run(self, uploads: dict[str, list[bytes]] | None = None) -> None:
        """Run the page with these files in its uploaders, by a part of their ids."""
        states = []
        for key, files in (uploads or {}).items():
            uploader = next(name for name in self.uploaders if key in name)
            states.append((uploader, [await self.upload(data) for data in files]))
        asked = BackMsg()
        asked.rerun_script.page_name = self.name
        asked.rerun_script.query_string = ""
        for uploader, sent in states:
            state = asked.rerun_script.widget_states.widgets.add()
            state.id = uploader
            for address, size in sent:
                file = state.file_uploader_state_value.uploaded_file_info.add()
                file.name, file.size, file.file_id = "photo.png", size, address.file_id
                file.file_urls.CopyFrom(address)
        await self.send(asked, "script_finished")

    async def upload(self, data: bytes) -> tuple[FileURLs, int]:
        """Send one file; gives its address and size."""
        asked = BackMsg()
        asked.file_urls_request.request_id = uuid4().hex
        asked.file_urls_request.file_names.append("photo.png")
        await self.send(asked, "file_urls_response")
        address, mark = self.addresses[-1], uuid4().hex
        head = f'--{mark}\r\nContent-Disposition: form-data; name="f"; filename="photo.png"\r\n\r\n'
        body = head.encode() + data + f"\r\n--{mark}--\r\n".encode()
        where = self.url.rstrip("/") + "/" + address.upload_url.lstrip("/")
        request = urllib.request.Request(where, body, method="PUT")
        request.add_header("Content-Type", f"multipart/form-data; boundary={mark}")
        await asyncio.to_thread(lambda: urllib.request.urlopen(request).read())
        return address, len(data)

    async def send(self, asked: BackMsg, until: str) -> None:
        """Send a message and read until a kind of answer."""
        await self.socket.send(asked.SerializeToString())
        kind = ""
        while kind != until:
            answer = ForwardMsg.FromString(await asyncio.wait_for(self.socket.recv(), 300))
            kind = answer.WhichOneof("type")
            if kind == "file_urls_response":
                self.addresses += answer.file_urls_response.file_urls
            elif kind == "delta" and answer.delta.HasField("new_element"):
                element = answer.delta.new_element
                what = element.WhichOneof("type")
                if what == "file_uploader":
                    self.uploaders.append(element.file_uploader.id)
                elif what == "exception":
                    self.errors.append(element.exception.message)
                elif what == "alert":
                    self.shown.append(element.alert.body[:90])


def saved(mode: str, format: str, shade: int, **options) -> bytes:
    buffer = io.BytesIO()
    Image.new(mode, (SIDE, SIDE), shade).save(buffer, format, **options)
    return buffer.getvalue()


async def attack(server: Server, name: str, uploads: dict[str, list[bytes]]) -> Attacker:
    """Open a page, upload, run it twice more."""
    plain = await arrive(server)
    attacker = Attacker(plain.socket, plain.url, 0, page=name)
    await attacker.run()
    for _ in range(2):
        await attacker.run(uploads)
    return attacker


async def watch(server: Server, seen: list[float]) -> None:
    while True:
        seen.append(server.resident())
        await asyncio.sleep(0.05)


async def main(server: Server) -> None:
    """Warm the server, attack it, print what came of it."""
    webps = [saved("RGB", "WEBP", i, lossless=True) for i in range(3)]
    wide = saved("F", "TIFF", 1, compression="tiff_adobe_deflate")
    grey = saved("I;16", "PNG", 1)
    warm = await attack(server, "classify", {})
    await warm.run({"-upload": [small()]})
    await warm.socket.close()
    moving = await arrive(server, 1)
    await moving.ask()
    idle = server.resident()
    seen: list[float] = []
    watching = asyncio.create_task(watch(server, seen))
    waits = asyncio.create_task(moving.move(SECONDS, 0.3))
    attacks = [
        *(attack(server, "classify", {"-upload": [data]}) for data in (*webps, wide, grey)),
    ]
    found = await asyncio.gather(*attacks, return_exceptions=True)
    for one in found:
        if isinstance(one, Attacker):
            print(one.name, one.errors[:2], sorted(set(one.shown))[:2])
            await one.socket.close()
        else:
            print("an attack ended with", repr(one))
    peak = max(seen)
    moved = sorted(1000 * wait for wait in await waits)
    watching.cancel()
    print(
        f"memory: {idle:.0f} MB idle, {peak:.0f} MB at the peak, {server.resident():.0f} MB after"
    )
    print(f"another's slider: {len(moved)} moves, median {moved[len(moved) // 2]:.0f} ms, ", end="")
    print(f"p95 {moved[int(0.95 * (len(moved) - 1))]:.0f} ms, largest {moved[-1]:.0f} ms")
    print(f"errors of the other: {moving.errors}, server alive: {server.alive}")


def small() -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.full((300, 400, 3), 90, np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


if __name__ == "__main__":
    command = [*streamlit(), "--server.enableXsrfProtection", "false"]
    with running(command, HEALTH) as running_server:
        asyncio.run(main(running_server))
