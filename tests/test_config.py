"""Configs are filled from plain values; whatever does not fit is named."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest

from lumenfield.config import from_mapping, read_toml, to_mapping, with_settings
from lumenfield.errors import InputError


@dataclass(frozen=True)
class Inner:
    rate: float = 0.1
    kind: Literal["a", "b"] = "a"

    def __post_init__(self) -> None:
        if self.rate <= 0:
            raise InputError(f"rate {self.rate}", "it must be positive", "raise it")


@dataclass(frozen=True)
class Outer:
    name: str
    shape: tuple[int, ...] = (8, 8)
    inner: Inner = field(default_factory=Inner)
    maybe: Inner | None = None


def test_nested_values_become_nested_dataclasses():
    found = from_mapping(Outer, {"name": "x", "shape": [4, 5], "inner": {"rate": 2}})
    assert found == Outer("x", (4, 5), Inner(2.0))


def test_what_is_written_is_what_is_read():
    config = Outer("x", (1, 2, 3), Inner(0.5, "b"), Inner(0.25))
    assert from_mapping(Outer, json.loads(json.dumps(to_mapping(config)))) == config


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({"name": "x", "shap": [1]}, r"run: unknown key shap; known are .*: did you mean shape\?"),
        ({"name": "x", "inner": {"rat": 1}}, r"run\.inner: unknown key rat; .* mean rate\?"),
        ({"name": "x", "maybe": {"rat": 1}}, r"run\.maybe: unknown key rat"),
        ({"name": "x", "zzz": 1}, "unknown key zzz; .*: leave it out"),
        ({"name": 3}, r"run: Expected `str`, got `int` - at `\$\.name`"),
        ({"name": "x", "shape": ["a"]}, r"Expected `int`, got `str`"),
        ({"name": "x", "inner": {"kind": "c"}}, r"Invalid enum value 'c' - at `\$\.inner\.kind`"),
        ({}, "missing required field `name`"),
        ({"name": "x", "inner": {"rate": -1.0}}, r"^rate -1\.0; it must be positive: raise it$"),
    ],
)
def test_what_does_not_fit_is_named(mapping, message):
    with pytest.raises(InputError, match=message):
        from_mapping(Outer, mapping, where="run")


def test_settings_reach_nested_places_and_are_read_as_toml():
    given = {"inner": {"rate": 0.1}, "name": "x"}
    found = with_settings(
        given, ["inner.rate=1e-3", "inner.kind=b", "shape=[4, 4]", "new.deep = true"]
    )
    assert found["inner"] == {"rate": 1e-3, "kind": "b"}
    assert found["shape"] == [4, 4]
    assert found["new"] == {"deep": True}
    assert given == {"inner": {"rate": 0.1}, "name": "x"}


def test_a_value_may_hold_an_equals_sign():
    assert with_settings({}, ["name=a=b"]) == {"name": "a=b"}


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("inner.rate", r"--set inner\.rate; a setting is name=value: write --set a\.b=v"),
        ("=3", r"--set =3; a setting is name=value"),
        ("name.first=3", r"name is a plain value: set it whole"),
    ],
)
def test_settings_that_say_nothing_are_refused(setting, message):
    with pytest.raises(InputError, match=message):
        with_settings({"name": "x"}, [setting])


def test_toml_is_read(tmp_path: Path):
    (tmp_path / "a.toml").write_text("[inner]\nrate = 1e-3\n", encoding="utf-8")
    assert read_toml(tmp_path / "a.toml") == {"inner": {"rate": 1e-3}}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, r"a\.toml: No such file or directory; a TOML file: check the path"),
        (b"rate = ", r"a\.toml: Invalid value .*; a TOML file: mend that line"),
        (b"\xff\xfe", r"a\.toml: .*; a TOML file"),
    ],
)
def test_what_is_not_toml_is_refused(content, message, tmp_path):
    if content is not None:
        (tmp_path / "a.toml").write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_toml(tmp_path / "a.toml")
