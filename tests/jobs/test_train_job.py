"""The settings of a run: refused where they make no sense, kept, and read again."""

from pathlib import Path

import pytest

from lumenfield.errors import InputError
from lumenfield.jobs.train_job import StreamConfig, TrainJob, keep_job, read_job


@pytest.mark.parametrize("odd", [{"size": 0}, {"val_count": 0}, {"workers": -1}])
def test_counts_below_what_a_stream_needs_are_refused(odd: dict[str, int]) -> None:
    with pytest.raises(InputError, match="each is at least 1, workers at least 0"):
        StreamConfig(**odd)


def test_what_a_run_kept_lies_beneath_the_settings(tmp_path: Path) -> None:
    keep_job(TrainJob(stream=StreamConfig(size=40, seed=9)), tmp_path)
    job = read_job(None, ["stream.size=48"], resumed=tmp_path)
    assert (job.stream.size, job.stream.seed) == (48, 9)


def test_a_damaged_job_of_a_run_is_named(tmp_path: Path) -> None:
    (tmp_path / "job.json").write_text("{")
    with pytest.raises(InputError, match=r"job\.json: .*; a run's settings as JSON: put back"):
        read_job(None, [], resumed=tmp_path)
