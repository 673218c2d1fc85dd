"""Ways one registered name has been dodged, and what must be said of each."""

import json
from pathlib import Path

import pytest

from zhonglou_media.core import names
from zhonglou_media.core.names import clean_name, letters, look_key, look_keys, name_key, near

LOOKALIKES = json.loads((Path(__file__).parents[1] / "data" / "lookalikes.json").read_text(encoding="utf-8"))
REGISTERED = LOOKALIKES["registered"]


def names_that_are(caught: str) -> list[str]:
    return [case["name"] for case in LOOKALIKES["cases"] if case["caught"] == caught]


@pytest.mark.parametrize("name", names_that_are("same"))
def test_the_same_name(name: str) -> None:
    assert name_key(clean_name(name)) == name_key(REGISTERED)
    assert clean_name(name) == REGISTERED


@pytest.mark.parametrize("name", names_that_are("refused"))
def test_control_characters_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="控制字符"):
        clean_name(name)


@pytest.mark.parametrize("name", names_that_are("near"))
def test_a_near_miss_is_shown_but_another_name(name: str) -> None:
    assert near(name, REGISTERED)
    assert look_key(REGISTERED) in look_keys(name)
    assert name_key(name) != name_key(REGISTERED)


@pytest.mark.parametrize("name", names_that_are("none"))
def test_another_name_is_not_caught(name: str) -> None:
    assert not near(name, REGISTERED)
    assert name_key(name) != name_key(REGISTERED)


def test_of_similar_shapes_the_table_catches_five_of_five() -> None:
    """A near miss for a person to look at; their stored keys say another name."""
    caught = [name for name in names_that_are("shape") if near(name, REGISTERED)]
    assert (len(caught), len(names_that_are("shape"))) == (5, 5)
    assert all(look_key(REGISTERED) not in look_keys(name) for name in caught)


@pytest.mark.parametrize("name", ["鼓楼发布", "新楼发布", "钟楼发展", "钟楼发改", "钟楼发", "常州发布", "钟楼区教育局"])
def test_one_other_character_of_another_shape_is_another_name(name: str) -> None:
    assert not near(name, REGISTERED)


def test_the_characters_of_one_name_that_differ_from_another_are_marked() -> None:
    assert letters("钟褛发布V", "钟楼发布") == (
        [("钟", False), ("褛", True), ("发布", False), ("V", True)],
        [("钟", False), ("楼", True), ("发布", False)],
    )


def test_no_character_stands_in_two_lines_of_the_table_of_shapes() -> None:
    """It would fold into one of them only."""
    table = Path(str(names.__file__)).parent / "data" / "lookalike_shapes.txt"
    lines = [line for line in table.read_text(encoding="utf-8").split("\n") if line and line[0] != "#"]
    folded = [c for line in lines if ">" not in line for c in line]
    assert len(folded) == len(set(folded))
    assert not set(folded) & set("区县市丨号")  # what look keys leave out


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("ShizongEdu8", "shizongedu8"),
        ("美连丨治污攻坚", "美连｜治污攻坚"),
        ("Shіzоng", "Shizong"),  # Cyrillic і and о
        ("⻣科发布", "骨科发布"),
        ("钟楼发布（官方微博）", "钟楼发布"),
    ],
)
def test_more_near_misses(name: str, other: str) -> None:
    assert near(name, other)


@pytest.mark.parametrize("name", ["官方", "V", "市", "。", "丨"])
def test_a_name_of_nothing_but_padding_keeps_a_key(name: str) -> None:
    assert look_key(name)


@pytest.mark.parametrize(
    ("name", "why"), [("", "不能为空"), ("\u200b \u3000", "不能为空"), ("钟" * 61, "过长"), ("ﷺ" * 10, "过长")]
)
def test_names_that_cannot_be_stored(name: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        clean_name(name)
