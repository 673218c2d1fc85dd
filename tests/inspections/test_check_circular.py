"""`check_circular`: a line an entry, exit status 1 when one disagrees; a bad file is one Chinese sentence."""

import io
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from inspections.management.commands import check_circular

DATA = Path(__file__).parent.parent / "data" / "circulars.json"


def said(path: Path | str) -> tuple[list[str], str]:
    """The lines on stdout, and the sentence of a failure."""
    out = io.StringIO()
    try:
        call_command("check_circular", str(path), stdout=out)
    except CommandError as error:
        return out.getvalue().splitlines(), str(error)
    return out.getvalue().splitlines(), ""


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "circulars.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_the_published_circulars() -> None:
    lines, failed = said(DATA)
    assert [line.split(":")[0] for line in lines] == [
        "CZ-2022Q4 不一致",
        "CZ-2023Q1 一致",
        "CZ-2023Q4 一致",
        "WX-2021Q3 不一致",
        "WX-2022Q4 一致",
        "JS-2020Q4 无法核对",
        "LYG-2023-09 一致",
        "ZY-2021-06 一致",
        "JP-2025Q3 一致",
        "WD-SERIES 不一致",
        "ORIG-GXNJ-2023Q2 不一致",
    ]
    assert failed == "11 个通报中有 4 个数字不一致，请改正或在文中说明。"


def test_nothing_wrong_is_no_failure(tmp_path: Path) -> None:
    path = written(tmp_path, '\ufeff[{"id": "A", "checked": 3, "passed": 2, "failed": 1, "rate_total": 66.7}]')
    assert said(path) == (["A 一致"], "")
    assert said(written(tmp_path, "[]")) == ([], "")


def test_a_rate_has_the_decimals_it_is_written_with(tmp_path: Path) -> None:
    """399 of 400 are 99.75 %: 100 with none, 99.8 with one, never 100.0."""
    one = '[{"id": "A", "checked": 400, "passed": 399, "rate_total": %s}]'
    assert said(written(tmp_path, one % "100"))[0] == ["A 一致"]
    assert said(written(tmp_path, one % "99.8"))[0] == ["A 一致"]
    assert said(written(tmp_path, one % "99.75"))[0] == ["A 一致"]
    assert said(written(tmp_path, one % "9.975e1"))[0] == ["A 一致"]
    for wrong in ("100.0", "99.7", "99.80"):
        assert said(written(tmp_path, one % wrong))[0][0].startswith("A 不一致"), wrong


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('{"id": "A"}', "应当是一个列表"),
        ("3", "应当是一个列表"),
        ('[{"id": ', "不是完整的 JSON"),
        ("", "不是完整的 JSON"),
        ("通报", "不是完整的 JSON"),
        ("通报".encode("gbk"), "不是 UTF-8"),
        ("[" * 100_000, "层次过深"),
        ('[{"total": ' + "9" * 5000 + "}]", "内容过长"),
    ],
    ids=["object", "number", "cut", "empty", "prose", "gbk", "deep", "long"],
)
def test_a_bad_file_is_told_in_one_line(text: str | bytes, sentence: str, tmp_path: Path) -> None:
    lines, failed = said(written(tmp_path, text))
    assert (lines, "\n" in failed) == ([], False)
    assert sentence in failed


def test_what_is_no_file() -> None:
    assert said("/nowhere/x.json") == ([], "找不到文件“/nowhere/x.json”，请核对路径。")
    assert said("/")[1] == "“/”是文件夹，请给出文件的路径。"


def test_half_a_character_or_a_control_ends_no_run(tmp_path: Path) -> None:
    path = written(tmp_path, '[{"id": "A\\ud800\\u001b[31m", "total": 1}, {"id": "B", "total": "\\udfff"}]')
    lines, failed = said(path)
    assert [line.split(" ")[0] for line in lines] == ["A[31m", "B"]
    "\n".join([*lines, failed]).encode()
    assert said("a\0b")[1] == "文件名里有不能用的字符，请核对路径。"


def test_a_huge_file_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_circular, "MAX_BYTES", 10)
    assert "超过" in said(written(tmp_path, "[" + " " * 20 + "]"))[1]


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999999999", "1e" + "9" * 30, "-1e-99999"])
def test_numbers_that_are_none_are_errors_of_their_entry(number: str, tmp_path: Path) -> None:
    lines, failed = said(written(tmp_path, f'[{{"id": "A", "total": {number}}}, {{"id": "B"}}]'))
    assert lines[0].startswith("A 不一致: 总数")
    assert (len(lines), failed != "") == (2, True)
