"""Classify's tab for many pictures: a table that fills, with progress, a stop, and a CSV."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import streamlit as st
from PIL import Image

from effnet.app.kit import cache, jobs, photos, sheet
from effnet.base import (
    DEFAULT,
    Column,
    EffnetError,
    class_name,
    csv_text,
    mark,
    say,
    share,
    speaking,
    verbatim,
)
from effnet.classify import Item, labelled_files
from effnet.jobs import Job, working
from effnet.pixels import EXTENSIONS, MAX_BYTES

if TYPE_CHECKING:
    from effnet.classify import Answer, Classifier

MAX_ZIP_MIB = 32
MAX_IN_ALL = 256 * 2**20  # bytes of one visitor's pictures
THUMBNAIL, MOST_THUMBNAILS = 220, 100  # px; kept in a visit

JOB = "many"  # Named: the pictures that this visit has named, in `st.session_state`
KEY = "many"
NAMING = mark("Classifying the pictures")


@dataclass
class Named:
    """What has been named so far.

    Attributes:
        of: What was uploaded and the network, by digest.
        answers: One a picture.
        thumbnails: Small copies of those that the worst mistakes show, by answer.
        total: Pictures in all.
        truths: The class of those whose folder is one, by name.
        unknown: Folders that are no class.
        told: What is wrong with a picture in the visitor's language, by answer; answers and the
            CSV have it in English.
        left: The pictures that are not named yet.
    """

    of: str
    total: int
    answers: "list[Answer]" = field(default_factory=list)
    thumbnails: "dict[Answer, Image.Image]" = field(default_factory=dict)
    truths: dict[str, int] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    told: "dict[Answer, EffnetError]" = field(default_factory=dict)
    left: Iterator[Item] = field(default_factory=lambda: iter(()))


def many(network: str) -> None:
    """Upload many pictures, a zip of them or a folder, and name them all."""
    uploaded = _uploaded()
    if not uploaded:
        st.caption(
            say(
                "Each picture gets a line in the table: its class, how sure the network is, "
                "and which class came second. For ImageNet's validation folder use `python -m "
                "effnet evaluate DIR --model b0`; it goes on after an interruption."
            )
        )
        return
    digest = hashlib.sha256(network.encode())
    for file in uploaded:
        digest.update(file.file_id.encode())
    of = digest.hexdigest()
    classifier = cache.classifier(network)
    named: Named | None = st.session_state.get(JOB)
    if named is None or named.of != of:
        items = _items(uploaded)
        named = Named(of, len(items), left=iter(items))
        named.truths, named.unknown = _truths(items, classifier)
        st.session_state[JOB] = named
    _work(named, classifier)
    _show(named, classifier)


def _uploaded() -> list[Any]:
    """What the visitor has uploaded: single pictures and zips, then a folder's pictures."""
    left, right = st.columns(2, gap="medium")
    with left:
        single = st.file_uploader(
            say("Pictures, or a zip of them"),
            type=[*EXTENSIONS, "zip"],
            accept_multiple_files=True,
            key="many_files",
            max_upload_size=MAX_ZIP_MIB,
            help=say(
                "Up to {pictures} pictures of {size} MiB each; nothing is written to disk. If "
                "the zip has a folder for each class, named like the class, accuracy is "
                "counted as well",
                pictures=labelled_files.MAX_PICTURES,
                size=MAX_BYTES >> 20,
            ),
        )
    with right:
        folder = st.file_uploader(
            say("A folder of pictures"),
            type=list(EXTENSIONS),
            accept_multiple_files="directory",
            key="many_folder",
            max_upload_size=MAX_ZIP_MIB,
            help=say(
                "Folders inside it count as well: up to {pictures} pictures, {size} MiB in "
                "all. A folder may carry a class's name, index or synset; then its pictures "
                "are taken to be of that class",
                pictures=labelled_files.MAX_PICTURES,
                size=MAX_IN_ALL >> 20,
            ),
        )
    inside = sorted(folder, key=lambda file: file.name)  # browsers give them in any order
    found: list[Any] = [*single, *(file for file in inside if labelled_files.is_picture(file.name))]
    there = [_There(one) for one in photos.files()]
    words = say("With the {n} {n:photo|photos} of this page", n=len(there))
    found += there if st.toggle(words, key="many_there") else []
    size = sum(file.size for file in found)
    if size > MAX_IN_ALL:
        raise EffnetError(
            "{size:.0f} MiB of pictures; the limit is {limit} MiB. Take some away, or use "
            "`python -m effnet evaluate DIR`",
            size=size / 2**20,
            limit=MAX_IN_ALL >> 20,
        )
    return found


