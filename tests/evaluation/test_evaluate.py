import json

import numpy as np
import pytest

from lumenfield.datatypes import Volume, scaling
from lumenfield.errors import InputError
from lumenfield.evaluation.baselines import BASELINES
from lumenfield.evaluation.details import MORE_METRICS
from lumenfield.evaluation.evaluate import (
    evaluate_baselines,
    evaluate_case,
    summarise,
    table,
)
from lumenfield.evaluation.metrics import METRICS

SHAPE, SPACING = (20, 18, 16), (0.8, 0.8, 1.0)


@pytest.fixture
def truth(ball):
    return Volume(ball(4, SHAPE, SPACING), scaling(SPACING))


@pytest.fixture
def cases(truth):
    spread = truth.like(np.full(SHAPE, 0.2))
    nothing = truth.like(np.zeros(SHAPE))
    return [
        evaluate_case("found", truth, truth, spread=spread),
        evaluate_case("missed", nothing, truth),
        evaluate_case("empty", nothing, nothing),
    ]


@pytest.mark.parametrize("form", [lambda p: p < 0, lambda p: 255 * (p < 0), lambda p: p])
def test_forms_of_one_prediction_score_alike(truth, form):
    found = evaluate_case("a", truth.like(form(truth.values)), truth).scores
    assert found.dice == 1
    assert found.rms_voxels < 0.35


def test_the_spacing_is_that_of_the_volumes(ball, truth):
    found = evaluate_case("a", truth.like(ball(5, SHAPE, SPACING)), truth).scores
    assert found.assd_mm == pytest.approx(1, rel=0.02)
    assert found.bias_voxels == pytest.approx(1 / 0.64 ** (1 / 3), rel=0.02)


def test_means_hold_missed_cases_and_count_undefined_ones(cases):
    mean = summarise(cases).mean
    assert mean.dice == pytest.approx(2 / 3)
    assert mean.hd95_mm == pytest.approx(np.linalg.norm(np.multiply(SHAPE, SPACING)) / 2)
    assert mean.coverage95 == 1
    assert mean.reasons["hd95_mm"] == "undefined in 1 of 3 cases"
    assert mean.reasons["coverage95"] == "undefined in 2 of 3 cases"
    assert "dice" not in mean.reasons


def test_json_has_the_promised_keys_and_null_for_undefined(cases):
    plain = json.loads(json.dumps(summarise(cases).to_json(), allow_nan=False))
    assert list(plain) == ["cases", "mean", "n", "intervals", "details", "reasons"]
    assert [list(case) for case in plain["cases"]] == [["name", *METRICS]] * 3
    assert list(plain["mean"]) == list(METRICS)
    assert plain["n"] == 3
    assert plain["cases"][2]["hd95_mm"] is None
    assert plain["reasons"]["cases"]["empty"]["hd95_mm"].startswith("neither")
    assert plain["reasons"]["mean"]["hd95_mm"] == "undefined in 1 of 3 cases"


def test_the_interval_of_the_mean_holds_it_and_needs_two_cases(cases):
    plain = summarise(cases).to_json()
    low, high = plain["intervals"]["dice"]
    assert 0 <= low < plain["mean"]["dice"] < high <= 1
    assert not summarise(cases[:1]).intervals


def test_details_are_given_when_asked_for(truth):
    found = evaluate_case("a", truth, truth, details=True)
    plain = json.loads(json.dumps(summarise([found]).to_json(), allow_nan=False))
    assert list(plain["details"]["a"]["figures"]) == list(MORE_METRICS)
    assert summarise([evaluate_case("a", truth, truth)]).to_json()["details"] == {}


def test_a_mean_of_nothing_defined_is_undefined(cases):
    mean = summarise(cases[2:]).mean
    assert mean.assd_mm is None
    assert mean.reasons["assd_mm"] == "undefined in 1 of 1 cases"


def test_the_table_is_aligned(cases):
    lines = table(cases).splitlines()
    ends = {line.rstrip()[-1] and len(line) for line in lines[2:]}
    assert len(ends) == 1
    assert [line.split()[0] for line in lines[2:]] == [
        "found",
        "missed",
        "empty",
        "mean",
        "95",
        "95",
    ]
    assert lines[4].split()[-1] == "–"
    assert len(table(cases[:1]).splitlines()) == 3


def test_every_baseline_is_scored(ball):
    scan = Volume(np.exp(-(ball(0, SHAPE) ** 2) / 20), np.eye(4))
    named = evaluate_baselines(scan, scan.like(ball(4, SHAPE)))
    assert [case.name for case in named] == list(BASELINES)


def test_other_grids_are_refused_with_both_described(truth):
    other = Volume(truth.values[1:], truth.affine)
    with pytest.raises(InputError, match=r"prediction is 19×18×16 .* and truth is 20×18×16 .*"):
        evaluate_case("a", other, truth)
    shifted = Volume(truth.values, scaling((0.8, 0.8, 1.1)))
    with pytest.raises(InputError, match=r"0\.8×0\.8×1\.1 mm .* 0\.8×0\.8×1 mm"):
        evaluate_case("a", shifted, truth)
    with pytest.raises(InputError, match="spread is 19×18×16"):
        evaluate_case("a", truth, truth, spread=other)


def test_labels_are_refused_by_the_name_of_the_case(truth):
    labels = truth.like(np.arange(np.prod(SHAPE)).reshape(SHAPE) % 4)
    with pytest.raises(InputError, match="case 7: truth holds the values 0, 1, 2, 3"):
        evaluate_case("case 7", truth, labels)


def test_a_distance_in_voxels_is_refused(truth):
    with pytest.raises(InputError, match="a: truth has negative values but grows by"):
        evaluate_case("a", truth, truth.like(truth.values / 0.5))


def test_a_spread_must_not_be_negative(truth):
    with pytest.raises(InputError, match="a spread is a standard deviation in mm"):
        evaluate_case("a", truth, truth, spread=truth)


def test_a_positive_distance_is_an_empty_prediction_once_said(truth):
    far = truth.like(truth.values + 20)
    found = evaluate_case("a", far, truth, prediction_kind="distance").scores
    assert found.dice == 0


def test_no_cases_and_namesakes_are_refused(cases):
    with pytest.raises(InputError, match="there are no cases"):
        summarise([])
    with pytest.raises(InputError, match="cases named twice: found"):
        summarise([cases[0], cases[1], cases[0]])
