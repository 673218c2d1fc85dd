"""People who sign in. Their roles are memberships of units (`accounts.models.Membership`)."""

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower


class UserManager(BaseUserManager["User"]):
    """Finds a user by name without regard to case."""

    def create_user(self, username: str, password: str | None = None, **fields: Any) -> "User":
        """Make a user; without a password nobody can sign in as them."""
        user = self.model(username=username.strip().casefold(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(username=(username or "").strip().casefold())


class User(AbstractBaseUser):
    """用户. `session_epoch` grows when a user is disabled, so that old sessions never work again."""

    username = models.CharField("用户名", max_length=64, unique=True)
    name = models.CharField("姓名", max_length=64)
    phone = models.CharField("联系电话", max_length=32, blank=True)
    is_active = models.BooleanField("启用", default=True)
    session_epoch = models.PositiveIntegerField("会话批次", default=0)
    created_at = models.DateTimeField("建立时间", auto_now_add=True)

    # The membership chosen on top of the page for this request (`accounts/policy.py` narrows to it); None: all of them.
    acting_as: int | None = None

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar = ["name"]
    objects = UserManager()

    class Meta:
        verbose_name = verbose_name_plural = "用户"
        constraints = [
            models.UniqueConstraint(
                Lower("username"), name="user_username_unique", violation_error_message="这个用户名已有人使用。"
            )
        ]

    def __str__(self) -> str:
        return self.name or self.username

    def get_session_auth_hash(self) -> str:
        """Ends every open session when the password or the epoch changes."""
        return f"{super().get_session_auth_hash()}.{self.session_epoch}"


class Invitation(models.Model):
    """邀请: a one-time link by which a person sets a password; only its digest is stored."""

    user = models.ForeignKey(User, models.PROTECT, related_name="invitations", verbose_name="用户")
    token_sm3 = models.CharField(max_length=64, unique=True)
    made_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name="邀请人")
    made_at = models.DateTimeField("邀请时间")
    expires_at = models.DateTimeField("有效至")
    used_at = models.DateTimeField("使用时间", null=True)
    withdrawn_at = models.DateTimeField("作废时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "邀请"
        ordering = ["-made_at", "-id"]

    def __str__(self) -> str:
        return f"{self.user} {self.made_at:%Y-%m-%d %H:%M}"
