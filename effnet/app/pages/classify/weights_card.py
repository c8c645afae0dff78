"""Classify's tab about weights: what is here, fetching more, a file of one's own."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from effnet.app.kit import cache, cards, public, sheet
from effnet.app.kit.cache import Photo
from effnet.base import Column, EffnetError, class_name, in_a_row, mark, percent, say, verbatim
from effnet.jobs import runs
from effnet.network import display_name, list_variants
from effnet.weights import (
    ENDINGS,
    FOLDER_VARIABLE,
    Checkpoint,
    available_weights,
    known_checkpoints,
    weights_folders,
)

MAX_OWN_MIB = 500  # the server takes 512, which would be shown as 1GB; V2-L, the largest, has 455
UPLOADED = mark("an uploaded file")


def table() -> None:
    """Every known set of weights: where from, what terms, how large and good, and if here."""
    rows = sorted(available_weights(), key=lambda row: not row["here"])  # what works now first
    here = sum(row["here"] for row in rows)
    st.markdown(
        say(
            "**{here} of {all} known sets of weights are on this machine.**",
            here=here,
            all=len(rows),
        )
    )
    sheet.show(
        rows,
        Column(mark("network"), lambda row: display_name(row["variant"])),
        Column(mark("here"), "here", note=mark("On this machine, ready offline")),
        Column(mark("weights"), lambda row: row["weights"].rpartition(".")[2]),
        Column(mark("top-1 (%)"), "top1", note=mark("Published, ImageNet-1k validation")),
        "top5",
        "size_mib",
        Column(mark("input"), _input),
        Column(mark("licence"), "licence"),
        "source",
        Column(mark("SHA-256"), "sha256_prefix"),
    )
    st.caption(
        say(
            "Weights are looked for in {folders}. For a classroom that is offline, put the "
            "files into one folder and name it in `{variable}`. Or serve them in the classroom "
            "and name their address in `EFFNET_WEIGHTS_URL`.",
            folders=", ".join(f"`{folder}`" for folder in weights_folders()),
            variable=FOLDER_VARIABLE,
        )
    )


def _input(row: Mapping[str, Any]) -> str:
    return say(
        "{crop} px, {interpolation} from {resize}",
        crop=row["crop"],
        interpolation=say(row["interpolation"]),
        resize=row["resize"],
    )


def fetch() -> None:
    """Fetch weights, with progress; an interrupted try is gone on with."""
    if refused := public.refusal("download"):
        st.caption(refused)
        return
    missing = [row for row in known_checkpoints() if not row.path and row.origin == "torchvision"]
    if not missing:
        st.success(say("Everything that can be fetched is here."))
        return
    chosen = st.multiselect(
        say("Fetch"),
        missing,
        format_func=_title,
        key="to_fetch",
        placeholder=say("Choose networks"),
    )
    if not st.button(say("Fetch from the internet"), key="fetch", disabled=not chosen):
        return
    for row in chosen:
        _fetch(row)


def _title(row: Checkpoint) -> str:
    return say(
        "{network}, {weights} ({size:.0f} MiB)",
        network=display_name(row.variant),
        weights=row.short_name,
        size=row.size_mib,
    )


def _fetch(row: Checkpoint) -> None:
    from effnet.nn import download

    bar = st.progress(0.0, f"{_title(row)} ...")

    def show(done: int, total: int) -> None:
        share = min(1.0, done / total) if total else 0.0
        bar.progress(share, say("{what}: {size:.1f} MiB", what=_title(row), size=done / 2**20))

    try:
        download(row, progress=show)
    except EffnetError as error:
        bar.empty()
        st.warning(verbatim(error))
        return
    bar.progress(1.0, say("{what}: here, hash checked", what=_title(row)))


def own_files() -> list[Path]:
    """Files in the weights folders that are no known checkpoint: somebody's own."""
    known = {row.file for row in known_checkpoints()}
    found = []
    for folder in weights_folders():
        try:
            found += [one for one in folder.iterdir() if one.name not in known]
        except OSError:  # not there, or not ours to read
            continue
    return sorted(path for path in found if path.name.lower().endswith(ENDINGS))


