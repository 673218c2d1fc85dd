"""Files that hold what citizens write are ciphertext on the disk, and anything done to it is seen."""

import io
import os
from pathlib import Path
from typing import Any

import pytest

from zhonglou_media.core import files, sealed
from zhonglou_media.core.errors import Refused
from zhonglou_media.core.sealed import CHUNK, HEAD, NONCE, TAG

WORDS = "社保卡在哪里补办？".encode()
PIECE = NONCE + CHUNK + TAG


def seal(content: bytes) -> bytes:
    out = io.BytesIO()
    sealed.seal_file(io.BytesIO(content), out)
    return out.getvalue()


def unseal(stored: bytes) -> bytes:
    out = io.BytesIO()
    sealed.unseal_file(io.BytesIO(stored), out)
    return out.getvalue()


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 7])
def test_a_file_of_any_length_comes_back(size: int) -> None:
    content = os.urandom(size)
    stored = seal(content)
    assert unseal(stored) == content
    assert len(stored) == HEAD + size + (NONCE + TAG) * max(1, -(-size // CHUNK))


def test_a_sealed_file_holds_no_word_and_is_never_the_same_twice() -> None:
    stored = seal(WORDS * 1000)
    assert WORDS not in stored
    assert WORDS[:6] not in stored
    assert stored != seal(WORDS * 1000)


def parts(stored: bytes) -> list[bytes]:
    """The head and each chunk."""
    return [stored[:HEAD], *(stored[at : at + PIECE] for at in range(HEAD, len(stored), PIECE))]


THREE = os.urandom(2 * CHUNK + 9)


def flipped(stored: bytes, at: int) -> bytes:
    changed = bytearray(stored)
    changed[at] ^= 1
    return bytes(changed)


@pytest.mark.parametrize(
    ("what", "change"),
    [
        ("the last chunk is gone", lambda s: b"".join(parts(s)[:3])),
        ("all but the first chunk are gone", lambda s: b"".join(parts(s)[:2])),
        ("every chunk is gone", lambda s: parts(s)[0]),
        ("cut off within a chunk", lambda s: s[: HEAD + PIECE + 5000]),
        ("cut off within the nonce", lambda s: s[: HEAD + 5]),
        ("cut off within the head", lambda s: s[: HEAD - 3]),
        ("the first chunk is gone", lambda s: parts(s)[0] + b"".join(parts(s)[2:])),
        ("two chunks in another order", lambda s: b"".join(parts(s)[n] for n in (0, 2, 1, 3))),
        ("a chunk twice", lambda s: b"".join(parts(s)[n] for n in (0, 1, 1, 2, 3))),
        ("a bit of the salt", lambda s: flipped(s, HEAD - 1)),
        ("a bit of the first nonce", lambda s: flipped(s, HEAD)),
        ("a bit of the second chunk", lambda s: flipped(s, HEAD + PIECE + 100)),
        ("the last bit", lambda s: flipped(s, -1)),
        ("something more at the end", lambda s: s + b"x"),
        ("a chunk of another file", lambda s: b"".join([*parts(s)[:2], parts(seal(THREE))[2], parts(s)[3]])),
    ],
)  # fmt: skip
def test_a_file_that_was_changed_is_not_opened(what: str, change: Any) -> None:
    with pytest.raises(sealed.Broken):
        unseal(change(seal(THREE)))


def test_a_file_sealed_before_the_key_was_changed_still_opens(settings: Any) -> None:
    settings.DATA_KEYS = ["old"]
    before = seal(THREE)
    settings.DATA_KEYS = ["new", "old"]
    after = seal(THREE)
    assert [unseal(before), unseal(after)] == [THREE, THREE]
    settings.DATA_KEYS = ["new"]
    assert unseal(after) == THREE
    with pytest.raises(sealed.Broken):
        unseal(before)


def test_only_two_chunks_are_in_memory_at_a_time() -> None:
    class Counting(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            assert size is not None
            assert 0 <= size <= PIECE
            return super().read(size)

        def write(self, piece: Any, /) -> int:
            assert len(piece) <= PIECE
            return super().write(piece)

    stored, plain = Counting(), Counting()
    sealed.seal_file(Counting(THREE), stored)
    stored.seek(0)
    sealed.unseal_file(stored, plain)
    assert plain.getvalue() == THREE


# --- the store ------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("as_file", [False, True], ids=["bytes", "file"])
def test_a_file_is_kept_sealed_under_the_digest_of_its_content(as_file: bool, tmp_path: Path) -> None:
    content, path = WORDS * 300_000, tmp_path / "source"
    path.write_bytes(content)
    with path.open("rb") as source:
        source.read(10)  # wherever it stands
        kept = files.keep(source if as_file else content, "text/csv", sealed=True)
    assert kept.size == len(content)
    assert WORDS not in files.path_of(kept.sm3).read_bytes()
    with files.open_file(kept) as plain:
        assert plain.read() == content
        assert not isinstance(plain.name, str)  # a file without a name
    clear = files.keep(content, "text/csv")
    assert clear == kept
    assert WORDS not in files.path_of(kept.sm3).read_bytes()  # what lies sealed stays so


@pytest.mark.django_db
def test_what_lay_there_in_clear_opens_and_is_sealed_when_it_must_be() -> None:
    kept = files.keep(WORDS, "text/csv")
    assert files.path_of(kept.sm3).read_bytes() == WORDS
    with files.open_file(kept) as plain:
        assert plain.read() == WORDS
    assert files.keep(WORDS, "text/csv", sealed=True) == kept
    assert WORDS not in files.path_of(kept.sm3).read_bytes()
    with files.open_file(kept) as plain:
        assert plain.read() == WORDS


@pytest.mark.django_db
def test_a_file_whose_key_is_lost_says_so_and_is_kept_anew_when_it_comes_again(settings: Any) -> None:
    settings.DATA_KEYS = ["lost"]
    kept = files.keep(WORDS, "text/csv", sealed=True)
    settings.DATA_KEYS = ["new"]
    with pytest.raises(Refused, match="密钥已更换或文件已损坏"):
        files.open_file(kept)
    assert files.keep(WORDS, "text/csv", sealed=True) == kept
    with files.open_file(kept) as plain:
        assert plain.read() == WORDS
