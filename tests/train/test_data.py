"""The procedural pictures are the same for a seed, balanced, and ask for what they say."""

import numpy as np
import pytest
from PIL import Image, ImageOps

import effnet
from effnet.pixels.preparation import open_image
from effnet.train import data
from effnet.train.batches import Feed
from effnet.train.placement import this_machine
from effnet.train.recipe import Recipe
from effnet.train.schedule import Progressive


def test_the_same_seed_gives_the_same_pictures():
    one, two = data.marks(12, seed=3), data.marks(12, seed=3)
    assert np.array_equal(one.images, two.images)
    assert np.array_equal(one.labels, two.labels)
    assert not np.array_equal(one.images, data.marks(12, seed=4).images)


def test_every_group_is_a_third():
    pictures = data.marks(300, seed=0)
    groups = np.array(data.GROUP_OF)[pictures.labels]
    assert np.bincount(groups).tolist() == [100, 100, 100]
    assert pictures.images.shape == (300, 3, 64, 64)
    assert len(data.CLASSES) == len(data.GROUP_OF) == 71


def test_motifs_differ_in_at_least_eight_of_25_cells():
    motifs = data._motifs().reshape(data.MOTIFS, 25)
    distances = (motifs[:, None] != motifs[None]).sum(-1) + 25 * np.eye(data.MOTIFS, dtype=int)
    assert distances.min() >= 8


@pytest.mark.parametrize("angle", range(4))
def test_stripes_are_finer_than_half_the_resolution_shows(angle):
    """The strongest frequency lies at 1 / period: periods 2.8 to 4.6 px at 64 px."""
    generator = np.random.default_rng(angle)
    for _ in range(10):
        waves = data._stripes(angle, generator)
        spectrum = np.abs(np.fft.fft2(waves))
        y, x = np.unravel_index(spectrum.argmax(), spectrum.shape)
        frequency = np.hypot(np.fft.fftfreq(64)[y], np.fft.fftfreq(64)[x])
        assert 1 / 4.6 - 0.02 < frequency < 1 / 2.8 + 0.02


def test_digits_are_split_without_overlap():
    train, test = data.digits()
    assert len(train) + len(test) == 1797
    assert len(test) == 359


def test_a_folder_of_pictures_is_read(tmp_path):
    for name, shade in (("dark", 20), ("light", 230)):
        (tmp_path / name).mkdir()
        for i in range(5):
            Image.new("RGB", (40 + i, 30), (shade,) * 3).save(tmp_path / name / f"{i}.png")
    train, test = data.load_pictures(str(tmp_path), side=16)
    assert train.classes == ("dark", "light")
    assert (len(train), len(test)) == (8, 2)
    assert train.images.shape == (8, 3, 16, 16)
    assert {int(image.mean()) for image in test.images} == {20, 230}


def test_a_folder_without_classes_is_refused(tmp_path):
    with pytest.raises(effnet.EffnetError, match="0 class folders"):
        data.load_pictures(str(tmp_path))


def test_unknown_data_are_refused():
    with pytest.raises(effnet.EffnetError, match="no data 'imagenet'"):
        data.load_pictures("imagenet")


# --- folders as people have them


def put(top, *names: str) -> None:
    """Grey pictures of different shades, a name each."""
    for i, name in enumerate(names):
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (30, 30), (i + 1,) * 3).save(top / name, "JPEG")


def three(top, name: str, count: int = 5) -> None:
    put(top, *(f"{name}/{i}.jpg" for i in range(count)))


@pytest.mark.parametrize("held", ["val", "valid", "validation", "test"])
def test_held_out_labels_are_those_of_the_training_classes(tmp_path, held):
    for name in ("ant", "bee", "cat"):
        three(tmp_path, f"train/{name}")
    three(tmp_path, f"{held}/cat", 2)  # lacks ant and bee: its own order would call cat ant
    train, test = data.load_pictures(str(tmp_path), side=8)
    assert train.classes == test.classes == ("ant", "bee", "cat")
    assert (len(train), list(test.labels)) == (15, [2, 2])


def test_a_class_that_training_lacks_is_refused(tmp_path):
    three(tmp_path, "train/ant"), three(tmp_path, "train/bee"), three(tmp_path, "val/dog")
    with pytest.raises(effnet.EffnetError, match=r"class 'dog', which the training .* ant, bee"):
        data.load_pictures(str(tmp_path))


