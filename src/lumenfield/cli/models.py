"""`lumenfield models`: which networks there are; one's own are added, verified and removed."""

import argparse
from typing import Any

from lumenfield.cli.verb import Arguments, Verb, print_json

__all__ = ["VERB"]

_ACTIONS = ("add", "verify", "remove")


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "words",
        nargs="*",
        metavar="NAME|RUN",
        help="networks to list, by default all; or: add FILE|RUN, verify, remove NAME",
    )
    parser.add_argument("--name", default="", help="what to call a network that is added")


def _run(arguments: Arguments) -> int:
    from lumenfield.errors import InputError

    action, *rest = [*arguments.words, ""] if arguments.words else [""]
    if action not in _ACTIONS:
        return _list(arguments)
    named = [word for word in rest if word]
    if len(named) != (action != "verify"):
        raise InputError(
            f"models {' '.join(arguments.words)}",
            "add and remove take one network, verify takes none",
            "write models add FILE, models verify, or models remove NAME",
        )
    return {"add": _add, "verify": _verify, "remove": _remove}[action](arguments)


def _list(arguments: Arguments) -> int:
    from lumenfield.jobs.models import describe_models

    facts = describe_models(arguments.words)
    if arguments.json:
        return print_json({"models": facts})
    for model in facts:
        print(_line(model))
    return 0


def _add(arguments: Arguments) -> int:
    from lumenfield.jobs.models import add_model

    facts = add_model(arguments.words[1], arguments.name)
    if arguments.json:
        return print_json({"models": [facts]})
    print(f"{_line(facts)}\nuse it with --model {facts['name']}")
    return 0


def _verify(arguments: Arguments) -> int:
    from lumenfield.jobs.models import verify_models

    found = verify_models()
    if arguments.json:
        print_json({"models": found})
    else:
        for model in found:
            print(f"{model['name']:12} {model['error'] or 'as it should be'}")
    return 2 if any(model["error"] for model in found) else 0


def _remove(arguments: Arguments) -> int:
    from lumenfield.jobs.models import remove_model

    path = remove_model(arguments.words[1])
    if arguments.json:
        return print_json({"removed": str(path)})
    print(f"removed {path}")
    return 0


def _line(model: dict[str, Any]) -> str:
    why = model["uncalibrated"]
    wall = f"not calibrated: {why}" if why else f"wall ± {model['spread_voxels']:.2f} voxel"
    return (
        f"{model['name']:12} {model['ndim']}-D  {model['megabytes']:.1f} MB  {wall}  "
        f"sha256 {model['sha256'][:12]}…"
    )


VERB = Verb("list networks, or add, verify and remove your own", _add_arguments, _run)
