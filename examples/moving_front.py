"""A front that moves with the level-set method, frame by frame: long work is a for loop."""

import torch

import lumenfield as lf
from lumenfield.geometry import sample_distance
from lumenfield.levelset import Motion, evolve
from lumenfield.synthesis.speed import AffineSpeed, PlaneWave

shape, spacing = (96, 96), (1.0, 1.0)
disc = sample_distance(lf.Ball(radius_mm=20.0), shape, spacing)
speed = AffineSpeed(2.0, (0.0, 0.0)) + PlaneWave(1.0, (0.2, 0.1), phase=0.5)
for frame in evolve(disc, speed.on(shape, spacing), spacing, 4.0, Motion()):
    area = float((frame.distance < 0).sum())
    if frame.taken % 5 == 0:
        print(f"time {frame.time:4.2f}  area {area:6.0f} mm²")
assert area > 1.5 * float((disc < 0).sum())
assert torch.isfinite(frame.distance).all()
