"""Models and weights as files: what comes back, what a crash leaves, and what is refused."""

from __future__ import annotations

import io
import json
import os
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nn
from autograd import Tensor, Value, atomic
from nn import layers, models, saving
from nn.saving import archive

Edit = Callable[[dict[str, Any]], Any]
ROOT = Path(__file__).resolve().parents[2]
RNG = np.random.default_rng(3)
X = RNG.normal(size=(24, 4)).astype(np.float32)
Y = np.eye(2, dtype=np.float32)[RNG.integers(0, 2, 24)]


def network(seed: int = 0, optimizer: Any = "adam", epochs: int = 1) -> Any:
    nn.utils.set_random_seed(seed)
    model = models.Sequential(
        [
            layers.Input(shape=(4,)),
            layers.Dense(5, activation="relu", kernel_regularizer="l2"),
            layers.BatchNormalization(),
            layers.Dropout(0.2),
            layers.Dense(2, activation="softmax", name="out"),
        ]
    )
    model.compile(optimizer, "categorical_crossentropy", metrics=["accuracy"])
    if epochs:
        model.fit(X, Y, epochs=epochs, batch_size=8, verbose=0)
    return model


def same(a: Any, b: Any) -> bool:
    pairs = zip(a.get_weights(), b.get_weights(), strict=True)
    return all(np.array_equal(mine, yours) for mine, yours in pairs)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "model.keras"
    network().save(path)
    return path


# --- what comes back --------------------------------------------------------------------------


def test_a_model_comes_back_with_everything(file: Path) -> None:
    model = network()
    model.save(file)
    again = saving.load_model(file)
    assert same(model, again)
    assert again.get_config() == model.get_config()
    assert again.get_compile_config() == model.get_compile_config()
    np.testing.assert_array_equal(again.predict(X, verbose=0), model.predict(X, verbose=0))
    assert again.evaluate(X, Y, verbose=0) == model.evaluate(X, Y, verbose=0)


@pytest.mark.parametrize(
    "make",
    [
        lambda o: o.SGD(0.1),
        lambda o: o.SGD(0.1, momentum=0.9, nesterov=True),
        lambda o: o.Adam(0.01, amsgrad=True),
        lambda o: o.AdamW(0.01),
        lambda o: o.RMSprop(0.01, momentum=0.5, centered=True),
        lambda o: o.Adagrad(0.1),
        lambda o: o.Adam(o.schedules.ExponentialDecay(0.1, 4, 0.8)),
    ],
)
def test_a_training_goes_on_bit_for_bit(make: Any, tmp_path: Path) -> None:
    model = network(optimizer=make(nn.optimizers), epochs=2)
    model.save(tmp_path / "m")
    again = saving.load_model(tmp_path / "m")
    histories = []
    for each in (model, again):
        nn.utils.set_random_seed(5)  # the shuffling and the dropout to come
        histories.append(each.fit(X, Y, epochs=3, batch_size=8, verbose=0).history)
    assert histories[0] == histories[1]
    assert same(model, again)


def test_a_rate_that_was_changed_is_kept(tmp_path: Path) -> None:
    model = network()
    model.optimizer.learning_rate = 0.1 / 3
    model.save(tmp_path / "m")
    assert saving.load_model(tmp_path / "m").optimizer.learning_rate == 0.1 / 3


def test_the_frozen_layers_state_is_kept_by_weight(tmp_path: Path) -> None:
    """Moments stand under the number of the weight, in whatever order steps met them."""
    model = network()
    model.layers[0].trainable = False
    model.compile("adam", "categorical_crossentropy")
    model.fit(X, Y, verbose=0)
    model.layers[0].trainable = True
    model.fit(X, Y, verbose=0)
    model.save(tmp_path / "m")
    again = saving.load_model(tmp_path / "m")
    ours, theirs = model.optimizer.state(model.weights), again.optimizer.state(again.weights)
    assert ours.keys() == theirs.keys()
    assert all(np.array_equal(ours[key], theirs[key]) for key in ours)


def test_loading_draws_nothing_from_the_generator(file: Path) -> None:
    nn.utils.set_random_seed(1)
    saving.load_model(file)
    drawn = nn.random.generator().normal()
    nn.utils.set_random_seed(1)
    assert drawn == nn.random.generator().normal()


