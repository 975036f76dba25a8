# ruff: noqa: N806 - X_train and EPOCHS are the notebooks' names
"""Notebooks of two introductory courses, in the usual way of writing them for Keras.

Only the import lines are ours: with ``nn`` read as ``keras`` the file runs on Keras 3.  The data
are made up in the courses' shapes; CONCRETE_CSV and RED_WINE_CSV, if they are set, name the
files of two of them.  The epochs are few: what counts is that the code runs and learns.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nn as keras
from nn import callbacks, layers
from nn.callbacks import EarlyStopping
from nn.datasets import mnist
from nn.layers import BatchNormalization, Dense, Dropout, Flatten, Input
from nn.models import Sequential, load_model
from nn.optimizers import SGD, Adam
from nn.utils import to_categorical

pd = pytest.importorskip("pandas")
matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")
plt = pytest.importorskip("matplotlib.pyplot")
pytest.importorskip("sklearn")

from sklearn.compose import make_column_selector, make_column_transformer  # noqa: E402
from sklearn.impute import SimpleImputer  # noqa: E402
from sklearn.metrics import mean_squared_error  # noqa: E402
from sklearn.model_selection import GroupShuffleSplit, train_test_split  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import OneHotEncoder, StandardScaler  # noqa: E402

Frame = Any


@pytest.fixture(autouse=True)
def _seed() -> Any:
    keras.utils.set_random_seed(0)
    yield
    plt.close("all")


# --- data in the courses' shapes ------------------------------------------------------------

CONCRETE = [
    "Cement", "Blast Furnace Slag", "Fly Ash", "Water", "Superplasticizer", "Coarse Aggregate",
    "Fine Aggregate", "Age", "Strength",
]  # fmt: skip


def concrete() -> Frame:
    if os.environ.get("CONCRETE_CSV"):
        return pd.read_csv(os.environ["CONCRETE_CSV"])
    rng = np.random.default_rng(0)
    means = np.array([280.0, 74.0, 54.0, 180.0, 6.0, 970.0, 770.0, 45.0])
    x = np.abs(rng.normal(means, means / 4, (400, 8)))
    strength = 0.1 * x[:, 0] - 0.1 * x[:, 3] + 6 * np.log(x[:, 7]) + rng.normal(size=400)
    frame = pd.DataFrame(np.c_[x, strength], columns=CONCRETE)
    return frame.astype({"Age": int})


def red_wine() -> Frame:
    if os.environ.get("RED_WINE_CSV"):
        return pd.read_csv(os.environ["RED_WINE_CSV"])
    rng = np.random.default_rng(0)
    x = rng.uniform(size=(400, 11))
    quality = np.round(3 + 4 * x[:, :3].mean(axis=1) + rng.normal(size=400) / 4).astype(int)
    return pd.DataFrame(x, columns=[f"measurement {i}" for i in range(11)]).assign(quality=quality)


def fuel_economy() -> Frame:
    rng = np.random.default_rng(0)
    n = 300
    cylinders = rng.choice([4, 6, 8], n)
    return pd.DataFrame({
        "FE": 60.0 - 4 * cylinders + rng.normal(size=n),
        "Eng Displ": cylinders / 2 + rng.uniform(size=n),
        "# Cyl": cylinders,
        "Transmission": rng.choice(["A", "M", "AM"], n),
        "Air Aspir Method": rng.choice(["Naturally", "Turbo"], n),
    })  # fmt: skip


def songs() -> Frame:
    rng = np.random.default_rng(0)
    n = 300
    energy = rng.uniform(size=n)
    return pd.DataFrame({
        "track_artist": rng.choice([f"artist {i}" for i in range(40)], n),
        "track_popularity": np.round(100 * energy).astype(int),
        "playlist_genre": rng.choice(["pop", "rap", "rock"], n),
        "energy": energy,
        "tempo": rng.uniform(80, 180, n),
        "mode": rng.integers(0, 2, n),
    })  # fmt: skip


def ionosphere() -> Frame:
    rng = np.random.default_rng(0)
    good = rng.uniform(size=351) < 0.64
    echoes = rng.normal(size=(351, 34)) + 3 * good[:, None]
    frame = pd.DataFrame(echoes, columns=[f"V{i + 1}" for i in range(34)])
    frame["V2"] = 0  # constant, as in the original
    return frame.assign(Class=np.where(good, "good", "bad"))


def hotel() -> Frame:
    rng = np.random.default_rng(0)
    n = 600
    lead = rng.integers(0, 400, n)
    frame = pd.DataFrame({
        "is_canceled": (lead > 150).astype(int),
        "lead_time": lead,
        "adr": rng.uniform(40, 200, n),
        "children": rng.choice([0.0, 1.0, np.nan], n),
        "hotel": rng.choice(["City Hotel", "Resort Hotel"], n),
        "arrival_date_month": rng.choice(["January", "July", "August"], n),
    })  # fmt: skip
    months = {"January": 1, "July": 7, "August": 8}
    frame["arrival_date_month"] = frame["arrival_date_month"].map(months)
    return frame


def digits() -> Any:
    """Images like MNIST's, (n, 28, 28) from 0 to 255: a bright row for each class."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 10, 600).astype("uint8")
    images = rng.integers(0, 60, (600, 28, 28)).astype("uint8")
    for i, label in enumerate(labels):
        images[i, 2 + 2 * label : 4 + 2 * label] = 250
    return (images[:500], labels[:500]), (images[500:], labels[500:])


