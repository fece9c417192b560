"""Rings are exact, in space and in the plane."""

import math

import pytest
import torch

from lumenfield.errors import InputError
from lumenfield.geometry import Torus, Tube, sample_bound


def test_a_torus_is_a_tube_bent_round():
    points = torch.randn(500, 3, generator=torch.Generator().manual_seed(0)) * 8
    bent = Tube(2.0).bent(0.1)
    torch.testing.assert_close(
        Torus(10.0, 2.0).distance(points),
        bent.distance(points + torch.tensor([0.0, 10.0, 0.0])),
        atol=1e-5,
        rtol=0,
    )


def test_a_torus_holds_what_pappus_says():
    phi = sample_bound(Torus(10.0, 3.0), (60, 60, 20), (0.5, 0.5, 0.5))
    assert float((phi < 0).sum()) * 0.125 == pytest.approx(2 * math.pi**2 * 10 * 9, rel=0.01)


def test_a_torus_in_the_plane_is_an_annulus():
    places = torch.tensor([[0.0, 0.0], [7.0, 0.0], [0.0, 14.0]])
    assert Torus(10.0, 2.0).distance(places).tolist() == pytest.approx([8.0, 1.0, 2.0])


@pytest.mark.parametrize("radius", [0.0, 10.0])
def test_a_torus_without_a_hole_is_refused(radius):
    with pytest.raises(InputError, match=r"torus of .* on a ring of 10\.0 mm; .* thinner"):
        Torus(10.0, radius)