def test_without_the_training(file: Path, tmp_path: Path) -> None:
    assert not saving.load_model(file, compile=False).compiled
    saving.save_model(network(), tmp_path / "m", include_optimizer=False)
    assert not saving.load_model(tmp_path / "m").compiled


def test_a_model_that_is_not_built_or_not_compiled(tmp_path: Path) -> None:
    model = models.Sequential([layers.Dense(3)])
    model.save(tmp_path / "m")
    again = saving.load_model(tmp_path / "m")
    assert not again.built
    assert not again.compiled


def test_a_model_that_was_built_by_its_data(tmp_path: Path) -> None:
    model = models.Sequential([layers.Dense(3)])
    out = model.predict(X, verbose=0)
    model.save(tmp_path / "m")
    np.testing.assert_array_equal(saving.load_model(tmp_path / "m").predict(X, verbose=0), out)


class Twice(layers.Layer):
    def build(self, input_shape: Any) -> None:
        self.factor = self.add_weight(input_shape[-1:], "ones", name="factor")

    def call(self, x: Any) -> Any:
        return x * self.factor * 2.0


class Skip(models.Model):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.hidden = layers.Dense(4, activation="tanh")
        self.out = layers.Dense(2)

    def call(self, x: Any) -> Any:
        return self.out(self.hidden(x) + x)


def test_layers_and_models_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "m"
    model = models.Sequential([layers.Input(shape=(4,)), Twice(), layers.Dense(1)])
    model.save(path)
    again = saving.load_model(path, custom_objects={"Twice": Twice})
    np.testing.assert_array_equal(again.predict(X, verbose=0), model.predict(X, verbose=0))
    with pytest.raises(ValueError, match="unknown layer 'Twice'"):
        saving.load_model(path)
    own = Skip()
    own.compile("sgd", "mse")
    own.fit(X, Y, verbose=0)
    own.save(path)
    back = saving.load_model(path, custom_objects={"Skip": Skip})
    np.testing.assert_array_equal(back.predict(X, verbose=0), own.predict(X, verbose=0))
    with pytest.raises(ValueError, match=r"class is 'Skip'.*custom_objects"):
        saving.load_model(path)


def test_models_inside_models(tmp_path: Path) -> None:
    inner = models.Sequential([layers.Dense(3), layers.Dense(3)], name="inner")
    model = models.Sequential([layers.Input(shape=(4,)), inner, layers.Dense(1, name="last")])
    model.save(tmp_path / "m")
    assert same(saving.load_model(tmp_path / "m"), model)
    names = [name for name, _ in archive.read(tmp_path / "m")[1]["weights"]]
    assert len(set(names)) == 6
    assert names[0].startswith("inner/dense")
    assert names[-1] == "last/bias"


def test_float64(tmp_path: Path) -> None:
    model = models.Sequential([layers.Dense(2, dtype="float64", input_shape=[4])], dtype="float64")
    model.save(tmp_path / "m")
    assert same(saving.load_model(tmp_path / "m"), model)


def test_another_process_predicts_the_same(file: Path) -> None:
    code = (
        "import sys, numpy as np; from nn.saving import load_model; "
        "x = np.frombuffer(sys.stdin.buffer.read(), 'float32').reshape(-1, 4); "
        f"sys.stdout.buffer.write(load_model({str(file)!r}).predict(x, verbose=0).tobytes())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], input=X.tobytes(), capture_output=True, cwd=ROOT, check=True
    )
    out = saving.load_model(file).predict(X, verbose=0)
    # a product of matrices may differ in the last bit where memory is laid out differently
    np.testing.assert_allclose(np.frombuffer(done.stdout, np.float32).reshape(-1, 2), out, 1e-6)