# --- Intro to Deep Learning: six lessons ----------------------------------------------------


def test_a_single_neuron() -> None:
    df = red_wine()
    assert df.shape[1] == 12

    model = keras.Sequential([layers.Dense(units=1, input_shape=[11])])
    w, b = model.weights
    printed = f"Weights\n{w}\n\nBias\n{b}"
    assert printed.startswith("Weights")
    assert tuple(w.shape) == (11, 1)
    assert tuple(b.shape) == (1,)

    line = keras.Sequential([layers.Dense(1, input_shape=[1])])
    x = np.linspace(-1.0, 1.0, 100)
    y = line.predict(x)
    w, b = line.weights
    plt.figure(dpi=100)
    plt.plot(x, y, "k")
    plt.xlim(-1, 1)
    plt.xlabel("Input: x")
    plt.title("Weight: {:0.2f}\nBias: {:0.2f}".format(w.numpy()[0][0], b.numpy()[0]))  # noqa: UP032
    assert y.shape == (100, 1)
    assert y[-1, 0] == pytest.approx(w.numpy()[0, 0] + b.numpy()[0])


def test_deep_networks() -> None:
    df = concrete()
    input_shape = [df.shape[1] - 1]
    assert input_shape == [8]
    model = keras.Sequential([
        layers.Dense(units=512, activation="relu", input_shape=input_shape),
        layers.Dense(units=512, activation="relu"),
        layers.Dense(units=512, activation="relu"),
        layers.Dense(units=1),
    ])  # fmt: skip
    split = keras.Sequential([
        layers.Dense(32, input_shape=[8]),
        layers.Activation("relu"),
        layers.Dense(32),
        layers.Activation("relu"),
        layers.Dense(1),
    ])  # fmt: skip
    assert model.count_params() == 9 * 512 + 2 * 513 * 512 + 513
    assert split.count_params() == 9 * 32 + 33 * 32 + 33
    assert split.predict(df.drop("Strength", axis=1)).shape == (len(df), 1)
    model.summary()

    x = np.linspace(-3.0, 3.0, 100)
    for name in ("relu", "elu", "selu", "swish", "sigmoid", "tanh"):
        activation_layer = layers.Activation(name)
        y = activation_layer(x)
        plt.plot(x, y)
        assert np.asarray(y).shape == (100,)
    plt.ylim(-1, 3)
    plt.show()


