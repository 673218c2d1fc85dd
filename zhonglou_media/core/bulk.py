"""Many rows updated at once: one statement a batch, where Django's `bulk_update` writes a CASE a row."""

from collections.abc import Iterable, Sequence
from typing import Any, cast

from django.db import connection, models


def update_many(model: type[models.Model], fields: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
    """Set `fields` of each row of `model`; a row of `rows` is the key followed by the values, as Python objects.

    The caller holds the transaction and the rows' locks.
    """
    columns = [cast("models.Field[Any, Any]", model._meta.get_field(name)) for name in fields]
    key = model._meta.pk
    names = [connection.ops.quote_name(str(column.column)) for column in columns]
    table = connection.ops.quote_name(model._meta.db_table)
    prepared = [
        (pk, *(column.get_db_prep_save(value, connection) for column, value in zip(columns, values, strict=True)))
        for pk, *values in rows
    ]
    if not prepared:
        return
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            from psycopg2.extras import execute_values

            types = [column.db_type(connection) for column in columns]
            sets = ", ".join(f"{name} = v.{name}::{type_}" for name, type_ in zip(names, types, strict=True))
            sql = f"UPDATE {table} SET {sets} FROM (VALUES %s) AS v (id, {', '.join(names)}) WHERE {table}.id = v.id"  # noqa: S608 -- our own names
            execute_values(cursor.cursor, sql, prepared, page_size=1000)
        else:
            sets = ", ".join(f"{name} = %s" for name in names)
            cursor.executemany(
                f"UPDATE {table} SET {sets} WHERE {key.column} = %s",  # noqa: S608 -- our own names
                [(*values, pk) for pk, *values in prepared],
            )
