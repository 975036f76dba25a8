"""Files of the other distribution that imports as `autograd` are noticed."""

from __future__ import annotations

from pathlib import Path

import pytest

import autograd
from autograd._foreign import refuse_foreign_files


def test_files_of_our_own_are_none(tmp_path: Path) -> None:
    refuse_foreign_files()
    for ours in Path(autograd.__file__).parent.iterdir():
        (tmp_path / ours.name).touch()
    refuse_foreign_files(str(tmp_path))
    (tmp_path / "tracer.py").touch()
    with pytest.raises(ImportError):  # so it did look
        refuse_foreign_files(str(tmp_path))


@pytest.mark.parametrize("name", ["tracer.py", "core.py", "wrap_util.py"])
def test_foreign_file_is_named_with_the_way_out(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    with pytest.raises(ImportError) as caught:
        refuse_foreign_files(str(tmp_path))
    message = str(caught.value)
    for part in (str(tmp_path), name, "HIPS autograd", "virtual environment", "pip uninstall"):
        assert part in message


def test_foreign_package_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "numpy").mkdir()
    with pytest.raises(ImportError, match="numpy"):
        refuse_foreign_files(str(tmp_path))