def test_stochastic_gradient_descent_on_wine() -> None:
    red = red_wine()
    df_train = red.sample(frac=0.7, random_state=0)
    df_valid = red.drop(df_train.index)
    max_ = df_train.max(axis=0)
    min_ = df_train.min(axis=0)
    df_train = (df_train - min_) / (max_ - min_)
    df_valid = (df_valid - min_) / (max_ - min_)
    X_train = df_train.drop("quality", axis=1)
    X_valid = df_valid.drop("quality", axis=1)
    y_train = df_train["quality"]
    y_valid = df_valid["quality"]

    model = keras.Sequential([
        layers.Dense(64, activation="relu", input_shape=[11]),
        layers.Dense(64, activation="relu"),
        layers.Dense(1),
    ])  # fmt: skip
    model.compile(optimizer="adam", loss="mae")
    history = model.fit(
        X_train, y_train, validation_data=(X_valid, y_valid), batch_size=256, epochs=10
    )  # fmt: skip
    history_df = pd.DataFrame(history.history)
    history_df["loss"].plot()
    history_df.loc[5:, ["loss", "val_loss"]].plot()
    assert list(history_df.columns) == ["loss", "val_loss"]
    assert len(history_df) == 10
    assert history_df["loss"].iloc[-1] < history_df["loss"].iloc[0]


def test_stochastic_gradient_descent_on_fuel_economy() -> None:
    fuel = fuel_economy()
    X = fuel.copy()
    y = X.pop("FE")
    preprocessor = make_column_transformer(
        (StandardScaler(), make_column_selector(dtype_include=np.number)),
        (OneHotEncoder(sparse_output=False), make_column_selector(dtype_exclude=np.number)),
    )
    X = preprocessor.fit_transform(X)
    y = np.log(y)
    input_shape = [X.shape[1]]
    model = keras.Sequential([
        layers.Dense(128, activation="relu", input_shape=input_shape),
        layers.Dense(64, activation="relu"),
        layers.Dense(1),
    ])  # fmt: skip
    model.compile(optimizer="adam", loss="mae")
    history = model.fit(X, y, batch_size=128, epochs=8)
    history_df = pd.DataFrame(history.history)
    history_df.loc[5:, ["loss"]].plot()
    assert history_df["loss"].iloc[-1] < history_df["loss"].iloc[0]


def test_watching_sgd_with_a_callback_of_ones_own() -> None:
    class Watch(callbacks.Callback):
        def __init__(self) -> None:
            super().__init__()
            self.seen: list[tuple[float, float]] = []

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            w, b = self.model.get_weights()
            self.seen.append((float(w[0, 0]), float(b[0])))

    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, 256)
    y = 1.5 * x + 0.5
    model = keras.Sequential([layers.Dense(1, input_shape=[1])])
    model.compile(optimizer=keras.optimizers.SGD(learning_rate=0.1), loss="mse")
    watch = Watch()
    model.fit(x, y, batch_size=32, epochs=20, verbose=0, callbacks=[watch])
    assert len(watch.seen) == 8 * 20
    assert watch.seen[-1] == pytest.approx((1.5, 0.5), abs=0.05)


