"""What a field of 附件2 refuses by itself: identity numbers, days that do not exist, a vendor of one's own running."""

import pytest

from filings.forms.opening import OpeningForm, SupplementForm
from filings.models import Filing
from tests.factories import typed

pytestmark = pytest.mark.django_db
ID_NUMBER = "110101199003071234"


@pytest.mark.parametrize("name", ["custodian", "remarks", "name"])
def test_an_identity_number_is_refused_at_its_field(name: str) -> None:
    form = OpeningForm(typed(**{name: f"某某 {ID_NUMBER}"}), filing=Filing())
    assert form.errors[name] == ["请勿填写身份证号（第二十一条）。"]


def test_a_supplement_refuses_it_too_and_other_long_numbers_pass() -> None:
    assert "remarks" in SupplementForm({"remarks": f"证件{ID_NUMBER[:-1]}X"}).errors
    assert SupplementForm({"remarks": "订单 202611240000000001", "uid": "1" * 20}).is_valid()


@pytest.mark.parametrize(
    ("day", "sentence"),
    [
        ("2026-02-31", "没有“2026-02-31”这一天，请核对账号开通日期。"),
        ("昨天", "账号开通日期请按 2026-11-24 的样子填写。"),
    ],
)
def test_a_day_that_does_not_exist_is_told_from_one_written_otherwise(day: str, sentence: str) -> None:
    assert OpeningForm(typed(effective_on=day), filing=Filing()).errors["effective_on"] == [sentence]


def test_who_runs_it_itself_has_no_vendor() -> None:
    facts = {"vendor": "示例公司", "vendor_until": "2027-01-01", "vendor_nda": True}
    own = OpeningForm(typed(operation_mode="self", **facts), filing=Filing())
    assert own.is_valid()
    cleaned = own.cleaned_data
    assert (cleaned["vendor"], cleaned["vendor_until"], cleaned["vendor_nda"]) == ("", None, False)
    hired = OpeningForm(typed(operation_mode="outsourced", **facts), filing=Filing())
    assert hired.is_valid()
    assert hired.cleaned_data["vendor"] == "示例公司"