def test_the_same_model_gives_the_same_bytes(tmp_path: Path) -> None:
    model = network()
    model.save(tmp_path / "a")
    model.save(tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_saving_does_not_touch_the_model(tmp_path: Path) -> None:
    model = network()
    before = model.get_weights()
    model.save(tmp_path / "m")
    model.fit(X, Y, verbose=0)
    assert not np.array_equal(before[0], model.get_weights()[0])
    np.testing.assert_array_equal(saving.load_model(tmp_path / "m").get_weights()[0], before[0])


# --- writing ----------------------------------------------------------------------------------


def test_a_crash_leaves_the_old_file_whole(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = file.read_bytes()
    for where in ("fsync", "replace"):
        with monkeypatch.context() as patch:
            patch.setattr(atomic.os, where, _crash)
            with pytest.raises(KeyboardInterrupt):
                network(seed=7).save(file)
        assert file.read_bytes() == before
        assert os.listdir(file.parent) == [file.name]


def _crash(*args: Any) -> None:
    raise KeyboardInterrupt


def test_a_config_that_json_does_not_know_leaves_the_old_file(file: Path) -> None:
    before = file.read_bytes()
    model = network()
    for wrong, kind in [({"a": object()}, TypeError), ({"a": float("nan")}, ValueError)]:
        model.get_config = lambda wrong=wrong: wrong
        with pytest.raises(kind, match="configuration"):
            model.save(file)
    assert file.read_bytes() == before


def test_overwriting_and_folders(file: Path, tmp_path: Path) -> None:
    model = network()
    with pytest.raises(FileExistsError, match="overwrite=True"):
        model.save(file, overwrite=False)
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        model.save(tmp_path / "nowhere" / "m")
    with pytest.raises(IsADirectoryError, match="is a folder"):
        model.save(tmp_path)
    with pytest.raises(TypeError, match="a path is a str"):
        model.save(3)
    with pytest.raises(TypeError, match="save_model takes a model"):
        saving.save_model(layers.Dense(1), file)


@pytest.mark.skipif(os.name != "posix", reason="permissions and links are those of POSIX")
def test_permissions_and_links(file: Path, tmp_path: Path) -> None:
    file.chmod(0o640)
    link = tmp_path / "link"
    link.symlink_to(file.name)
    network().save(link)
    assert link.is_symlink()
    assert file.stat().st_mode & 0o777 == 0o640
    plain = tmp_path / "plain"
    plain.touch()
    network().save(tmp_path / "new")
    assert (tmp_path / "new").stat().st_mode == plain.stat().st_mode


# --- what is refused --------------------------------------------------------------------------


def rewritten(
    file: Path,
    edit: Edit | None = None,
    members: dict[str, bytes | None] | None = None,
    compression: int = zipfile.ZIP_STORED,
) -> Path:
    """The file with its JSON and members changed; None takes a member away."""
    with zipfile.ZipFile(file) as old:
        content: dict[str, bytes] = {name: old.read(name) for name in old.namelist()}
    if edit is not None:
        manifest = json.loads(content["model.json"])
        edit(manifest)
        content["model.json"] = json.dumps(manifest).encode()
    for name, data in (members or {}).items():
        content.pop(name, None)
        if data is not None:
            content[name] = data
    path = file.with_name("changed.keras")
    with zipfile.ZipFile(path, "w", compression) as new:
        for name, data in content.items():
            new.writestr(name, data)
    return path


def npy(array: Any, **options: Any) -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.asarray(array), **options)
    return buffer.getvalue()


def header(shape: str, descr: str = "'<f4'") -> bytes:
    text = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}".encode()
    text = text.ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text


def zipped(path: Path, *names: str) -> Path:
    with zipfile.ZipFile(path, "w") as made:
        for name in names:
            made.writestr(name, b"x")
    return path


FOREIGN: dict[str, tuple[Callable[[Path], Any], str]] = {
    "Keras": (
        lambda p: zipped(p, "metadata.json", "config.json", "model.weights.h5"),
        r"written by Keras itself.*get_weights.*set_weights",
    ),
    "HDF5": (lambda p: p.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(90)), "HDF5.*set_weights"),
    "text": (lambda p: p.write_text("hello, world"), "not a model file"),
    "empty": (lambda p: p.write_bytes(b""), "is empty"),
    "npz": (lambda p: zipped(p, "arr_0.npy"), "npz"),
    "npy": (lambda p: p.write_bytes(npy([1.0])), r"one \.npy array"),
    "PyTorch": (lambda p: zipped(p, "m/data.pkl", "m/data/0"), "PyTorch"),
    "pickle": (lambda p: p.write_bytes(b"\x80\x04N."), "never opened"),
    "zip": (lambda p: zipped(p, "readme.txt"), "not one that chainrule has written"),
    "empty zip": (lambda p: zipped(p), "empty archive"),
    "folder": (lambda p: p.mkdir(), "is a folder"),
    "SavedModel": (
        lambda p: (p.mkdir(), (p / "saved_model.pb").touch()), "SavedModel folder",
    ),
    "safetensors": (
        lambda p: p.write_bytes(struct.pack("<Q", 2) + b"{}"), "use model.load_weights",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", FOREIGN)
def test_foreign_files(kind: str, tmp_path: Path) -> None:
    make, message = FOREIGN[kind]
    path = tmp_path / "m.keras"
    make(path)
    with pytest.raises(ValueError, match=message) as caught:
        saving.load_model(path)
    assert str(path) in str(caught.value)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="there is no file"):
        saving.load_model(tmp_path / "m")


