"""`lumenfield doctor`: is this machine ready, and what to mend."""

import argparse

from lumenfield.cli.verb import Arguments, Verb, print_json

__all__ = ["VERB"]

_SIGNS = {"good": "ok", "note": "note", "bad": "MEND"}


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    del parser


def _run(arguments: Arguments) -> int:
    from lumenfield.config import to_mapping
    from lumenfield.jobs.doctor import examine

    findings = []
    for one in examine():
        findings.append(one)
        if not arguments.json:
            print(f"{_SIGNS[one.verdict]:5} {one.name:16} {one.found}", flush=True)
            if one.fix:
                print(f"{'':22} → {one.fix}")
    bad = [one.name for one in findings if one.verdict == "bad"]
    if arguments.json:
        print_json({"ready": not bad, "findings": [to_mapping(one) for one in findings]})
    else:
        print(f"not ready: mend {', '.join(bad)}" if bad else "ready")
    return 2 if bad else 0


VERB = Verb("say whether this machine is ready, and what to mend", _add_arguments, _run)
