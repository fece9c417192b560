"""How far a long job is: a bar on a terminal, plain lines elsewhere; always on standard error."""

import sys
from collections.abc import Callable

__all__ = ["Ticker", "show_progress"]

Ticker = Callable[[str, int, int], None]
"""(stage, done, total)"""


def show_progress(quiet: bool = False) -> Ticker:
    """Make a function that shows each stage as it goes on."""
    if quiet:
        return lambda stage, done, total: None
    if sys.stderr.isatty():
        return _bars()
    return _lines()


def _bars() -> Ticker:
    from tqdm import tqdm

    bars: dict[str, tqdm[None]] = {}

    def show(stage: str, done: int, total: int) -> None:
        if stage not in bars:
            bars[stage] = tqdm(total=total, desc=stage, leave=False)
        bar = bars[stage]
        bar.total = total
        bar.update(done - bar.n)
        if done >= total:
            bar.close()
            del bars[stage]

    return show


def _lines() -> Ticker:
    shown: dict[str, int] = {}

    def show(stage: str, done: int, total: int) -> None:
        tenth = 10 * done // max(1, total)
        if shown.get(stage) != tenth:
            shown[stage] = tenth
            print(f"{stage} {done}/{total}", file=sys.stderr, flush=True)
            if done >= total:
                del shown[stage]

    return show
