"""What a visit remembers: every session key, and the design's way into the URL and back."""

import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

import streamlit as st

from effnet.base import language as languages
from effnet.base import say, speaking
from effnet.scaling import RANGES, SOLVABLE, Coefficient, Design, from_query, solve_budget, unknown

DESIGN = "design"  # Design: the current design, shared by all pages
LINK = "link"  # dict[str, list[str]]: the query that was last written or read
FRESH = "fresh"  # bool: True until something is moved in a visit that no link began
REPORTS = "reports"  # dict[str, (part, use)]: of components that number what they report, by key
ANSWERED = "answered"  # dict[str, int]: the number of the last report that was taken, by key
NOTES = "notes"  # list[str]: what was wrong in the URL
PHOTO = "chosen_photo"  # str: the sample photo's name
SHOWN = "shown_photo"  # report_photo.Shown: what Classify or Explain showed last
OWN = "own_photos"  # list[photos.Own]: uploaded, pasted or taken, the oldest first
OWN_CHOSEN = "own_chosen"  # str: the digest of the one that is the photo; "" where a sample is
REFUSED = "refused_photos"  # list[(file's name, EffnetError)]: what of the last files can't be read
LIVE = "live_answer"  # dict: what the network said of the camera's last frame, until it is sent
UPLOADS = "uploads"  # int: how often photos were uploaded; an uploader for each, so it stays empty
LOCK = "lock"  # scaling.Coefficient | None: solved from the other two
VISITOR = "visitor"  # str: stands for this visit; its jobs and runs bear it
JOBS = "jobs"  # dict[str, Job]: what this visit asked for and has not ended, by card
RESULTS = "results"  # dict[str, Job]: what has ended, by card
SENT_TIMES = "sent_times"  # dict[str, reading.Reading]: files of measurements that were loaded
CLASSES = "asked_classes"  # (photo's digest, class, rather than which or None); link: class
LOOKED = "looked_for_class"  # (all classes, index): looked for in every photo; None for its best
METHOD = "method"  # str: how maps are made, of `cam.METHODS`; carried by the link
LAYER = "layer"  # str: which layer maps are of; carried by the link
BOX = "drawn_box"  # (photo's digest, fractions of the photo): drawn around the object
PAINT = "paint"  # (photo's digest, perturbations.Stroke...): what is painted grey on the photo
CELL = "picked_cell"  # (network and layer, (row, column)): the place of the map that was picked
PINS = "pins"  # list[Design]: to compare with
STAGE = "picked_stage"  # int: whose anatomy is shown
EXHIBIT = "exhibit"  # str: what the Papers page shows; carried by the link under the same key
HISTORY = "history"  # list[Design]: as they were before each edit of stages, for undo
STAGE_TABLE = "stage_table"  # stage_editor.Table: what the table of stages was filled with
STAGE_TEXT = "stage_text"  # stage_editor.Text: the block strings as they were last written
QUANTITY = "chosen_quantity"  # str: what the Cost page shows, of `receipts.QUANTITIES`
PART = "chosen_part"  # str: the `receipts.Part` whose receipt is open
NETWORK = "chosen_network"  # str: the network that classifies and explains
SCHEDULE = "schedule"  # str: the Train page's network and schedule, as JSON
LANGUAGE = "lang"  # str: of `language.LANGUAGES`; in the link where it is not English
TERMS = "page_terms"  # tuple[str, ...]: of the glossary, those that the page explains
LESSON = "lesson"  # str: key of the lesson that runs; these four stand in the link as well
STEP = "step"  # str: number of its step, from 1
HIDE = "hide"  # str: parts that the link hides, with commas between
PRESENT = "present"  # str: "1" for large type and one figure


MOST_PINS = 6
MOST_UNDONE = 50

HELD, PINNED = "lock", "pin"  # the link's keys of the lock and, once for each, of the pins
LINK_KEYS = frozenset((*(field.name for field in fields(Design)), HELD, PINNED))


def told(key: str, use: Callable[[Any], object], *, part: str = "") -> Callable[[], None]:
    """A widget's callback that hands on what the widget holds.

    On the way to another page Streamlit may call it once the widget has left, value and all; then
    there is nothing to hand on. So no callback reads a widget's value but through this.

    Args:
        key: The widget's.
        use: Called with its value, or with a component's value of the name `part`.
        part: "" for all of it.
    """

    def called() -> None:
        if key in st.session_state:
            held = st.session_state[key]
            with speaking(language()):  # a callback comes before the page that sets it
                use(held.get(part) if part else held)

    return called


