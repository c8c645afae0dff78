"""Numbers are written with three significant digits and a unit."""

import pytest

from effnet.base import units


@pytest.mark.parametrize(
    ("write", "value", "text"),
    [
        (units.millions, 5_288_548, "5.29 M"),
        (units.millions, 66_347_960, "66.3 M"),
        (units.millions, 999_999_999, "1,000 M"),
        (units.millions, 27_424, "27.4 K"),
        (units.millions, 928, "928"),
        (units.giga, 385_814_752, "0.386 G"),
        (units.giga, 37_745_884_192, "37.7 G"),
        (units.giga, 1_281_000, "1.28 M"),
        (units.giga, 25_560_576, "25.6 M"),
        (units.giga, 4_224, "4.22 K"),
        (units.giga, 768, "768"),
        (units.giga, 12_345_678_901_234, "12.3 T"),
        (units.factor, 2.5728, "2.57 x"),
        (units.percent, 0.0961, "9.6 %"),
        (units.probability, 0.0961, "9.6 %"),
        (units.probability, 0.0000412, "0.004 %"),
        (units.probability, 0.0, "0 %"),
        (units.milliseconds, 41.19, "41.2 ms"),
        (units.mebibytes, 21_154_192, "20.2 MiB"),
    ],
)
def test_a_number_is_written_short(write, value, text):
    assert write(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (9.996, "10.0"), (0.09996, "0.100"), (123456, "123,000"), (-2.5, "-2.50")],
)
def test_significant_digits_survive_rounding_up(value, text):
    assert units.significant(value) == text
