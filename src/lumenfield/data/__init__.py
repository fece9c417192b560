"""Pairs of scans and masks, from a folder to batches."""

from lumenfield.data.batch import Batch

__all__ = ["Batch"]
