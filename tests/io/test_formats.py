from pathlib import Path

import pytest

from lumenfield.errors import InputError
from lumenfield.io.formats import FORMATS, by_suffix, case_stem


def test_the_longest_suffix_wins_in_any_case() -> None:
    table = {".gz": "gzip", ".nii.gz": "nifti"}
    assert by_suffix(table, Path("A.NII.GZ")) == "nifti"


def test_a_folder_can_have_its_own_format(tmp_path: Path) -> None:
    assert by_suffix({**dict.fromkeys(FORMATS, "file"), "/": "folder"}, tmp_path) == "folder"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("a.nrd", r"a\.nrd has the suffix \.nrd; known are \.npy, .*: did you mean \.nrrd\?"),
        ("a.nii.gzip", r"has the suffix \.nii\.gzip; .* did you mean \.nii\.gz\?"),
        ("scan.v2.mhaa", r"did you mean \.mha\?"),
        ("a.zip", r"a\.zip is an archive; a scan: unpack it, and name what was in it"),
        ("a.tar.gz", r"a\.tar\.gz is an archive; a scan"),
        ("a.slides", r"the suffix \.slides; .*: convert it to one of these"),
        ("a", r"a has no suffix; known are"),
    ],
)
def test_an_unknown_suffix_gets_the_known_ones(name: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        by_suffix(FORMATS, Path(name))


@pytest.mark.parametrize(
    ("name", "stem"),
    [("a.nii.gz", "a"), ("A.NII.GZ", "A"), ("b.c.npy", "b.c"), ("d.odd", "d"), ("plain", "plain")],
)
def test_a_stem_leaves_out_the_whole_suffix(name, stem):
    assert case_stem(Path("folder") / name) == stem
