"""What citizens write is ciphertext in the database."""

from typing import Any

import pytest
from django.db import connection

from accounts.models import Message
from tests.factories import account, at
from zhonglou_media.core import sealed

WORDS = "社保卡在哪里补办？"


def message(body: str) -> Message:
    asked = at("2026-11-23 08:05")
    return Message.objects.create(
        account=account(), external_id="1", kind="inquiry", body=body, asked_at=asked, received_at=asked, source="typed"
    )


def stored(pk: int) -> bytes:
    with connection.cursor() as cursor:
        cursor.execute("SELECT body FROM accounts_message WHERE id = %s", [pk])
        return bytes(cursor.fetchone()[0])


@pytest.mark.django_db
@pytest.mark.parametrize("body", [WORDS, "", "=1+1", "𠮷" * 5000])
def test_a_message_comes_back_as_it_was_written(body: str) -> None:
    assert Message.objects.get(pk=message(body).pk).body == body


@pytest.mark.django_db
def test_the_database_holds_no_word_of_it() -> None:
    cipher = stored(message(WORDS).pk)
    assert cipher
    assert WORDS.encode() not in cipher
    assert WORDS[:2].encode() not in cipher


def test_the_same_words_are_never_the_same_ciphertext() -> None:
    assert sealed.seal(WORDS) != sealed.seal(WORDS)


def test_a_new_key_seals_and_the_old_one_still_opens(settings: Any) -> None:
    settings.DATA_KEYS = ["old"]
    before = sealed.seal(WORDS)
    settings.DATA_KEYS = ["new", "old"]
    after = sealed.seal(WORDS)
    assert [sealed.unseal(before), sealed.unseal(after)] == [WORDS, WORDS]
    settings.DATA_KEYS = ["new"]
    assert sealed.unseal(after) == WORDS
    assert sealed.unseal(before) == sealed.UNREADABLE


def test_what_was_tampered_with_is_not_shown() -> None:
    cipher = bytearray(sealed.seal(WORDS))
    cipher[-1] ^= 1
    assert sealed.unseal(bytes(cipher)) == sealed.UNREADABLE
