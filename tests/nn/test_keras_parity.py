"""The programs of keras_oracle.py on `nn`, compared with what Keras gave, number by number.

Neither Keras nor a backend of it is needed: keras_reference.json holds its answers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.nn import keras_oracle as oracle


class WithNn:
    """How a program speaks with `nn`, where `keras_oracle.WithKeras` speaks with Keras."""

    def __init__(self) -> None:
        import nn

        self.keras = nn

    def array(self, tensor: Any) -> Any:
        return np.asarray(getattr(tensor, "data", tensor))

    def name(self, weight: Any) -> str:
        return str(weight.label)

    def constant(self, array: Any) -> Any:
        return np.asarray(array, np.float32)

    def variable(self, array: Any) -> Any:
        from autograd import Tensor

        return Tensor(np.asarray(array, np.float32))

    def gradient(self, function: Callable[[Any], Any], x: Any) -> Any:
        leaf = self.variable(x)
        function(leaf).sum().backward()
        return np.zeros_like(leaf.data) if leaf.grad is None else leaf.grad


@pytest.fixture(scope="module")
def on() -> WithNn:
    return WithNn()


@pytest.fixture(scope="module")
def frozen() -> dict[str, Any]:
    return oracle.read()


@pytest.fixture
def compare(on: WithNn, frozen: dict[str, Any]) -> Callable[..., Any]:
    def run(section: str, name: str, rtol: float = 1e-5, atol: float = 1e-7) -> Any:
        found = oracle.SECTIONS[section][name](on, frozen["given"])
        rounded = oracle.from_json(oracle.to_json(found))
        for where, ours, keras in oracle.differences(rounded, frozen[section][name]):
            if isinstance(keras, (np.ndarray, int, float)) and not isinstance(keras, bool):
                # a prediction near 0 is a sum of terms near 1, each with a round-off of 1e-7
                least = 5e-7 if where.startswith("/predict") else atol
                np.testing.assert_allclose(ours, keras, rtol, least, err_msg=f"{name}{where}")
            else:
                assert ours == keras, f"{name}{where}"
        return found

    return run


def test_the_file_and_the_programs_have_the_same_names(frozen: dict[str, Any]) -> None:
    """Fails when a program was added and `python -m tests.nn.keras_oracle` was not run."""
    for section, programs in oracle.SECTIONS.items():
        assert list(frozen[section]) == list(programs)


@pytest.mark.parametrize("name", oracle.ACTIVATIONS)
def test_activations(name: str, compare: Callable[..., Any]) -> None:
    # gradients are sums of terms that cancel; the backends of Keras differ by 2e-6 there
    compare("activations", name, atol=2e-6)


@pytest.mark.parametrize("name", oracle.LOSSES)
def test_losses(name: str, compare: Callable[..., Any]) -> None:
    # as for activations: a gradient that is 0 in exact arithmetic is 1e-7 in float32
    compare("losses", name, atol=1e-6)


@pytest.mark.parametrize("name", oracle.METRICS)
def test_metrics(name: str, compare: Callable[..., Any]) -> None:
    compare("metrics", name, rtol=1e-6)


@pytest.mark.parametrize("name", oracle.SCHEDULES)
def test_learning_rate_schedules(name: str, compare: Callable[..., Any]) -> None:
    # Keras computes in float32: cos near its minimum leaves an absolute error of 1e-8
    compare("schedules", name, rtol=1e-6)


@pytest.mark.parametrize("name", oracle.OPTIMIZERS)
def test_optimizers_on_given_gradients(name: str, compare: Callable[..., Any]) -> None:
    compare("optimizers", name)


@pytest.mark.parametrize("name", oracle.INITIALIZERS)
def test_the_spread_of_initializers(name: str, compare: Callable[..., Any]) -> None:
    # a sample of 240 000 (or 27 000) draws
    compare("initializers", name, rtol=0.02, atol=1e-4)


@pytest.mark.parametrize("name", oracle.LAYERS)
def test_layers_and_what_stands_around_them(name: str, compare: Callable[..., Any]) -> None:
    compare("layers", name)


@pytest.mark.parametrize("name", oracle.CALLBACKS)
def test_decisions_of_callbacks(name: str, compare: Callable[..., Any]) -> None:
    compare("callbacks", name)


@pytest.mark.parametrize("name", oracle.FITS)
def test_fit_follows_keras_step_by_step(
    name: str, compare: Callable[..., Any], frozen: dict[str, Any]
) -> None:
    found = compare("fit", name)
    for key, value in frozen["fit"][name].items():
        if isinstance(value, dict):
            assert list(found[key]) == list(value), f"{name}: the order of the keys of {key}"
