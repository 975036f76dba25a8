"""Compile, fit, evaluate, predict: how a model learns and is used.

The loop of `fit` is the plain one that anybody can write: for each batch, predict, take the
loss, find its gradients (these three are `nn.models.differentiation`), let the optimizer move
the weights.  The three run as one numpy program, recorded from the first batch of each shape,
unless `compile` was told ``run_eagerly=True``.  Everything about the data is looked over before
it starts (`nn.models.data`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from contextvars import ContextVar
from copy import deepcopy
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from autograd import Tensor, enable_grad, no_grad
from autograd.formatting import shown
from nn import losses, metrics, optimizers
from nn.callbacks import CallbackList, History, LambdaCallback, as_callbacks, overriding
from nn.checks import as_flag, as_whole, is_number
from nn.interruption import Interruption, uncut
from nn.layers.layer import Layer
from nn.layers.normalization import BatchNormalization
from nn.memory import keep_freed_memory
from nn.models import data
from nn.models.assumptions import Assumptions, are_ours, is_ours
from nn.models.compiled import CompiledLoss, CompiledMetrics, RunningMean
from nn.models.data import Batch, Dataset
from nn.models.differentiation import Differentiation, Eager, Recorded, as_plain
from nn.names import as_arguments, as_custom
from nn.progress import ProgressBar, as_verbose

__all__ = ["Trainer"]

Array = NDArray[Any]
Logs = dict[str, float]

# the ids of the models whose fit, evaluate or the like is under way in this thread or task
_measured_now: ContextVar[frozenset[int]] = ContextVar("measured_now", default=frozenset())


class Trainer(Layer):
    """The half of a model that trains it.

    Attributes:
        optimizer: set by `compile`; None before.
        loss: what `compile` was given as the loss.
        history: the `History` of the last `fit`.
        run_eagerly: whether the engine goes through the layers anew for each batch, so that a
            print or a breakpoint in a layer of your own sees every one of them.
        stop_training: a callback sets it to True to end `fit` after the batch.
    """

    optimizer: Any = None
    loss: Any = None
    history: History | None = None
    stop_training: bool = False
    run_eagerly: bool = False
    compiled: bool = False
    _compiled_loss: CompiledLoss
    _compiled_metrics: CompiledMetrics
    _compile_arguments: Mapping[str, Any]
    _penalized = False  # whether layers have regularizers, whose penalties are to be added
    _mean_loss: RunningMean
    _recorded: Recorded | None = None
    _of_training = frozenset({
        "optimizer", "loss", "history", "stop_training", "compiled", "run_eagerly", "metrics",
        "_compiled_loss", "_compiled_metrics", "_compile_arguments", "_mean_loss", "_recorded",
        "_penalized",
    })  # fmt: skip

    # --- compile ----------------------------------------------------------------------------

    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        loss_weights: float | None = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        run_eagerly: bool = False,
        steps_per_execution: int = 1,
        jit_compile: bool | str = "auto",
        auto_scale_loss: bool = True,
    ) -> None:
        """Say how the model is to be trained.

        Args:
            optimizer: a name, an optimizer or its class.
            loss: a name, a loss or its class, or a function ``loss(y_true, y_pred)`` that
                gives one number for each sample.
            loss_weights: a factor for the loss; regularizers are not multiplied with it.
            metrics: a list of names, metrics or functions; they ignore sample weights.
            weighted_metrics: the same, and they take them into account.
            run_eagerly: compute each batch with the engine, node by node.  Otherwise `fit` and
                `train_on_batch` run a numpy program, `training_program`, which is recorded
                from the first batch of each shape; it has the same results, but for the last
                digits (sums in another order), at a fraction of the time.  A layer or loss of
                your own that prints, counts, draws random numbers, or reads what may change
                from batch to batch (a list, a dict or an object around it) is left to the
                engine; `training_program` says why.
            steps_per_execution: this and the rest are accepted so that Keras programs run; they
                have no effect.
            jit_compile: no effect.
            auto_scale_loss: no effect.

        Raises:
            ValueError: a name that is not known, or metrics that are no list.

        >>> from nn import layers, models
        >>> model = models.Sequential([layers.Input(shape=(2,)), layers.Dense(1)])
        >>> model.compile(optimizer="adam", loss="mse", metrics=["mae"])
        >>> model.compile(optimizer="adma", loss="mse")  # doctest: +ELLIPSIS
        Traceback (most recent call last):
            ...
        ValueError: unknown optimizer 'adma': did you mean 'adam'? There are ...
        """
        run_eagerly = as_flag(run_eagerly, "run_eagerly")
        steps_per_execution = as_whole(steps_per_execution, "steps_per_execution", 1)
        if not isinstance(jit_compile, str) or jit_compile != "auto":
            jit_compile = as_flag(jit_compile, "jit_compile, if not 'auto',")
        as_flag(auto_scale_loss, "auto_scale_loss")
        made = optimizers.get(optimizer)
        compiled_loss = CompiledLoss(loss, loss_weights)
        compiled_metrics = CompiledMetrics(metrics, weighted_metrics)
        self.optimizer, self.loss = made, loss
        self._mean_loss = RunningMean()
        self._compiled_loss, self._compiled_metrics = compiled_loss, compiled_metrics
        self.run_eagerly = run_eagerly
        self._recorded = None
        self._compile_arguments = {
            "loss_weights": compiled_loss.factor, "steps_per_execution": steps_per_execution,
            "jit_compile": jit_compile,
        }  # fmt: skip
        self.stop_training = False
        self.compiled = True

    @property
    def metrics(self) -> list[metrics.Metric]:
        """The metrics that were asked for in `compile`."""
        return self._compiled_metrics.metrics if self.compiled else []

    @property
    def metrics_names(self) -> list[str]:
        """The names of the numbers that `evaluate` returns, in its order; the loss is first."""
        return ["loss", *self._compiled_metrics.names] if self.compiled else []

    def get_compile_config(self) -> dict[str, Any] | None:
        """Return what `compile` was given, as JSON holds it; None before `compile`.

        >>> from nn import layers, models
        >>> model = models.Sequential([layers.Dense(1)])
        >>> model.compile("sgd", "mse", metrics=["mae"])
        >>> config = model.get_compile_config()
        >>> config["loss"], config["metrics"], config["optimizer"]["class_name"]
        ('mse', ['mae'], 'SGD')
        """
        if not self.compiled:
            return None
        return {
            "optimizer": optimizers.serialize(self.optimizer),
            "loss": self._compiled_loss.serialize(),
            **self._compiled_metrics.serialize(),
            "run_eagerly": self.run_eagerly,
            **self._compile_arguments,
        }

    def compile_from_config(
        self, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None
    ) -> None:
        """Compile as `get_compile_config` describes.

        Args:
            config: what it returned.
            custom_objects: your own losses, metrics and optimizers by name.

        Raises:
            TypeError: a dict of names and values is wanted, for either.
            ValueError: a part of the config is missing, or describes nothing that there is.
        """
        arguments = as_arguments(config, type(self))
        missing = {"optimizer", "loss", "metrics", "weighted_metrics"} - arguments.keys()
        if missing:
            raise ValueError(
                f"the config of compile has no {', '.join(sorted(missing))}: is {shown(config)} "
                "what get_compile_config() returned?"
            )
        as_custom(custom_objects)
        self.compile(
            optimizer=optimizers.deserialize(arguments.pop("optimizer"), custom_objects),
            loss=_found(losses.deserialize, arguments.pop("loss"), custom_objects),
            metrics=_all_found(arguments.pop("metrics"), custom_objects),
            weighted_metrics=_all_found(arguments.pop("weighted_metrics"), custom_objects),
            **arguments,
        )

    # --- fit --------------------------------------------------------------------------------

    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: int | str = "auto",
        callbacks: Any = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: bool = True,
        class_weight: Mapping[int, float] | None = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        validation_batch_size: int | None = None,
        validation_freq: int | Iterable[int] = 1,
    ) -> History:
        """Train for some epochs, passes over the data, and return what was measured.

        A Ctrl-C ends the training cleanly: the weights are those after the last batch that was
        completed (unless a callback restores others, as `EarlyStopping` may), and the History
        has the epochs that were.  A line says so, unless verbose is 0.

        The same seed (`nn.utils.set_random_seed`) and the same calls give the same numbers.
        Training that goes on from a file, saved after an epoch, gives the same numbers as
        without the break, bit for bit: `nn.models.load_model(path, restore_random=True)` lets
        the generator, from which the order of the samples and the dropout are drawn, go on
        where it was, and `initial_epoch` counts on.

        Args:
            x: the inputs: an array, list or DataFrame whose rows are the samples.
            y: their targets.
            batch_size: samples a batch, 32 by default; the last batch may be smaller.
            epochs: the epoch to stop at: with `initial_epoch` 3, ``epochs=5`` trains 3 and 4.
            verbose: 0 is silent, 1 a progress bar, 2 a line an epoch; "auto" is 1.
            callbacks: a list of `nn.callbacks.Callback`.
            validation_split: this part of the samples, the last ones, is not trained on but
                measured after each epoch.
            validation_data: ``(x, y)`` or ``(x, y, sample_weight)`` to measure instead.
            shuffle: take the samples in another order in each epoch.
            class_weight: the weight of each class in the loss, ``{0: 1.0, 1: 5.0}``.
            sample_weight: the weight of each sample in the loss.
            initial_epoch: the number of the first epoch.
            validation_batch_size: like batch_size, for the validation.
            validation_freq: validate every so many epochs, or after the epochs listed
                (counted from 1).

        Returns:
            The `History`: ``.history["loss"]`` is the list of the epochs' mean losses.

        Raises:
            ValueError: the model has not been compiled, or the data do not fit the network
                or the loss; the message says how.

        >>> from nn import layers, models, optimizers
        >>> model = models.Sequential([layers.Input(shape=(1,)), layers.Dense(1)])
        >>> model.compile(optimizers.SGD(0.1), "mse")
        >>> x = np.linspace(-1, 1, 64)
        >>> history = model.fit(x, 2 * x + 1, epochs=150, verbose=0)
        >>> history.history["loss"][-1] < 1e-6
        True
        """
        self._require_compiled("fit")
        keep_freed_memory()
        batch_size = as_whole(32 if batch_size is None else batch_size, "batch_size", 1)
        epochs, initial_epoch = as_whole(epochs, "epochs"), as_whole(initial_epoch, "initial_epoch")
        validation_freq, shuffle = _frequency(validation_freq), as_flag(shuffle, "shuffle")
        if validation_batch_size is not None:
            validation_batch_size = as_whole(validation_batch_size, "validation_batch_size", 1)
        with Interruption() as interruption:
            train, validation = self._training_data(
                x, y, sample_weight, class_weight, validation_split, validation_data
            )
            self._refuse_lone_samples(len(train), batch_size)
            run = self._callbacks(
                callbacks, verbose, epochs, len(train), batch_size, add_history=True
            )
            self.stop_training = False
            logs: Logs = {}
            interrupted = False
            with closing(run), enable_grad():
                try:
                    run.on_train_begin()
                    interruption.check()
                    for epoch in range(initial_epoch, epochs):
                        run.on_epoch_begin(epoch)
                        batches = train.batches(batch_size, shuffle)
                        with self._measuring():
                            logs = self._train(batches, run, interruption)
                        if validation is not None and _is_due(epoch, validation_freq):
                            size = validation_batch_size or batch_size
                            with self._measuring():
                                found = self._test(validation.batches(size), run, interruption)
                            logs |= {f"val_{name}": number for name, number in found.items()}
                        run.on_epoch_end(epoch, logs)
                        interruption.check()
                        if self.stop_training:
                            break
                except KeyboardInterrupt:
                    interrupted = True  # the History has the epochs that were completed
                with suppress(KeyboardInterrupt):
                    run.on_train_end(logs)
        history = cast(History, run.history)
        if interrupted and verbose:
            print(f"Interrupted; completed epochs: {len(history.epoch)}", flush=True)
        return history

    def _train(
        self, batches: Iterable[Batch], run: CallbackList, interruption: Interruption
    ) -> Logs:
        """Train on each batch once and return the means over them."""
        parameters = self.trainable_weights
        ends = overriding(run.callbacks, "on_train_batch_end")
        watched = overriding(run.callbacks, "on_gradients")
        may_change = _may_change_the_model(run.callbacks) or self._has_parts_of_the_users()
        self._reset_metrics()
        self._penalized = bool(self.losses)  # a callback may have given a layer a regularizer
        differentiate = self._differentiation(parameters)
        for step, batch in enumerate(batches):
            run.on_train_batch_begin(step)
            if may_change:  # a callback may have set the rate of a Dropout, for instance
                differentiate = self._differentiation(parameters)
            gradients = self._train_step(batch, differentiate, parameters)
            if watched:
                run.on_gradients(step, self._named(parameters, gradients))
            if ends:
                run.on_train_batch_end(step, self._measured())
            interruption.check()
            if self.stop_training:
                break
        return self._measured()

    def _has_parts_of_the_users(self) -> bool:
        """Tell whether somebody else wrote a metric, the optimizer or its schedule."""
        unweighted_and_weighted = self._compiled_metrics.given
        parts = [self.optimizer, *(part for group in unweighted_and_weighted for part in group)]
        inside = [thing for part in parts for thing in getattr(part, "__dict__", {}).values()]
        theirs = [part for part in (*parts, *filter(callable, inside)) if not is_ours(part)]
        return bool(theirs)

    @uncut
    def _train_step(
        self, batch: Batch, differentiate: Differentiation, parameters: list[Tensor]
    ) -> Sequence[Array]:
        """Move the parameters once, and return the gradients along which they went."""
        predictions, loss, gradients = differentiate(batch)
        self.optimizer.apply(gradients, parameters)
        self._track(batch, predictions, loss)
        return gradients

    def _differentiation(self, parameters: list[Tensor]) -> Differentiation:
        """Return what finds the gradients of a batch: the one place where ways to do it differ."""
        if self.run_eagerly:
            return Eager(self, self._loss_of, parameters)
        loss = self._compiled_loss.loss
        granted = Assumptions(self, loss, parameters)
        if self._recorded is None or self._recorded.granted != granted:
            trusted = are_ours(self, loss)
            self._recorded = Recorded(
                self, self._loss_of, parameters, trusted, granted, granted.unseen
            )
        return self._recorded

    @property
    def training_program(self) -> str:
        """The numpy program of a training step, as source; or why there is none, as a comment.

        It goes from a batch to its loss and the gradients of the parameters; what is done with
        these is the optimizer's.

        >>> from nn import layers, models
        >>> model = models.Sequential([layers.Input(shape=(2,)), layers.Dense(1)])
        >>> model.compile(loss="mse")
        >>> history = model.fit([[1.0, 2.0], [3.0, 4.0]], [1.0, 2.0], verbose=0)
        >>> "x @ kernel" in model.training_program
        True
        """
        if self.run_eagerly:
            return "# no program: the model was compiled with run_eagerly=True"
        if self._recorded is None:
            return "# no program yet: no batch has been trained"
        return self._recorded.program

    def _callbacks(
        self,
        given: Any,
        verbose: Any,
        epochs: int,
        samples: int,
        batch_size: int,
        add_history: bool = False,
    ) -> CallbackList:
        callbacks = as_callbacks(given)
        if as_verbose(verbose):
            callbacks.append(ProgressBar())
        steps = -(-samples // batch_size)
        return CallbackList(
            callbacks, add_history, self, verbose=verbose, epochs=epochs, steps=steps
        )

    def _training_data(
        self,
        x: Any,
        y: Any,
        sample_weight: Any,
        class_weight: Mapping[int, float] | None,
        validation_split: float,
        validation_data: Any,
    ) -> tuple[Dataset, Dataset | None]:
        train, validation = _with_targets(x, y, sample_weight, "fit"), None
        if validation_data is not None:
            unpacked = data.unpack_validation_data(validation_data)
            with data.named("validation_data"):
                validation = data.make_dataset(*unpacked)
        elif not _is_nothing(validation_split):
            train, validation = data.split_last_rows(train, validation_split)
        train = self._fitted(_with_class_weight(train, class_weight))
        if validation is None:
            return train, None
        with data.named("validation_data" if validation_data is not None else "validation_split"):
            return train, self._fitted(validation)

    def _loss_of(self, batch: Batch, predictions: Any) -> Any:
        loss: Any = self._compiled_loss(batch.y, predictions, batch.weight)
        if self._penalized:
            for penalty in self.losses:
                loss = loss + penalty
        return loss

    # --- evaluate and predict ---------------------------------------------------------------

    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        verbose: int | str = "auto",
        sample_weight: Any = None,
        callbacks: Any = None,
        return_dict: bool = False,
    ) -> Any:
        """Measure the loss and the metrics on data, without training.

        What is measured is kept in the model meanwhile: one thread at a time trains or evaluates
        a model, while `predict` may be called from several.

        Args:
            x: the inputs.
            y: the targets.
            batch_size: samples a batch, 32 by default; the results do not depend on it.
            verbose: 0 is silent, 1 a progress bar, 2 a line.
            sample_weight: the weight of each sample in the loss.
            callbacks: a list of `nn.callbacks.Callback`.
            return_dict: return the numbers by name.

        Returns:
            The loss, or the list of the loss and the metrics (`metrics_names`), or a dict.

        Raises:
            ValueError: as for `fit`.

        >>> from nn import layers, models
        >>> model = models.Sequential([layers.Dense(1, kernel_initializer="ones")])
        >>> model.compile(loss="mse", metrics=["mae"])
        >>> model.evaluate([[1.0], [2.0]], [1.0, 4.0], verbose=0)
        [2.0, 1.0]
        """
        self._require_compiled("evaluate")
        return_dict = as_flag(return_dict, "return_dict")
        batch_size = as_whole(32 if batch_size is None else batch_size, "batch_size", 1)
        test = self._fitted(_with_targets(x, y, sample_weight, "evaluate"))
        run = self._callbacks(callbacks, verbose, 1, len(test), batch_size)
        with closing(run), self._measuring():
            return self._returned(self._test(test.batches(batch_size), run), return_dict)

    def _test(
        self, batches: Iterable[Batch], run: CallbackList, interruption: Interruption | None = None
    ) -> Logs:
        batch_ends = overriding(run.callbacks, "on_test_batch_end")
        run.on_test_begin()
        self._reset_metrics()
        for step, batch in enumerate(batches):
            run.on_test_batch_begin(step)
            self._test_step(batch)
            if batch_ends:
                run.on_test_batch_end(step, self._measured())
            if interruption is not None:
                interruption.check()
        measured = self._measured()
        run.on_test_end(measured)
        return measured

    def _test_step(self, batch: Batch) -> None:
        with no_grad():
            predictions = self(batch.x, training=False)
            loss = self._loss_of(batch, predictions)
        self._track(batch, as_plain(predictions), float(loss))

    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: int | str = "auto",
        callbacks: Any = None,
    ) -> Array:
        """Return the outputs for inputs, as an array with a row for each sample.

        A nan in the inputs is no error here: its row of the outputs is nan.

        >>> from nn import layers, models
        >>> model = models.Sequential([layers.Dense(1, kernel_initializer="ones")])
        >>> model.predict([[1.0, 2.0], [3.0, 4.0]], verbose=0)
        array([[3.],
               [7.]], dtype=float32)
        """
        batch_size = as_whole(32 if batch_size is None else batch_size, "batch_size", 1)
        inputs = self._fitted(data.make_dataset(x, finite=False))
        outputs = []
        with closing(self._callbacks(callbacks, verbose, 1, len(inputs), batch_size)) as run:
            run.on_predict_begin()
            for step, batch in enumerate(inputs.batches(batch_size)):
                run.on_predict_batch_begin(step)
                outputs.append(self._outputs(batch.x))
                run.on_predict_batch_end(step, {"outputs": outputs[-1]})
            run.on_predict_end()
        return np.concatenate(outputs)

    def _outputs(self, x: Array) -> Array:
        with no_grad():
            return as_plain(self(x, training=False))

    # --- single batches ---------------------------------------------------------------------

    def train_on_batch(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        class_weight: Mapping[int, float] | None = None,
        return_dict: bool = False,
    ) -> Any:
        """Train one step on these samples and return the loss and metrics before the step.

        The arguments and what is returned are those of `fit` and `evaluate`.
        """
        self._require_compiled("train_on_batch")
        return_dict = as_flag(return_dict, "return_dict")
        given = _with_targets(x, y, sample_weight, "train_on_batch")
        batch = self._fitted(_with_class_weight(given, class_weight))
        parameters = self.trainable_weights
        with self._measuring(), enable_grad():
            self._reset_metrics()
            self._train_step(batch.whole(), self._differentiation(parameters), parameters)
            return self._returned(self._measured(), return_dict)

    def test_on_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False
    ) -> Any:
        """Measure the loss and the metrics of these samples as one batch."""
        self._require_compiled("test_on_batch")
        return_dict = as_flag(return_dict, "return_dict")
        batch = self._fitted(_with_targets(x, y, sample_weight, "test_on_batch"))
        with self._measuring():
            self._reset_metrics()
            self._test_step(batch.whole())
            return self._returned(self._measured(), return_dict)

    def predict_on_batch(self, x: Any) -> Array:
        """Return the outputs for these samples as one batch."""
        given = self._fitted(data.make_dataset(x, finite=False)).x
        outputs = self._outputs(given)
        return outputs.copy() if np.may_share_memory(outputs, given) else outputs

    # --- what is measured -------------------------------------------------------------------

    @contextmanager
    def _measuring(self) -> Iterator[None]:
        """Measure in the block, with metrics of its own inside of another such block.

        So an `evaluate` in a callback leaves alone what `fit` has measured of the epoch so far.
        """
        under_way = _measured_now.get()
        kept = self._mean_loss, self._compiled_metrics
        inside = id(self) in under_way
        if inside:
            self._mean_loss, self._compiled_metrics = RunningMean(), deepcopy(kept[1])
        token = _measured_now.set(under_way | {id(self)})
        try:
            yield
        finally:
            _measured_now.reset(token)
            if inside:
                self._mean_loss, self._compiled_metrics = kept

    def _reset_metrics(self) -> None:
        self._mean_loss.reset()
        self._compiled_metrics.reset()

    def _track(self, batch: Batch, predictions: Array, loss: float) -> None:
        self._mean_loss.update(loss, len(batch.x))
        if self._compiled_metrics.names:
            self._compiled_metrics.update(batch.y, predictions, batch.weight)

    def _measured(self) -> Logs:
        """Return the means since the last reset, in alphabetical order."""
        results = {"loss": self._mean_loss.result(), **self._compiled_metrics.results()}
        return dict(sorted(results.items()))

    def _returned(self, logs: Logs, return_dict: bool) -> Any:
        if return_dict:
            return logs
        numbers = [logs[name] for name in self.metrics_names]
        return numbers[0] if len(numbers) == 1 else numbers

    def _named(self, parameters: list[Tensor], gradients: Sequence[Array]) -> list[Any]:
        """Return (the parameter's path, its layer's name, its gradient) for callbacks."""
        layers = self._every_layer()  # a model comes before its layers, which own the weights
        owner = {id(w): layer.name for layer in layers for w in layer.trainable_weights}
        return [
            (f"{owner[id(w)]}/{w.label}", owner[id(w)], np.array(gradient))  # theirs to keep
            for w, gradient in zip(parameters, gradients, strict=True)
        ]

    def _every_layer(self) -> list[Layer]:
        """Return the model and all layers inside it."""
        return [module for _, module, _ in self._walk() if isinstance(module, Layer)]

    # --- checks -----------------------------------------------------------------------------

    def _require_compiled(self, what: str) -> None:
        if not self.compiled:
            raise ValueError(
                f"{what} before compile: say first how {self.name!r} is to be trained, "
                'model.compile(optimizer="adam", loss="mse")'
            )
        if self.loss is None:
            raise ValueError(
                f"{self.name!r} was compiled without a loss: "
                'model.compile(optimizer="adam", loss="mse")'
            )

    def _fitted(self, given: Dataset) -> Dataset:
        """Return the data in the shapes that the network and the loss take."""
        x = data.fit_shape(given.x, self.input_shape)
        if given.y is None:
            return Dataset(x, given.y, given.weight)
        # A prediction builds the weights and shows the shape of the output.  It is made anew for
        # all data: a layer may have been put in another's place, or a length be left open.
        tail = self._outputs(x[:1]).shape[1:]
        self._penalized = bool(self.losses)
        y = data.check_targets(given.y, (len(x), *tail), self._compiled_loss.kind)
        return Dataset(x, y, given.weight)

    def _refuse_lone_samples(self, samples: int, batch_size: int) -> None:
        lonely = [
            layer
            for layer in self._every_layer()
            if isinstance(layer, BatchNormalization)
            and layer.trainable
            and layer._of_one_sample()
        ]
        if lonely and 1 in (samples, batch_size, samples % batch_size):
            raise ValueError(
                f"batches of {batch_size} out of {samples} samples leave a batch of one, and "
                f"{lonely[0].name!r} (BatchNormalization) cannot normalise one sample by its own "
                "mean: nothing would be left of it. Choose another batch_size, "
                f"{_without_rest(samples, batch_size)} for instance"
            )


def _may_change_the_model(callbacks: Iterable[Any]) -> bool:
    """Tell whether one does something during the batches that is not one of ours, which only look.

    What a callback changes between two epochs is noticed in any case.
    """
    names = "on_train_batch_begin", "on_gradients", "on_train_batch_end"
    others = [
        callback
        for callback in callbacks
        if isinstance(callback, LambdaCallback)
        or not is_ours(callback)
        or not vars(callback).keys().isdisjoint(names)
    ]
    return any(overriding(others, name) for name in names)


def _found(deserialize: Callable[..., Any], config: Any, custom: Mapping[str, Any] | None) -> Any:
    """Return a name of nn's as it is, and everything else made from its config."""
    if config is None or (isinstance(config, str) and config not in as_custom(custom)):
        return config
    return deserialize(config, custom)


