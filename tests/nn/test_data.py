"""What users hand to fit: every container, and every mistake with its answer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import nn
from autograd import Tensor
from nn.models.data import (
    Dataset,
    as_array,
    check_targets,
    class_weights,
    fit_shape,
    make_dataset,
    split_last_rows,
    unpack_validation_data,
)

ROWS = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.5]]


class TestContainers:
    @pytest.mark.parametrize(
        "data",
        [
            ROWS,
            tuple(map(tuple, ROWS)),
            np.array(ROWS),
            np.array(ROWS, order="F"),
            np.array(ROWS, dtype=">f8"),
            np.array(ROWS, dtype=object),
            [np.array(row) for row in ROWS],
            Tensor(ROWS),
            [Tensor(row) for row in ROWS],
        ],
        ids=lambda data: type(data).__name__,
    )
    def test_become_one_contiguous_float32_array(self, data: Any) -> None:
        array = as_array(data)
        assert array.dtype == np.float32
        assert array.flags.c_contiguous
        assert array.tolist() == ROWS

    @pytest.mark.parametrize("dtype", ["int8", "uint8", "int64", "bool", "float16", "float64"])
    def test_dtypes(self, dtype: str) -> None:
        assert as_array(np.ones((2, 2), dtype)).dtype == np.float32

    def test_float64_networks_get_float64(self) -> None:
        nn.config.set_floatx("float64")
        try:
            assert as_array([0.1]).item() == 0.1
        finally:
            nn.config.set_floatx("float32")

    def test_a_float32_array_is_not_copied(self) -> None:
        array = np.ones((3, 2), np.float32)
        assert np.shares_memory(as_array(array), array)

    def test_a_range(self) -> None:
        assert as_array(range(3)).tolist() == [0.0, 1.0, 2.0]


class TestPandas:
    @pytest.fixture
    def pd(self) -> Any:
        return pytest.importorskip("pandas")

    def test_frames_and_series(self, pd: Any) -> None:
        frame = pd.DataFrame({"a": [1, 2], "b": [0.5, np.nan], "c": [True, False]})
        assert as_array(frame[["a", "c"]]).tolist() == [[1.0, 1.0], [2.0, 0.0]]
        assert as_array(frame["a"]).tolist() == [1.0, 2.0]
        assert as_array(frame[["b"]].iloc[:1]).tolist() == [[0.5]]

    def test_the_index_plays_no_part(self, pd: Any) -> None:
        frame = pd.DataFrame({"a": [1.0, 2.0]}, index=[7, 3])
        data = make_dataset(frame, pd.Series([3.0, 4.0], index=[3, 7]))
        assert data.y is not None
        assert data.y.tolist() == [3.0, 4.0]

    def test_nullable_columns(self, pd: Any) -> None:
        frame = pd.DataFrame({"a": pd.array([1, 2], dtype="Int64"), "b": [0.5, 1.5]})
        assert as_array(frame).tolist() == [[1.0, 0.5], [2.0, 1.5]]
        frame = pd.DataFrame({"a": pd.array([1, None], dtype="Int64"), "b": [0.5, 1.5]})
        with pytest.raises(ValueError, match="x has nan in column 'a'"):
            as_array(frame)

    def test_nan_is_named_by_its_column(self, pd: Any) -> None:
        frame = pd.DataFrame({"Cement": [1.0, 2.0, 3.0], "Water": [1.0, np.nan, np.nan]})
        with pytest.raises(
            ValueError,
            match=r"x has nan in column 'Water' \(first in row 1; 2 of 3 values\): "
            r"drop or fill such rows, frame\.dropna\(\) or frame\.fillna",
        ):
            as_array(frame)
        frame["Age"] = np.nan
        with pytest.raises(ValueError, match=r"'Age' .*, and in 1 other column: "):
            as_array(frame)

    def test_columns_of_strings(self, pd: Any) -> None:
        frame = pd.DataFrame({"size": [1, 2], "color": ["red", "blue"], "shop": ["a", "b"]})
        with pytest.raises(ValueError, match="column 'color' holds strings") as raised:
            as_array(frame)
        message = str(raised.value)
        assert "column 'shop' holds strings ('a')" in message
        assert "'size'" not in message
        assert "pandas.get_dummies" in message
        assert "drop(columns=['color', 'shop'])" in message

    @pytest.mark.parametrize("columns", [5, 9])
    def test_many_columns_of_strings(self, pd: Any, columns: int) -> None:
        frame = pd.DataFrame({f"c{i}": ["x"] for i in range(columns)})
        with pytest.raises(ValueError, match=f"; and {columns - 3} more columns"):
            as_array(frame)

    def test_categories_dates_and_objects(self, pd: Any) -> None:
        for values, what in [
            (pd.Categorical(["red", "blue"]), "strings"),
            (pd.to_datetime(["2020-01-01", "2020-01-02"]), "dates or times"),
            ([{}, {}], "dict objects"),
        ]:
            with pytest.raises(ValueError, match=f"column 'c' holds {what}"):
                as_array(pd.DataFrame({"n": [1.0, 2.0], "c": values}))

    def test_a_series_of_strings(self, pd: Any) -> None:
        with pytest.raises(ValueError, match=r"y holds strings \('yes'\): number the classes"):
            as_array(pd.Series(["yes", "no"]), "y")

    def test_two_columns_of_one_name(self, pd: Any) -> None:
        frame = pd.DataFrame([[1.0, "x"]], columns=["a", "a"])
        with pytest.raises(ValueError, match="column 'a' holds strings"):
            as_array(frame)


class TestNotNumbers:
    def test_strings(self) -> None:
        with pytest.raises(ValueError, match=r"x holds strings \('a'\): turn words into numbers"):
            as_array([["a", "b"]])
        with pytest.raises(ValueError, match=r"np\.unique\(y, return_inverse=True\)"):
            as_array(np.array(["cat", "dog"]), "y")

    @pytest.mark.parametrize("data", ["abc", {"a": [1]}, {1, 2}, object(), (n for n in [1]), b"x"])
    def test_no_array_at_all(self, data: Any) -> None:
        with pytest.raises(TypeError, match="x is an array, a list, a DataFrame or a Series of"):
            as_array(data)

    def test_one_number_and_none(self) -> None:
        with pytest.raises(TypeError, match="not the one number 3"):
            as_array(3)
        with pytest.raises(TypeError, match="x is missing"):
            as_array(None)

    def test_complex_numbers(self) -> None:
        with pytest.raises(ValueError, match="complex objects"):
            as_array([1j])

    def test_rows_of_different_lengths(self) -> None:
        with pytest.raises(ValueError, match=r"rows have different lengths \(2, 1\)"):
            as_array([[1.0, 2.0], [3.0]])


class TestNan:
    def test_by_index(self) -> None:
        x = np.ones((4, 3))
        x[2, 1] = x[3, 1] = np.nan
        with pytest.raises(
            ValueError, match=r"^x has nan in column 1 \(first in row 2; 2 of 4 values\): drop or"
        ):
            as_array(x)

    def test_in_one_dimension_and_in_three(self) -> None:
        with pytest.raises(ValueError, match=r"y has nan in row 1 \(1 of 2 values\)"):
            as_array([0.0, np.nan], "y")
        x = np.ones((2, 3, 4))
        x[1, 2, 3] = np.nan
        with pytest.raises(ValueError, match=r"x has nan in column 2, 3 \(first in row 1; 1 of 2"):
            as_array(x)

    def test_none_counts_as_nan(self) -> None:
        with pytest.raises(ValueError, match="x has nan in column 0"):
            as_array([[None, 1.0]])

    def test_infinity_and_numbers_too_large(self) -> None:
        with pytest.raises(ValueError, match=r"x has inf \(infinite as float32\) in column 0"):
            as_array([[np.inf]])
        with pytest.raises(ValueError, match=r"x has 1e\+60 \(infinite as float32\)"):
            as_array([[1e60]])

    def test_where_nan_is_welcome(self) -> None:
        assert np.isnan(as_array([np.nan], finite=False)).all()


class TestDataset:
    def test_lengths(self) -> None:
        with pytest.raises(ValueError, match="x has 3 samples and y has 2: each row"):
            make_dataset(ROWS, [1, 2])
        with pytest.raises(ValueError, match="x has 3 samples and sample_weight has 2"):
            make_dataset(ROWS, [1, 2, 3], [1, 2])

    @pytest.mark.parametrize("empty", [[], np.zeros((0, 8))])
    def test_empty(self, empty: Any) -> None:
        with pytest.raises(ValueError, match="x is empty: there are no samples"):
            make_dataset(empty, [])

    def test_weights(self) -> None:
        for weight in ([1, 2, 3], [[1], [2], [3]]):
            given = make_dataset(ROWS, [0, 0, 0], weight).weight
            assert given is not None
            assert given.tolist() == [1.0, 2.0, 3.0]
        with pytest.raises(ValueError, match=r"shape \(n,\), not \(3, 2\)"):
            make_dataset(ROWS, [0, 0, 0], ROWS)

    def test_batches(self) -> None:
        data = make_dataset(np.arange(5.0), np.arange(5.0) * 2, np.arange(5.0) * 3)
        batches = list(data.batches(2))
        assert [len(batch.x) for batch in batches] == [2, 2, 1]
        assert all(np.shares_memory(batch.x, data.x) for batch in batches)
        assert data.x.flags.writeable  # the user's own array, it may be

    @pytest.mark.parametrize("shuffle", [False, True])
    def test_batches_are_only_to_be_read(self, shuffle: bool) -> None:
        # a graph makes a copy of an array that could be changed behind its back
        for batch in make_dataset(ROWS, [0, 1, 0]).batches(1, shuffle):
            assert batch.y is not None
            assert not batch.x.flags.writeable
            assert not batch.y.flags.writeable

    def test_shuffled_batches_keep_rows_together_and_have_each_once(self) -> None:
        data = make_dataset(np.arange(100.0), np.arange(100.0) * 2, np.arange(100.0) * 3)
        nn.utils.set_random_seed(0)
        batches = list(data.batches(32, shuffle=True))
        assert [len(batch.x) for batch in batches] == [32, 32, 32, 4]
        for x, y, weight in batches:
            assert y is not None
            assert weight is not None
            np.testing.assert_array_equal(y, 2 * x)
            np.testing.assert_array_equal(weight, 3 * x)
        drawn = np.concatenate([batch.x for batch in batches])
        assert sorted(drawn) == list(range(100))
        assert list(drawn) != list(range(100))
        again = np.concatenate([batch.x for batch in data.batches(32, shuffle=True)])
        assert list(drawn) != list(again)  # another order in each epoch
        nn.utils.set_random_seed(0)
        assert [batch.x.tolist() for batch in data.batches(32, shuffle=True)] == [
            batch.x.tolist() for batch in batches
        ]

    @pytest.mark.parametrize(
        ("n", "fraction", "first"), [(721, 0.3, 504), (10, 0.25, 7), (40, 0.001, 39), (10, 0.1, 9)]
    )
    def test_the_last_rows_are_split_off(self, n: int, fraction: float, first: int) -> None:
        train, validation = split_last_rows(Dataset(np.arange(n)), fraction)
        assert train.x.tolist() == list(range(first))
        assert validation.x.tolist() == list(range(first, n))

    @pytest.mark.parametrize(
        ("fraction", "message"),
        [
            (0.99, "leaves 0 to train on and 3 to validate"),
            (1.0, "from 0 to just under 1, not 1.0"),
            (-0.5, "from 0 to just under 1, not -0.5"),
            ("0.3", "from 0 to just under 1, not '0.3'"),
        ],
    )
    def test_splits_that_leave_nothing(self, fraction: Any, message: str) -> None:
        with pytest.raises(ValueError, match=message):
            split_last_rows(Dataset(np.arange(3)), fraction)

    def test_validation_data(self) -> None:
        assert unpack_validation_data([1, 2]) == (1, 2, None)
        assert unpack_validation_data((1, 2, 3)) == (1, 2, 3)
        for wrong in ((1,), (1, 2, 3, 4), np.ones(2), "ab"):
            with pytest.raises(ValueError, match=r"validation_data is \(x_val, y_val\) or"):
                unpack_validation_data(wrong)


class TestClassWeights:
    @pytest.mark.parametrize(
        "y",
        [
            np.array([0.0, 1.0, 2.0]),
            np.array([[0.0], [1.0], [2.0]]),
            np.eye(3),
            np.array([0.1, 0.9, 2.2]),
        ],
    )
    def test_of_numbers_columns_and_one_hot_rows(self, y: Any) -> None:
        assert class_weights(y, {0: 0.5, 2: 4}).tolist() == [0.5, 1.0, 4.0]

    @pytest.mark.parametrize("wrong", [[1.0, 2.0], {"0": 1.0}, {0: "1"}])
    def test_what_is_none(self, wrong: Any) -> None:
        with pytest.raises(TypeError, match="class_weight is a dict of class numbers and weights"):
            class_weights(np.array([0.0, 1.0]), wrong)

    @pytest.mark.parametrize(
        "wrong", [{0: float("inf")}, {1: -np.inf}, {7: 1e300}, {0: 10**400}, {10**400: 5.0}]
    )
    def test_numbers_that_are_too_large(self, wrong: Any) -> None:
        with pytest.raises(ValueError, match="class_weight has the weight"):
            class_weights(np.array([0.0, 1.0]), wrong)

    def test_several_classes_a_sample(self) -> None:
        with pytest.raises(ValueError, match=r"one class a sample, and y has the shape \(2, 5, 3"):
            class_weights(np.zeros((2, 5, 3)), {0: 2.0})


class TestInputs:
    def test_one_feature_may_come_without_its_axis(self) -> None:
        assert fit_shape(np.zeros(3), (None, 1)).shape == (3, 1)
        assert fit_shape(np.zeros(3), None).shape == (3, 1)

    def test_any_length(self) -> None:
        assert fit_shape(np.zeros((3, 4, 2)), (None, None, 2)).shape == (3, 4, 2)

    @pytest.mark.parametrize(
        ("shape", "expected", "message"),
        [
            ((9, 5), (None, 8), r"x has 5 features \(shape \(9, 5\)\), and the network takes 8"),
            ((9, 1), (None, 8), "x has 1 feature "),
            ((9,), (None, 8), r"x has 1 feature \(shape \(9, 1\)\)"),
            ((8,), (None, 8), r"one sample without a batch axis: .* x\[None, :\]"),
            ((9, 2, 4), (None, 8), r"flatten each sample, x\.reshape\(len\(x\), -1\)"),
            ((9, 784), (None, 28, 28), r"the network takes \(None, 28, 28\)"),
        ],
    )
    def test_shapes_that_do_not_fit(self, shape: Any, expected: Any, message: str) -> None:
        with pytest.raises(ValueError, match=message):
            fit_shape(np.zeros(shape), expected)


class TestTargets:
    def test_columns_are_made_once(self) -> None:
        assert check_targets(np.zeros(3), (3, 1), "mean_squared_error").shape == (3, 1)
        assert check_targets(np.zeros(3), (3, 1), "").shape == (3, 1)

    def test_a_loss_of_the_users_may_take_any_targets(self) -> None:
        assert check_targets(np.full((3, 7), -1.0), (3, 2), "").shape == (3, 7)

    def test_labels_that_are_not_one_hot(self) -> None:
        for y in (np.array([0.0, 2.0]), np.array([[0.0], [2.0]])):
            with pytest.raises(ValueError, match="takes one-hot labels") as raised:
                check_targets(y, (2, 3), "categorical_crossentropy")
            assert "nn.utils.to_categorical(y, 3)" in str(raised.value)
            assert "sparse_categorical_crossentropy" in str(raised.value)

    def test_another_number_of_classes(self) -> None:
        with pytest.raises(ValueError, match=r"y has 4 columns .* the network has 3 outputs"):
            check_targets(np.eye(4), (4, 3), "categorical_crossentropy")

    def test_one_hot_labels_for_the_sparse_loss(self) -> None:
        with pytest.raises(ValueError, match=r"use categorical_crossentropy, or y\.argmax"):
            check_targets(np.eye(3), (3, 3), "sparse_categorical_crossentropy")

    @pytest.mark.parametrize(
        ("labels", "message"),
        [
            ([0, 3], r"the label 3 in row 1, and the network's 3 outputs are the classes 0 to 2$"),
            ([-1, 0], "the label -1 in row 0"),
            ([0, 0.5], r"the label 0\.5 in row 1"),
            ([1, 2, 3], "the label 3 in row 2, .*: they begin at 0, so train on y - 1"),
        ],
    )
    def test_labels_that_are_no_class(self, labels: list[float], message: str) -> None:
        with pytest.raises(ValueError, match=message):
            check_targets(np.array(labels), (len(labels), 3), "sparse_categorical_crossentropy")

    def test_one_output_for_two_classes(self) -> None:
        with pytest.raises(ValueError, match="use sigmoid and binary_crossentropy"):
            check_targets(np.array([0, 1]), (2, 1), "sparse_categorical_crossentropy")

    def test_a_column_of_class_numbers(self) -> None:
        y = check_targets(np.array([[0], [2]]), (2, 3), "sparse_categorical_crossentropy")
        assert y.tolist() == [0, 2]

    @pytest.mark.parametrize(
        ("labels", "hint"),
        [
            ([1, 2], "with the labels 1 and 2, train on y == 2"),
            ([-1, 1], "with the labels -1 and 1, train on y == 1"),
            ([0, 1, 2], "for 3 classes use sparse_categorical_crossentropy"),
        ],
    )
    def test_binary_labels(self, labels: list[float], hint: str) -> None:
        with pytest.raises(ValueError, match=f"takes labels from 0 to 1: {hint}"):
            check_targets(np.array(labels), (len(labels), 1), "binary_crossentropy")

    def test_another_number_of_outputs(self) -> None:
        with pytest.raises(ValueError, match=r"y has shape \(4, 2\), and .*output has \(4, 1\)"):
            check_targets(np.zeros((4, 2)), (4, 1), "mean_squared_error")
        with pytest.raises(ValueError, match="compares them number by number"):
            check_targets(np.zeros(4), (4, 3), "mean_absolute_error")


def test_a_sparse_matrix_is_to_be_made_dense() -> None:
    class Sparse:
        def toarray(self) -> Any: ...

    with pytest.raises(TypeError, match=r"x is a sparse Sparse: give x\.toarray\(\)"):
        as_array(Sparse())
