"""No verb of the history is shown as a code: every one that the code appends has its words."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from accounts import histories
from accounts.models import Account
from filings.models import Filing
from tests.factories import NOW, account, opening, user
from zhonglou_media.core import events, verbs
from zhonglou_media.core.models import Event, User

ROOT = Path(__file__).parents[2]
PACKAGES = ("accounts", "filings", "inspections", "zhonglou_media")
# Functions that end in `events.append`: which argument is the verb.
APPEND = {"append": 1, "finish": 1, "_finish": 1, "_append": 1, "_move": -1, "_event": 1, "_record": 1}


def constants(tree: ast.Module) -> dict[str, str]:
    """NAME = "text" of a module, also in tuples."""
    found: dict[str, str] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                pairs = (
                    zip(target.elts, node.value.elts, strict=False)
                    if (isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple))
                    else [(target, node.value)]
                )
                for name, value in pairs:
                    if isinstance(name, ast.Name) and isinstance(value, ast.Constant) and isinstance(value.value, str):
                        found[name.id] = value.value
    return found


def appended(tree: ast.Module) -> Iterator[str]:
    """The verbs that a module appends, where they are written out: a text, a constant, a choice of two."""
    known = constants(tree)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name not in APPEND or (len(node.args) < 2 and not any(k.arg == "verb" for k in node.keywords)):
            continue
        given = [k.value for k in node.keywords if k.arg == "verb"] or [node.args[APPEND[name]]]
        for part in ast.walk(given[0]) if isinstance(given[0], ast.IfExp) else given:
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                yield part.value
            elif isinstance(part, ast.Name) and part.id in known:
                yield known[part.id]


def test_every_verb_in_the_code_has_its_words() -> None:
    files = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    found = {verb: path.name for path in files for verb in appended(ast.parse(path.read_text()))}
    assert {"submit", "activate", "confirm_known", "import_activity", "confirm_year", "export", "waive"} <= set(found)
    named = {verb for of_kind in verbs.VERBS.values() for verb in of_kind}
    assert {verb: where for verb, where in found.items() if verb not in named} == {}


def test_every_kind_with_verbs_has_a_name_and_every_word_is_chinese() -> None:
    assert set(verbs.VERBS) <= set(verbs.KINDS)
    words = [*verbs.KINDS.values(), *(words for of_kind in verbs.VERBS.values() for words in of_kind.values())]
    assert [text for text in words if not text or any(letter.isascii() for letter in text)] == []


def test_the_reader_of_code_would_see_a_new_verb() -> None:
    code = 'GONE = "gone"\nevents.append(x, "came", by=1)\nmoves.finish(x, GONE)\n_move(x, 1, verb="a" if y else "b")'
    assert list(appended(ast.parse(code))) == ["came", "gone", "a", "b"]


def test_a_kind_of_the_history_leads_back_to_its_model() -> None:
    for model in (Filing, Account, User):
        assert events.model_of(events.kind_of(model())) is model
    assert events.model_of("no_such_run") is None
    assert histories.state_label("filing", "draft") == "草稿"
    assert histories.state_label("user", "draft") == ""  # has no states


@pytest.mark.django_db
def test_the_events_of_a_filing_and_its_account_in_words() -> None:
    filing = opening("completed")
    told = [entry.what for entry in histories.entries_for(filing)]
    assert told[:2] == ["办结：待上级平台备案 → 已办结", "登记回执"]
    assert told[-1] == "新建草稿：草稿"
    assert [entry.what for entry in histories.entries_for(filing.account)] == [  # type: ignore[arg-type]
        "完成备案：待备案 → 正常运行",
        "开办备案获得批准，登记入册：待备案",
    ]
    recorded = Event.objects.all()
    assert {verbs.label(event.subject_kind, event.verb) for event in recorded} & {verbs.OTHER} == set()


@pytest.mark.django_db
def test_who_did_it_is_named_with_the_role() -> None:
    row, person = account(), user(name="张三")
    by_person = Event(seq=1, at=NOW, actor=person, role="operator", subject_kind="account", subject_id=row.pk, verb="x")
    by_system = Event(seq=2, at=NOW, role="system", subject_kind="account", subject_id=row.pk, verb="void")
    assert [entry.who for entry in histories.entries([by_person, by_system])] == ["系统", "张三（填报员）"]
    assert histories.entry(by_person).what == verbs.OTHER