def _all_found(configs: Any, custom: Mapping[str, Any] | None) -> list[Any] | None:
    if configs is None:
        return None
    return [_found(metrics.deserialize, config, custom) for config in configs]


def _with_targets(x: Any, y: Any, sample_weight: Any, where: str) -> Dataset:
    if y is None:
        raise ValueError(
            f"{where} takes the inputs and their targets, {where}(x, y), and y is missing"
        )
    return data.make_dataset(x, y, sample_weight)


def _with_class_weight(given: Dataset, class_weight: Mapping[int, float] | None) -> Dataset:
    if class_weight is None or given.y is None:
        return given
    if given.weight is not None:
        raise ValueError("give class_weight or sample_weight, not both")
    return Dataset(given.x, given.y, data.class_weights(given.y, class_weight))


def _is_nothing(part: Any) -> bool:
    return part is None or part is False or (is_number(part) and part == 0)


def _frequency(given: Any) -> int | set[int]:
    """Return every how many epochs to validate, or the epochs, counted from 1."""
    if isinstance(given, (list, tuple, set, frozenset, range, np.ndarray)):
        return {as_whole(epoch, "an epoch of validation_freq", 1) for epoch in given}
    return as_whole(given, "validation_freq", 1)


def _is_due(epoch: int, frequency: int | set[int]) -> bool:
    """Tell whether to validate after an epoch, counted from 0; the frequency counts from 1."""
    if isinstance(frequency, int):
        return (epoch + 1) % frequency == 0
    return epoch + 1 in frequency


def _without_rest(samples: int, batch_size: int) -> int:
    """Return the batch size nearest to the wished one that leaves no single sample."""
    sizes = [size for size in range(2, max(samples, 3)) if samples % size != 1]
    return min(sizes, key=lambda size: abs(size - batch_size), default=max(samples, 2))