def show(key: str, value: Any, /, **default: Any) -> dict[str, Any]:
    """Have the next widget of this key show a value.

    Also where it holds it already but the language is another: Streamlit's browser side knows an
    option by its words, and would go on to send those of before, which are no option any more.

    A value is sent to the browser only by the run that sets it. Where the next run follows before
    the browser has drawn that one, it first sees the widget without it, and would send back the
    widget's default as if the visitor had chosen it. So the value is the default as well.

    Args:
        key: The widget's.
        value: What it shows.
        **default: The same, as the widget takes its default: `value`, `default`, or `index`.

    Returns:
        `default`, for the widget's call; nothing in the run that sets the value, where Streamlit
        wants one of both.
    """
    kept = f"words of {key}"
    if (st.session_state.get(key), st.session_state.get(kept)) == (value, languages.current()):
        return default
    st.session_state[key], st.session_state[kept] = value, languages.current()
    return {}


def start_language() -> list[str]:
    """Read the language from the link, write it back, use it; what of the link can't be used."""
    said, wrong = newly_said(LANGUAGE), []
    if said in languages.LANGUAGES:
        remember(LANGUAGE, said)
    elif said:
        wrong = [unknown(LANGUAGE, said, languages.LANGUAGES)]
    chosen = language()
    say_in_link(LANGUAGE, chosen if chosen != languages.DEFAULT else None)
    languages.use(chosen)
    return wrong


def visitor() -> str:
    """What stands for this visit: no one else knows it, and it ends with the visit."""
    found: str = st.session_state.setdefault(VISITOR, secrets.token_hex(8))
    return found


def settle_jobs() -> None:
    """Put what has ended with the results: once a run, which so never shows a job as both."""
    asked, ended = st.session_state.get(JOBS, {}), st.session_state.get(RESULTS, {})
    for key in [key for key, job in asked.items() if job.ended]:
        ended[key] = asked.pop(key)
    st.session_state[JOBS], st.session_state[RESULTS] = asked, ended


def terms() -> tuple[str, ...]:
    """The terms of the glossary that the page explains."""
    found: tuple[str, ...] = st.session_state.get(TERMS, ())
    return found


def language() -> str:
    """The language of this visit."""
    return remembered(LANGUAGE, languages.DEFAULT)


def start() -> None:
    """Read the URL where it says something new, remember what could not be used, and answer it.

    A change of page empties the URL; the design lives on in the session and is written back.
    """
    query = _said()
    if DESIGN not in st.session_state:
        st.session_state[FRESH] = set(st.query_params) <= {LANGUAGE}
    if DESIGN not in st.session_state or (query and query != st.session_state.get(LINK)):
        said = {name: values[-1] for name, values in query.items()}
        st.session_state[DESIGN], notes = from_query(said)
        if HELD in said:
            known = said[HELD] in SOLVABLE
            st.session_state[LOCK] = said[HELD] if known else None
            if not known:
                notes.append(unknown(HELD, said[HELD], SOLVABLE))
            hold_budget()
        if PINNED in said:
            st.session_state[PINS] = _read_pins(query[PINNED], notes)
        st.session_state[NOTES] = notes
        st.session_state[LINK] = query
    write_link()


def _read_pins(texts: Sequence[str], notes: list[str]) -> list[Design]:
    if len(texts) > MOST_PINS:
        notes.append(say("{n} pins; the first {most} were taken", n=len(texts), most=MOST_PINS))
    found: list[Design] = []
    for text in texts[:MOST_PINS]:
        one, wrong = from_query(dict(parse_qsl(text)))
        notes += [say("pin: {note}", note=note) for note in wrong]
        if one not in found:
            found.append(one)
    return found


def design() -> Design:
    """The current design."""
    _take_reports()
    current: Design = st.session_state[DESIGN]
    return current


def is_fresh() -> bool:
    """Whether nothing has been moved yet in a visit that began with no link."""
    return bool(st.session_state.get(FRESH, False))


def begun() -> None:
    """Something was moved: the visit is not fresh any more."""
    st.session_state[FRESH] = False


def reported(key: str, part: str, use: Callable[[Any], object]) -> Callable[[], None]:
    """The callback of a component that numbers its reports; each is taken once, and in time.

    Streamlit calls what its own buttons ask for before what a component reports, also where the
    report came first: a button would act on the design of before, and lose to it. So whoever asks
    for the design, or for a choice, first takes the reports that wait.

    Args:
        key: The component's.
        part: What a report is called in its value; it is a mapping with a number `n`, from 1.
        use: Called with a report.
    """
    st.session_state.setdefault(REPORTS, {})[key] = part, use
    return _take_reports


def answered(key: str) -> int:
    """The number of the component's last report that was taken; 0 before the first."""
    number: int = st.session_state.get(ANSWERED, {}).get(key, 0)
    return number


def _take_reports() -> None:
    for key, (part, use) in tuple(st.session_state.get(REPORTS, {}).items()):
        take(key, (st.session_state.get(key) or {}).get(part), use)


