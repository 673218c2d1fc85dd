"""Every named address of the URLconf, for the tests that must not forget one."""

from collections.abc import Iterator

from django.urls import URLPattern, URLResolver, get_resolver

STAND_INS = {"int": 1, "slug": "national", "string": "nothing"}


def addresses() -> dict[str, dict[str, object]]:
    """By name with its namespaces (`filings:detail`), arguments of the right type that name no real object.

    Raises AssertionError for an address without a name. Of several addresses with one name the first counts.
    """

    def walk(patterns: list[URLPattern | URLResolver], prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
        for pattern in patterns:
            if isinstance(pattern, URLResolver):
                space = f"{pattern.namespace}:" if pattern.namespace else ""
                yield from walk(pattern.url_patterns, prefix + space)
            else:
                assert pattern.name, f"{pattern.pattern} has no name"
                yield prefix + pattern.name, pattern

    found: dict[str, dict[str, object]] = {}
    for name, pattern in walk(get_resolver().url_patterns):
        kinds = {
            key: type(of).__name__.removesuffix("Converter").lower() for key, of in pattern.pattern.converters.items()
        }
        found.setdefault(name, {key: STAND_INS[kind] for key, kind in kinds.items()})
    return found
