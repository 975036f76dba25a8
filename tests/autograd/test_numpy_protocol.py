"""numpy's own functions on Tensors: what they give, and that none detaches silently."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd import Tensor, Value, detect_anomaly, gradients, jvp, no_grad
from tests.autograd.array_oracle import positive, wave

X, M = wave((3,), 0.3), wave((2, 3), 0.7)

# numpy's function, and the arguments after the Tensor
UFUNCS = [
    np.exp,
    np.expm1,
    np.sin,
    np.cos,
    np.tan,
    np.arcsin,
    np.arccos,
    np.arctan,
    np.sinh,
    np.cosh,
    np.tanh,
    np.negative,
    np.absolute,
    np.abs,
    np.sign,
    np.square,
    np.reciprocal,
    np.positive,
]
OF_POSITIVE = [np.log, np.log1p, np.log2, np.log10, np.sqrt]
BINARY = [
    np.add,
    np.subtract,
    np.multiply,
    np.divide,
    np.true_divide,
    np.maximum,
    np.minimum,
    np.arctan2,
]
REDUCTIONS = [np.sum, np.mean, np.var, np.std, np.prod, np.max, np.min, np.amax, np.amin]


def agrees(f: Callable[..., Any], *arrays: Any) -> None:
    """The value is numpy's, the result a Tensor through which gradients flow."""
    expected = f(*arrays)
    tensors = [Tensor(a) for a in arrays]
    y = f(*tensors)
    assert isinstance(y, Tensor)
    assert y.shape == np.shape(expected)
    assert np.allclose(y.data, expected, rtol=1e-14, atol=1e-15)
    assert ag.gradcheck(f, arrays, order=1)


@pytest.mark.parametrize("f", UFUNCS, ids=lambda f: f.__name__)
def test_ufunc_of_one_tensor(f: Any) -> None:
    agrees(f, X)


@pytest.mark.parametrize("f", OF_POSITIVE, ids=lambda f: f.__name__)
def test_ufunc_of_one_positive_tensor(f: Any) -> None:
    agrees(f, positive((2, 3)))


@pytest.mark.parametrize("f", BINARY, ids=lambda f: f.__name__)
def test_ufunc_of_two(f: Any) -> None:
    agrees(f, M, X)
    for left, right in ((Tensor(M), X), (M, Tensor(X)), (Tensor(M), 2.0), (2, Tensor(M))):
        y = f(left, right)
        assert isinstance(y, Tensor)
        assert np.allclose(y.data, f(getattr(left, "data", left), getattr(right, "data", right)))


@pytest.mark.parametrize("f", [np.power, np.float_power], ids=lambda f: f.__name__)
def test_power(f: Any) -> None:
    agrees(f, positive((2, 3)), X)


@pytest.mark.parametrize("f", REDUCTIONS, ids=lambda f: f.__name__)
def test_reduction(f: Any) -> None:
    agrees(f, M)
    agrees(lambda x: f(x, 0), M)
    agrees(lambda x: f(x, axis=(0, -1)), M)
    agrees(lambda x: f(x, axis=1, keepdims=True), M)
    agrees(lambda x: f(x, -1, **({} if f in REDUCTIONS[5:] else {"dtype": None})), M)
    assert f(a=Tensor(M)).shape == ()


def test_positional_arguments_are_numpys_and_not_ours() -> None:
    x = Tensor(M)
    for f in (np.sum, np.mean, np.prod):
        assert f(x, 0, None, None, True).shape == (1, 3)
    for f in (np.max, np.min):
        assert f(x, 0, None, True).shape == (1, 3)
    for f in (np.var, np.std):
        agrees(lambda x, f=f: f(x, 0, None, None, 1), M)
        assert f(x, 0, None, None, 1, True).shape == (1, 3)
    assert np.cumsum(x, 0, None).shape == (2, 3)
    for wrong in (lambda: np.sum(x, 0, np.float32), lambda: np.mean(x, dtype=float)):
        with pytest.raises(TypeError, match=r"numpy.\w+ of a Tensor: .* argument dtype="):
            wrong()
    with pytest.raises(TypeError, match=r"numpy\.sum of a Tensor: .* argument out="):
        np.sum(x, 0, None, np.zeros(3))
    with pytest.raises(TypeError, match=r"numpy\.sum of a Tensor: .*initial"):
        np.sum(x, initial=1.0)
    with pytest.raises(TypeError, match=r"numpy\.max of a Tensor: .*where"):
        np.max(x, where=M > 0)


