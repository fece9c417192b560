"""Options are read like every other config and refuse what cannot be."""

import pytest

from lumenfield.config import from_mapping, to_mapping
from lumenfield.errors import InputError
from lumenfield.refinement import RefineOptions


def test_options_are_read_and_written_back():
    options = from_mapping(RefineOptions, {"samples": 8, "point_spread": 0.6})
    assert from_mapping(RefineOptions, to_mapping(options)) == options


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("samples", 2, "at least 4"),
        ("point_spread", 9.0, "between 0.2 and 3"),
        ("noise_gain", 0.0, r"\(0, 1\]"),
        ("sample", 32, "did you mean samples"),
    ],
)
def test_what_cannot_be_is_refused(key, value, message):
    with pytest.raises(InputError, match=message):
        from_mapping(RefineOptions, {key: value})
