"""The procedural pictures are the same for a seed, balanced, and ask for what they say."""

import numpy as np
import pytest
from PIL import Image

import effnet
from effnet.train import data


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