FUNCTIONS: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
    "cumsum": (lambda x: np.cumsum(x, axis=1), (M,)),
    "reshape": (lambda x: np.reshape(x, (3, -1)), (M,)),
    "ravel": (np.ravel, (M,)),
    "transpose": (np.transpose, (M,)),
    "transpose axes": (lambda x: np.transpose(x, (1, 0)), (M,)),
    "swapaxes": (lambda x: np.swapaxes(x, 0, 1), (M,)),
    "expand_dims": (lambda x: np.expand_dims(x, 1), (M,)),
    "squeeze": (np.squeeze, (M[:, None],)),
    "broadcast_to": (lambda x: np.broadcast_to(x, (2, 3)), (X,)),
    "concatenate": (lambda x, y: np.concatenate([x, y], axis=1), (M, M)),
    "stack": (lambda x, y: np.stack((x, y), axis=-1), (M, M)),
    "vstack": (lambda x, y: np.vstack([x, y]), (M, X)),
    "hstack": (lambda x, y: np.hstack([x, y]), (X, X)),
    "hstack of matrices": (lambda x, y: np.hstack([x, y]), (M, M)),
    "split": (lambda x: np.split(x, 3, axis=1)[2], (M,)),
    "pad": (lambda x: np.pad(x, ((1, 0), (0, 2))), (M,)),
    "pad constant": (lambda x: np.pad(x, 1, "constant", constant_values=2.0), (M,)),
    "take": (lambda x: np.take(x, [1, 1, 0], axis=1), (M,)),
    "clip": (lambda x: np.clip(x, -0.5, 0.5), (M,)),
    "clip names": (lambda x: np.clip(x, a_min=-0.5, a_max=None), (M,)),
    "dot": (np.dot, (M, X)),
    "dot matrices": (np.dot, (M, M.T)),
    "matmul": (np.matmul, (M, M.T)),
    "inner": (np.inner, (X, X)),
    "inner matrices": (np.inner, (M, M)),
    "inner cubes": (np.inner, (wave((2, 2, 3)), wave((2, 1, 3)))),
    "inner number": (np.inner, (M, np.array(2.0))),
    "outer": (np.outer, (X, M)),
    "einsum": (lambda x, y: np.einsum("ij,j->i", x, y), (M, X)),
    "norm": (np.linalg.norm, (M,)),
    "norm axis": (lambda x: np.linalg.norm(x, axis=1, keepdims=True), (M,)),
    "norm 1": (lambda x: np.linalg.norm(x, 1, axis=1), (M,)),
    "norm inf": (lambda x: np.linalg.norm(x, np.inf), (X,)),
    "where": (lambda x, y: np.where(M > 0, x, y), (M, X)),
    "add.reduce": (np.add.reduce, (M,)),
    "maximum.reduce": (lambda x: np.maximum.reduce(x, axis=1, keepdims=True), (M,)),
    "operators": (lambda x: M * x + np.ones(3) @ x.T[:, :1] - np.float64(2) / x, (M,)),
}

if np.lib.NumpyVersion(np.__version__) >= "2.1.0":
    FUNCTIONS["clip new names"] = (lambda x: np.clip(x, min=-0.5, max=0.5), (M,))


@pytest.mark.parametrize(("f", "arrays"), FUNCTIONS.values(), ids=FUNCTIONS)
def test_function(f: Callable[..., Any], arrays: tuple[Any, ...]) -> None:
    agrees(f, *arrays)


