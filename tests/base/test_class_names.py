"""ImageNet's class names in Chinese: one for each class, no two alike, and found by both names."""

import pytest

from effnet.base import class_name, speaking
from effnet.base.class_names import either_name
from effnet.classify.prediction import imagenet_classes


def test_every_class_has_a_name_of_its_own():
    with speaking("zh"):
        names = [class_name(name) for name in imagenet_classes()]
    assert len(set(names)) == 1000
    assert all(any("\u4e00" <= letter <= "\u9fff" for letter in name) for name in names)


@pytest.mark.parametrize(
    ("index", "said"),  # indices as torchvision numbers them
    [
        (0, "丁鱥"), (99, "鹅"), (134, "鹤"), (207, "金毛寻回犬"), (263, "彭布罗克柯基犬"),
        (264, "卡迪根柯基犬"), (281, "虎斑猫"), (340, "斑马"), (388, "大熊猫"), (404, "客机"),
        (474, "开襟毛衣"), (517, "起重机"), (620, "笔记本电脑"), (657, "导弹"), (744, "弹丸"),
        (836, "太阳镜片"), (837, "太阳镜"), (849, "茶壶"), (967, "浓缩咖啡"), (999, "卫生纸"),
    ],
)  # fmt: skip
def test_names_stand_at_their_class(index, said):
    with speaking("zh"):
        assert class_name(imagenet_classes()[index]) == said


def test_english_and_other_networks_classes_stay():
    assert class_name("tabby") == either_name("tabby") == "tabby"
    with speaking("zh"):
        assert class_name("my cat") == either_name("my cat") == "my cat"
        assert either_name("tabby") == "虎斑猫 (tabby)"
