"""Scores of a segmentation against its truth, and the rivals to score beside it."""

from lumenfield.evaluation.baselines import BASELINES, missing_extras
from lumenfield.evaluation.details import MORE_METRICS, Details, measure_details
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
    "MORE_METRICS",
    "CaseScores",
    "Details",
    "Kind",
    "Level",
    "Pair",
    "Scores",
    "Summary",
    "evaluate_baselines",
    "evaluate_case",
    "level_of",
    "measure",
    "measure_details",
    "missing_extras",
    "summarise",
    "table",
]
