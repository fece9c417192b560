"""JSON on standard output: one object, and never a number that JSON cannot hold."""

import json

import pytest

from lumenfield.jobs.printed import print_json


def test_what_is_not_finite_is_null(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"a": [float("nan"), 1.5], "b": {"c": float("inf")}, "d": "text"})
    assert json.loads(capsys.readouterr().out) == {"a": [None, 1.5], "b": {"c": None}, "d": "text"}
