import errno
from pathlib import Path

import pytest

from lumenfield.errors import InputError
from lumenfield.io import make_folder, whole_file, whole_folder


def test_a_file_appears_when_it_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    with whole_file(target) as part:
        part.write_text("all of it")
        assert part.suffix == ".txt"
        assert part.parent == tmp_path
        assert not target.exists()
    assert target.read_text() == "all of it"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("fault", [KeyboardInterrupt, ZeroDivisionError])
def test_a_fault_leaves_what_was_there(fault: type[BaseException], tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    target.write_text("before")

    def write_half() -> None:
        with whole_file(target) as part:
            part.write_text("half of")
            raise fault

    with pytest.raises(fault):
        write_half()
    assert target.read_text() == "before"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EACCES])
def test_a_disk_that_refuses_is_named(number: int, tmp_path: Path) -> None:
    with (
        pytest.raises(InputError, match=r"a\.txt was not written .*; the disk must take all of it"),
        whole_file(tmp_path / "a.txt"),
    ):
        raise OSError(number, "refused")


def test_a_fault_that_is_not_the_disks_passes_through(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), whole_file(tmp_path / "a.txt"):
        (tmp_path / "gone").read_text()


def test_a_linked_file_is_written_where_it_lies(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with whole_file(tmp_path / "link") as part:
        part.write_text("new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "new"


def test_a_folder_that_is_not_there_is_made_for_what_succeeds_only(tmp_path: Path) -> None:
    place = tmp_path / "new" / "inner" / "a.txt"

    def write_half() -> None:
        with whole_file(place) as part:
            part.write_text("half of")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_half()
    assert list(tmp_path.iterdir()) == []
    with whole_file(place) as part:
        part.write_text("all of it")
    assert place.read_text() == "all of it"
    with whole_folder(tmp_path / "other" / "out") as part:
        (part / "a.txt").write_text("all of it")
    assert (tmp_path / "other" / "out" / "a.txt").is_file()


def test_a_place_that_no_file_can_have_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with (
        pytest.raises(InputError, match="a folder to write to: name another"),
        whole_file(tmp_path / "file" / "a.txt"),
    ):
        pass
    with (
        pytest.raises(InputError, match="is a folder; a file is to be written"),
        whole_file(tmp_path),
    ):
        pass


def test_a_folder_appears_when_it_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "out"
    with whole_folder(target) as part:
        (part / "inner").mkdir()
        (part / "inner" / "a.txt").write_text("all of it")
        assert not target.exists()
    assert (target / "inner" / "a.txt").read_text() == "all of it"
    assert list(tmp_path.iterdir()) == [target]


def test_a_fault_leaves_the_folder_that_was_there(tmp_path: Path) -> None:
    target = tmp_path / "out"
    target.mkdir()
    (target / "a.txt").write_text("before")

    def write_half() -> None:
        with whole_folder(target, replace=True) as part:
            (part / "a.txt").write_text("half of")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_half()
    assert [p.name for p in tmp_path.rglob("*")] == ["out", "a.txt"]
    assert (target / "a.txt").read_text() == "before"


def test_a_full_folder_is_replaced_only_when_asked(tmp_path: Path) -> None:
    target = tmp_path / "out"
    target.mkdir()
    (target / "old.txt").write_text("before")
    with (
        pytest.raises(InputError, match="is not empty; an empty or new folder: name another"),
        whole_folder(target),
    ):
        pass
    with whole_folder(target, replace=True) as part:
        (part / "new.txt").write_text("after")
    assert [p.name for p in tmp_path.rglob("*")] == ["out", "new.txt"]


def test_a_move_that_fails_puts_the_old_folder_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, real = tmp_path / "out", Path.rename
    target.mkdir()
    (target / "a.txt").write_text("before")

    def refuse_new(source: Path, to: Path) -> None:
        if not source.name.endswith(".former") and not to.name.endswith(".former"):
            raise OSError(errno.ENOSPC, "full")
        real(source, to)

    monkeypatch.setattr("os.replace", refuse_new)
    with pytest.raises(InputError, match="was not written"), whole_folder(target, replace=True):
        pass
    assert (target / "a.txt").read_text() == "before"
    assert list(tmp_path.iterdir()) == [target]


def test_a_folder_does_not_replace_a_file(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("before")
    with (
        pytest.raises(InputError, match="is a file; a folder is to be written: name another"),
        whole_folder(tmp_path / "a"),
    ):
        pass


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InputError, match=r"Not a directory; a folder to write to: name another"):
        make_folder(tmp_path / "file" / "below")
    make_folder(tmp_path / "a" / "b")
    make_folder(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()
