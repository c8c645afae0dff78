"""Teach it your classes: photos of one's own, a head in seconds, a file to take away."""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st
from PIL import Image

from effnet.app.kit import cache, photos, public, state
from effnet.base import EffnetError, Text, in_a_row, percent, say, verbatim, write_whole
from effnet.jobs import runs
from effnet.network import get_variant
from effnet.pixels import EXTENSIONS, MAX_BYTES, list_samples

if TYPE_CHECKING:
    from effnet.train import Taught

MOST_CLASSES = 5
MOST_PHOTOS = 100  # of all classes
MOST_BYTES = 128 * 2**20  # of their files
LONGEST_NAME = 60  # characters of a class
SIDE = 512  # px: photos are kept with their short side so long, twice what the network sees
CROPS = 9  # of each sample photo, in the example
EXAMPLE = ("chelsea", "coffee")
PHOTOS = "photos.npz"  # in the folder of a fine-tuning run


def teach() -> None:
    """Photos in, a network out, with its accuracy on photos that it did not learn from."""
    st.markdown(
        say(
            "A pretrained network looks at a few photos of each class. Only its last layer is "
            "learned anew, in seconds. Every third photo is held out to test it. Fine-tuning "
            "then trains all layers, as the paper's transfer learning does (Table 5)."
        )
    )
    network = photos.DEFAULT_NETWORK
    given = _given()
    with st.container(horizontal=True, vertical_alignment="center"):
        taught_now = st.button(say("Teach"), type="primary", key="teach")
        tuned_now = st.button(say("Fine-tune all layers"), key="fine_tune")
        st.caption(
            say(
                "Teaching keeps the photos in memory. Fine-tuning runs in a process of its own "
                "and takes about half a minute for 20 photos. It keeps the photos with its "
                "run, under the tab Run, until the run is deleted there."
            )
        )
    if taught_now:
        from effnet.train import teach as fit

        with st.spinner(say("Looking at the photos"), show_time=True):
            st.session_state["taught"] = fit(cache.classifier(network), given)
    if tuned_now:
        fine_tune(network, given)
        st.success(say("Fine-tuning has started: its curves are under the tab Run."))
    taught: Taught | None = st.session_state.get("taught")
    if taught is not None:
        _result(taught)


def _given() -> dict[str, list[Image.Image]]:
    count = st.slider(say("Classes"), 2, MOST_CLASSES, 2, key="teach_classes", width=300)
    chosen: dict[str, list[Any]] = {}
    columns = st.columns(count)
    for place, column in enumerate(columns):
        with column:
            unnamed = say("class {n}", n=place + 1)
            name = st.text_input(
                say("Class"), unnamed, key=f"teach_name_{place}", max_chars=LONGEST_NAME
            )
            files = st.file_uploader(
                say("Photos"),
                type=list(EXTENSIONS),
                accept_multiple_files=True,
                key=f"teach_files_{place}",
                max_upload_size=MAX_BYTES >> 20,
            )
            shot = None
            if st.toggle(say("Camera"), key=f"teach_camera_{place}"):
                shot = st.camera_input(
                    say("One more"), key=f"teach_shot_{place}", resolution="720p"
                )
            if mine := [*files, *([shot] if shot else [])]:
                st.caption(say("{n} {n:photo|photos}", n=len(mine)))
                named = name.strip()[:LONGEST_NAME]  # not all programs count
                chosen.setdefault(named or unnamed, []).extend(mine)
    _check(chosen)
    given = {name: _opened(files) for name, files in chosen.items()}
    given = {name: opened for name, opened in given.items() if opened}
    if not given:
        st.caption(
            say(
                "No photos yet. Teach then uses an example: {n} different crops of each of two "
                "samples.",
                n=CROPS,
            )
        )
        return _example()
    return given


def _check(chosen: Mapping[str, Sequence[Any]]) -> None:
    """`EffnetError` where one visit's photos are too many, before any is opened."""
    files = [file for some in chosen.values() for file in some]
    size = sum(file.size for file in files)
    if len(files) > MOST_PHOTOS or size > MOST_BYTES:
        raise EffnetError(
            "{n} {n:photo|photos} of {size:.0f} MiB; the limit is {most} photos and "
            "{limit} MiB. Take some away, or train on a folder with `python -m effnet "
            "train fit --data DIR`",
            n=len(files),
            size=size / 2**20,
            most=MOST_PHOTOS,
            limit=MOST_BYTES >> 20,
        )


def _opened(files: Sequence[Any]) -> list[Image.Image]:
    """The photos that can be read, each decoded once in a visit; a line for each of the others."""
    found = []
    for file in files:
        try:
            found.append(cache.photo(file.name, file.getvalue(), short_side=SIDE).image)
        except EffnetError as error:
            st.error(verbatim(say("{file}: {problem}", file=file.name, problem=error)))
    return found


def _example() -> dict[str, list[Image.Image]]:
    """Crops of two sample photos: something to press the button on."""
    titles = {sample.name: say(sample.title).lower() for sample in list_samples()}
    given = {}
    for name in EXAMPLE:
        if name not in titles:
            raise EffnetError("no sample photos are installed here; upload some")
        image = cache.sample(name).image
        wide, tall = image.width // 2, image.height // 2
        steps = [(i * wide // 2, j * tall // 2) for j in range(3) for i in range(3)]
        given[titles[name]] = [image.crop((x, y, x + wide, y + tall)) for x, y in steps]
    return given


def fine_tune(network: str, given: Mapping[str, Sequence[Image.Image]]) -> runs.Run:
    """Start a run that trains all layers of a pretrained network on a few photos of each class."""
    from effnet.train import fine_tuning, packed

    return runs.start(
        "train",
        Text("Fine-tuned on {names}", names=", ".join(given)),
        {"recipe": fine_tuning(network, f"./{PHOTOS}").to_dict()},
        owner=state.visitor(),
        files={PHOTOS: packed(given, side=get_variant(network).resolution)},
    )


def _result(taught: "Taught") -> None:
    st.success(
        say(
            "{share} of {n} held-out {n:photo|photos} right; the classes are {classes}. So "
            "few photos say little: each one counts for {one}.",
            share=percent(taught.top1),
            n=taught.held_out,
            classes=verbatim(in_a_row(taught.classes)),
            one=percent(1 / taught.held_out),
        )
    )
    for place, truth, guess in taught.mistakes[:6]:
        wrong = say(
            "Photo {n} of {truth} was taken for {guess}", n=place + 1, truth=truth, guess=guess
        )
        st.caption(verbatim(wrong))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(
            say("Take the network away"),
            taught.to_bytes,
            file_name="taught.safetensors",
            on_click="ignore",
            help=say(
                "effnet.load('taught.safetensors') opens it; predict and explain work as ever"
            ),
        )
        if st.button(say("Use it on Classify and Explain"), key="teach_keep"):
            name = re.sub(r"[^\w ]+", "", in_a_row(taught.classes, " and "))[:40]
            for run in runs.list_runs("taught") if public.on() else ():
                if run.owner == state.visitor():  # a visitor of a public server keeps one
                    runs.delete(run)
            about = {"classes": list(taught.classes)}
            run = runs.create("taught", name, about, owner=state.visitor())
            taught.write(run.folder / runs.BEST)
            write_whole(run.folder / runs.RESULT, b"{}")
            st.session_state["teach_kept"] = run.name
            state.remember(state.NETWORK, run.name)
        if st.session_state.get("teach_kept"):
            st.page_link("pages/explain.py", label=say("See its maps on Explain"))