def own(photo: Photo) -> None:
    """A weights file of one's own: how it fits, and what it says of the photo."""
    from effnet.classify import Classifier

    left, right = st.columns(2, gap="medium")
    lying = {path.name: path for path in own_files()}
    with left:
        which = UPLOADED
        if lying:
            which = (
                st.selectbox(say("File"), [UPLOADED, *lying], format_func=say, key="own_file")
                or UPLOADED
            )
        file, refused = None, public.refusal("upload")
        if which == UPLOADED and refused:
            st.caption(refused)
        elif which == UPLOADED:
            file = st.file_uploader(
                say("Weights ({endings})", endings=" ".join(ENDINGS)),
                type=[ending.removeprefix(".") for ending in ENDINGS],
                key="own_weights",
                max_upload_size=MAX_OWN_MIB,
                help=say(
                    "The file is read as plain tensors; code in it is never run. It may use "
                    "the names of torchvision, timm or lukemelas' EfficientNet-PyTorch. Put a "
                    "larger file into {folder}",
                    folder=weights_folders()[0],
                ),
            )
    with right:
        variants = [*list_variants("v1"), *list_variants("v2"), *list_variants("lite")]
        variant = st.selectbox(
            say("is for"), variants, format_func=display_name, key="own_variant", index=0
        )
        names = st.file_uploader(
            say("Class names (.txt, one a line)"),
            type=["txt"],
            key="own_classes",
            max_upload_size=1,
        )
    if file is None and which == UPLOADED:
        return
    from effnet.network import get_variant
    from effnet.nn import opened, read_bytes, read_file
    from effnet.weights import Source, sources

    try:
        if file is None:
            source = sources.find(lying[which])
            contents = read_file(source.file)
        else:
            known = sources.named(file.name)
            source = Source(Path(file.name), file.name, known.preprocessing if known else None)
            contents = read_bytes(file.getvalue(), file.name)
        weights = opened(source, contents, get_variant(variant))
    except EffnetError as error:
        st.error(verbatim(str(error)))
        return
    name, spec, found = source.file.name, weights.spec, weights.fit
    if found.problems:
        misfit = say(
            "{file} has {project}'s names and does not fit {network}: {problems}",
            file=name,
            project=found.names,
            network=display_name(variant),
            problems=in_a_row(found.counts()),
        )
        st.error(verbatim(misfit))
        rows: list[dict[str, Any]] = [
            {say("what"): say(kind), say("key"): key}
            for kind, keys in found.problems.items()
            for key in keys
        ]
        st.dataframe(rows, hide_index=True, width="stretch", height=300)
        return
    classes = list(weights.classes)
    if names is not None:
        text = io.TextIOWrapper(io.BytesIO(names.getvalue()), "utf-8", errors="replace").read()
        classes = [line.strip() for line in text.splitlines() if line.strip()]
        if len(classes) != found.classes:
            st.warning(
                say(
                    "{names} {names:name|names} for {classes} {classes:class|classes}: not used",
                    names=len(classes),
                    classes=found.classes,
                )
            )
            classes = []
    classifier = Classifier(
        weights.network(),
        copy=False,
        weights=name,
        preprocessing=weights.preprocessing,
        classes=classes,
        notes=weights.notes,
    )
    (said,) = classifier.predict([photo.image])
    st.success(
        say(
            "{file} fits {network}: {project}'s names, {classes:,} "
            "{classes:class|classes}, padded as TensorFlow does. Of {photo} it says "
            "{name}, {probability}."
            if spec.padding == "same"
            else "{file} fits {network}: {project}'s names, {classes:,} "
            "{classes:class|classes}. Of {photo} it says {name}, {probability}.",
            file=verbatim(name),
            network=display_name(variant),
            project=found.names,
            classes=found.classes,
            photo=verbatim(say(photo.name)),
            name=verbatim(class_name(said.labels[0].name)),
            probability=percent(said.labels[0].probability),
        )
    )
    if weights.doubt:
        st.warning(verbatim(weights.doubt))
    for note in classifier.notes:
        st.caption(verbatim(note))
    sheet.show(said.labels, cards.CLASS, "probability")


def weights(photo: Photo) -> None:
    """The whole tab."""
    table()
    fetch()
    st.markdown(say("**Your own weight file**"))
    own(photo)
    kept, trained = cache.store(), runs.trained()
    names = [trained.get(name) or display_name(name) for name in kept.names()]
    st.caption(
        say(
            "In memory now: {networks}, {size:.0f} MiB. When room is needed, the network that "
            "was not used for longest goes first.",
            networks=verbatim(in_a_row(names)) or say("none"),
            size=kept.memory_bytes() / 2**20,
        )
    )
