"""Text that is stored encrypted: what citizens write may name them (第二十一条). AES-256-GCM, a nonce a value.

`settings.DATA_KEYS`: the first key seals, all of them open; so a key is changed by putting a new one before it.
"""

import os
from functools import lru_cache
from hashlib import sha256
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import models

NONCE = 12
UNREADABLE = "（密钥已更换，内容无法显示）"


@lru_cache(maxsize=16)
def _cipher(key: str) -> AESGCM:
    return AESGCM(sha256(key.encode()).digest())


def seal(text: str) -> bytes:
    """`text` as it is stored; b'' stays b''."""
    if not text:
        return b""
    nonce = os.urandom(NONCE)
    return nonce + _cipher(settings.DATA_KEYS[0]).encrypt(nonce, text.encode(), None)


def unseal(stored: bytes) -> str:
    """What was sealed; a sentence when no key opens it, so that a page stays readable."""
    if not stored:
        return ""
    for key in settings.DATA_KEYS:
        try:
            return _cipher(key).decrypt(stored[:NONCE], stored[NONCE:], None).decode()
        except InvalidTag:
            continue
    return UNREADABLE


class SealedTextField(models.BinaryField):
    """A text to the program, ciphertext in the database; it can be neither searched nor compared there."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("default", b"")
        super().__init__(*args, **kwargs)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> str:
        return unseal(bytes(value or b""))

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        return super().get_db_prep_value(seal(value or ""), connection, prepared)

    def get_default(self) -> str:
        return ""

    def value_to_string(self, obj: models.Model) -> str:
        return str(self.value_from_object(obj))

    def to_python(self, value: Any) -> str:
        return str(value or "")
