"""The tab 检查 of an account's page: what the checks found and what the office ordered of it."""

from collections import defaultdict

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts import policy
from accounts.access import may, user_of, visible_accounts
from accounts.models.account import ORDERABLE
from accounts.policy import Action
from inspections.access import visible_orders
from inspections.models import Finding, SheetState
from inspections.models.order import STANDING
from inspections.sheet_access import visible_results, visible_self_checks

MONTHS, QUARTERS = 24, 8  # shown


@may(Action.VIEW_ORDERS)
@require_safe
def of_account(request: HttpRequest, pk: int) -> HttpResponse:
    """The results of an account by month, what was found and its rectifications, self-checks, and the orders, newest
    first, of those units whose data the person reads.
    """
    user = user_of(request)
    account = get_object_or_404(visible_accounts(user).select_related("platform", "unit"), pk=pk)
    orders = list(visible_orders(user).filter(account=account).order_by("-issued_at", "-pk"))
    standing = next((order for order in orders if order.state in STANDING), None)
    may_order = policy.may(user, Action.ORDER, account) and account.state in ORDERABLE and standing is None
    results = visible_results(user).filter(account=account).select_related("spot_check").defer("spot_check__drawn")
    sheets = list(results.order_by("-spot_check__month")[:MONTHS])
    found = Finding.objects.filter(sheet__in=sheets, withdrawn_at__isnull=True)
    problems: dict[int, list[Finding]] = defaultdict(list)
    for row in found.select_related("indicator", "rectification").order_by("indicator__order"):
        problems[row.sheet_id].append(row)
    own = visible_self_checks(user).filter(account=account, state=SheetState.SUBMITTED).order_by("-quarter")
    context = {
        "account": account,
        "results": [(sheet, problems[sheet.pk]) for sheet in sheets],
        "failed": sum(not sheet.passed for sheet in sheets),
        "self_checks": list(own[:QUARTERS]),
        "orders": orders,
        "standing": standing,
        "may_order": may_order,
        "sees_filings": policy.may(user, Action.VIEW_FILING, account),
        "sees_activity": policy.may(user, Action.VIEW_ACTIVITY, account),
    }
    return render(request, "inspections/of_account.html", context)