def test_overfitting_and_underfitting() -> None:
    spotify = songs()
    X = spotify.copy().dropna()
    y = X.pop("track_popularity")
    artists = X["track_artist"]
    preprocessor = make_column_transformer(
        (StandardScaler(), ["energy", "tempo", "mode"]),
        (OneHotEncoder(sparse_output=False), ["playlist_genre"]),
    )
    splitter = GroupShuffleSplit(train_size=0.75, random_state=0)
    train, test = next(splitter.split(X, y, groups=artists))
    X_train, X_valid = X.iloc[train], X.iloc[test]
    y_train, y_valid = y.iloc[train], y.iloc[test]
    X_train = preprocessor.fit_transform(X_train)
    X_valid = preprocessor.transform(X_valid)
    y_train = y_train / 100
    y_valid = y_valid / 100
    input_shape = [X_train.shape[1]]

    linear = keras.Sequential([layers.Dense(1, input_shape=input_shape)])
    linear.compile(optimizer="adam", loss="mae")
    history = linear.fit(
        X_train, y_train, validation_data=(X_valid, y_valid), batch_size=512, epochs=5, verbose=0
    )
    history_df = pd.DataFrame(history.history)
    history_df.loc[0:, ["loss", "val_loss"]].plot()
    assert "Minimum Validation Loss: {:0.4f}".format(history_df["val_loss"].min())

    early_stopping = EarlyStopping(min_delta=0.001, patience=5, restore_best_weights=True)
    model = keras.Sequential([
        layers.Dense(64, activation="relu", input_shape=input_shape),
        layers.Dense(32, activation="relu"),
        layers.Dense(1),
    ])  # fmt: skip
    model.compile(optimizer="adam", loss="mae")
    history = model.fit(
        X_train,
        y_train,
        validation_data=(X_valid, y_valid),
        batch_size=64,
        epochs=100,
        callbacks=[early_stopping],
        verbose=0,
    )
    history_df = pd.DataFrame(history.history)
    history_df.loc[:, ["loss", "val_loss"]].plot(title="Cross-entropy")
    assert len(history_df) < 100
    best = model.evaluate(X_valid, y_valid, verbose=0)
    assert best == pytest.approx(history_df["val_loss"].min(), abs=2e-3)


def test_dropout_and_batch_normalization() -> None:
    df = concrete()
    df_train = df.sample(frac=0.7, random_state=0)
    df_valid = df.drop(df_train.index)
    X_train, X_valid = df_train.drop("Strength", axis=1), df_valid.drop("Strength", axis=1)
    y_train, y_valid = df_train["Strength"], df_valid["Strength"]
    input_shape = [X_train.shape[1]]

    model = keras.Sequential([
        layers.Dense(64, activation="relu", input_shape=input_shape),
        layers.Dropout(0.3),
        layers.Dense(64, activation="relu"),
        layers.Dropout(rate=0.3),
        layers.Dense(1),
    ])  # fmt: skip
    model.compile(optimizer="adam", loss="mae")
    history = model.fit(
        X_train, y_train, validation_data=(X_valid, y_valid), batch_size=512, epochs=3, verbose=0
    )
    assert len(history.history["val_loss"]) == 3

    model = keras.Sequential([
        layers.BatchNormalization(input_shape=input_shape),
        layers.Dense(64, activation="relu"),
        layers.BatchNormalization(),
        layers.Dense(64),
        layers.BatchNormalization(),
        layers.Activation("relu"),
        layers.Dense(1),
    ])  # fmt: skip
    model.compile(optimizer="sgd", loss="mae", metrics=["mae"])
    EPOCHS = 20
    history = model.fit(
        X_train,
        y_train,
        validation_data=(X_valid, y_valid),
        batch_size=64,
        epochs=EPOCHS,
        verbose=0,
    )
    history_df = pd.DataFrame(history.history)
    history_df.loc[0:, ["loss", "val_loss"]].plot()
    assert "Minimum Validation Loss: {:0.4f}".format(history_df["val_loss"].min())
    assert np.isfinite(history_df.to_numpy()).all()
    assert history_df["loss"].iloc[-1] < history_df["loss"].iloc[0]


