"""Whatever is drawn is a scan: the short form of the run in benchmarks/scanner.py."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from lumenfield.synthesis import recipe_names

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def scanner():
    spec = importlib.util.spec_from_file_location("scanner", ROOT / "benchmarks" / "scanner.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("shape", [(40, 32), (24, 28, 32)])
@pytest.mark.parametrize("name", recipe_names())
def test_nothing_is_wrong_with_any_draw(scanner, name, shape):
    faults = {index: scanner.fault_of(name, 5, index, shape) for index in range(4)}
    assert not any(faults.values()), faults


def test_a_piece_that_floats_is_seen(scanner):
    mask = np.zeros((9, 9, 9), dtype=np.uint8)
    mask[4] = 1
    assert scanner.loose_pieces(mask) == 0
    mask[4] = 0
    mask[2:4, 2:4, 2:4] = mask[6, 6, 6] = 1
    assert scanner.loose_pieces(mask) == 2
