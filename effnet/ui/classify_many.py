"""Classify's tab for many pictures: a table that fills, with progress, a stop, and a CSV."""

import csv
import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import streamlit as st
from PIL import Image

from effnet.classify import files
from effnet.classify.files import Item
from effnet.preprocess import EXTENSIONS, MAX_BYTES
from effnet.spec import EffnetError
from effnet.ui import cache

if TYPE_CHECKING:
    from effnet.classify.evaluate import Answer
    from effnet.predict import Classifier

MAX_ZIP_MIB = 32  # the server's own limit
AT_ONCE = 8  # pictures between two looks at the stop button
THUMBNAIL = 220  # px

JOB = "many"  # Job: the pictures that this visit has named, in `st.session_state`


@dataclass
class Job:
    """What has been named so far.

    Attributes:
        of: What was uploaded and the network, by digest.
        answers: One a picture.
        thumbnails: Small copies of those that the worst mistakes show, by name.
        total: Pictures in all.
        note: Why there are no classes to compare with, if folders are there.
    """

    of: str
    total: int
    answers: "list[Answer]" = field(default_factory=list)
    thumbnails: dict[str, Image.Image] = field(default_factory=dict)
    truths: dict[str, int] = field(default_factory=dict)
    note: str = ""


def many(network: str) -> None:
    """Upload many pictures, or a zip of them, and name them all."""
    uploaded = st.file_uploader(
        "Pictures, or a zip of them",
        type=[*EXTENSIONS, "zip"],
        accept_multiple_files=True,
        key="many_files",
        max_upload_size=MAX_ZIP_MIB,
        help=f"Up to {files.MAX_PICTURES} pictures of {MAX_BYTES >> 20} MiB; nothing is written to "
        "disk. Where the zip has a folder a class, named as the classes are, accuracy is counted",
    )
    if not uploaded:
        st.caption(
            "Each picture gets a line in the table: its class, how sure the network is, and what "
            "came next. For ImageNet's validation folder use "
            "`python -m effnet evaluate DIR --model b0`, which resumes after a break."
        )
        return
    digest = hashlib.sha256(network.encode())
    for file in uploaded:
        digest.update(file.file_id.encode())
    of = digest.hexdigest()
    classifier = cache.classifier(network)
    job: Job | None = st.session_state.get(JOB)
    if job is None or job.of != of:
        names = _names(uploaded)
        job = Job(of, len(names))
        job.truths, job.note = _truths(names, classifier)
        st.session_state[JOB] = job
    _work(job, uploaded, classifier)
    _show(job, classifier)


def _names(uploaded: list[Any]) -> list[str]:
    names = []
    for file in uploaded:
        if file.name.lower().endswith(".zip"):
            names += [item.name for item in files.in_zip(file.getvalue())]
        else:
            names.append(file.name)
    if len(names) > files.MAX_PICTURES:
        raise EffnetError(f"{len(names)} pictures; the limit is {files.MAX_PICTURES}")
    return names


def _items(uploaded: list[Any]) -> Iterator[Item]:
    for file in uploaded:
        if file.name.lower().endswith(".zip"):
            yield from files.in_zip(file.getvalue())
        else:
            yield Item(file.name, file.getvalue())


def _truths(names: list[str], classifier: "Classifier") -> tuple[dict[str, int], str]:
    """The class of each picture by its folder, or why it can't be told."""
    folders = {name: Item(name, b"").folder for name in names}
    if not all(folders.values()):
        return {}, ""
    try:
        indices = files.class_indices(list(folders.values()), classifier.classes)
    except EffnetError as error:
        return {}, str(error)
    return {name: indices[folder] for name, folder in folders.items()}, ""


