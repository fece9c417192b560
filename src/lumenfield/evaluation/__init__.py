"""Scores of a segmentation against its truth, and the rivals to score beside it."""

from lumenfield.evaluation.baselines import BASELINES
from lumenfield.evaluation.evaluate import (
    CaseScores,
    Summary,
    evaluate_baselines,
    evaluate_case,
    summarise,
    table,
)
from lumenfield.evaluation.level import Kind, Level, level_of
from lumenfield.evaluation.metrics import METRICS, Pair, Scores, measure

__all__ = [
    "BASELINES",
    "METRICS",
    "CaseScores",
    "Kind",
    "Level",
    "Pair",
    "Scores",
    "Summary",
    "evaluate_baselines",
    "evaluate_case",
    "level_of",
    "measure",
    "summarise",
    "table",
]
