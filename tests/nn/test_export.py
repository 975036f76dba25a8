"""ONNX: onnxruntime predicts what the model predicts."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nn
from autograd import Tensor
from nn import activations, export, layers, models

ACTIVATIONS = [
    "linear", "sigmoid", "tanh", "relu", "leaky_relu", "elu", "selu", "gelu", "silu", "swish",
    "softplus", "softmax", "log_softmax", "step",
]  # fmt: skip
RNG = np.random.default_rng(0)


def test_it_is_there_after_import_nn() -> None:
    assert nn.export.onnx is export.onnx


@pytest.fixture
def onnx() -> Any:
    return pytest.importorskip("onnx", reason="onnx is not installed")


@pytest.fixture
def session(onnx: Any) -> Any:
    runtime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    return lambda path: runtime.InferenceSession(str(path), providers=["CPUExecutionProvider"])


def drawn(model: Any) -> Any:
    """The model with weights that are not zeros and ones."""
    for weight in model.weights:
        numbers = RNG.normal(size=weight.shape)
        weight.data = np.abs(numbers) + 0.1 if weight.label == "moving_variance" else numbers
    return model


def agree(model: Any, session: Any, path: Path, x: Any) -> None:
    export.onnx(model, path)
    run = session(path)
    for rows in (len(x), 1):  # any size of batch
        (out,) = run.run(["output"], {"input": x[:rows]})
        assert out.dtype == np.float32
        np.testing.assert_allclose(out, model.predict(x[:rows], verbose=0), 1e-5, 1e-5)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation(activation: str, session: Any, tmp_path: Path) -> None:
    model = models.Sequential(
        [
            layers.Input(shape=(4,)),
            layers.Dense(7, activation=activation),
            layers.Activation(activation),
        ]
    )
    x = RNG.normal(size=(9, 4)).astype(np.float32)
    agree(drawn(model), session, tmp_path / "m.onnx", np.concatenate([x, 0 * x]))


def test_that_is_every_activation_there_is() -> None:
    functions = {activations.get(name) for name in ACTIVATIONS}
    named = {getattr(activations, name) for name in activations.__all__}
    helpers = {activations.get, activations.serialize, activations.deserialize}
    assert named - helpers == functions


@pytest.mark.parametrize("axis", [-1, 1])
@pytest.mark.parametrize("options", [{}, {"scale": False}, {"center": False}])
def test_every_layer(axis: int, options: Any, session: Any, tmp_path: Path) -> None:
    model = models.Sequential(
        [
            layers.Input(shape=(3, 4)),
            layers.BatchNormalization(axis=axis, **options),
            layers.Dense(5, activation="relu"),
            layers.Dropout(0.5),
            layers.Flatten(),
            models.Sequential([layers.Dense(3, use_bias=False)]),
            layers.Activation("softmax"),
        ]
    )
    x = RNG.normal(size=(6, 3, 4)).astype(np.float32)
    agree(drawn(model), session, tmp_path / "m.onnx", x)


def test_means_that_are_large(session: Any, tmp_path: Path) -> None:
    model = models.Sequential([layers.Input(shape=(2,)), layers.BatchNormalization()])
    model.layers[0].moving_mean.data = [1000.0, -5000.0]
    x = (np.array([1000.0, -5000.0]) + RNG.normal(size=(50, 2))).astype(np.float32)
    agree(model, session, tmp_path / "m.onnx", x)


def test_float64_becomes_float32(session: Any, tmp_path: Path) -> None:
    model = models.Sequential([layers.Dense(2, dtype="float64", input_shape=[3])], dtype="float64")
    export.onnx(model, tmp_path / "m.onnx")
    x = RNG.normal(size=(4, 3)).astype(np.float32)
    (out,) = session(tmp_path / "m.onnx").run(None, {"input": x})
    np.testing.assert_allclose(out, model.predict(x, verbose=0), 1e-5, 1e-6)


def test_what_the_file_says(onnx: Any, tmp_path: Path) -> None:
    model = models.Sequential([layers.Input(shape=(3,)), layers.Dense(2)], name="net")
    export.onnx(model, tmp_path / "m.onnx")
    described = onnx.load(str(tmp_path / "m.onnx"))
    assert (described.graph.name, described.producer_name) == ("net", "chainrule")
    assert [node.op_type for node in described.graph.node] == ["MatMul", "Add", "Identity"]
    axes = described.graph.input[0].type.tensor_type.shape.dim
    assert [axis.dim_param or axis.dim_value for axis in axes] == ["batch", 3]
    first = (tmp_path / "m.onnx").read_bytes()
    export.onnx(model, tmp_path / "m.onnx")
    assert (tmp_path / "m.onnx").read_bytes() == first


class Own(layers.Dense):
    def call(self, x: Any) -> Any:
        return super().call(x) * 2.0


class OwnModel(models.Sequential):
    def call(self, x: Any, training: bool = False) -> Any:
        return super().call(x, training) * 2.0


def test_what_cannot_be_exported(onnx: Any, tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(b"before")
    refused: list[tuple[Any, type[Exception], str]] = [
        (models.Sequential([layers.Dense(1)]), ValueError, "is not built"),
        (models.Sequential([Own(1, input_shape=[2], name="mine")]), ValueError, "mine is a Own"),
        (OwnModel([layers.Dense(1, input_shape=[2])]), TypeError, "a call computes is Python"),
        (
            models.Sequential([layers.Dense(1, activation=np.square, input_shape=[2])]),
            ValueError,
            "activation square",
        ),
        (layers.Dense(1), TypeError, "takes a Sequential"),
        (Tensor([1.0]), TypeError, "takes a Sequential"),
    ]
    for model, kind, message in refused:
        with pytest.raises(kind, match=message):
            export.onnx(model, path)
    fine = models.Sequential([layers.Dense(1, input_shape=[2])])
    with pytest.raises(FileExistsError, match="overwrite=True"):
        export.onnx(fine, path, overwrite=False)
    assert path.read_bytes() == b"before"


def test_without_onnx(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    model = models.Sequential([layers.Dense(1, input_shape=[2])])
    with pytest.raises(ImportError, match=r"pip install 'chainrule\[onnx\]'"):
        export.onnx(model, tmp_path / "m.onnx")
