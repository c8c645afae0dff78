"""Choosing a photo and a network: the same controls on Classify and Explain."""

import base64
import binascii
import contextlib
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import streamlit as st

from effnet.app.kit import cache, live, state
from effnet.app.kit.cache import Photo
from effnet.app.pages.scale import report_photo
from effnet.base import EffnetError, in_a_row, mark, say, verbatim
from effnet.jobs import runs
from effnet.network import display_name
from effnet.pixels import EXTENSIONS, MAX_BYTES, get_sample, list_samples
from effnet.weights import known_checkpoints, offline_variants

if TYPE_CHECKING:
    from effnet.classify import Classifier

DEFAULT_PHOTO = "coffee"
DEFAULT_NETWORK = "lite0"
MAX_FILES = 20
CAMERA, PASTED = mark("the camera's photo"), mark("the pasted picture")


def photo() -> Photo:
    """The photo that the visitor chose: uploaded, pasted, taken, or a sample."""
    chosen = _chosen()
    report_photo.remember(chosen)
    return chosen


def _chosen() -> Photo:
    uploaded = st.file_uploader(
        say("Your photos"),
        type=list(EXTENSIONS),
        accept_multiple_files=True,
        key="upload",
        on_change=_forget_own,
        max_upload_size=MAX_BYTES >> 20,
        help=say("Stay in this machine's memory; nothing is written to disk"),
    )
    _paste()
    place, refused = st.container(), list[str]()
    found = _own(uploaded, refused) or _sample()
    if refused:
        place.error(
            say(
                "{problems}. Choose another photo; meanwhile the page shows {photo}.",
                problems=in_a_row(refused, "; "),
                photo=say(found.name),
            )
        )
    return found


def _own(uploaded: Sequence[Any], refused: list[str]) -> Photo | None:
    """The visitor's own photo, if there is one that can be read; `refused` gets what can't.

    The newest wins, and goes along to other pages, where the uploader is empty.
    """
    kept: tuple[str, bytes] | None = st.session_state.get(state.OWN)
    if uploaded and (kept is None or kept[0] != PASTED):
        found = _one_of(uploaded, refused)
        if found is not None:
            return found
    if not uploaded:
        _camera()
        kept = st.session_state.get(state.OWN)
    if kept is None:
        return None
    back = say("Back to the uploaded photos") if uploaded else say("Back to the samples")
    if st.button(back, key="forget_own"):
        del st.session_state[state.OWN]
        return _one_of(uploaded, refused) if uploaded else None
    st.caption(say("Shown: {photo}", photo=verbatim(say(kept[0]))))
    return _opened(*kept, refused)


def _forget_own() -> None:
    """The uploader changed: what it holds is the newest; where it is empty, there is no photo."""
    kept = st.session_state.get(state.OWN)
    if kept is not None and (not st.session_state["upload"] or kept[0] == PASTED):
        del st.session_state[state.OWN]


def _opened(name: str, data: bytes, refused: list[str]) -> Photo | None:
    try:
        return cache.photo(name, data)
    except EffnetError as error:
        refused.append(say("{file}: {problem}", file=say(name), problem=error))
        return None


def _sample() -> Photo:
    """One of the samples."""
    samples = {sample.name: sample for sample in list_samples()}
    if not samples:
        raise EffnetError("no sample photos are installed here; upload one")
    chosen = st.pills(
        say("or a sample"),
        list(samples),
        format_func=lambda name: say(samples[name].title),
        default=state.remembered(state.PHOTO, DEFAULT_PHOTO),
        key="sample",
        required=True,
        wrap=True,
    )
    sample = get_sample(chosen or DEFAULT_PHOTO)
    state.remember(state.PHOTO, sample.name)
    st.caption(
        say(
            "{title}: {credit}, {licence}",
            title=say(sample.title),
            credit=sample.credit,
            licence=say(sample.licence),
        )
    )
    return cache.sample(sample.name)


def _one_of(uploaded: Sequence[Any], refused: list[str]) -> Photo | None:
    """The uploaded file that is shown; the newest, or the one that was picked of several.

    Where that one can't be read, the newest that can.
    """
    if len(uploaded) > MAX_FILES:
        refused.append(
            say(
                "{count} photos; up to {limit} here, more under Many images",
                count=len(uploaded),
                limit=MAX_FILES,
            )
        )
        uploaded = uploaded[-MAX_FILES:]
    last = len(uploaded) - 1
    chosen = last
    if last:
        picked = st.pills(
            say("Which one"),
            range(len(uploaded)),
            format_func=lambda i: uploaded[i].name[:24],
            default=last,
            key=f"which_of_{len(uploaded)}",
            required=True,
            wrap=True,
        )
        chosen = last if picked is None else int(picked)
    first = uploaded[chosen]
    found, shown = _opened(first.name, first.getvalue(), refused), first
    for file in reversed(uploaded):
        if found is None and file is not first:
            found, shown = _opened(file.name, file.getvalue(), []), file
    if found is not None:
        st.session_state[state.OWN] = shown.name, shown.getvalue()
    return found


def _camera() -> None:
    """A photo from the visitor's camera, which is asked for only when this is opened."""

    def taken() -> None:
        photo = st.session_state["camera"]
        if photo is not None:
            st.session_state[state.OWN] = CAMERA, photo.getvalue()
        elif st.session_state.get(state.OWN, ("",))[0] == CAMERA:
            del st.session_state[state.OWN]

    with st.expander(say("Camera"), on_change="rerun", key="camera_open") as opened:
        if opened.open:
            st.camera_input(
                say("Take a photo"),
                key="camera",
                resolution="720p",
                label_visibility="collapsed",
                on_change=taken,
            )


def _paste() -> None:
    """A line that says that pasting works, and takes what is pasted."""
    if not live.in_browser():
        return

    def pasted() -> None:
        sent = st.session_state["paste"].get("pasted") or ""
        head, _, body = sent.partition(",")
        if head.startswith("data:image/") and head.endswith(";base64"):
            with contextlib.suppress(binascii.Error):
                st.session_state[state.OWN] = PASTED, base64.b64decode(body, validate=True)

    data = {
        "words": say("or paste a picture with Ctrl+V"),
        "tooLarge": say("That picture is over 16 MiB; upload it as a file."),
    }
    _paste_component()(key="paste", data=data, on_pasted_change=pasted)


@lru_cache(maxsize=1)
def _paste_component() -> Any:
    html = '<div class="note"></div>'
    css = ".note { font-size: 0.875rem; opacity: 0.75; color: var(--st-text-color); }"
    js = (live.COMPONENTS / "paste.js").read_text("utf-8")
    return st.components.v2.component("effnet_paste", html=html, css=css, js=js)


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
            network=display_name(name),
            accuracy=accuracy[name],
        )

    # at each run: a click elsewhere may choose it, and another page's list starts at its first
    st.session_state["network"] = remembered if remembered in options else options[0]
    chosen: str = st.selectbox(
        say("Network"),
        options,
        format_func=shown,
        key="network",
        on_change=lambda: state.remember(state.NETWORK, st.session_state["network"]),
        help=say("ImageNet accuracy as published for these weights"),
    )
    state.remember(state.NETWORK, chosen)
    missing = list(dict.fromkeys(r.variant for r in known_checkpoints() if r.variant not in here))
    if missing:
        st.caption(
            say(
                "Works now: {networks}. For another one, once, with a network: "
                "`python -m effnet weights download {name}`",
                networks=in_a_row(map(display_name, here)),
                name=missing[0],
            )
        )
    return chosen
