"""Nobody changes the history unseen: 155 tamperings, each found and its event named."""

from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from tests.core import tampering
from zhonglou_media.core import chain, events
from zhonglou_media.core.errors import Refused
from zhonglou_media.core.models import Event, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def written() -> None:
    tampering.write_chain()


def heads(*numbers: int) -> dict[int, str]:
    """What was printed when these were the last events."""
    return dict(Event.objects.filter(seq__in=numbers).values_list("seq", "hash"))


def named(found: chain.Verdict, seq: int) -> bool:
    """Whether a line of the result speaks of event `seq`."""
    return any(f"第 {seq} 条" in line or f"至 {seq} 条" in line for line in map(str, found.faults))


def test_155_tamperings_are_found_each_naming_its_event(written: None) -> None:
    tampering.stand_in()
    rows = dict(Event.objects.values_list("seq", "pk"))
    printed = heads(*rows)
    assert chain.verify(printed).faults == []
    cases, unseen = list(tampering.all_of_them()), {}
    for case in cases:
        with transaction.atomic():
            case.do()
            found = chain.verify({seq: printed[seq] for seq in case.kept})
            transaction.set_rollback(True)
        accused = {fault.seq for fault in found.faults}
        unnamed = {seq for seq in case.concerned if not named(found, seq)}
        if not accused or unnamed or (case.near is not None and accused - case.near):
            unseen[case.name] = chain.as_lines(found.faults) or "没有发现"
    assert unseen == {}
    assert len({case.name for case in cases}) == len(cases) == 155
    assert dict(Event.objects.values_list("seq", "pk")) == rows


def test_the_fault_names_the_row_of_the_table(written: None) -> None:
    tampering.stand_in()
    tampering.edit(20, "comment")
    (fault,) = chain.verify().faults
    assert (fault.seq, fault.row, fault.what) == (20, Event.objects.get(seq=20).pk, "内容被改")


def test_what_only_a_head_kept_outside_tells(written: None) -> None:
    """The control of the cases with such a head: without it a rehashed or shortened chain agrees with itself."""
    tampering.stand_in()
    kept = heads(40)
    for case in tampering.all_of_them():
        if case.kept:
            with transaction.atomic():
                case.do()
                assert chain.verify().faults == [], case.name
                transaction.set_rollback(True)
    assert chain.verify(kept).faults == []


@pytest.mark.needs_sqlite
def test_a_row_that_cannot_be_read_is_named(written: None) -> None:
    """SQLite keeps any text in any column."""
    tampering.stand_in()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE core_event SET at = 'gestern' WHERE seq = 7")
        cursor.execute("UPDATE core_event SET detail = '{' WHERE seq = 9")
    assert [(fault.seq, fault.what) for fault in chain.verify().faults] == [(7, "不能读取"), (9, "内容被改")]


@pytest.mark.needs_sqlite
@pytest.mark.parametrize("kept", ["'zzz'", "20.5", "x'00'"])
def test_a_row_whose_number_is_none_is_named_by_its_row(written: None, kept: str) -> None:
    tampering.stand_in()
    row = Event.objects.get(seq=20).pk
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE core_event SET seq = {kept} WHERE id = {row}")
    found = chain.verify()
    assert str(found.faults[0]) == f"行 {row}：不能读取，序号不是整数"
    assert named(found, 20)
    assert (found.events, found.seq) == (39, 40)


def test_it_reads_in_chunks_and_what_is_written_meanwhile(written: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chain, "A_CHUNK", 8)
    person = User.objects.get(username="u0")

    def another(done: int) -> None:
        events.append(person, "read", by=person, role="officer", at=tampering.BEGAN)

    found = chain.verify(progress=another)
    assert (found.faults, found.seq, found.events) == ([], 45, 45)


def test_an_empty_history_is_whole() -> None:
    assert chain.verify().head == f"0:{'0' * 64}"
    assert chain.verify().faults == []


def test_the_command_prints_one_line(written: None, capsys: Any) -> None:
    last = Event.objects.get(seq=40)
    call_command("verify_audit", "--head", f"40:{last.hash}")
    assert capsys.readouterr() == (f"events=40 head=40:{last.hash}\n", "")


def test_the_command_prints_each_wrong_row_and_fails(written: None, capsys: Any) -> None:
    tampering.stand_in()
    pk = Event.objects.get(seq=20).pk
    tampering.edit(20, "comment")
    tampering.delete(30)
    with pytest.raises(CommandError, match="发现 3 处不符"):
        call_command("verify_audit")
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition("，")[0] for line in lines] == [
        f"第 20 条（行 {pk}）：内容被改",
        "第 30 条：缺号",
        f"第 31 条（行 {pk + 11}）：断链",
    ]


@pytest.mark.parametrize("text", ["", "40", "40:abc", f"x:{'0' * 64}", f"4:{'G' * 64}"])
def test_a_head_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="不是留存的末条"):
        chain.parse_head(text)
