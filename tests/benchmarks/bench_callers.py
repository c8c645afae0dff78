"""One classifier asked by 1, 4 and 16 callers at once, against the best that one caller gets.

Goals: answers equal to serial ones to the last bit, and 0.9 of a single caller's pictures a second,
who hands in batches. Then a folder: decoding, resizing and network beside each other, against
torchvision's recipe and against one after the other.

    python tests/benchmarks/bench_callers.py [callers folder]
"""

import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
from bench_predict import calibrated_b0, jpegs, torchvision_recipe, with_engine
from interleaved import show, use_threads

import effnet
from effnet.classify.batches import prepared
from effnet.classify.evaluation import evaluate
from effnet.nn import workers

PICTURES, ROUNDS, FOLDER = 64, 7, 300


def best_ms(
    cases: dict[str, Callable[[], object]], *, pictures: int = PICTURES, rounds: int = ROUNDS
) -> dict[str, float]:
    """Milliseconds a picture, the quickest of some rounds in turn: what else runs only adds."""
    found = dict.fromkeys(cases, float("inf"))
    for turn in range(rounds + 1):
        for name, case in cases.items():
            start = time.perf_counter()
            case()
            if turn:
                took = (time.perf_counter() - start) * 1000 / pictures
                found[name] = min(found[name], took)
    return found


def asked(
    classifier: effnet.Classifier, files: Sequence[bytes], *, callers: int, each: int = 1
) -> list[np.ndarray]:
    """Logits of the files, `each` a question, in turn from so many threads."""
    classifier._engine.forget()
    parts = [files[i : i + each] for i in range(0, len(files), each)]
    with ThreadPoolExecutor(callers) as pool:
        found = list(pool.map(classifier.predict, parts))
    return [one.logits for few in found for one in few]


def callers() -> None:
    classifier = with_engine(calibrated_b0(), "auto")
    files = jpegs(PICTURES)
    serial = asked(classifier, files, callers=1)
    cases: dict[str, Callable[[], object]] = {
        f"1 caller, batches of {each}": partial(asked, classifier, files, callers=1, each=each)
        for each in (8, 16, 32, 64)
    }
    cases |= {
        f"{many} callers, one by one": partial(asked, classifier, files, callers=many)
        for many in (1, 4, 16)
    }
    timed = best_ms(cases)
    rival = min((name for name in timed if "batches" in name), key=lambda name: timed[name])
    notes = {}
    for many in (1, 4, 16):
        again = asked(classifier, files, callers=many)
        same = all(np.array_equal(a, b) for a, b in zip(serial, again, strict=True))
        name = f"{many} callers, one by one"
        notes[name] = (
            f"{timed[rival] / timed[name]:.2f} of the best batches' pictures a second; "
            f"{'equal to serial' if same else 'NOT equal to serial'}"
        )
    show("One classifier, B0, a picture of 0.1 to 0.3 MP", timed, rival=rival, notes=notes)


def folder() -> None:
    """`evaluate` over a folder against torchvision's recipe, file by file, and a serial loop."""
    theirs = calibrated_b0()
    with tempfile.TemporaryDirectory() as place:
        classifier = with_engine(theirs, "auto")
        network = classifier.save(Path(place, "b0.safetensors"))
        for number, data in enumerate(jpegs(FOLDER, (1200, 900))):
            name = classifier.classes[number % 4].replace("/", " ")
            path = Path(place, "in", name, f"{number}.jpg")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        paths = sorted(Path(place, "in").rglob("*.jpg"))
        rounds = iter(range(1000))

        def recipe() -> object:
            return [torchvision_recipe(theirs, [path.read_bytes()]) for path in paths]

        def decoded() -> list[np.ndarray]:
            return [prepared(path, classifier.preprocessing) for path in paths]

        ready = np.stack(decoded())

        def passed() -> object:
            return workers.call(classifier.forward, ready)

        def predicted() -> object:
            return classifier.predict(paths)

        def evaluated(limit: int | None = None) -> object:
            results = Path(place, f"{next(rounds)}.jsonl")
            return evaluate(
                Path(place, "in"), model=str(network), device="cpu", results=results, limit=limit
            )

        rival = "torchvision's recipe, file by file"
        timed = best_ms(
            {
                rival: partial(workers.call, recipe),
                "decode and resize, one by one": decoded,
                "network": passed,
                "predict(paths)": predicted,
                "evaluate(folder)": evaluated,
                "its start, for one picture": partial(evaluated, 1),
            },
            pictures=FOLDER,
            rounds=3,
        )
    start = timed.pop("its start, for one picture")  # loads the network and hashes its weights
    timed["evaluate(folder), without its start"] = timed["evaluate(folder)"] - start
    serial = timed["decode and resize, one by one"] + timed["network"]
    timed["ours, one after the other"] = serial
    notes = {
        name: f"{1000 / ms:4.0f} pictures a second, {ms / serial:.2f} of one after the other"
        for name, ms in timed.items()
    }
    show(f"A folder of {FOLDER} pictures of 1.1 MP, B0", timed, rival=rival, notes=notes)


PARTS = {"callers": callers, "folder": folder}

if __name__ == "__main__":
    use_threads()
    for part in sys.argv[1:] or PARTS:
        PARTS[part]()