class _There:
    """A photo of the page's strip, as an uploaded file is."""

    def __init__(self, photo: photos.Own) -> None:
        self.name, self.file_id, self.getvalue = photo.name, photo.digest, lambda: photo.data
        self.size = len(photo.data)


class _Refused:
    """A zip among others that can't be read: a picture that says why, in any language."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def read(self, _size: int = -1) -> bytes:
        labelled_files.in_zip(self.data)
        return b""


def _items(uploaded: list[Any]) -> list[Item]:
    """All pictures; those in a zip are unpacked when their turn comes."""
    items = []
    for file in uploaded:
        data = file.getvalue()
        if not file.name.lower().endswith(".zip"):
            items.append(Item(file.name, data))
            continue
        try:
            items += labelled_files.in_zip(data)
        except EffnetError:
            if len(uploaded) == 1:
                raise
            items.append(Item(file.name, _Refused(data)))
    if len(items) > labelled_files.MAX_PICTURES:
        raise EffnetError(
            "{count} pictures; the limit is {limit}",
            count=len(items),
            limit=labelled_files.MAX_PICTURES,
        )
    return items


def _truths(items: list[Item], classifier: "Classifier") -> tuple[dict[str, int], list[str]]:
    """The class of each picture whose folder is one, and the folders that are none."""
    folders = {item.name: item.folder for item in items}
    indices, unknown = labelled_files.known_classes(
        filter(None, folders.values()), classifier.classes
    )
    while pair := labelled_files.same_class(indices):
        unknown += [name for name in pair if indices.pop(name, None) is not None]
    truths = {name: indices[folder] for name, folder in folders.items() if folder in indices}
    return truths, unknown


def _note(named: Named) -> str:
    """Which folders are no class, in words; "" where that says nothing."""
    if not named.unknown or (not named.truths and len(named.unknown) == 1):  # a folder around all
        return ""
    few = ", ".join(named.unknown[:3]) + (" ..." if len(named.unknown) > 3 else "")
    if not named.truths:
        return say("No accuracy: no folder is named as a class ({few})", few=few)
    return say("Not counted, as their folders are no class: {few}", few=few)


def _work(named: Named, classifier: "Classifier") -> None:
    """Name what is not named yet; a stop keeps what is there."""
    job = jobs.of(KEY, named.of)
    if job is not None and jobs.running(KEY):
        jobs.watch(job, KEY)
        return
    if len(named.answers) >= named.total:
        return

    def work(job: Job) -> None:
        for item in named.left:
            _name(named, item, classifier)
            job.report(len(named.answers) / named.total, _so_far(named))

    st.progress(len(named.answers) / named.total, _so_far(named))
    st.button(
        say("Go on" if named.answers else "Classify them"),
        key="many_go",
        type="primary",
        on_click=jobs.ask,
        args=(working, KEY, NAMING, work, named.of),
    )


def _so_far(named: Named) -> str:
    return say("{done} of {total}", done=len(named.answers), total=named.total)


def _name(named: Named, item: Item, classifier: "Classifier") -> None:
    """Name a picture."""
    from effnet.classify import Answer, answer
    from effnet.pixels import open_image

    side = classifier.preprocessing.resize
    known = Item(item.name, item.source, named.truths.get(item.name))
    try:
        image = open_image(item.source, short_side=side)
    except EffnetError as error:
        with speaking(DEFAULT):  # as the CSV has it in any language
            found = Answer(known.name, known.truth, problem=str(error))
        named.told[found] = error
    else:
        found = answer(known, classifier.predict([image])[0])
        if found.wrong and len(named.thumbnails) < MOST_THUMBNAILS:
            image.thumbnail((THUMBNAIL, THUMBNAIL))
            named.thumbnails[found] = image
    named.answers.append(found)


def _show(named: Named, classifier: "Classifier") -> None:
    from effnet.classify import accuracy

    answers = tuple(named.answers)  # more may come while they are drawn
    if not answers:
        return
    names = classifier.classes
    note = _note(named)
    if note:
        st.info(verbatim(note))
    rows = [_row(one, names, judged=bool(named.truths)) for one in answers]
    if named.truths:
        counted = accuracy(answers)
        first, five, pictures = st.columns(3)
        first.metric(say("Top-1"), f"{counted['top1'] or 0:.1f} %", border=True)
        five.metric(say("Top-5"), f"{counted['top5'] or 0:.1f} %", border=True)
        pictures.metric(say("Pictures"), f"{counted['pictures']:,}", border=True)
    sheet.show(
        [_told(row, one, named) for row, one in zip(rows, answers, strict=True)],
        *(
            share(name, name) if "probability" in name else Column(name, itemgetter(name))
            for name in rows[0]
        ),
        height=min(320, 35 * (len(rows) + 1) + 3),
    )
    st.download_button(
        say("CSV"),
        _csv(rows),
        file_name="predictions.csv",
        mime="text/csv",
        key="many_csv",
    )
    if named.truths:
        _mistakes(named, answers, names)


def _row(one: "Answer", names: tuple[str, ...], *, judged: bool) -> dict[str, Any]:
    row: dict[str, Any] = {
        mark("picture"): one.name,
        mark("says"): names[one.top[0]] if one.top else "",
        mark("probability"): one.probabilities[0] if one.top else None,
        mark("second"): names[one.top[1]] if len(one.top) > 1 else "",
        mark("second probability"): one.probabilities[1] if len(one.top) > 1 else None,
    }
    if judged:
        row[mark("is")] = names[one.truth] if one.truth is not None else ""
    row[mark("problem")] = one.problem
    return row


def _told(row: dict[str, Any], one: "Answer", named: Named) -> dict[str, Any]:
    """A row in the visitor's language."""
    told = row | {"problem": str(named.told.get(one, one.problem))}
    return told | {k: class_name(v) for k, v in told.items() if k in ("says", "second", "is")}


def _csv(rows: list[dict[str, Any]]) -> str:
    """The rows as a file, in English in any language."""
    return csv_text(list(rows[0]), (list(row.values()) for row in rows))


def _mistakes(named: Named, answers: "tuple[Answer, ...]", names: tuple[str, ...]) -> None:
    from effnet.classify import confusions, worst

    pairs = confusions(answers)
    if not pairs:
        st.success(say("No mistakes."))
        return
    st.markdown(say("**Most confused**"))
    sheet.show(
        pairs[:50],
        Column(mark("is"), lambda pair: class_name(names[pair[0]])),
        Column(mark("taken for"), lambda pair: class_name(names[pair[1]])),
        Column(mark("times"), itemgetter(2)),
    )
    st.markdown(say("**Surest mistakes**"))
    with st.container(horizontal=True, gap="small"):
        for one in worst(answers):
            image = named.thumbnails.get(one)
            if image is not None and one.truth is not None:
                said, right = class_name(names[one.top[0]]), class_name(names[one.truth])
                caption = say(
                    "{right}, taken for {said}, {sure:.0f} %",
                    right=right,
                    said=said,
                    sure=100 * one.probabilities[0],
                )
                st.image(image, width=150, caption=verbatim(caption), alt=caption)
