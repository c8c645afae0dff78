"""A browser-like session over Streamlit's own protocol, without a browser."""

import asyncio
import json
import random
import time
from typing import TYPE_CHECKING, Any

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.BidiComponent_pb2 import BidiComponent
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

if TYPE_CHECKING:
    from servers import Server

STEP = 0.05
PROTOCOLS = ["streamlit", "PLACEHOLDER"]  # as the browser sends them
PATIENCE = 60  # seconds for one answer


class Visitor:
    """One session: it opens a page with the explorer or a slider, and moves phi."""

    def __init__(self, socket: ClientConnection, url: str, seed: int) -> None:
        self.socket, self.url = socket, url
        self.random = random.Random(seed)
        self.page, self.slider, self.fragment = "", "", ""
        self.cached: set[str] = set()
        self.value = 1.0
        self.design: dict[str, Any] = {}
        self.answers = 0
        self.errors: list[str] = []

    async def ask(self, value: float | None = None) -> float:
        """Run the page, or its fragment with a new phi; gives the seconds until all has come."""
        asked = BackMsg()
        run = asked.rerun_script
        run.page_script_hash = self.page
        run.context_info.url = self.url
        run.context_info.locale = "en-US"
        run.cached_message_hashes.extend(self.cached)
        if value is not None:
            state = run.widget_states.widgets.add()
            state.id = self.slider
            if self.fragment:
                design = {name: str(said) for name, said in (self.design | {"phi": value}).items()}
                said = {"design": design, "lock": None, "stage": 2, "n": self.answers + 1}
                state.json_value = json.dumps({"said": said})
                run.fragment_id = self.fragment
            else:  # Streamlit's own slider
                state.double_array_value.data.append(value)
        start = time.perf_counter()
        await self.socket.send(asked.SerializeToString())
        while True:
            data = await asyncio.wait_for(self.socket.recv(), PATIENCE)
            if self._read(ForwardMsg.FromString(data)):
                return time.perf_counter() - start

    def _read(self, message: ForwardMsg) -> bool:
        """Remember what the next message needs; True at the end of a run."""
        if message.metadata.cacheable:
            self.cached.add(message.hash)
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self.page = message.new_session.page_script_hash
        elif kind == "delta" and message.delta.HasField("new_element"):
            element = message.delta.new_element
            what = element.WhichOneof("type")
            if what == "exception":
                self.errors.append(element.exception.message)
            elif what == "slider":
                self.slider = element.slider.id
            elif what == "bidi_component":
                data = _data(element.bidi_component)
                if "answers" in data:  # the explorer
                    self.slider = element.bidi_component.id
                    self.fragment = message.delta.fragment_id
                    self.design, self.answers = data["design"], data["answers"]
        return kind == "script_finished"

    async def move(self, seconds: float, pause: float) -> list[float]:
        """Move the slider back and forth for so long; gives what each move waited."""
        waits, until, step = [], time.perf_counter() + seconds, STEP
        await asyncio.sleep(self.random.uniform(0, pause))
        while time.perf_counter() < until:
            step = -step if not 0 <= self.value + step <= 6 else step
            self.value = round(self.value + step, 2)
            waits.append(await self.ask(self.value))
            if self.design["phi"] != self.value:
                self.errors.append("the answer was to another value")
            await asyncio.sleep(self.random.uniform(0.5 * pause, 1.5 * pause))
        return waits


def _data(component: BidiComponent) -> dict[str, Any]:
    """What the page gave a component."""
    (found,) = json.loads(component.json)
    return found or {}


async def arrive(server: "Server", seed: int = 0) -> Visitor:
    """A new session; it has asked for nothing yet."""
    stream = server.url.replace("http", "ws") + "/_stcore/stream"
    connection = await connect(stream, subprotocols=PROTOCOLS, max_size=None)
    return Visitor(connection, f"{server.url}/", seed)
