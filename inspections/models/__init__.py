"""What the office orders after it looked (第八条, 第二十四条)."""

from .order import ClosureOrder, OrderGround, OrderState

__all__ = ("ClosureOrder", "OrderGround", "OrderState")