def test_truncated_anywhere(file: Path) -> None:
    content = file.read_bytes()
    for length in [*range(0, 200, 7), *range(200, len(content), 401), len(content) - 1]:
        file.write_bytes(content[:length])
        with pytest.raises(ValueError, match=file.name):
            saving.load_model(file)


@given(data=st.data())
def test_a_byte_changed_anywhere(data: st.DataObject, tmp_path_factory: Any) -> None:
    path = tmp_path_factory.mktemp("flipped") / "m"
    # named, or the file would grow with the numbers in the names
    model = models.Sequential([layers.Dense(1, input_shape=[2], name="dense")], name="line")
    model.save(path)
    content = bytearray(path.read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content)
    try:
        again = saving.load_model(path)
    except ValueError as error:
        again, message = None, str(error)
    if again is None:
        assert str(path) in message
    else:  # a byte that nothing depends on, such as a date
        assert same(again, model)


def first(manifest: dict[str, Any]) -> dict[str, Any]:
    entry: dict[str, Any] = manifest["arrays"]["weights"][0]
    return entry


def dense(manifest: dict[str, Any]) -> dict[str, Any]:
    config: dict[str, Any] = manifest["model"]["config"]["layers"][1]["config"]
    return config


def nested(depth: int) -> Any:
    thing: Any = []
    for _ in range(depth):
        thing = [thing]
    return thing


# whichever is found first, and before an array is made
TOO_MANY = "than the [0-9]+ that the file holds|than fits into the memory"