def test_binary_classification_of_the_ionosphere() -> None:
    df = ionosphere()
    df["Class"] = df["Class"].map({"good": 0, "bad": 1})
    df_train = df.sample(frac=0.7, random_state=0)
    df_valid = df.drop(df_train.index)
    max_ = df_train.max(axis=0)
    min_ = df_train.min(axis=0)
    df_train = (df_train - min_) / (max_ - min_)
    df_valid = (df_valid - min_) / (max_ - min_)
    df_train = df_train.dropna(axis=1)
    df_valid = df_valid.dropna(axis=1)
    X_train = df_train.drop("Class", axis=1)
    X_valid = df_valid.drop("Class", axis=1)
    y_train = df_train["Class"]
    y_valid = df_valid["Class"]
    model = keras.Sequential([
        layers.Dense(4, activation="relu", input_shape=[33]),
        layers.Dense(4, activation="relu"),
        layers.Dense(1, activation="sigmoid"),
    ])  # fmt: skip
    model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["binary_accuracy"])
    early_stopping = keras.callbacks.EarlyStopping(
        patience=10,
        min_delta=0.001,
        restore_best_weights=True,
    )
    history = model.fit(
        X_train,
        y_train,
        validation_data=(X_valid, y_valid),
        batch_size=32,
        epochs=40,
        callbacks=[early_stopping],
        verbose=0,
    )
    history_df = pd.DataFrame(history.history)
    history_df.loc[5:, ["loss", "val_loss"]].plot()
    history_df.loc[5:, ["binary_accuracy", "val_binary_accuracy"]].plot()
    best = "Best Validation Loss: {:0.4f}\nBest Validation Accuracy: {:0.4f}".format(
        history_df["val_loss"].min(), history_df["val_binary_accuracy"].max()
    )
    assert best
    assert history_df["val_loss"].min() < history_df["val_loss"].iloc[0]


def test_binary_classification_of_hotel_bookings() -> None:
    X = hotel()
    y = X.pop("is_canceled")
    features_num = ["lead_time", "adr", "children"]
    features_cat = ["hotel", "arrival_date_month"]
    transformer_num = make_pipeline(SimpleImputer(strategy="constant"), StandardScaler())
    transformer_cat = make_pipeline(
        SimpleImputer(strategy="constant", fill_value="NA"),
        OneHotEncoder(handle_unknown="ignore", sparse_output=False),
    )
    preprocessor = make_column_transformer(
        (transformer_num, features_num), (transformer_cat, features_cat)
    )
    X["arrival_date_month"] = X["arrival_date_month"].astype(str).astype(object)
    X["hotel"] = X["hotel"].astype(object)
    X_train, X_valid, y_train, y_valid = train_test_split(
        X, y, stratify=y, train_size=0.75, random_state=0
    )
    X_train = preprocessor.fit_transform(X_train)
    X_valid = preprocessor.transform(X_valid)
    input_shape = [X_train.shape[1]]
    model = keras.Sequential([
        layers.BatchNormalization(input_shape=input_shape),
        layers.Dense(64, activation="relu"),
        layers.BatchNormalization(),
        layers.Dropout(0.3),
        layers.Dense(64, activation="relu"),
        layers.BatchNormalization(),
        layers.Dropout(0.3),
        layers.Dense(1, activation="sigmoid"),
    ])  # fmt: skip
    model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["binary_accuracy"])
    history = model.fit(
        X_train,
        y_train,
        validation_data=(X_valid, y_valid),
        batch_size=64,
        epochs=10,
        callbacks=[callbacks.EarlyStopping(patience=15, restore_best_weights=True)],
    )
    history_df = pd.DataFrame(history.history)
    history_df.loc[:, ["loss", "val_loss"]].plot(title="Cross-entropy")
    history_df.loc[:, ["binary_accuracy", "val_binary_accuracy"]].plot(title="Accuracy")
    assert history_df["val_binary_accuracy"].max() > 0.8
    chance = model.predict(X_valid)
    guess = (chance > 0.5).astype(int).flatten()
    assert (guess == y_valid).mean() > 0.8


# --- Introduction to Deep Learning & Neural Networks with Keras: the labs -------------------


