from decimal import Decimal

import pytest
from django.utils import translation

from supportflow.pages.numbers import bounded, file_size, money, plain_number, shown_number, whole


def test_sizes_have_one_unit() -> None:
    assert [file_size(n) for n in (5, 999, 340_000, 999_600, 1_234_567)] == [
        "5 B",
        "999 B",
        "340 kB",
        "1.0 MB",
        "1.2 MB",
    ]


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", ["12,345", "999", "1,000+", "1.2 MB", "72,000", "72,000.50", "1234.5"]),
        ("de", ["12.345", "999", "1.000+", "1,2 MB", "72.000", "72.000,50", "1234,5"]),
        ("es", ["12\xa0345", "999", "1\xa0000+", "1,2 MB", "72\xa0000", "72\xa0000,50", "1234,5"]),
    ],
)
def test_numbers_are_written_as_in_the_readers_language(language: str, told: list[str]) -> None:
    with translation.override(language):
        assert [
            whole(12_345),
            bounded(999),
            bounded(1001),
            file_size(1_234_567),
            money(Decimal(72_000)),
            money(Decimal("72000.50")),
            shown_number(1234.5),
        ] == told
        assert plain_number(1234.5) == "1234.5"  # the value of a field is no text
