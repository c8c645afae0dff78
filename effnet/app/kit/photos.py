"""Choosing a photo and a network: the same controls on Classify and Explain."""

import base64
import binascii
import contextlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

import streamlit as st
from PIL import Image, ImageOps

from effnet.app.kit import cache, live, state, viewer
from effnet.app.kit.cache import Photo
from effnet.app.pages.scale import report_photo
from effnet.base import EffnetError, in_a_row, mark, say, verbatim
from effnet.jobs import runs
from effnet.network import display_name
from effnet.pixels import EXTENSIONS, MAX_BYTES, list_samples, open_image
from effnet.weights import known_checkpoints, offline_variants

if TYPE_CHECKING:
    from effnet.classify import Classifier

DEFAULT_PHOTO = "coffee"
DEFAULT_NETWORK = "lite0"
MOST_OWN, MOST_BYTES = 20, 64 * 2**20  # photos that a visit keeps, and their files' bytes
THUMBNAIL = 112  # px
CAMERA, PASTED = mark("the camera's photo"), mark("the pasted picture")


@dataclass(frozen=True, slots=True)
class Own:
    """A photo that the visitor added: uploaded, pasted or taken.

    Attributes:
        name: What it is called.
        digest: Stands for it in caches.
        data: Its file.
        small: What the strip shows of it.
    """

    name: str
    digest: str
    data: bytes
    small: Image.Image


def own() -> list[Own]:
    """What the visitor added, the oldest first; the same on every page."""
    found: list[Own] = st.session_state.get(state.OWN, [])
    return found


def files() -> list[Own]:
    """Every photo of the strip with its file: the samples, then the visitor's own."""
    paths = {sample.name: sample.path for sample in list_samples() if sample.path is not None}
    there = [
        Own(say(title), name, paths[name].read_bytes(), small) for name, title, small in _samples()
    ]
    return [*there, *(replace(one, name=say(one.name)) for one in own())]


def own_photo() -> Photo | None:
    """The visitor's own photo, where one is chosen."""
    chosen = st.session_state.get(state.OWN_CHOSEN)
    return next((cache.photo(one.name, one.data) for one in own() if one.digest == chosen), None)


def chosen() -> Photo | None:
    """The photo that the visitor chose, their own or a sample; None before any choice."""
    sample = state.remembered(state.PHOTO, "")
    known = {one.name for one in list_samples() if one.path is not None}
    return own_photo() or (cache.sample(sample) if sample in known else None)


def strip(usual: str = DEFAULT_PHOTO, *, words: str = "") -> None:
    """The photos of all pages in a row, to choose another; before any choice `usual` is marked."""
    with st.container(key="photo_row", horizontal=True, vertical_alignment="center"):
        st.caption(words or say("One photo for all pages"), width="content")
        _strip(marked(usual))


def marked(usual: str = DEFAULT_PHOTO) -> str:
    """The photo that the strip marks: a sample's name, or the digest of the visitor's own."""
    photo = chosen()
    return photo.digest if photo else usual


def add(files: Iterable[tuple[str, bytes]]) -> None:
    """Put photos at the end of the strip and choose the last one that can be read.

    The oldest go where there is no room for more; what can't be read is told under the strip.

    Args:
        files: Names and contents.
    """
    refused: list[tuple[str, EffnetError]] = []
    kept = own()
    for name, data in files:
        try:
            photo = cache.photo(name, data)
        except EffnetError as error:
            refused.append((name, error))
            continue
        small = ImageOps.fit(photo.image, (THUMBNAIL, THUMBNAIL))
        kept = [one for one in kept if one.digest != photo.digest]
        kept.append(Own(name, photo.digest, data, small))
        choose(photo.digest)
    while len(kept) > MOST_OWN or (len(kept) > 1 and sum(len(o.data) for o in kept) > MOST_BYTES):
        kept = kept[1:]
    st.session_state[state.OWN] = kept
    st.session_state[state.REFUSED] = refused


