from pathlib import Path

import numpy as np
import pytest

from demos import _data
from demos._data import DataError, read_csv


def test_a_csv_is_read_with_its_names(tmp_path: Path) -> None:
    file = tmp_path / "wine.csv"
    file.write_text('"acid","alcohol",quality \n7.4,9.5 ,5\n\n7.8,9.8,6\n', encoding="utf-8")
    table = read_csv(file)
    assert table.columns == ("acid", "alcohol")
    assert table.target == "quality"
    assert table.x.tolist() == [[7.4, 9.5], [7.8, 9.8]]
    assert table.y.tolist() == [5.0, 6.0]
    assert table.rows(np.array([1])).y.tolist() == [6.0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is no table"),
        ("a\n1\n", "is no table"),
        ("a,b\n", "is no table"),
        ("1,2\n3,4\n", "must name the columns"),
        ("a,b\n1,2\n3\n", r"row 2: 1 cells, and there are 2 columns"),
        ("a,b\n1,red\n", r"row 1, column 'b': 'red' is no number"),
        ("a,b\n1,1_000\n", r"row 1, column 'b': '1_000' is no number"),
        ("a\x1b[2J,b\n1,2\n", r"the column 'a\\x1b\[2J' cannot be printed"),
        # 20 000 times 20 000 numbers would be 3 GB
        pytest.param("a," * 20_000 + "b\n" + "1\n" * 20_000, r"row 1: 1 cells", id="wide"),
        pytest.param("a" * 200_000 + ",b\n", "is no CSV file", id="long"),
        ("a,b\n1,nan\n", r"column 'b': 'nan' is no number"),
    ],
)
def test_what_is_no_table_of_numbers_is_named(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "table.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        read_csv(file)


def test_a_file_that_is_missing_or_no_text(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="No such file"):
        read_csv(tmp_path / "nothing.csv")
    picture = tmp_path / "picture.csv"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n\xff\xfe\x00")
    with pytest.raises(DataError, match="no CSV file"):
        read_csv(picture)


def test_scaling_takes_the_training_rows() -> None:
    train, test = np.array([[0.0, 5.0], [2.0, 5.0]]), np.array([[4.0, 6.0]])
    assert _data.standardised(test, train).tolist() == [[3.0, 1.0]]
    sample = _data.standardised(train, ddof=1)
    assert sample[:, 0].tolist() == pytest.approx([-(0.5**0.5), 0.5**0.5])
    assert _data.scaled(test, train).tolist() == [[2.0, 1.0]]


def test_the_data_of_scikit_learn() -> None:
    pytest.importorskip("sklearn")
    for table, shape in (
        (_data.diabetes(), (442, 10)),
        (_data.breast_cancer(), (569, 30)),
        (_data.digits(), (1797, 64)),
    ):
        assert table.x.shape == shape
        assert table.y.shape == shape[:1]
        assert len(table.columns) == shape[1]
    assert set(_data.digits().y) == set(range(10))
