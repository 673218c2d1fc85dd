"""常用筛选: conditions of the register's list that a person keeps under a name."""

from django.conf import settings
from django.db import models


class SavedFilter(models.Model):
    """A name for a query string of the list; each person's own."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="saved_filters")
    name = models.CharField("名称", max_length=20)
    query = models.CharField("条件", max_length=500)

    class Meta:
        verbose_name = verbose_name_plural = "常用筛选"
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "name"],
                name="saved_filter_name_once",
                violation_error_message="已有同名的常用筛选，请换一个名称。",
            )
        ]

    def __str__(self) -> str:
        return self.name
