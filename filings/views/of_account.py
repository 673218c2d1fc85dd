"""The tab 备案 of an account's page."""

from typing import cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts import policy
from accounts.access import may, visible_accounts
from accounts.models.account import OPENABLE
from accounts.policy import Action
from accounts.views.account import announcements_of
from filings.access import visible_filings
from zhonglou_media.core.models import User


@may(Action.VIEW_FILING)
@require_safe
def of_account(request: HttpRequest, pk: int) -> HttpResponse:
    """The filings of an account, newest first, of those units whose filings the person reads."""
    user = cast(User, request.user)
    account = get_object_or_404(
        visible_accounts(user).select_related("platform", "unit").prefetch_related("names"), pk=pk
    )
    filings = list(visible_filings(user).filter(account=account).for_lists().order_by("-id"))
    may_open = account.state in OPENABLE and account.unit.may_own and policy.may(user, Action.DRAFT, account)
    context = {
        "account": account,
        "announcements": announcements_of(account),
        "filings": filings,
        "live": next((filing for filing in filings if filing.is_live), None),
        "sees_filings": policy.may(user, Action.VIEW_FILING, account),
        "may_open": may_open and not any(filing.is_live for filing in filings),
    }
    return render(request, "filings/of_account.html", context)
