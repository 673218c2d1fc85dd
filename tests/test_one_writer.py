"""Each state has one writer, found by reading the code: the triggers refuse, this says where not to try."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from filings.models import Filing

ROOT = Path(__file__).parent.parent
PACKAGES = ("zhonglou_media", "accounts", "filings", "inspections")
USE_CASES = {
    f"filings/{name}.py"
    for name in (
        *("drafting", "approving", "reporting", "reviewing", "exchange", "applying", "handing_over"),
        *("giving_way", "handing_questions", "objecting", "unit_merging"),
    )
}
MOVES, MODULE = "filings/moves.py", "filings.moves"
STEPS = {"begin", "begin_within", "finish"}  # of filings/moves.py
TRANSITIONS = {name for name, method in vars(Filing).items() if hasattr(method, "_django_fsm")}


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
    # Jobs, announcements, versions of the indicators and lines of a year have states, too.
    of_others = {"zhonglou_media/core/jobs.py", "filings/announcing.py"}
    of_others |= {"inspections/indicators.py", "inspections/assessing.py", "inspections/seeds.py"}
    found = writers(lambda tree: assigns(tree, "state") or passes(tree, WRITING, "state"))
    assert found - of_others == {"accounts/lifecycle.py"}


def steps(tree: ast.Module) -> bool:
    """`moves.finish(…)` and its like, or one of them imported by its name or the module by another."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in STEPS and ast.unparse(node.value).endswith("moves"):
            return True
        if isinstance(node, ast.ImportFrom) and node.module == MODULE and STEPS & {a.name for a in node.names}:
            return True
        if isinstance(node, ast.ImportFrom | ast.Import):
            renamed = {alias.name for alias in node.names if alias.asname}
            if any(name.rsplit(".", 1)[-1] == "moves" for name in renamed):
                return True
    return False


def transits(tree: ast.Module) -> bool:
    """`filing.submit()`: a transition takes nothing, a use case of that name a filing's id. Or by way of `getattr`."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Attribute) and node.func.attr in TRANSITIONS and not (node.args or node.keywords):
            return True
        if isinstance(node.func, ast.Name) and node.func.id == "getattr" and ast.unparse(node.args[0]) == "filing":
            name = ast.unparse(node.args[1])
            if name in ("move", "verb") or name.strip("'") in TRANSITIONS:
                return True
        if isinstance(node.func, ast.Call) and ast.unparse(node.func.func) == "getattr":
            return True
    return False


def test_only_use_cases_begin_and_finish_a_move_of_a_filing() -> None:
    assert writers(steps) == USE_CASES


def test_only_moves_calls_the_transitions_of_a_filing() -> None:
    assert {"submit", "leader_approve", "report", "accept", "complete", "withdraw"} <= TRANSITIONS
    assert writers(transits) == {MOVES}


@pytest.mark.parametrize(
    "code",
    [
        "from filings import moves\nmoves.finish(filing, 'report', by=by, role=role, now=now)",
        "import filings.moves\nfilings.moves.begin(1, 'report', action, by=by)",
        "from filings.moves import begin_within",
        "from filings import moves as steps",
    ],
)
def test_the_reader_of_code_would_see_a_second_maker_of_moves(code: str) -> None:
    assert steps(ast.parse(code))


@pytest.mark.parametrize(
    "code", ["filing.report()", "self.filing.accept()", "getattr(filing, verb)()", "move = getattr(filing, 'complete')"]
)
def test_the_reader_of_code_would_see_a_second_caller_of_a_transition(code: str) -> None:
    assert transits(ast.parse(code))


def test_a_use_case_is_no_transition() -> None:
    assert not transits(ast.parse("reporting.report(filing.pk, by=by, now=now)\nform.is_valid()"))


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