RANDOM = "layers of the random state are a list of their names and states, not"
HOSTILE_JSON: dict[str, tuple[Edit, str]] = {
    "format": (lambda m: m.update(format="other"), 'does not say "format"'),
    "newer": (lambda m: m.update(version=2), "install a newer one"),
    "version": (lambda m: m.update(version="1"), "which is no number"),
    "True": (lambda m: m.update(version=True), "which is no number"),
    "kind": (lambda m: m.update(kind="weights"), "holds weights alone"),
    "no arrays": (lambda m: m.pop("arrays"), '"arrays" in model.json'),
    "arrays": (lambda m: m.update(arrays=[]), '"arrays" in model.json'),
    "a list": (lambda m: m["arrays"].update(weights={}), "is no list"),
    "an entry": (lambda m: m["arrays"]["weights"].append(3), "has name, file, shape and dtype"),
    "path": (lambda m: first(m).update(file="../../etc/passwd"), "is called"),
    "absolute": (lambda m: first(m).update(file="/etc/passwd"), "is called"),
    "section": (lambda m: first(m).update(file="optimizer/0.npy"), "is called"),
    "missing": (lambda m: first(m).update(file="weights/99.npy"), "not listed|no such member"),
    "twice": (lambda m: m["arrays"]["weights"].append(first(m)), "twice"),
    "huge": (lambda m: first(m).update(shape=[10**9, 10**3]), "lists"),
    "negative": (lambda m: first(m).update(shape=[-1]), "not a list of lengths"),
    "float": (lambda m: first(m).update(shape=[4.0, 5]), "not a list of lengths"),
    "endless": (lambda m: first(m).update(shape=[10**60]), "not a list of lengths"),
    "object": (lambda m: first(m).update(dtype="object"), "the dtype of"),
    "nameless": (lambda m: first(m).update(name=""), "has the name"),
    "deep": (lambda m: m.update(more=nested(200)), "nested more than"),
    "no model": (lambda m: m.pop("model"), "'model' is None"),
    "class": (lambda m: m["model"].update(class_name="Popen"), "class is 'Popen'"),
    "listed class": (lambda m: m["model"].update(class_name=["a"]), "class is"),
    "a module": (lambda m: m["model"].update(class_name="os.system"), "class is 'os.system'"),
    "Sequentil": (lambda m: m["model"].update(class_name="Sequentil"), "did you mean 'Sequential'"),
    "config": (lambda m: m["model"].update(config=7), "'config' is 7"),
    "layers": (lambda m: m["model"]["config"].update(layers=7), "can be built"),
    "layer": (lambda m: m["model"]["config"]["layers"].append({"class_name": "eval"}), "eval"),
    "none": (lambda m: m["model"]["config"]["layers"].append(None), "can be built"),
    "argument": (lambda m: dense(m).update(unknown=1), "unknown"),
    "units": (lambda m: dense(m).update(units="many"), "can be built"),
    "large": (lambda m: dense(m).update(units=10**12), TOO_MANY),
    "input": (
        lambda m: m["model"]["config"]["layers"][0]["config"].update(shape=[10**12]),
        TOO_MANY,
    ),
    # of a layer that is not the first it says nothing
    "second layer": (
        lambda m: m["model"]["config"]["layers"].append(
            {"class_name": "Dense", "config": {"units": 10**6, "input_shape": [1]}}
        ),
        TOO_MANY,
    ),
    "other spelling": (
        lambda m: m["model"]["config"]["layers"].append(
            {"class_name": "d_ENSE", "config": {"units": 10**12}}
        ),
        TOO_MANY,
    ),
    "inside": (
        lambda m: m["model"]["config"]["layers"].append(
            {
                "class_name": "Sequential",
                "config": {
                    "layers": [
                        {"class_name": "InputLayer", "config": {"shape": [10**6]}},
                        {"class_name": "Dense", "config": {"units": 10**6}},
                    ]
                },
            }
        ),
        TOO_MANY,
    ),
    "larger": (lambda m: dense(m).update(units=10**60), TOO_MANY),
    "other": (lambda m: dense(m).update(units=4), "has the shape"),
    "activation": (lambda m: dense(m).update(activation="__import__"), "unknown activation"),
    "compile": (lambda m: m.update(compile=[1]), "'compile' is"),
    "optimizer": (lambda m: m.update(optimizer=None), "'optimizer' is None"),
    "steps": (lambda m: m["optimizer"].update(iterations=-1), "number of steps"),
    "steps as text": (lambda m: m["optimizer"].update(iterations="1"), "number of steps"),
    "rate": (lambda m: m["optimizer"].update(learning_rate=-1), "learning_rate is a number"),
    "other optimizer": (
        lambda m: m["compile"].update(optimizer={"class_name": "SGD", "config": {}}),
        "another kind of optimizer",
    ),
    "loss": (lambda m: m["compile"].update(loss="exec"), "exec"),
    "compile more": (lambda m: m["compile"].update(surprise=1), "surprise"),
    "random": (lambda m: m.update(random=[5]), RANDOM),
    "random layers": (lambda m: m["random"].update(layers=5), RANDOM),
    "random layer": (lambda m: m["random"].update(layers=[5]), RANDOM),
    "random name": (lambda m: m["random"].update(layers=[{"name": [], "state": 1}]), RANDOM),
}


@pytest.mark.parametrize("kind", HOSTILE_JSON)
def test_json_that_does_not_keep_to_the_format(kind: str, file: Path) -> None:
    edit, message = HOSTILE_JSON[kind]
    path = rewritten(file, edit)
    with pytest.raises(ValueError, match=message) as caught:
        saving.load_model(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b'{"format": "chainrule", "version": NaN}', "holds NaN"),
        (b'{"format": "chainrule", "version": -Infinity}', "holds -Infinity"),
        (b'{"format": "chainrule", "version": 1e999}', "too large for a float"),
        (b'{"format": "chainrule", "format": "chainrule"}', "'format' twice"),
        (b"[" * 100_000, "nested too deeply|not JSON"),
        (b"[" * 300 + b"]" * 300, "nested more than"),
        (b'{"format"', "is not JSON"),
        (b"\xff\xfe", "is not JSON"),
        (b"[]", 'does not say "format"'),
        (b'{"version": ' + b"9" * 10_000 + b"}", "an integer of 10000 digits"),
        (b"[" + b"{}," * 250_000 + b"{}]", "more than 200000 lists and objects"),
        (b'{"\\u001b[2J": 1, "\\u001b[2J": 2}', r"the key '\\x1b\[2J' twice"),
    ],
)
def test_text_that_is_no_json(text: bytes, message: str, file: Path) -> None:
    with pytest.raises(ValueError, match=message):
        saving.load_model(rewritten(file, members={"model.json": text}))


