"""整改: the board, the page of one, and what each role may do with it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import may
from accounts.policy import Action


@may(Action.VIEW_CHECKS)
@require_safe
def board(request: HttpRequest) -> HttpResponse:
    """The rectifications this person may read."""
    return render(request, "inspections/rectifications.html")


@may(Action.VIEW_CHECKS)
@require_safe
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One rectification."""
    return render(request, "inspections/rectification.html")