def choose(key: str) -> None:
    """Choose a photo of the strip, by a sample's name or the digest of one's own."""
    st.session_state[state.REFUSED] = []
    if key in {sample.name for sample in list_samples()}:
        state.remember(state.PHOTO, key)
        key = ""
    state.remember(state.OWN_CHOSEN, key)


def chose(key: str | None) -> None:
    """Choose what a browser says was pressed, if anything was."""
    if key:
        choose(str(key))


def _remove(digest: str) -> None:
    """Take one's own photo out of the strip; the one beside it is chosen, or the sample."""
    digests = [one.digest for one in own()]
    st.session_state[state.OWN] = [one for one in own() if one.digest != digest]
    beside = [other for other in digests if other != digest]
    choose(beside[-1] if beside else state.remembered(state.PHOTO, DEFAULT_PHOTO))


def photo() -> Photo:
    """The photo that the visitor chose among samples and what was uploaded, pasted or taken."""
    samples = {sample.name: sample for sample in list_samples()}
    mine, sample = own_photo(), state.remembered(state.PHOTO, DEFAULT_PHOTO)
    if not samples and not mine:
        _add()
        raise EffnetError("no sample photos are installed here; upload one")
    if mine is None and sample not in samples:
        sample = next(iter(samples))
    _strip(mine.digest if mine else sample)
    _add()
    chosen = mine or cache.sample(sample)
    if mine:
        words, removed = say("Remove {photo}", photo=verbatim(say(mine.name))), mine.digest
        st.button(words, key="remove_own", type="tertiary", on_click=_remove, args=(removed,))
    else:
        title, credit, licence = (
            getattr(samples[sample], n) for n in ("title", "credit", "licence")
        )
        st.caption(
            say(
                "{title}: {credit}, {licence}",
                title=say(title),
                credit=credit,
                licence=say(licence),
            )
        )
    _refused(chosen)
    report_photo.remember(chosen)
    return chosen


def thumbnails(usual: str = DEFAULT_PHOTO) -> list[dict[str, Any]]:
    """The photos of all pages as plain values: key, title, picture, and whether it is chosen."""
    now = marked(usual)
    return [
        {"key": key, "title": title, "picture": viewer.data_url(small), "chosen": key == now}
        for key, (title, small) in _all().items()
    ]


def _all() -> dict[str, tuple[str, Image.Image]]:
    """Title and thumbnail of every sample and of the visitor's own, by what `choose` takes."""
    shown = {name: (say(title), small) for name, title, small in _samples()}
    return shown | {one.digest: (say(one.name), one.small) for one in own()}


def _strip(chosen: str) -> None:
    """Samples and the visitor's own as small pictures; a click chooses one."""
    shown = _all()
    keys = list(shown)
    if live.in_browser():
        frames = [
            viewer.Frame(title, "", small, chosen=key == chosen)
            for key, (title, small) in shown.items()
        ]
        viewer.strip(
            "photos",
            frames,
            label=say("Photos"),
            small=True,
            on_click=lambda number: choose(keys[number]),
        )
        return
    st.pills(
        say("Photos"),
        keys,
        format_func=lambda key: verbatim(shown[key][0]),
        key="sample",
        required=True,
        on_change=state.told("sample", choose),
        **state.show("sample", chosen, default=chosen),
    )


@lru_cache(maxsize=1)
def _samples() -> list[tuple[str, str, Image.Image]]:
    """Every sample's name, title and thumbnail."""
    size = (THUMBNAIL, THUMBNAIL)
    return [
        (sample.name, sample.title, ImageOps.fit(open_image(sample.path), size))
        for sample in list_samples()
        if sample.path is not None
    ]


