"""A device is what was asked for, or a reason why not."""

import pytest
import torch

from lumenfield.devices import best_precision, resolve_device
from lumenfield.errors import InputError


def test_the_processor_is_always_there():
    assert resolve_device("cpu") == torch.device("cpu")


@pytest.mark.parametrize(("there", "kind"), [(True, "cuda"), (False, "cpu")])
def test_auto_takes_a_gpu_where_there_is_one(there, kind, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: there)
    assert resolve_device().type == kind


def test_a_gpu_that_is_not_there_is_refused(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(InputError, match="device cuda; torch sees no GPU here: pass --device cpu"):
        resolve_device("cuda")


@pytest.mark.parametrize(
    ("features", "expected"),
    [
        ({}, torch.float32),
        ({"avx512_bf16": False}, torch.float32),
        ({"avx512_bf16": True}, torch.bfloat16),
        ({"amx_bf16": True}, torch.bfloat16),
    ],
)
def test_a_processor_computes_in_bfloat16_where_it_gains(features, expected, monkeypatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: features, raising=False)
    assert best_precision(torch.device("cpu")) == expected


@pytest.mark.parametrize(("able", "expected"), [(True, torch.bfloat16), (False, torch.float32)])
def test_a_gpu_computes_in_bfloat16_where_it_can(able, expected, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda **_: able)
    assert best_precision(torch.device("cuda")) == expected