class Bomb:
    def __reduce__(self) -> Any:
        return os._exit, (9,)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (npy([Bomb()], allow_pickle=True), "says it has shape"),
        (header("(4, 5)"), "cut off: 0 bytes instead of 80"),
        (header("(100000, 100000)"), "says it has shape"),
        (header("(4, 5)", "'|O'") + bytes(80), "says it has shape"),
        (header("(4, 5)", "'<f8'") + bytes(160), "says it has shape"),
        (header("(4, 5)") + bytes(80) + b"more", "bytes of data"),
        (header("(-4, -5)") + bytes(80), "header|says it has shape"),
        (header("__import__('os')") + bytes(80), "no proper .npy header"),
        (b"not an array", "no .npy header"),
        (header("(4, 5") + bytes(80), "no proper .npy header"),  # tokens without an end
        (header("(" * 90) + bytes(80), "no proper .npy header"),
        (b"", "no .npy header"),
        (npy(np.zeros((4, 5), np.float32), version=(2, 0)), "version 1.0"),
        (npy(np.asfortranarray(np.zeros((4, 5), np.float32))), "says it has shape"),
    ],
)
def test_arrays_that_are_not_what_is_listed(content: bytes, message: str, file: Path) -> None:
    with pytest.raises(ValueError, match=message):
        saving.load_model(rewritten(file, members={"weights/0.npy": content}))


def test_members_that_should_not_be_there(file: Path) -> None:
    with pytest.raises(ValueError, match="is not listed"):
        saving.load_model(rewritten(file, members={"../evil.py": b"x"}))
    with pytest.raises(ValueError, match="no such member"):
        saving.load_model(rewritten(file, members={"weights/0.npy": None}))
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(file, "a") as more:
        more.writestr("weights/0.npy", b"x")
    with pytest.raises(ValueError, match="two members of one name"):
        saving.load_model(file)