def take(key: str, sent: Any, use: Callable[[Any], object]) -> None:
    """Use what a component reports, if it is a report that was not used before."""
    number = sent.get("n") if isinstance(sent, Mapping) else None
    if isinstance(number, int) and number > answered(key):
        st.session_state.setdefault(ANSWERED, {})[key] = number  # `use` asks for the design as well
        with speaking(language()):  # a callback comes before the page that sets it
            use(sent)


def put(new: Design) -> None:
    """Put a design in the place of the current one, as the explorer says it."""
    _set(new.begun() if new.mode == "edited" else new)


def _set(new: Design) -> None:
    st.session_state[DESIGN], st.session_state[NOTES] = new, []


def change(**values: Any) -> None:
    """Change some values of the current design; the link follows at the page's next run."""
    now = design().begun() if values.get("mode") == "edited" else design()
    _set(replace(now, **values))


def edit(new: Design) -> None:
    """Put a design in the place of the current one; `undo` goes back."""
    st.session_state[HISTORY] = [*history()[1 - MOST_UNDONE :], design()]
    _set(new)


def undo() -> None:
    """Back to the design before the last edit."""
    if history():
        *earlier, last = history()
        st.session_state[HISTORY] = earlier
        _set(last)


def history() -> list[Design]:
    """The designs before each edit, the oldest first."""
    found: list[Design] = st.session_state.get(HISTORY, [])
    return found


def lock() -> Coefficient | None:
    """The coefficient that is solved from the other two, if one is."""
    locked: Coefficient | None = st.session_state.get(LOCK)
    return locked


def set_lock(name: Coefficient | None) -> None:
    """Solve this coefficient from the other two from now on; None for none."""
    st.session_state[LOCK] = name


def hold_budget() -> None:
    """Keep the coefficient that is locked on the budget, as far as its slider goes."""
    name, now = lock(), design()
    if name is None:
        return
    span = RANGES[name]
    value = solve_budget(name, now.alpha, now.beta, now.gamma)
    change(**{name: round(min(max(value, span.low), span.high), 4)})


def stage() -> int:
    """The stage that was picked in a drawing or a list, from 1."""
    picked: int = st.session_state.get(STAGE, 2)
    return picked


def set_stage(number: int) -> None:
    """Pick a stage."""
    st.session_state[STAGE] = max(1, number)


def pins() -> list[Design]:
    """The designs that were pinned to compare with."""
    found: list[Design] = st.session_state.get(PINS, [])
    return found


def pin(one: Design) -> None:
    """Pin a design, unless it is pinned already or there is no room."""
    if one not in pins() and len(pins()) < MOST_PINS:
        st.session_state[PINS] = [*pins(), one]


def unpin_all() -> None:
    """Forget the pinned designs."""
    st.session_state[PINS] = []


def write_link() -> None:
    """Put design, lock and pins into the URL; keys that are not theirs stay as they are."""
    query = {name: [value] for name, value in design().to_query().items()}
    if lock() is not None:
        query[HELD] = [str(lock())]
    if pins():
        query[PINNED] = [urlencode(one.to_query()) or "mode=formula" for one in pins()]
    if query != _said():
        others = [name for name in st.query_params if name not in LINK_KEYS]
        kept = {name: st.query_params.get_all(name) for name in others}
        st.query_params.from_dict({**kept, **query})
    st.session_state[LINK] = query


def _said() -> dict[str, list[str]]:
    return {n: st.query_params.get_all(n) for n in st.query_params if n in LINK_KEYS}


def linked(key: str, allowed: Collection[str], default: str) -> tuple[str, str]:
    """A choice that the URL carries under a key of its own, and what could not be used of it.

    The URL counts where it says something new and allowed; else what was remembered does, and is
    written back. A control changes it with `remember(key, value)`.
    """
    said, note = newly_said(key), ""
    if said is not None and said in allowed:
        remember(key, said)
    elif said is not None:
        note = say("{key} {said} is not known here", key=key, said=repr(said[:40]))
    value = remembered(key, default)
    say_in_link(key, value)
    return value, note


def newly_said(key: str) -> str | None:
    """What the link says under a key that it has not said before; None for nothing."""
    said = st.query_params.get(key)
    return said if said != st.session_state.get(f"{key} in the link") else None


def say_in_link(key: str, value: str | None) -> None:
    """Write a choice into the link; None, the usual one, is left out."""
    if value is None:
        st.query_params.pop(key, None)
    elif st.query_params.get(key) != value:
        st.query_params[key] = value
    st.session_state[f"{key} in the link"] = value


def notes() -> list[str]:
    """What of the URL could not be used, in words."""
    found: list[str] = st.session_state.get(NOTES, [])
    return found


def remembered(key: str, default: str) -> str:
    """A choice that outlives a change of page."""
    _take_reports()
    value: str = st.session_state.get(key, default)
    return value


def remember(key: str, value: str) -> None:
    """Keep a choice; widgets' own keys are forgotten when a page is left."""
    st.session_state[key] = value
