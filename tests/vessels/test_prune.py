"""Paths of a skeleton that are joined, whatever their number."""

import numpy as np

from lumenfield.vessels.graph import Path
from lumenfield.vessels.prune import pruned


def test_a_chain_of_twelve_hundred_pieces_is_one_vessel() -> None:
    nodes = np.stack([np.arange(1201.0), np.zeros(1201)], axis=1)
    pieces = [Path(k, k + 1, nodes[k : k + 2]) for k in range(1200)]
    paths, _ = pruned(
        pieces, nodes, lambda points: np.full(len(points), 2.0), lambda place: False, 1.0
    )
    assert len(paths) == 1
    assert paths[0].length == 1200.0
    np.testing.assert_array_equal(np.abs(np.diff(paths[0].points[:, 0])), np.ones(1200))
