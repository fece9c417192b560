"""Pairs of scans and masks, from a folder to batches."""

from lumenfield.data.augment import Augmentation
from lumenfield.data.batch import Batch
from lumenfield.data.batches import BatchConfig, PairBatches, whole_batches
from lumenfield.data.pairs import (
    Case,
    DataSet,
    Pair,
    data_axes,
    find_pairs,
    open_dataset,
    read_case,
)
from lumenfield.data.repeated import Repeated

__all__ = [
    "Augmentation",
    "Batch",
    "BatchConfig",
    "Case",
    "DataSet",
    "Pair",
    "PairBatches",
    "Repeated",
    "data_axes",
    "find_pairs",
    "open_dataset",
    "read_case",
    "whole_batches",
]
