"""Classes whose names are nearly the same are told apart, or it is said that they can't be."""

import pytest

from effnet.base import EffnetError
from effnet.classify.labelled_files import class_indices, known_classes, labelled
from effnet.classify.prediction import find_class, imagenet_classes

NAMES = imagenet_classes()
DOG, GARMENT = 264, 474  # ImageNet's synsets n02113186 and n02963159


@pytest.mark.parametrize(
    ("name", "index"),
    [("Cardigan", DOG), ("cardigan", GARMENT), ("n02113186", DOG), ("n02963159", GARMENT)],
)
def test_the_two_cardigans_by_name_and_synset(name, index):
    assert find_class(name, NAMES) == index
    assert class_indices([name], NAMES) == {name: index}


@pytest.mark.parametrize("name", ["CARDIGAN", "cARDIGAN"])
def test_a_name_that_both_may_bear_is_refused_with_their_indices(name):
    for ask in (lambda: find_class(name, NAMES), lambda: class_indices([name], NAMES)):
        with pytest.raises(EffnetError, match=r"Cardigan \(264\), cardigan \(474\)"):
            ask()
    assert known_classes([name], NAMES) == ({}, [name])


@pytest.mark.parametrize(
    "name", ["Egyptian CAT", "egyptian_cat", "egyptian-cat", " Egyptian  cat "]
)
def test_case_spaces_hyphens_and_underscores_are_passed_over_where_one_class_is_meant(name):
    assert find_class(name, NAMES) == 285


@pytest.mark.parametrize("second", ["a-b", "A B", "a  b", "a_B"])
def test_own_classes_that_differ_by_little_are_told_apart(second):
    classes = ("a_b", second)
    assert [find_class(name, classes) for name in classes] == [0, 1]
    with pytest.raises(EffnetError, match=r"several classes are called 'A-b'"):
        find_class("A-b", classes)


def test_one_name_borne_twice_is_refused():
    with pytest.raises(EffnetError, match="several"):
        find_class("cat", ("cat", "dog", "cat"))


def pictures(top, *names):
    for name in names:
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_bytes(b"a picture")
    return top


@pytest.mark.parametrize(("first", "second"), [("a_b", "a-b"), ("espresso", "967"), ("A B", "a b")])
def test_two_folders_of_one_class_are_refused(tmp_path, first, second):
    top = pictures(tmp_path, f"{first}/1.png", f"{second}/1.png")
    classes = NAMES if second == "967" else ("a b", "c")
    with pytest.raises(
        EffnetError, match=f"folders '{second}' and '{first}'|folders '{first}' and"
    ):
        labelled(top, classes)


def test_a_truth_file_tells_pictures_of_one_name_by_their_paths(tmp_path):
    top = pictures(tmp_path / "p", "x/a.png", "y/a.png", "b.png")
    truth = tmp_path / "truth.txt"
    truth.write_text("x/a.png 1\n./y/a 2\nelsewhere/b.png 3\n")
    assert {item.name: item.truth for item in labelled(top, NAMES, truth)} == {
        "x/a.png": 1, "y/a.png": 2, "b.png": 3,
    }  # fmt: skip


@pytest.mark.parametrize("lines", ["a.png 1\n", "q/a.png 1\nr/a.png 2\n", "x/a.png 1\na 2\n"])
def test_a_truth_file_that_cannot_tell_them_is_refused(tmp_path, lines):
    top = pictures(tmp_path / "p", "x/a.png", "y/a.png")
    (tmp_path / "truth.txt").write_text(lines)
    with pytest.raises(EffnetError, match="there are several"):
        labelled(top, NAMES, tmp_path / "truth.txt")


def test_numbers_of_thousands_of_digits_are_no_class():
    with pytest.raises(EffnetError, match="no class"):
        class_indices(["9" * 5000], NAMES)
