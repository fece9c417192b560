"""Records that pass through are logged under their steps."""

import sys
from pathlib import Path

import pytest

from lumenfield.errors import InputError
from lumenfield.jobs.tensorboard import logged
from lumenfield.training import EpochRecord

RECORDS = [EpochRecord(k, 10 * k, 1 / k, 0.5, 0.5, 1e-3, 0.1 * k, "improved") for k in (1, 2)]


def test_each_record_is_passed_on_and_logged_under_its_step(tmp_path: Path) -> None:
    events = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    assert list(logged(RECORDS, tmp_path)) == RECORDS
    found = events.EventAccumulator(str(tmp_path)).Reload().Scalars("loss")
    assert [(one.step, one.value) for one in found] == [(10, 1.0), (20, 0.5)]


def test_without_tensorboard_one_line_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(InputError, match=r"TensorBoard is not installed; .* leave --tensorboard"):
        next(logged(RECORDS, tmp_path))
