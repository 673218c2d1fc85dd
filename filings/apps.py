"""Filings: the machine of article 8."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate

from zhonglou_media.core import guards


class FilingsConfig(AppConfig):
    name = "filings"
    verbose_name = "备案"
    guards: list[guards.Guard]

    def ready(self) -> None:
        from .models import Filing

        moves = Filing._meta.get_field("state").get_all_transitions(Filing)
        self.guards = (
            guards.legal_pairs(
                "filings_filing",
                "state",
                {(str(move.source), str(move.target)) for move in moves},
                "备案状态不能这样变化，请按流程办理。",
            )
            + guards.no_delete("filings_filing", "备案不能删除，只能撤回。")
            + guards.append_only("filings_revision", "已冻结的版次不能修改或删除。")
            + guards.append_only("filings_receipt", "回执不能修改或删除。")
            + guards.frozen("filings_announcement", "state", "published", "已公布的公告不能修改，请另发更正公告。")
            + guards.no_delete("filings_announcement", "公告不能删除。")
            + guards.legal_pairs(
                "filings_preapproval",
                "state",
                {("not_asked", "asked"), ("asked", "granted"), ("asked", "refused")},
                "前置申请的状态不能这样变化，请按流程办理。",
            )
            + guards.no_delete("filings_preapproval", "前置申请不能删除。")
            + guards.append_only("filings_exportlayout", "导出格式不能修改或删除，请另存新的一版。")
            + guards.append_only("filings_exportitem", "导出明细不能修改或删除。")
            + guards.no_delete("filings_exportbatch", "导出记录不能删除。")
            + guards.no_delete("filings_printtemplate", "打印模板不能删除，只能停用。")
            + guards.no_delete("filings_reconciliation", "核对记录不能删除。")
        )
        post_migrate.connect(guards.install_for_app, sender=self, dispatch_uid="filings.guards")
