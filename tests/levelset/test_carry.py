"""What the wall has is had along its normals."""

import torch

from lumenfield.levelset.carry import carry_from_wall


def test_a_value_on_the_wall_is_carried_along_the_normals():
    lines = torch.meshgrid(torch.arange(30.0), torch.arange(30.0), indexing="ij")
    x, y = lines[0] - 14.3, lines[1] - 15.2
    distance, angle = torch.hypot(x, y) - 8, torch.atan2(y, x)
    values = (2 + torch.sin(angle) + distance)[None, None]
    carried = carry_from_wall(values, distance[None, None], (1.0, 1.0))[0, 0]
    near = distance.abs() < 3
    torch.testing.assert_close(carried[near], (2 + torch.sin(angle))[near], atol=0.05, rtol=0)