def test_forward_propagation_through_a_network_of_arrays() -> None:
    weights = np.around(np.random.uniform(size=6), decimals=2)
    biases = np.around(np.random.uniform(size=3), decimals=2)
    x_1, x_2 = 0.5, 0.85
    z_11 = x_1 * weights[0] + x_2 * weights[1] + biases[0]
    z_12 = x_1 * weights[2] + x_2 * weights[3] + biases[1]
    a_11 = 1.0 / (1.0 + np.exp(-z_11))
    a_12 = 1.0 / (1.0 + np.exp(-z_12))
    z_2 = a_11 * weights[4] + a_12 * weights[5] + biases[2]
    a_2 = 1.0 / (1.0 + np.exp(-z_2))

    model = Sequential()
    model.add(Input(shape=(2,)))
    model.add(Dense(2, activation="sigmoid"))
    model.add(Dense(1, activation="sigmoid"))
    model.layers[0].set_weights([weights[:4].reshape(2, 2).T, biases[:2]])
    model.layers[1].set_weights([weights[4:].reshape(2, 1), biases[2:]])
    assert model.predict(np.array([[x_1, x_2]]), verbose=0)[0][0] == pytest.approx(a_2)


def test_activation_functions() -> None:
    z = np.linspace(-5, 5, 100)
    sigmoid = 1 / (1 + np.exp(-z))
    by_name = {
        "sigmoid": sigmoid,
        "tanh": np.tanh(z),
        "relu": np.maximum(0, z),
        "linear": z,
        "softmax": np.exp(z) / np.exp(z).sum(),
        "leaky_relu": np.where(z > 0, z, 0.2 * z),
    }
    for name, expected in by_name.items():
        function = getattr(keras.activations, name)
        found = function(np.array([z])) if name == "softmax" else function(z)
        plt.plot(z, np.asarray(found).ravel())
        assert np.asarray(found).ravel() == pytest.approx(expected, abs=1e-6)
        assert keras.activations.get(name) is function


def test_backpropagation_of_xor() -> None:
    X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    d = np.array([[0], [1], [1], [0]])
    model = Sequential([
        Dense(4, input_dim=2, activation="tanh"),
        Dense(1, activation="sigmoid"),
    ])  # fmt: skip
    model.compile(loss="mean_squared_error", optimizer=SGD(learning_rate=0.5, momentum=0.9))
    history = model.fit(X, d, epochs=400, batch_size=4, verbose=0)
    plt.plot(history.history["loss"])
    assert model.predict(X).round().astype(int).tolist() == d.tolist()
    assert history.epoch[-1] == 399


def test_vanishing_gradient() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(128, 10))
    y = (X.sum(axis=1) > 0).astype(int)
    moved = {}
    for activation in ("sigmoid", "relu"):
        model = Sequential()
        model.add(Input(shape=(10,)))
        for _ in range(6):
            model.add(Dense(10, activation=activation))
        model.add(Dense(1, activation="sigmoid"))
        model.compile(optimizer=SGD(learning_rate=0.1), loss="binary_crossentropy")
        before = [layer.get_weights()[0] for layer in model.layers]
        model.fit(X, y, epochs=1, verbose=0)
        after = [layer.get_weights()[0] for layer in model.layers]
        moved[activation] = [np.abs(b - a).mean() for a, b in zip(before, after, strict=True)]
        plt.plot(moved[activation], label=activation)
    plt.legend()
    assert moved["sigmoid"][0] < moved["sigmoid"][-1] / 100
    assert moved["relu"][0] > 10 * moved["sigmoid"][0]