def test_functions_of_lists_with_values() -> None:
    v, x = Value(2.0), Tensor(X)
    y = np.stack([v * x, x])
    assert gradients(y.sum(), v) == pytest.approx(X.sum())
    assert (np.float64(2.0) * x).tolist() == (2.0 * X).tolist()
    assert isinstance(np.multiply(v, X), Tensor)


@pytest.mark.parametrize(
    "apply", [operator.add, operator.sub, operator.mul, operator.truediv, operator.matmul]
)
def test_array_on_the_left_gives_a_tensor(apply: Callable[[Any, Any], Any]) -> None:
    y = apply(X, Tensor(X))
    assert isinstance(y, Tensor)
    assert np.allclose(y.data, apply(X, X))
    assert len(y.operands) == 2


def test_results_that_are_no_numbers_are_plain() -> None:
    x = Tensor([1.0, np.nan, np.inf])
    assert np.isnan(x).tolist() == [False, True, False]
    assert np.isfinite(x).tolist() == [True, False, False]
    assert np.equal(x, x).tolist() == [True, False, True]
    assert np.less(X, Tensor(X + 1)).all()
    assert (np.shape(x), np.ndim(x), np.size(x)) == ((3,), 1, 3)
    assert (np.argmax(Tensor(X)), np.argmin(Tensor(X))) == (X.argmax(), X.argmin())
    assert np.argsort(Tensor(X)).tolist() == X.argsort().tolist()
    assert np.allclose(Tensor(X), X)
    assert np.allclose(X, b=Tensor(X))
    assert np.isclose(a=Tensor(X), b=X).all()
    assert np.array_equal(Tensor(X), Tensor(X))
    assert type(np.zeros_like(x)) is type(np.ones_like(x)) is np.ndarray
    assert np.full_like(x, 2.0).tolist() == [2.0, 2.0, 2.0]
    assert np.any(Tensor(X))
    assert np.count_nonzero(Tensor([0.0, 2.0])) == 1


# --- never a silent detach --------------------------------------------------------------------

NO_RULE = [
    np.median,
    np.sort,
    np.diff,
    np.trace,
    np.diag,
    np.flip,
    np.tril,
    np.cumprod,
    np.nansum,
    np.ptp,
    np.linalg.inv,
    np.linalg.det,
    np.linalg.svd,
    np.fft.fft,
    np.average,
    np.percentile,
    np.round,
    np.nan_to_num,
    np.unique,
    np.copy,
    np.atleast_2d,
    np.nonzero,
    np.gradient,
    np.real,
    np.kron,
]


@pytest.mark.parametrize("f", NO_RULE, ids=lambda f: f.__name__)
def test_function_without_a_rule_is_named(f: Any) -> None:
    extra = {np.percentile: (50,), np.kron: (np.eye(2),)}.get(f, ())
    with pytest.raises(TypeError, match=rf"numpy.*{f.__name__}.* a Tensor.*\.data") as caught:
        f(Tensor(np.eye(3)), *extra)
    assert isinstance(caught.value, TypeError)


@pytest.mark.parametrize(
    "f",
    [np.floor, np.ceil, np.cbrt, np.logaddexp, np.hypot, np.mod, np.fmax, np.logical_not, np.conj],
)
def test_ufunc_without_a_rule_is_named(f: Any) -> None:
    with pytest.raises(TypeError, match=rf"numpy.{f.__name__} has no rule for a Tensor"):
        f(*[Tensor(X)] * f.nin)


