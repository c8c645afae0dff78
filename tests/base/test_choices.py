"""What is said of a name that is none of those known."""

import numpy as np
import pytest

from effnet.base import EffnetError, check_known, no_such, speaking

METHODS = ("gradcam", "layercam", "scorecam")


@pytest.mark.parametrize("value", METHODS)
def test_what_is_known_passes(value):
    check_known("method", value, METHODS)


def test_another_hears_the_nearest_and_all():
    with pytest.raises(EffnetError) as raised:
        check_known("method", "grad-cam", METHODS)
    near, among = "gradcam, scorecam, layercam", "gradcam, layercam, scorecam"
    assert str(raised.value) == (
        f"unknown method 'grad-cam'; did you mean {near}? expected one of {among}"
    )
    with speaking("zh"):
        assert str(raised.value) == (
            f"未知的方法 'grad-cam'；是不是想说 {near}？应为以下之一：{among}"
        )


@pytest.mark.parametrize(
    "value", [None, 7, ["gradcam"], np.array(["gradcam", "x"]), {}, b"gradcam"]
)
def test_what_is_no_name_is_refused_as_one(value):
    with pytest.raises(EffnetError, match=r"unknown method .*; expected one of gradcam, layercam"):
        check_known("method", value, METHODS)


def test_numbers_are_names_too():
    check_known("output stride", 8, (8, 16, 32))
    with pytest.raises(EffnetError, match="unknown output stride 9; expected one of 8, 16, 32"):
        check_known("output stride", 9, (8, 16, 32))


def test_a_name_may_be_compared_in_another_spelling():
    error = no_such("variant", "EfficientNet-B9", ("b0", "v2_s"), like="b9")
    assert "unknown variant 'EfficientNet-B9'; did you mean b0?" in str(error)


def test_a_huge_name_is_cut():
    assert len(str(no_such("layer", "x" * 10**6, METHODS))) < 200