def test_compressed_members_could_be_bombs(file: Path) -> None:
    bomb = npy(np.zeros(10**7, np.float32))
    path = rewritten(file, members={"weights/0.npy": bomb}, compression=zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 10**6
    with pytest.raises(ValueError, match="is compressed"):
        saving.load_model(path)


def test_members_that_share_their_bytes(file: Path) -> None:
    """Many entries of the directory for one stretch of the file: a bomb without compression."""
    path = file.with_name("overlap")
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("model.json", b"{}")
        made.writestr("weights/0.npy", bytes(10_000))
        info = made.infolist()[1]
        for number in range(1, 50):
            other = zipfile.ZipInfo(f"weights/{number}.npy")
            for key in ("header_offset", "file_size", "compress_size", "CRC"):
                setattr(other, key, getattr(info, key))
            made.filelist.append(other)
    with pytest.raises(ValueError, match=r"larger than the file|damaged"):
        saving.load_model(path)


def test_a_negative_number_of_units_makes_up_for_nothing(file: Path) -> None:
    """Weights are counted as they are made, and not as a config describes them."""
    large = {"class_name": "Dense", "config": {"units": 10**7}}
    inner = {"layers": [{"class_name": "InputLayer", "config": {"shape": [1]}}, large]}

    def edit(manifest: dict[str, Any]) -> None:
        manifest["model"]["config"]["layers"] += [
            {"class_name": "Sequential", "config": inner},
            {"class_name": "Dense", "config": {"units": -(10**7)}},
        ]

    with pytest.raises(ValueError, match="that the file holds: 10000000 in one array"):
        saving.load_model(rewritten(file, edit))


def test_a_model_inside_that_is_built_for_another_shape(file: Path) -> None:
    """What it gives is as large as what goes in, whatever its own Input says."""
    inner = {
        "layers": [
            {"class_name": "InputLayer", "config": {"shape": [1]}},
            {"class_name": "Dropout", "config": {"rate": 0.5}},
        ]
    }

    def edit(manifest: dict[str, Any]) -> None:
        manifest["model"]["config"]["layers"] = [
            {"class_name": "InputLayer", "config": {"shape": [2000]}},
            {"class_name": "Sequential", "config": inner},
            {"class_name": "Dense", "config": {"units": 2000}},
        ]

    with pytest.raises(ValueError, match="that the file holds: 4000000 in one array"):
        saving.load_model(rewritten(file, edit))


def test_a_shape_to_be_built_for_that_is_huge(tmp_path: Path) -> None:
    models.Sequential([layers.Dense(3)]).save(tmp_path / "m")
    path = rewritten(tmp_path / "m", lambda m: m["model"].update(build_input_shape=[None, 10**12]))
    with pytest.raises(ValueError, match=TOO_MANY):
        saving.load_model(path)


def places(thing: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in a JSON document: what holds it, and its key."""
    parts = thing.items() if isinstance(thing, dict) else enumerate(thing)
    for key, part in list(parts):
        yield thing, key
        if isinstance(part, (dict, list)):
            yield from places(part)


@given(data=st.data())
def test_anything_anywhere_in_the_json(data: st.DataObject, tmp_path_factory: Any) -> None:
    path = tmp_path_factory.mktemp("json") / "m"
    model = network(epochs=0)
    model.save(path)

    def edit(manifest: dict[str, Any]) -> None:
        holder, key = data.draw(st.sampled_from(list(places(manifest))))
        if data.draw(st.booleans()):
            holder[key] = data.draw(st.sampled_from(ODD))
        else:
            del holder[key]

    changed = rewritten(path, edit)
    try:
        again = saving.load_model(changed)
    except ValueError as error:
        again, message = None, str(error)
    assert again is not None or str(changed) in message


ODD: list[Any] = [
    None, True, -1, 0, 10**12, 10**30, 0.5, "", "x", "../x", [], [[]], {}, {"a": 1}, [None, -3],
    {"class_name": "Dense", "config": {"units": 10**12}},
]  # fmt: skip


# --- weights alone ----------------------------------------------------------------------------


@pytest.fixture(params=["net.weights.h5", "net.safetensors"])
def weights_file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    if request.param.endswith(".safetensors"):
        pytest.importorskip("safetensors", reason="safetensors is not installed")
    return tmp_path / request.param


def test_weights_alone(weights_file: Path) -> None:
    model = network()
    model.save_weights(weights_file)
    other = network(seed=1)  # its layers are called dense_1 and so on
    assert not same(model, other)
    other.load_weights(weights_file)
    assert same(model, other)
    with pytest.raises(FileExistsError, match="overwrite=True"):
        model.save_weights(weights_file, overwrite=False)


def test_weights_that_do_not_fit_change_nothing(weights_file: Path) -> None:
    network().save_weights(weights_file)
    wider = models.Sequential([layers.Dense(6, input_shape=[4])])
    before = wider.get_weights()
    with pytest.raises(ValueError, match="does not fit"):
        wider.load_weights(weights_file)
    assert all(np.array_equal(a, b) for a, b in zip(before, wider.get_weights(), strict=True))
    with pytest.raises(ValueError, match="it has none yet"):
        models.Sequential([layers.Dense(1)]).save_weights(weights_file)


def test_the_weights_of_a_whole_model(file: Path) -> None:
    other = network(seed=1)
    other.load_weights(file)
    assert same(other, saving.load_model(file))
    other.save_weights(file)
    with pytest.raises(ValueError, match="holds weights alone"):
        saving.load_model(file)


class TestSafetensors:
    @pytest.fixture(autouse=True)
    def _installed(self) -> None:
        pytest.importorskip("safetensors", reason="safetensors is not installed")

    def test_numpy_and_pytorch_read_them(self, tmp_path: Path) -> None:
        from safetensors.numpy import load_file

        model = network()
        path = tmp_path / "m.safetensors"
        model.save_weights(path)
        found = load_file(str(path))
        assert found.keys() >= {"out/kernel", "out/bias"}
        np.testing.assert_array_equal(found["out/kernel"], model.layers[-1].kernel.numpy())
        torch = pytest.importorskip("torch")
        from safetensors.torch import load_file as load_torch

        kernel = load_torch(str(path))["out/kernel"]
        assert kernel.dtype == torch.float32
        np.testing.assert_array_equal(kernel.numpy(), found["out/kernel"])

    def test_the_same_weights_give_the_same_bytes(self, tmp_path: Path) -> None:
        model, contents = network(), set()
        for _ in range(20):  # the library shuffles its metadata
            model.save_weights(tmp_path / "m.safetensors")
            contents.add((tmp_path / "m.safetensors").read_bytes())
        assert len(contents) == 1
        start = contents.pop()
        assert int.from_bytes(start[:8], "little") % 8 == 0
        assert start[8:].startswith(b'{"__metadata__":{"chainrule.order":')

    def test_files_from_elsewhere_by_name(self, tmp_path: Path) -> None:
        from safetensors.numpy import save_file

        model = models.Sequential([layers.Dense(2, input_shape=[3], name="d")])
        path = str(tmp_path / "m.safetensors")
        kernel = np.arange(6, dtype=np.float32).reshape(3, 2)
        save_file({"d/kernel": kernel, "d/bias": np.ones(2, np.float32)}, path)
        model.load_weights(path)
        np.testing.assert_array_equal(model.get_weights()[0], kernel)
        save_file({"weight": kernel, "d/bias": np.ones(2, np.float32)}, path)
        with pytest.raises(ValueError, match="missing d/kernel; unexpected weight"):
            model.load_weights(path)
        save_file({"d/kernel": kernel.astype(np.int32), "d/bias": np.ones(2, np.float32)}, path)
        with pytest.raises(ValueError, match="not of floats"):
            model.load_weights(path)

    def test_any_module(self, tmp_path: Path) -> None:
        class Mixed(nn.Module):
            def __init__(self) -> None:
                self.a = Tensor([[1.0, 2.0]], label="a")
                self.b = [Value(3.0)]
                self.c = nn.module.Buffer(np.float32([4.0]))

        path = tmp_path / "m.safetensors"
        module = Mixed()
        saving.save_safetensors(module, path)
        module.a.data = [[0.0, 0.0]]
        module.b[0].data = 0.0
        saving.load_safetensors(module, path)
        assert module.a.tolist() == [[1.0, 2.0]]
        assert module.b[0].data == 3.0
        with pytest.raises(ValueError, match="does not fit Neuron"):
            saving.load_safetensors(nn.Neuron(3), tmp_path / "m.safetensors")
        with pytest.raises(TypeError, match="takes a Module"):
            saving.save_safetensors([1.0], path)

    def test_damaged_files(self, tmp_path: Path) -> None:
        path = tmp_path / "m.safetensors"
        model = network()
        model.save_weights(path)
        content = path.read_bytes()
        hostile = [
            content[:-9], content[:50], b"", struct.pack("<Q", 2**60) + b"{}", b"hello",
            struct.pack("<Q", 60).ljust(69, b"{"),
        ]  # fmt: skip
        for bytes_ in hostile:
            path.write_bytes(bytes_)
            with pytest.raises(ValueError, match=r"m\.safetensors"):
                model.load_weights(path)


def test_without_safetensors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "safetensors", None)
    with pytest.raises(ImportError, match=r"pip install 'chainrule\[safetensors\]'"):
        network().save_weights(tmp_path / "m.safetensors")


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on the size of files there")
def test_a_full_disk_leaves_the_old_file_whole(file: Path, tmp_path: Path) -> None:
    code = """
import resource, signal, sys
import nn
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
large = nn.Sequential([nn.Input(shape=(200,)), nn.layers.Dense(200)])
resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))
for save in (large.save, large.save_weights):
    try:
        save(sys.argv[1])
    except OSError:
        continue
    sys.exit("it was written all the same")
"""
    before = file.read_bytes()
    subprocess.run([sys.executable, "-c", code, str(file)], cwd=ROOT, check=True)
    assert file.read_bytes() == before
    assert os.listdir(file.parent) == [file.name]
