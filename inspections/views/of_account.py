"""The tab 检查 of an account's page: what the office ordered of it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts import policy
from accounts.access import may, user_of, visible_accounts
from accounts.models.account import ORDERABLE
from accounts.policy import Action
from inspections.access import visible_orders
from inspections.models.order import STANDING


@may(Action.VIEW_ORDERS)
@require_safe
def of_account(request: HttpRequest, pk: int) -> HttpResponse:
    """The orders of an account, newest first, of those units whose data the person reads."""
    user = user_of(request)
    account = get_object_or_404(visible_accounts(user).select_related("platform", "unit"), pk=pk)
    orders = list(visible_orders(user).filter(account=account).order_by("-issued_at", "-pk"))
    standing = next((order for order in orders if order.state in STANDING), None)
    may_order = policy.may(user, Action.ORDER, account) and account.state in ORDERABLE and standing is None
    context = {
        "account": account,
        "orders": orders,
        "standing": standing,
        "may_order": may_order,
        "sees_filings": policy.may(user, Action.VIEW_FILING, account),
        "sees_activity": policy.may(user, Action.VIEW_ACTIVITY, account),
    }
    return render(request, "inspections/of_account.html", context)
