"""Each state has one writer, found by reading the code: the triggers refuse, this says where not to try."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("zhonglou_media", "accounts", "filings", "inspections")
FILING_USE_CASES = {
    f"filings/{name}.py"
    for name in ("moves", "drafting", "approving", "reporting", "reviewing", "exchange", "applying")
}
MOVES = {
    "submit",
    "leader_approve",
    "record_paper_approval",
    "leader_return",
    "recall",
    "reopen",
    "return_for_correction",
    "unaccept",
    "upper_return",
    "withdraw",
}


def modules() -> Iterator[tuple[str, ast.Module]]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text())


def assigns(tree: ast.Module, attribute: str) -> bool:
    """`anything.attribute = …`."""
    targets = [t for node in ast.walk(tree) if isinstance(node, ast.Assign) for t in node.targets]
    return any(isinstance(t, ast.Attribute) and t.attr == attribute for t in targets)


def passes(tree: ast.Module, methods: set[str], keyword: str) -> bool:
    """`anything.update(keyword=…)` and its like."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    return any(call.func.attr in methods and keyword in {k.arg for k in call.keywords} for call in calls)  # type: ignore[attr-defined]


def makes(tree: ast.Module, model: str) -> bool:
    """`Model(…)`, or a writing method of `Model.objects`."""
    writes = {"create", "get_or_create", "update_or_create", "bulk_create", "bulk_update", "update"}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Name) and node.func.id == model:
            return True
        text = ast.unparse(node.func)
        if text.startswith(f"{model}.objects") and text.rsplit(".", 1)[-1] in writes:
            return True
    return False


def writers(wrong: object) -> set[str]:
    return {name for name, tree in modules() if wrong(tree)}  # type: ignore[operator]


WRITING = {"update", "create", "bulk_create", "get_or_create", "update_or_create"}


def test_only_lifecycle_writes_the_state_of_an_account() -> None:
    found = writers(lambda tree: assigns(tree, "state") or passes(tree, WRITING, "state"))
    assert found == {"accounts/lifecycle.py"}


@pytest.mark.parametrize("move", sorted(MOVES))
def test_only_use_cases_call_the_moves_of_a_filing(move: str) -> None:
    def calls(tree: ast.Module) -> bool:
        found = [n for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute)]
        return any(n.func.attr == move and ast.unparse(n.func.value) == "filing" for n in found)  # type: ignore[attr-defined]

    assert writers(calls) <= FILING_USE_CASES


def test_only_the_engine_writes_flags() -> None:
    shown_only = {"zhonglou_media/portal/styleguide.py"}  # makes some to look at, saves none
    assert writers(lambda tree: makes(tree, "Flag")) - shown_only <= {"accounts/flags.py"}


def test_only_append_writes_events() -> None:
    assert writers(lambda tree: makes(tree, "Event")) == {"zhonglou_media/core/events.py"}


def test_the_reader_of_code_would_see_a_second_writer() -> None:
    tree = ast.parse(
        "filing.state = 'x'\nFlag.objects.filter(pk=1).update(level='x')\nEvent(seq=1)\nq.update(state='x')"
    )
    assert assigns(tree, "state")
    assert passes(tree, WRITING, "state")
    assert makes(tree, "Flag")
    assert makes(tree, "Event")
