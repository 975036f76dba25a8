"""Names, configs, classes and objects, resolved."""

from __future__ import annotations

from typing import Any

import pytest

from nn.names import Names, nearest


class Shape:
    def __init__(self, size: float = 1.0) -> None:
        self.size = size

    def get_config(self) -> dict[str, Any]:
        return {"size": self.size}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Shape:
        return cls(**config)


class BigSquare(Shape):
    pass


def area(x: float) -> float:
    return x * x


SHAPES = Names("shape", {"big_square": BigSquare}, aliases={"sq": BigSquare}, base=Shape)
FUNCTIONS = Names("function", {"area": area, "big_square": BigSquare})


@pytest.mark.parametrize("name", ["big_square", "BigSquare", "bigsquare", "BIG_SQUARE", "sq", "SQ"])
def test_any_spelling(name: str) -> None:
    assert type(SHAPES.get(name)) is BigSquare
    assert name in SHAPES


def test_each_get_makes_an_object_of_its_own() -> None:
    assert SHAPES.get("sq") is not SHAPES.get("sq")


def test_a_class_an_object_and_a_function() -> None:
    square = BigSquare()
    assert SHAPES.get(square) is square
    assert type(SHAPES.get(BigSquare)) is BigSquare
    assert FUNCTIONS.get("area") is area
    assert FUNCTIONS.get(area) is area


def test_config_there_and_back() -> None:
    config = SHAPES.serialize(BigSquare(3.0))
    assert config == {"class_name": "BigSquare", "config": {"size": 3.0}}
    assert SHAPES.get(config).size == 3.0
    assert SHAPES.get({**config, "module": "keras", "registered_name": None}).size == 3.0


def test_functions_are_saved_by_name() -> None:
    assert FUNCTIONS.serialize(area) == "area"
    assert FUNCTIONS.get({"class_name": "function", "config": "area"}) is area
    with pytest.raises(ValueError, match="no name to be saved by"):
        FUNCTIONS.serialize(lambda x: x)


def test_custom_objects_come_first() -> None:
    class Mine(Shape):
        pass

    assert type(SHAPES.get("sq", {"sq": Mine})) is Mine
    config = {"class_name": "Mine", "config": {"size": 2.0}}
    assert SHAPES.get(config, {"Mine": Mine}).size == 2.0
    with pytest.raises(ValueError, match="unknown shape 'Mine'"):
        SHAPES.get(config)


def test_the_nearest_name_is_suggested() -> None:
    with pytest.raises(ValueError, match=r"unknown shape 'big_sqare': did you mean 'big_square'\?"):
        SHAPES.get("big_sqare")
    with pytest.raises(ValueError, match=r"unknown shape 'xyz': there are 'big_square'$"):
        SHAPES.get("xyz")


@pytest.mark.parametrize("thing", [1, None, area, str, ["sq"]])
def test_what_is_none_of_these(thing: Any) -> None:
    with pytest.raises(TypeError, match="shape: a name such as 'big_square', a config or an"):
        SHAPES.get(thing)


@pytest.mark.parametrize(
    "config",
    [{}, {"class_name": 3}, {"class_name": "BigSquare", "config": [1]}],
)
def test_what_is_no_config(config: Any) -> None:
    with pytest.raises(ValueError, match="a config of shape is"):
        SHAPES.get(config)


def test_a_config_that_does_not_fit_its_class() -> None:
    with pytest.raises(ValueError, match=r"the config of shape 'BigSquare' does not fit: .*height"):
        SHAPES.get({"class_name": "BigSquare", "config": {"height": 1}})


def test_nearest() -> None:
    assert nearest("val_los", ["val_loss", "loss"]) == "val_loss"
    assert nearest("", []) is None
