"""Frozen dataclasses filled from TOML, JSON and `--set a.b=v`; separate so all are read alike."""

import dataclasses
import difflib
import importlib
import tomllib
import types
import typing
from collections.abc import Container, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from lumenfield.errors import InputError

__all__ = ["from_mapping", "laid_over", "look_up", "read_toml", "to_mapping", "with_settings"]

Config = TypeVar("Config")
Entry = TypeVar("Entry")


def from_mapping(kind: type[Config], mapping: Mapping[str, Any], where: str = "config") -> Config:
    """Build a dataclass of `kind` from plain values, nested mappings for nested dataclasses.

    Raises:
        InputError: an unknown key (with the nearest known one), a value of the wrong type, or one
            that the dataclass itself refuses.
    """
    _refuse_unknown(kind, mapping, where)
    try:
        return msgspec.convert(mapping, kind)
    except msgspec.ValidationError as error:
        if isinstance(error.__cause__, InputError):
            raise error.__cause__ from None
        raise InputError(f"{where}: {error}", "every value must fit its type", "mend it") from None


def laid_over(
    mapping: Mapping[str, Any], over: Mapping[str, Any], whole: Container[str] = ()
) -> dict[str, Any]:
    """Lay one nested mapping over another, table by table; neither is changed.

    Args:
        whole: keys whose tables replace what they lie over.
    """
    result = _copied(mapping)
    for key, value in over.items():
        below = result.get(key)
        if key not in whole and isinstance(value, Mapping) and isinstance(below, Mapping):
            result[key] = laid_over(below, value, whole)
        else:
            result[key] = value
    return result


def look_up(table: Mapping[str, Entry], name: str, what: str, where: str = "") -> Entry:
    """Find an entry of a table by its name, or one of the user's own as `module:attribute`.

    Raises:
        InputError: no such name (the nearest is suggested), module or attribute.
    """
    if name in table:
        return table[name]
    place = f"{where}: " if where else ""
    module, colon, attribute = name.partition(":")
    if not colon:
        near = difflib.get_close_matches(name, table, n=1)
        todo = f"did you mean {near[0]}?" if near else "take one of those, or module:attribute"
        raise InputError(f"{place}unknown {what} {name}", f"known are {', '.join(table)}", todo)
    try:
        entry: Entry = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise InputError(
            f"{place}{what} {name}: {error}",
            "module:attribute names something that can be imported",
            "check the spelling, and that the module is installed or on PYTHONPATH",
        ) from None
    return entry


def to_mapping(config: Any) -> dict[str, Any]:
    """Turn a config into plain values that JSON can hold."""
    return typing.cast(dict[str, Any], msgspec.to_builtins(config))


def with_settings(mapping: Mapping[str, Any], settings: Sequence[str]) -> dict[str, Any]:
    """Lay `a.b=v` settings over a nested mapping; `v` is read as TOML, else as text.

    Raises:
        InputError: a setting without `=`, or one that goes below a plain value.
    """
    result = _copied(mapping)
    for setting in settings:
        path, equals, text = setting.partition("=")
        if not equals or not path.strip():
            raise InputError(f"--set {setting}", "a setting is name=value", "write --set a.b=v")
        *parents, last = path.strip().split(".")
        place = result
        for name in parents:
            place = place.setdefault(name, {})
            if not isinstance(place, dict):
                raise InputError(f"--set {setting}", f"{name} is a plain value", "set it whole")
        place[last] = _value(text.strip())
    return result


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file.

    Raises:
        InputError: it is missing or is not TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}", "a TOML file", "check the path") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: {error}", "a TOML file", "mend that line") from None


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"v = {text}")["v"]
    except tomllib.TOMLDecodeError:
        return text


def _copied(mapping: Mapping[str, Any]) -> dict[str, Any]:
    return {k: _copied(v) if isinstance(v, Mapping) else v for k, v in mapping.items()}


def _refuse_unknown(kind: Any, mapping: Mapping[str, Any], where: str) -> None:
    hints = typing.get_type_hints(kind)
    names = [f.name for f in dataclasses.fields(kind)]
    for key, value in mapping.items():
        if key not in names:
            near = difflib.get_close_matches(str(key), names, n=1)
            todo = f"did you mean {near[0]}?" if near else "leave it out"
            raise InputError(f"{where}: unknown key {key}", f"known are {', '.join(names)}", todo)
        inner = _dataclass_in(hints[key])
        if inner is not None and isinstance(value, Mapping):
            _refuse_unknown(inner, value, f"{where}.{key}")
        each = _dataclass_in(typing.get_args(hints[key])[-1]) if _is_dict(hints[key]) else None
        if each is not None and isinstance(value, Mapping):
            for name, one in value.items():
                _refuse_unknown(each, one, f"{where}.{key}.{name}")


def _is_dict(hint: Any) -> bool:
    return typing.get_origin(hint) is dict


def _dataclass_in(hint: Any) -> Any | None:
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
        found = [h for h in typing.get_args(hint) if dataclasses.is_dataclass(h)]
        return found[0] if len(found) == 1 else None
    return hint if dataclasses.is_dataclass(hint) else None