def _add() -> None:
    """Ways to add a photo, side by side: a file, the camera; and the clipboard."""
    key = f"upload_{st.session_state.get(state.UPLOADS, 0)}"

    def uploaded(files: Any) -> None:
        add((file.name, file.getvalue()) for file in files[-MOST_OWN:])
        if len(files) > MOST_OWN:
            problem = EffnetError(
                "{count} photos; up to {limit} here, more under Many images",
                count=len(files),
                limit=MOST_OWN,
            )
            st.session_state.get(state.REFUSED, []).append(("", problem))
        st.session_state[state.UPLOADS] = st.session_state.get(state.UPLOADS, 0) + 1  # empties it

    st.file_uploader(
        say("Your photos"),
        type=list(EXTENSIONS),
        accept_multiple_files=True,
        key=key,
        on_change=state.told(key, uploaded),
        max_upload_size=MAX_BYTES >> 20,
        label_visibility="collapsed",
        help=say("Photos stay in this machine's memory; nothing is written to disk"),
    )
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.toggle(say("Camera"), key="camera")
        _paste()


def _refused(chosen: Photo) -> None:
    """What could not be read of the last files."""
    refused: list[tuple[str, EffnetError]] = st.session_state.get(state.REFUSED, [])
    if not refused:
        return
    problems = [
        say("{file}: {problem}", file=say(name), problem=error) if name else str(error)
        for name, error in refused
    ]
    said = say(
        "{problems}. Choose another photo; meanwhile the page shows {photo}.",
        problems=in_a_row(problems, "; "),
        photo=say(chosen.name),
    )
    st.error(verbatim(said))


def camera_on() -> bool:
    """Whether the visitor's camera is asked for."""
    return bool(st.session_state.get("camera", False))


def camera_off() -> None:
    """Switch the camera off, before the page runs again."""
    st.session_state["camera"] = False


def _paste() -> None:
    """A line that says that pasting works, and takes what is pasted."""
    if not live.in_browser():
        return

    def pasted(sent: str | None) -> None:
        head, _, body = (sent or "").partition(",")
        if head.startswith("data:image/") and head.endswith(";base64"):
            with contextlib.suppress(binascii.Error):
                add([(PASTED, base64.b64decode(body, validate=True))])

    data = {
        "words": say("or paste with Ctrl+V"),
        "tooLarge": say("That picture is over 16 MiB; upload it as a file."),
    }
    report = state.told("paste", pasted, part="pasted")
    place = '<div class="note"></div>'
    live.component("paste", html=place)(key="paste", data=data, on_pasted_change=report)


def title(network: str, classifier: "Classifier") -> str:
    """What a network is called in a sentence; one trained here with what it learned."""
    name, own = display_name(classifier.spec), runs.trained()
    return f"{name} ({own[network]})" if network in own else name


def network() -> str:
    """The pretrained network that the visitor chose among those on this machine."""
    here = offline_variants()
    if not here:
        raise EffnetError(
            "no pretrained weights are on this machine; install the packages in "
            "requirements.txt, or run: python -m effnet weights download b0"
        )
    remembered = state.remembered(state.NETWORK, DEFAULT_NETWORK)
    accuracy = {row.variant: row.top1 for row in reversed(known_checkpoints())}
    own = runs.trained()
    options = [*here, *own]

    def shown(name: str) -> str:
        if name in own:
            return say("Trained here: {title} ({name})", title=own[name], name=name)
        return say(
            "{network} (top-1 {accuracy:g} %)",
            network=display_name(name).removeprefix("EfficientNet-"),
            accuracy=accuracy[name],
        )

    # at each run: a click elsewhere may choose it, and another page's list starts at its first
    st.session_state["network"] = remembered if remembered in options else options[0]
    chosen: str = st.selectbox(
        say("Network"),
        options,
        format_func=shown,
        key="network",
        on_change=state.told("network", partial(state.remember, state.NETWORK)),
        help=say("ImageNet accuracy as published for these weights"),
    )
    state.remember(state.NETWORK, chosen)
    missing = list(dict.fromkeys(r.variant for r in known_checkpoints() if r.variant not in here))
    if missing:
        with st.popover(say("Add more networks"), type="tertiary"):
            st.markdown(
                say(
                    "These work now: {networks}. To add another one, run this once while "
                    "online: `python -m effnet weights download {name}`",
                    networks=in_a_row(map(display_name, here)),
                    name=missing[0],
                )
            )
    return chosen
