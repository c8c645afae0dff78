"""Folders, zips and ground truths; accuracy by hand; a killed evaluation goes on."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat

from effnet.base import EffnetError
from effnet.classify import evaluation, labelled_files
from effnet.classify.evaluation import Answer, accuracy, confusions, evaluate, worst
from effnet.classify.labelled_files import class_indices, in_folder, labelled
from effnet.classify.prediction import imagenet_classes
from effnet.cli.main import main
from effnet.pixels.preparation import open_image

NAMES = imagenet_classes()
ESPRESSO, TABBY = 967, 281


@pytest.fixture(scope="module")
def pictures(tmp_path_factory, chelsea, coffee) -> Path:
    """Cups under "espresso", cats under "tabby", one file that is no picture."""
    top = tmp_path_factory.mktemp("pictures")
    cup, cat = Image.open(coffee).convert("RGB"), Image.open(chelsea).convert("RGB")
    for folder, image in (("espresso", cup), ("tabby", cat)):
        (top / folder).mkdir()
        for i in range(6):
            image.rotate(3 * i).save(top / folder / f"{i}.jpg")
    (top / "tabby" / "odd.jpg").write_text("no picture")
    (top / "tabby" / "notes.txt").write_text("no picture by its name")
    return top


# --- which class


def test_synsets_are_the_classes_in_order():
    synsets = labelled_files.imagenet_synsets()
    assert len(set(synsets)) == 1000
    assert list(synsets) == sorted(synsets)
    assert class_indices(synsets[::-1], NAMES) == {name: i for i, name in enumerate(synsets)}
    assert class_indices(["n02123045", "n07920052"], NAMES) == {
        "n02123045": TABBY, "n07920052": ESPRESSO,
    }  # fmt: skip


def test_synsets_are_those_that_timm_lists_and_mean_the_same_words():
    timm = pytest.importorskip("timm.data")
    info = timm.ImageNetInfo("imagenet-1k")
    assert list(labelled_files.imagenet_synsets()) == info.label_names()
    meant = [info.index_to_description(i).lower().replace("-", " ") for i in range(1000)]
    differ = [
        name
        for name, text in zip(NAMES, meant, strict=True)
        if name.lower().replace("-", " ") not in text
    ]
    assert differ == ["crane bird", "maillot tank suit"]


def test_every_synset_says_its_source():
    rows = resources.files("effnet").joinpath("data/imagenet_synsets.csv").read_text("utf-8")
    read = list(csv.DictReader(rows.splitlines()))
    assert [int(row["index"]) for row in read] == list(range(1000))
    assert all("WordNet" in row["source"] for row in read)


def test_synsets_and_names_may_stand_side_by_side(tmp_path):
    for folder in ("n01440764", "tabby", "967"):
        (tmp_path / folder).mkdir()
        Image.new("RGB", (9, 9)).save(tmp_path / folder / "a.jpg")
    found = labelled(tmp_path, NAMES)
    assert {item.folder: item.truth for item in found} == {
        "n01440764": 0, "tabby": TABBY, "967": ESPRESSO,
    }  # fmt: skip


def test_a_synset_of_another_imagenet_is_refused_by_name():
    with pytest.raises(EffnetError, match="folder n00007846 is no synset"):
        class_indices(["n01440764", "n00007846"], NAMES)
    with pytest.raises(EffnetError, match="n01440764 is no synset of the network's 2 classes"):
        class_indices(["n01440764"], ["cat", "dog"])
    assert class_indices(["n01440764"], ["n02123045", "n01440764"]) == {"n01440764": 1}


def test_folders_that_are_no_class_are_told_apart():
    found, unknown = labelled_files.known_classes(
        ["espresso", "my dog", "n02123045", "1000"], NAMES
    )
    assert found == {"espresso": ESPRESSO, "n02123045": TABBY}
    assert unknown == ["1000", "my dog"]


def test_folders_may_be_names_or_indices():
    assert class_indices(["espresso", "Tiger_Cat", "7"], NAMES) == {
        "espresso": ESPRESSO, "Tiger_Cat": 282, "7": 7,
    }  # fmt: skip
    with pytest.raises(EffnetError, match="folder 'my dog' is no class"):
        class_indices(["espresso", "my dog"], NAMES)
    with pytest.raises(EffnetError, match="folder '1000' is no class"):
        class_indices(["1000"], NAMES)


@pytest.fixture
def flat(tmp_path) -> Path:
    for name in ("b", "a", "c"):
        Image.new("RGB", (9, 9)).save(tmp_path / f"{name}.jpg")
    return tmp_path


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("truth.txt", "5\n6\n7\n"),
        ("val.txt", "b.jpg 6\nc.jpg 7\na.jpg 5\n"),
        ("solution.csv", "ImageId,PredictionString\na,5 1 2 3 4\nb,6 0 0 9 9\nc,7 1 1 2 2\n"),
        ("names.txt", "a.jpg electric_ray\nb.jpg stingray\nc.jpg cock\n"),
    ],
)
def test_a_flat_folder_with_its_ground_truth(flat, file, text):
    (flat / file).write_text(text)
    found = labelled(flat, NAMES, flat / file)
    assert [(item.name, item.truth) for item in found] == [("a.jpg", 5), ("b.jpg", 6), ("c.jpg", 7)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("5\n6\n", "2 lines for 3 pictures"),
        ("a.jpg 5\n", "does not name 2 pictures, such as b.jpg"),
        ("1\n1000\n5\n", "put the kit's meta.mat or map_clsloc.txt beside it"),
        ("a 5\nb 6\nc zebu\n", "folder 'zebu' is no class"),
        (f"5\n6\n{'7' * 5000}\n", "is no class"),
        (f"a 5\nb 6\nc {'7' * 5000}\n", "is no class"),
        (f"1\n1000\n{'7' * 5000}\n", "is no class"),
        (f"a {'x' * 200_000}\n", "does not name 2 pictures"),
        ("\0\n\0\n\0\n", "does not name 3 pictures"),
    ],
)
def test_a_ground_truth_that_does_not_fit_is_refused(flat, text, message):
    (flat / "t.txt").write_text(text)
    with pytest.raises(EffnetError, match=message):
        labelled(flat, NAMES, flat / "t.txt")


def test_a_ground_truth_of_a_spreadsheet_begins_with_a_mark_and_may_have_a_long_field(flat):
    (flat / "t.csv").write_text("a,5\nb,6\nc,7\n", encoding="utf-8-sig")
    assert [item.truth for item in labelled(flat, NAMES, flat / "t.csv")] == [5, 6, 7]
    (flat / "lines.txt").write_text("5\n6\n7\n", encoding="utf-8-sig")
    assert [item.truth for item in labelled(flat, NAMES, flat / "lines.txt")] == [5, 6, 7]
    (flat / "t.csv").write_text(f"a,5\nb,6\nc,{'7' * 140_000}\n")
    with pytest.raises(EffnetError, match="field larger than field limit"):
        labelled(flat, NAMES, flat / "t.csv")


def test_a_ground_truth_that_is_no_text_or_endless_is_refused(flat):
    (flat / "t.txt").write_bytes("5\n6\n7\n".encode("utf-16"))
    for path in (flat / "t.txt", flat, flat / "nowhere.txt", "~nobody_here/t.txt", "a\0b"):
        with pytest.raises(EffnetError, match=r"can't read|is no path"):
            labelled(flat, NAMES, path)
    if Path("/dev/zero").exists():
        with pytest.raises(EffnetError, match="over 64 MiB"):
            labelled(flat, NAMES, "/dev/zero")


KIT = {1: "n02119789", 2: "n02100735", 361: "n02123045", 490: "n07920052", 1000: "n01440764"}


def kit(folder: Path, kind: str) -> None:
    """What the development kit says of a few of its numbers, as one of its files."""
    if kind == "map_clsloc.txt":
        lines = [f"{synset} {number} some_name" for number, synset in KIT.items()]
        (folder / kind).write_text("\n".join(lines) + "\n")
        return
    fields = [("ILSVRC2012_ID", object), ("WNID", object), ("words", object)]
    table = np.empty((len(KIT), 1), fields)
    for i, (number, synset) in enumerate(KIT.items()):
        table[i, 0] = (number, synset, "some name")
    savemat(folder / kind, {"synsets": table})


@pytest.fixture
def validation(tmp_path) -> Path:
    """Three of the validation pictures, by their numbers."""
    (tmp_path / "val").mkdir()
    for number in (2, 3, 5):
        Image.new("RGB", (9, 9)).save(
            tmp_path / "val" / f"ILSVRC2012_val_{number:08d}.JPEG", "JPEG"
        )
    return tmp_path


@pytest.mark.parametrize("kind", ["meta.mat", "map_clsloc.txt"])
@pytest.mark.parametrize("lines", [[490, 361, 1000], [1, 490, 361, 2, 1000, 1]])
def test_the_development_kits_ground_truth_is_read_by_its_own_numbers(validation, kind, lines):
    kit(validation, kind)
    truth = validation / "ILSVRC2012_validation_ground_truth.txt"
    truth.write_text("".join(f"{number}\n" for number in lines))
    found = labelled(validation / "val", NAMES, truth)
    assert [item.truth for item in found] == [ESPRESSO, TABBY, 0]


def test_the_kits_ground_truth_alone_is_refused(validation):
    truth = validation / "ILSVRC2012_validation_ground_truth.txt"
    truth.write_text("490\n361\n7\n")
    with pytest.raises(
        EffnetError, match=r"whose order is not that of the classes; put .*meta\.mat"
    ):
        labelled(validation / "val", NAMES, truth)
    (validation / "meta.mat").write_bytes(b"MATLAB 5.0 MAT-file" * 9)
    with pytest.raises(EffnetError, match=r"is not the development kit's meta\.mat"):
        labelled(validation / "val", NAMES, truth)
    kit(validation, "meta.mat")
    with pytest.raises(EffnetError, match=r"meta\.mat names no synset for number 7"):
        labelled(validation / "val", NAMES, truth)


def test_pictures_in_no_class_folder_need_a_ground_truth(flat):
    with pytest.raises(EffnetError, match="lie in no class folder"):
        labelled(flat, NAMES)


def test_a_folder_without_pictures_is_refused(tmp_path):
    with pytest.raises(EffnetError, match="no pictures in"):
        in_folder(tmp_path)
    with pytest.raises(EffnetError, match="no folder at"):
        in_folder(tmp_path / "nowhere")
    for path, problem in (
        ("~nobody_here/x", "is no path"),
        ("a\0b", "NUL"),
        ("x" * 5000, "no folder"),
    ):
        with pytest.raises(EffnetError, match=problem):
            in_folder(path)


def test_names_that_are_not_utf8_and_deep_folders_are_read(tmp_path):
    depth, deep = 1200, str(tmp_path)
    for _ in range(depth):
        deep += "/d"
        os.mkdir(deep)
    Image.new("RGB", (9, 9)).save(f"{deep}/a.jpg")
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.jpg")).write_bytes(
        Path(deep, "a.jpg").read_bytes()
    )
    names = [item.name for item in in_folder(tmp_path)]
    assert names == [r"\xff.jpg", "d/" * depth + "a.jpg"]
    for item in in_folder(tmp_path):
        item.name.encode()  # as a file of answers and a page do
        assert open_image(item.source).size == (9, 9)
    (tmp_path / "dangling.jpg").symlink_to(tmp_path / "nowhere")
    assert "dangling.jpg" in [item.name for item in in_folder(tmp_path)]
    os.unlink(f"{deep}/a.jpg")  # pytest takes away no folders that are so deep
    for _ in range(depth):
        os.rmdir(deep)
        deep = deep[:-2]


def test_a_folder_that_cannot_be_read_is_named(tmp_path, monkeypatch):
    (tmp_path / "closed").mkdir()
    scandir = os.scandir

    def closed(path):
        if Path(path).name == "closed":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(labelled_files.os, "scandir", closed)
    with pytest.raises(
        EffnetError, match=r"can't look into the folder .*closed \(Permission denied"
    ):
        in_folder(tmp_path)


# --- accuracy


def answers() -> list[Answer]:
    return [
        Answer("a", 1, (1, 2, 3, 4, 5), (0.9, 0, 0, 0, 0)),
        Answer("b", 2, (1, 9, 3, 4, 2), (0.8, 0, 0, 0, 0)),
        Answer("c", 2, (1, 9, 3, 4, 5), (0.7, 0, 0, 0, 0)),
        Answer("d", 3, (7, 9, 4, 5, 6), (0.95, 0, 0, 0, 0)),
        Answer("e", 3, problem="damaged"),
        Answer("f", None, (1, 2, 3, 4, 5), (1, 0, 0, 0, 0)),
    ]


def test_accuracy_by_hand():
    assert accuracy(answers()) == {"pictures": 4, "top1": 25.0, "top5": 50.0}
    assert accuracy([]) == {"pictures": 0, "top1": None, "top5": None}


def test_confusions_and_worst_mistakes_by_hand():
    assert confusions(answers()) == [(2, 1, 2), (3, 7, 1)]
    assert [one.name for one in worst(answers(), most=2)] == ["d", "b"]


# --- an evaluation


@pytest.mark.parametrize("batch_size", [1, 5])
def test_an_evaluation_says_what_predict_says(pictures, tmp_path, lite0, batch_size):
    seen = []
    found = evaluate(
        pictures,
        device="cpu",
        batch_size=batch_size,
        results=tmp_path / "r.jsonl",
        progress=lambda *at: seen.append(at),
    )
    paths = sorted(pictures.glob("*/[0-9].jpg"))
    truths = [ESPRESSO if path.parent.name == "espresso" else TABBY for path in paths]
    wanted = [[x.index for x in p.labels] for p in lite0.predict(paths)]
    right = np.mean([top[0] == truth for top, truth in zip(wanted, truths, strict=True)])
    assert found["top1"] == pytest.approx(100 * right, abs=1e-3)
    assert (found["pictures"], found["unreadable"]) == (12, 1)
    assert found["published_top1"] == 75.1
    assert seen[-1] == (13, 13)


def test_half_precision_on_a_cpu_is_near_single(pictures, tmp_path):
    whole = evaluate(pictures, device="cpu", engine="eager", results=tmp_path / "1.jsonl", limit=6)
    half = evaluate(pictures, device="cpu", amp=True, results=tmp_path / "2.jsonl", limit=6)
    assert half["top1"] == whole["top1"]
    (head, *ones), (other, *halves) = (
        [json.loads(line) for line in (tmp_path / f"{i}.jsonl").read_text().splitlines()]
        for i in (1, 2)
    )
    assert (head["amp"], other["amp"], other["engine"]) == (False, True, "eager")
    apart = []
    for a, b in zip(ones, halves, strict=True):
        said = dict(zip(b["top"], b["probabilities"], strict=True))
        assert a["top"][0] in said
        apart.append(abs(a["probabilities"][0] - said[a["top"][0]]))
    assert 0 < max(apart) < 0.1, "bfloat16 has about three digits"


def test_decoding_processes_give_the_same(pictures, tmp_path):
    one = evaluate(pictures, device="cpu", results=tmp_path / "1.jsonl", limit=4)
    two = evaluate(pictures, device="cpu", results=tmp_path / "2.jsonl", limit=4, workers=1)
    assert (tmp_path / "1.jsonl").read_text() == (tmp_path / "2.jsonl").read_text()
    assert one["top1"] == two["top1"]


def test_a_line_cut_short_is_done_again_and_the_others_are_not(pictures, tmp_path, monkeypatch):
    path = tmp_path / "r.jsonl"
    whole = evaluate(pictures, device="cpu", results=path, batch_size=1)
    text = path.read_text()
    lines = text.splitlines(keepends=True)
    path.write_text("".join(lines[:9]) + lines[9][:20])
    prepared = []
    original = evaluation._prepared
    monkeypatch.setattr(
        evaluation,
        "_prepared",
        lambda items, *rest: prepared.extend(items) or original(items, *rest),
    )
    again = evaluate(pictures, device="cpu", results=path, batch_size=1)
    assert len(prepared) == 13 - 8
    assert path.read_text() == text
    assert again["top1"] == whole["top1"]


def test_results_of_something_else_are_not_added_to(pictures, tmp_path):
    path = tmp_path / "r.jsonl"
    evaluate(pictures, device="cpu", results=path, limit=2)
    before = path.read_bytes()
    with pytest.raises(EffnetError, match=r"another evaluation \(pictures, names differ\)"):
        evaluate(pictures, device="cpu", results=path, limit=3)
    assert path.read_bytes() == before
    (tmp_path / "other.txt").write_text("my notes\n")
    with pytest.raises(EffnetError, match="is no file of an evaluation"):
        evaluate(pictures, device="cpu", results=tmp_path / "other.txt", limit=2)
    assert (tmp_path / "other.txt").read_text() == "my notes\n"


def test_a_killed_evaluation_goes_on(pictures, tmp_path, environment_without_weights):
    path = tmp_path / "r.jsonl"
    command = [sys.executable, "-m", "effnet", "evaluate", str(pictures), "--device", "cpu"]
    command += ["--batch-size", "1", "--results", str(path)]
    program = subprocess.Popen(command, stderr=subprocess.DEVNULL, env=environment_without_weights)
    while program.poll() is None and (not path.exists() or path.read_text().count("\n") < 4):
        time.sleep(0.005)
    program.send_signal(signal.SIGKILL)
    program.wait()
    kept = path.read_bytes()
    kept = kept[: kept.rfind(b"\n") + 1]
    assert kept.count(b"\n") - 1 >= 3
    found = evaluate(pictures, device="cpu", batch_size=1, results=path)
    assert path.read_bytes().startswith(kept)
    names = [json.loads(line)["name"] for line in path.read_text().splitlines()[1:]]
    assert len(names) == len(set(names)) == 13
    assert found["pictures"] == 12


def test_the_command_prints_the_accuracy_as_json(pictures, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    command = ["evaluate", str(pictures), "--model", "lite0", "--device", "cpu", "--json"]
    assert main([*command, "--limit", "2"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["pictures"] == 2
    assert Path(found["answers"]).is_relative_to(tmp_path)
    assert os.path.exists(found["answers"])
    assert main(["evaluate", str(tmp_path / "nowhere")]) == 2


@pytest.mark.parametrize("content", ["one line", "one line\nanother", "7\n", ""])
def test_only_its_own_results_are_written_to(pictures, tmp_path, content):
    path = tmp_path / "notes.txt"
    path.write_text(content)
    if content:
        with pytest.raises(EffnetError, match="no file of an evaluation"):
            evaluate(pictures, results=path, limit=1)
        assert path.read_text() == content
    else:
        assert evaluate(pictures, results=path, limit=1)["pictures"] == 1


def test_results_that_begin_as_a_break_left_them_are_gone_on_with(pictures, tmp_path):
    path = tmp_path / "answers.jsonl"
    evaluate(pictures, results=path, limit=1)
    whole = path.read_bytes()
    path.write_bytes(whole[:20])
    evaluate(pictures, results=path, limit=1)
    assert path.read_bytes() == whole


@pytest.mark.parametrize("place", [".", "no/such.jsonl"])
def test_results_that_cant_be_written_are_named(pictures, tmp_path, place):
    with pytest.raises(EffnetError, match=r"can't write .* name another"):
        evaluate(pictures, results=tmp_path / place, limit=1)