def test_regression_with_keras(capsys: pytest.CaptureFixture[str]) -> None:
    concrete_data = concrete()
    assert concrete_data.isnull().sum().sum() == 0
    concrete_data_columns = concrete_data.columns
    predictors = concrete_data[concrete_data_columns[concrete_data_columns != "Strength"]]
    target = concrete_data["Strength"]
    predictors_norm = (predictors - predictors.mean()) / predictors.std()
    n_cols = predictors_norm.shape[1]

    def regression_model() -> Any:
        model = Sequential()
        model.add(Input(shape=(n_cols,)))
        model.add(Dense(50, activation="relu"))
        model.add(Dense(50, activation="relu"))
        model.add(Dense(1))
        model.compile(optimizer=Adam(), loss="mean_squared_error")
        return model

    model = regression_model()
    capsys.readouterr()
    model.fit(predictors_norm, target, validation_split=0.3, epochs=10, verbose=2)
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == "Epoch 1/10"
    assert printed[1].startswith("23/23 - " if len(target) == 1030 else "9/9 - ")
    assert len(printed) == 20

    X_train, X_test, y_train, y_test = train_test_split(
        predictors, target, test_size=0.3, random_state=42
    )
    errors = []
    for _ in range(2):
        model = regression_model()
        model.fit(X_train, y_train, epochs=5, verbose=0)
        y_pred = model.predict(X_test)
        errors.append(mean_squared_error(y_test, y_pred))
    assert np.isfinite([np.mean(errors), np.std(errors)]).all()
    assert model.evaluate(X_test, y_test) == pytest.approx(errors[-1], rel=1e-4)


def test_classification_with_keras(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(mnist, "load_data", digits)
    (X_train, y_train), (X_test, y_test) = mnist.load_data()
    assert X_train.shape[1:] == (28, 28)
    plt.imshow(X_train[0])
    num_pixels = X_train.shape[1] * X_train.shape[2]
    X_train = X_train.reshape(X_train.shape[0], num_pixels).astype("float32")
    X_test = X_test.reshape(X_test.shape[0], num_pixels).astype("float32")
    X_train = X_train / 255
    X_test = X_test / 255
    y_train = to_categorical(y_train)
    y_test = to_categorical(y_test)
    num_classes = y_test.shape[1]
    assert num_classes == 10

    def classification_model() -> Any:
        model = Sequential()
        model.add(Dense(num_pixels, activation="relu", input_shape=(num_pixels,)))
        model.add(Dense(100, activation="relu"))
        model.add(Dense(num_classes, activation="softmax"))
        model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
        return model

    model = classification_model()
    model.fit(X_train, y_train, validation_data=(X_test, y_test), epochs=3, verbose=2)
    scores = model.evaluate(X_test, y_test, verbose=0)
    print("Accuracy: {}% \n Error: {}".format(scores[1], 1 - scores[1]))  # noqa: UP032
    assert scores[1] > 0.9

    model.save("classification_model.keras")
    pretrained_model = load_model("classification_model.keras")
    assert pretrained_model.evaluate(X_test, y_test, verbose=0) == pytest.approx(scores)
    again = keras.saving.load_model("classification_model.keras")
    assert (again.predict(X_test) == model.predict(X_test)).all()
    pretrained_model.fit(X_train, y_train, epochs=1, verbose=0)
    assert keras.models.load_model("classification_model.keras").count_params() == (
        785 * 784 + 785 * 100 + 101 * 10
    )


def test_classification_of_images_by_class_numbers() -> None:
    (X_train, y_train), (X_test, y_test) = digits()
    X_train, X_test = X_train / 255.0, X_test / 255.0
    model = keras.models.Sequential([
        keras.layers.Input(shape=(28, 28)),
        Flatten(),
        Dense(64, activation="relu"),
        BatchNormalization(),
        Dropout(0.2),
        Dense(10),
    ])  # fmt: skip
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate=0.01),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    history = model.fit(X_train, y_train, epochs=5, batch_size=50, validation_split=0.1, verbose=0)
    assert sorted(history.history) == ["accuracy", "loss", "val_accuracy", "val_loss"]
    test_loss, test_acc = model.evaluate(X_test, y_test, verbose=2)
    assert test_acc > 0.8
    assert np.isfinite(test_loss)
    probability_model = keras.Sequential([model, keras.layers.Activation("softmax")])
    predictions = probability_model.predict(X_test)
    assert np.argmax(predictions[0]) in range(10)