def _work(job: Job, uploaded: list[Any], classifier: "Classifier") -> None:
    """Name what is not named yet; a stop keeps what is there."""
    if len(job.answers) >= job.total:
        return
    place = st.empty()
    buttons = st.empty()
    with buttons.container(horizontal=True):
        go_on = st.button("Go on" if job.answers else "Name them", key="many_go", type="primary")
        st.button("Stop", key="many_stop", disabled=not go_on)
    if not go_on:
        place.progress(len(job.answers) / job.total, f"{len(job.answers)} of {job.total}")
        return
    few: list[Item] = []
    for i, item in enumerate(_items(uploaded)):
        if i < len(job.answers):
            continue
        few.append(item)
        if len(few) == AT_ONCE or i == job.total - 1:
            _name(job, few, classifier)
            few = []
            place.progress(len(job.answers) / job.total, f"{len(job.answers)} of {job.total}")
    place.empty()
    buttons.empty()


def _name(job: Job, few: list[Item], classifier: "Classifier") -> None:
    from effnet.classify.evaluate import Answer, answer
    from effnet.preprocess import open_image

    found = []
    for item in few:
        known = Item(item.name, item.source, job.truths.get(item.name))
        try:
            image = open_image(item.source, short_side=classifier.preprocessing.resize)
            found.append(answer(known, classifier.predict([image])[0]))
        except EffnetError as error:
            found.append(Answer(known.name, known.truth, problem=str(error)))
            continue
        if found[-1].wrong and len(job.thumbnails) < 100:
            image.thumbnail((THUMBNAIL, THUMBNAIL))
            job.thumbnails[item.name] = image
    job.answers += found


def _show(job: Job, classifier: "Classifier") -> None:
    from effnet.classify.evaluate import accuracy

    if not job.answers:
        return
    names = classifier.classes
    if job.note:
        st.info(f"No accuracy: {job.note}")
    rows = [_row(one, names) for one in job.answers]
    if job.truths:
        counted = accuracy(job.answers)
        first, five, pictures = st.columns(3)
        first.metric("Top-1", f"{counted['top1'] or 0:.1f} %", border=True)
        five.metric("Top-5", f"{counted['top5'] or 0:.1f} %", border=True)
        pictures.metric("Pictures", f"{counted['pictures']:,}", border=True)
    st.dataframe(
        rows,
        hide_index=True,
        width="stretch",
        height=min(320, 35 * (len(rows) + 1) + 3),
        column_config={
            name: st.column_config.NumberColumn(format="percent")
            for name in ("probability", "second probability")
        },
    )
    st.download_button(
        "CSV", _csv(rows), file_name="predictions.csv", mime="text/csv", key="many_csv"
    )
    if job.truths:
        _mistakes(job, names)


def _row(one: "Answer", names: tuple[str, ...]) -> dict[str, Any]:
    row: dict[str, Any] = {
        "picture": one.name,
        "says": names[one.top[0]] if one.top else "",
        "probability": one.probabilities[0] if one.top else None,
        "second": names[one.top[1]] if len(one.top) > 1 else "",
        "second probability": one.probabilities[1] if len(one.top) > 1 else None,
    }
    if one.truth is not None:
        row["is"] = names[one.truth]
    row["problem"] = one.problem
    return row


def _csv(rows: list[dict[str, Any]]) -> str:
    """As CSV; a name that a spreadsheet would take for a formula gets a quote before it."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, list(rows[0]))
    writer.writeheader()
    for row in rows:
        safe = {k: f"'{v}" if isinstance(v, str) and v[:1] in tuple("=+-@\t\r") else v
                for k, v in row.items()}  # fmt: skip
        writer.writerow(safe)
    return buffer.getvalue()


def _mistakes(job: Job, names: tuple[str, ...]) -> None:
    from effnet.classify.evaluate import confusions, worst

    pairs = confusions(job.answers)
    if not pairs:
        st.success("No mistakes.")
        return
    st.markdown("**Most confused**")
    st.dataframe(
        [{"is": names[a], "taken for": names[b], "times": n} for a, b, n in pairs[:50]],
        hide_index=True,
        width="stretch",
    )
    st.markdown("**Surest mistakes**")
    with st.container(horizontal=True, gap="small"):
        for one in worst(job.answers):
            image = job.thumbnails.get(one.name)
            if image is not None and one.truth is not None:
                said, right = names[one.top[0]], names[one.truth]
                caption = f"{right}, taken for {said}, {100 * one.probabilities[0]:.0f} %"
                st.image(image, width=150, caption=caption, alt=caption)
