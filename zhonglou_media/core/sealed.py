"""Text and files stored encrypted: what citizens write may name them (第二十一条). AES-256-GCM, a nonce a value.

`settings.DATA_KEYS`: the first key seals, all of them open; so a key is changed by putting a new one before it.
"""

import os
from functools import lru_cache
from hashlib import sha256
from typing import IO, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import models

NONCE, TAG = 12, 16
UNREADABLE = "（密钥已更换，内容无法显示）"

# A sealed file: MAGIC, SALT random bytes, then chunks of CHUNK bytes of content (the last one shorter), each as nonce
# and ciphertext. With each chunk go the file's head, its place and whether it is the last, so that chunks can be
# neither left out, moved, nor taken from another file.
MAGIC = b"\x89ZLSEAL1"
SALT, CHUNK = 16, 1024 * 1024
HEAD = len(MAGIC) + SALT
_SEALED = NONCE + CHUNK + TAG


class Broken(Exception):
    """A sealed file that no key opens, or that is not as it was written."""


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


def is_sealed(start: bytes) -> bool:
    """Whether a file that begins so was written by `seal_file`."""
    return start.startswith(MAGIC)


def seal_file(content: IO[bytes], out: IO[bytes]) -> None:
    """Write what `content` holds from where it stands, sealed with the first key; a chunk at a time in memory."""
    head, cipher = MAGIC + os.urandom(SALT), _cipher(settings.DATA_KEYS[0])
    out.write(head)
    index, chunk = 0, content.read(CHUNK)
    while True:
        following = content.read(CHUNK) if len(chunk) == CHUNK else b""
        nonce = os.urandom(NONCE)
        out.write(nonce + cipher.encrypt(nonce, chunk, _place(head, index, last=not following)))
        if not following:
            return
        index, chunk = index + 1, following


def unseal_file(stored: IO[bytes], out: IO[bytes]) -> None:
    """Write to `out` what a sealed file holds. Raises Broken, and what was written by then must not be used."""
    head = stored.read(HEAD)
    index, chunk, cipher = 0, stored.read(_SEALED), None
    while True:
        following = stored.read(_SEALED)
        place = _place(head, index, last=not following)
        cipher = cipher or _opening(chunk, place)
        try:
            out.write(cipher.decrypt(chunk[:NONCE], chunk[NONCE:], place))
        except (InvalidTag, ValueError) as error:
            raise Broken(f"chunk {index}") from error
        if not following:
            return
        index, chunk = index + 1, following


def opens(stored: IO[bytes]) -> bool:
    """Whether a sealed file begins as one of the keys wrote it."""
    head, chunk = stored.read(HEAD), stored.read(_SEALED)
    try:
        _opening(chunk, _place(head, 0, last=not stored.read(1)))
    except Broken:
        return False
    return True


def _place(head: bytes, index: int, *, last: bool) -> bytes:
    return head + index.to_bytes(8) + bytes([last])


def _opening(chunk: bytes, place: bytes) -> AESGCM:
    """The cipher of the key that sealed a file's first chunk. Raises Broken."""
    for key in settings.DATA_KEYS:
        try:
            _cipher(key).decrypt(chunk[:NONCE], chunk[NONCE:], place)
        except (InvalidTag, ValueError):
            continue
        return _cipher(key)
    raise Broken("no key opens it")


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