def test_of_val_and_test_the_first_is_held_out_and_the_other_left_alone(tmp_path):
    for part, count in (("train", 5), ("val", 3), ("test", 2)):
        three(tmp_path, f"{part}/ant", count), three(tmp_path, f"{part}/bee", count)
    train, test = data.load_pictures(str(tmp_path), side=8)
    assert (train.classes, len(train), len(test)) == (("ant", "bee"), 10, 6)


def test_training_pictures_alone_are_split(tmp_path):
    three(tmp_path, "train/ant"), three(tmp_path, "train/bee")
    train, test = data.load_pictures(str(tmp_path), side=8)
    assert (train.classes, len(train), len(test)) == (("ant", "bee"), 8, 2)


def test_what_systems_leave_is_no_class_and_no_picture(tmp_path):
    three(tmp_path, "ant"), three(tmp_path, "bee")
    put(tmp_path, ".ipynb_checkpoints/a.jpg", "__MACOSX/ant/a.jpg", "ant/._0.jpg", "bee/.x.jpg")
    put(tmp_path, "ant/.ipynb_checkpoints/0-checkpoint.jpg", "cover.jpg")
    (tmp_path / "empty").mkdir()
    (tmp_path / "ant" / "Thumbs.db").write_bytes(b"1")
    (tmp_path / "readme.txt").write_text("words")
    train, test = data.load_pictures(str(tmp_path), side=8)
    assert (train.classes, len(train), len(test)) == (("ant", "bee"), 8, 2)


def test_nested_folders_and_jfif_belong_to_their_class(tmp_path):
    put(tmp_path, "ant/red/a.jfif", "ant/black/b.JPG", "ant/c.jpeg", "bee/x/y/z/a.jpg", "bee/b.jpg")
    train, test = data.load_pictures(str(tmp_path), side=8)
    assert train.classes == ("ant", "bee")
    assert (list(train.labels), list(test.labels)) == ([0, 0, 1], [0, 1])


@pytest.mark.parametrize(
    ("count", "held"), [(2, 1), (3, 1), (4, 1), (5, 1), (9, 1), (10, 2), (14, 2)]
)
def test_of_every_class_something_is_held_out_and_something_learned(tmp_path, count, held):
    three(tmp_path, "ant", count), three(tmp_path, "bee", 5)
    train, test = data.load_pictures(str(tmp_path), side=8)
    assert [int((part.labels == 0).sum()) for part in (train, test)] == [count - held, held]


def test_a_class_of_one_picture_is_refused(tmp_path):
    three(tmp_path, "ant", 1), three(tmp_path, "bee", 5)
    with pytest.raises(effnet.EffnetError, match=r"class 'ant' .* has 1 picture; expected 2"):
        data.load_pictures(str(tmp_path))


def test_one_class_is_none(tmp_path):
    three(tmp_path, "ant")
    with pytest.raises(effnet.EffnetError, match="holds 1 class folders; expected two or more"):
        data.load_pictures(str(tmp_path))


def test_a_damaged_picture_is_named(tmp_path):
    three(tmp_path, "ant"), three(tmp_path, "bee")
    (tmp_path / "bee" / "2.jpg").write_text("words")
    with pytest.raises(effnet.EffnetError, match=r"bee/2\.jpg: not a picture"):
        data.load_pictures(str(tmp_path))


@pytest.mark.parametrize("name", ["~nobody_here/x", "a\0b", "x" * 5000])
def test_what_can_be_no_folder_is_refused(name):
    with pytest.raises(effnet.EffnetError, match=r"is no path|no data"):
        data.load_pictures(name)


@pytest.mark.parametrize(("size", "side"), [((128, 300), 300), (None, 224)])
def test_pictures_are_kept_at_the_size_that_the_network_needs(tmp_path, size, side):
    for name in ("ant", "bee"):
        three(tmp_path, name, 2)
        Image.effect_noise((400, 320), 90).convert("RGB").save(tmp_path / name / "0.jpg")
    schedule = Progressive(stages=2, epochs=2, size=size) if size else None
    recipe = Recipe(spec=effnet.get_variant("b0"), data=str(tmp_path), schedule=schedule)
    feed = Feed(recipe, tmp_path, this_machine())
    assert feed.training.images.shape == (2, 3, side, side)
    wanted = ImageOps.fit(open_image(tmp_path / "ant" / "0.jpg"), (side, side), 3)
    assert np.array_equal(feed.training.images[0], np.asarray(wanted).transpose(2, 0, 1))
