"""One thread: two on a busy core wait for each other."""

import torch

torch.set_num_threads(1)
