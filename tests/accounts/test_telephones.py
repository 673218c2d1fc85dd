"""Telephone numbers that somebody types are checked lightly: by their shape, never by whose they are."""

import pytest

from accounts.people_forms import ArrivalForm
from filings.forms.opening import SupplementForm

GOOD = ("13800000000", "0519-12345678", "(0519) 1234567 转 801", "+86 138 0000 0000", "（0519）12345678", "")
BAD = ("abc", "12", "0519-", "138000000001380000000013800", "电话13800000000")


@pytest.mark.parametrize(("number", "good"), [*((n, True) for n in GOOD), *((n, False) for n in BAD)])
def test_what_is_no_telephone_number_is_refused(number: str, good: bool) -> None:
    filing = SupplementForm({"custodian_phone": number, "operator_phone": number})
    person = ArrivalForm({"name": "示例张三", "phone": number, "from_date": "2026-11-20"})
    wrong = filing.errors.keys() | person.errors.keys()
    assert wrong == (set() if good else {"custodian_phone", "operator_phone", "phone"})