def test_methods_and_options_of_ufuncs_without_a_rule() -> None:
    x = Tensor(X)
    for use, name in (
        (lambda: np.multiply.outer(x, x), "multiply.outer"),
        (lambda: np.add.accumulate(x), "add.accumulate"),
        (lambda: np.subtract.reduce(x), "subtract.reduce"),
        (lambda: np.add.reduce(x, initial=1.0), "add.reduce"),
        (lambda: np.add.at(np.zeros(3), [0], x), "add.at"),
        (lambda: np.add(x, x, where=X > 0), "add"),
        (lambda: np.exp(x, dtype=np.float32), "exp"),
    ):
        with pytest.raises(TypeError, match=rf"numpy.{name} has no rule for a Tensor"):
            use()
    for use in (lambda: np.add(X, x, out=np.zeros(3)), lambda: np.exp(x, np.zeros(3))):
        with pytest.raises(TypeError, match="cannot be written into an ndarray"):
            use()


@pytest.mark.parametrize(
    "use",
    [
        np.asarray,
        np.array,
        lambda x: np.array([x, x]),
        lambda x: np.asarray([[x], [x]]),
        lambda x: np.zeros(3).__setitem__(slice(None), x),
        lambda x: np.mean([x, x], axis=0),
        lambda x: np.asarray(x, dtype=float),
        lambda x: np.linspace(0, 1, 3) @ np.asarray(x),
        lambda x: np.random.default_rng(0).choice(x),
        lambda x: np.fromiter(map(np.array, x), float),
    ],
)
def test_a_tensor_does_not_turn_into_an_array(use: Callable[[Any], Any]) -> None:
    with pytest.raises(TypeError, match=r"use t\.data, or t\.detach\(\)"):
        use(Tensor(X))


def test_without_recording_it_does() -> None:
    with no_grad():
        assert np.asarray(Tensor(X)).tolist() == X.tolist()
        assert np.asarray(Tensor(X), dtype=np.float32).dtype == np.float32
        copied = np.array(Tensor(X))
        copied[0] = 5.0


def test_norm_of_matrices_is_refused() -> None:
    for use in (
        lambda x: np.linalg.norm(x, 2),
        lambda x: np.linalg.norm(x, 1),
        lambda x: np.linalg.norm(x, "nuc"),
        lambda x: np.linalg.norm(x, np.inf, axis=(0, 1)),
    ):
        with pytest.raises(
            TypeError, match=r"numpy.linalg.norm of matrices with ord=.*autograd.norm"
        ):
            use(Tensor(M))


def test_where_with_one_argument() -> None:
    with pytest.raises(TypeError, match=r"takes three arguments; np.nonzero\(t.data\)"):
        np.where(Tensor(M))


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (lambda x: np.sum(x, axes=1), "axes"),
        (lambda x: np.reshape(x, (3,), order="F"), "order"),
        (lambda x: np.einsum("i", x, optimize=True), "optimize"),
        (lambda x: np.pad(x, 1, wrong=2), "wrong"),
        (lambda x: np.clip(x, 0, 1, wrong=2), "wrong"),
        (lambda x: np.transpose(x, wrong=2), "wrong"),
    ],
)
def test_unknown_argument_is_a_type_error(use: Callable[[Any], Any], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        use(Tensor(X))


def test_wrong_arguments_have_our_messages() -> None:
    x = Tensor(X, label="x")
    with pytest.raises(ValueError, match=r"\(3,\) of 'x' and \(2,\)"):
        np.add(x, np.ones(2))
    with pytest.raises(ValueError, match="sum: axis 1 of an array with 1 axis"):
        np.sum(x, axis=1)
    with pytest.raises(TypeError, match="operand 2 of add takes"):
        np.add(x, "a")
    with pytest.raises(TypeError):
        np.equal(x, "a")
    with pytest.raises(ValueError, match="do not fit"):
        np.matmul(x, np.ones((2, 2)))


def test_protocols_inside_the_contexts() -> None:
    with detect_anomaly(), pytest.raises(ag.AnomalyError, match="log gave"):
        np.log(Tensor([0.0]))
    value, tangent = jvp(lambda x: np.sum(np.exp(x) * X), (X,), (np.ones(3),))
    assert np.allclose([value, tangent], (np.exp(X) * X).sum())
