"""Units, their people and platforms, and the register of accounts."""

from .account import Account, AccountKind, AccountName, AccountState, Origin
from .activity import Message, Publication
from .flag import Flag, Level, RuleRun
from .membership import Membership, Role
from .platform import Platform, PlatformAlias
from .unit import Unit, UnitKind, UnitName

__all__ = (
    "Account",
    "AccountKind",
    "AccountName",
    "AccountState",
    "Flag",
    "Level",
    "Membership",
    "Message",
    "Origin",
    "Platform",
    "PlatformAlias",
    "Publication",
    "Role",
    "RuleRun",
    "Unit",
    "UnitKind",
    "UnitName",
)
