"""Units, people and the register of accounts."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate

from zhonglou_media.core import guards


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "账号台账"
    guards: list[guards.Guard]

    def ready(self) -> None:
        from . import lifecycle

        self.guards = guards.legal_pairs(
            "accounts_account", "state", lifecycle.LEGAL, "账号状态不能这样变化，请通过备案或关停令办理。"
        ) + guards.no_delete("accounts_account", "账号不能删除，只能注销或作废。")
        post_migrate.connect(guards.install_for_app, sender=self, dispatch_uid="accounts.guards")
