"""Training: it learns, twice the same, whatever the threads, and goes on from a checkpoint."""

from __future__ import annotations

import numpy as np
import pytest

from convfilter.errors import ArgumentError
from convfilter.nn import models
from convfilter.nn.graph import INPUT, Graph, Node
from convfilter.nn.layers.convolution import Linear
from convfilter.nn.layers.shaping import Flatten
from convfilter.nn.training import recipes
from convfilter.nn.training.data import Changes, Data, Range, mapped, moved, thickened, thinned
from convfilter.nn.training.fit import Recipe, Training
from convfilter.nn.training.optimisers import Adam, Sgd
from convfilter.nn.training.start import start

TO_INPUT = Range((0.1,), (0.5,))


def bars(count: int, seed: int = 0) -> Data:
    """Return pictures of upright, level and slanting bars, with noise."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, count)
    rows, columns = np.mgrid[:32, :32]
    along = [columns, rows, (rows + columns) // 2]
    pictures = np.stack([np.where(abs(along[label] - 15) < 3, 200, 20) for label in labels])
    noisy = np.clip(pictures + rng.normal(0, 20, pictures.shape), 0, 255)
    return Data(noisy.astype(np.uint8)[:, None], labels)


def trained(name: str, workers: int, recipe: Recipe, seed: int = 0) -> Training:
    training = Training(models.get(name), bars(96), TO_INPUT, recipe, seed=seed, workers=workers)
    for _ in training.run():
        pass
    return training


@pytest.mark.parametrize(
    ("name", "rate", "optimiser", "epochs"),
    [
        ("lenet5", 0.002, "sgd", 20),
        ("lenet5-modern", 0.02, "sgd", 5),
        ("lenet5-modern", 0.002, "adam", 5),
    ],
)
def test_a_network_learns(name: str, rate: float, optimiser: str, epochs: int) -> None:
    recipe = Recipe(optimiser, rate, epochs=epochs, batch=16)  # type: ignore[arg-type]
    training = trained(name, 2, recipe)
    assert training.accuracy(bars(60, seed=1)) > 0.95


def test_threads_change_no_bit_of_the_weights() -> None:
    recipe = Recipe(rate=0.002, epochs=2, batch=32, changes=Changes(2, turn=5, slant=0.1))
    one, two, other = (
        trained("lenet5", workers, recipe, seed).model.weights
        for workers, seed in [(1, 0), (2, 0), (2, 1)]
    )
    assert all(np.array_equal(one[name], two[name]) for name in one)
    assert not np.array_equal(one["conv1.weight"], other["conv1.weight"])


@pytest.mark.parametrize("optimiser", ["sgd", "adam"])
def test_a_break_changes_nothing(optimiser: str) -> None:
    recipe = Recipe(optimiser, 0.002, epochs=3, batch=32)  # type: ignore[arg-type]
    graph, data = models.get("lenet5-modern"), bars(96)
    whole = trained("lenet5-modern", 2, recipe)
    first = Training(graph, data, TO_INPUT, recipe)
    for _ in first.run_epoch():
        pass
    second = Training(graph, data, TO_INPUT, recipe)
    second.resume(first.checkpoint(), "it")
    assert second.epoch == 1
    for _ in second.run():
        pass
    for name, array in whole.model.weights.items():
        assert np.array_equal(array, second.model.weights[name])
    assert whole.checkpoint() == second.checkpoint()


def test_a_checkpoint_of_another_training_is_refused() -> None:
    graph, data = models.get("lenet5-modern"), bars(40)
    made = Training(graph, data, TO_INPUT, Recipe(), seed=1)
    other = Training(graph, data, TO_INPUT, Recipe(), seed=2)
    before = other.model.weights["conv1.weight"].copy()
    with pytest.raises(ArgumentError, match="it is of another training: its seed is 1, not 2"):
        other.resume(made.checkpoint(), "it")
    for damaged in (b"", made.checkpoint()[:5000], b"PK\x03\x04" + bytes(200)):
        with pytest.raises(ArgumentError, match="it is no checkpoint of a training"):
            other.resume(damaged, "it")
    assert np.array_equal(before, other.model.weights["conv1.weight"])


def test_a_rate_that_is_too_high_is_said() -> None:
    recipe = Recipe(rate=1e9, epochs=3, batch=16)
    with pytest.raises(ArgumentError, match="try a lower learning rate"):
        trained("lenet5-modern", 1, recipe)


def test_the_rate_falls_in_steps() -> None:
    recipe = Recipe(rate=1.0, epochs=10, steps=(0.5, 0.8), factor=0.1)
    rates = [recipe.rate_of(epoch) for epoch in range(10)]
    assert rates == pytest.approx([1.0] * 5 + [0.1] * 3 + [0.01] * 2)


def test_steps_are_those_of_their_rules() -> None:
    gradients = [0.5, -0.25, 1.0]
    weight, velocity, mean, square = 1.0, 0.0, 0.0, 0.0
    other = 1.0
    arrays = {"w": np.ones((1, 1))}
    others = {"w": np.ones((1, 1))}
    sgd, adam = Sgd(0.9, decay=0.01), Adam()
    for count, gradient in enumerate(gradients, 1):
        velocity = 0.9 * velocity + gradient + 0.01 * weight
        weight -= 0.1 * velocity
        sgd.step(arrays, {"w": np.full((1, 1), gradient)}, ["w"], 0.1)
        mean = 0.9 * mean + 0.1 * gradient
        square = 0.999 * square + 0.001 * gradient**2
        other -= 0.1 * (mean / (1 - 0.9**count)) / ((square / (1 - 0.999**count)) ** 0.5 + 1e-8)
        adam.step(others, {"w": np.full((1, 1), gradient)}, ["w"], 0.1)
    assert arrays["w"].item() == pytest.approx(weight, rel=1e-12)
    assert others["w"].item() == pytest.approx(other, rel=1e-12)


def test_pictures_are_moved_and_mapped() -> None:
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 256, (6, 2, 9, 7)).astype(np.uint8)
    moves = rng.integers(-2, 3, (6, 2))
    same = np.tile(np.eye(2), (6, 1, 1))
    shifted = moved(pictures, moves)
    assert np.array_equal(mapped(pictures, same, moves), shifted)
    for before, after, (down, right) in zip(pictures, shifted, moves, strict=True):
        wide = np.pad(before, ((0, 0), (2, 2), (2, 2)), "edge")
        assert np.array_equal(after, wide[:, 2 - down : 11 - down, 2 - right : 9 - right])
    turned = mapped(pictures[:, :, :7], np.tile([[0.0, 1.0], [-1.0, 0.0]], (6, 1, 1)), 0 * moves)
    assert np.array_equal(turned, np.rot90(pictures[:, :, :7], 1, (2, 3)))


def test_pens_grow_thicker_and_thinner() -> None:
    from scipy import ndimage

    pictures = np.random.default_rng(0).integers(0, 256, (3, 1, 8, 9)).astype(np.uint8)
    for size in (2, 3):
        window = (1, 1, size, size)
        origin = (0, 0, -1, -1) if size == 2 else 0
        thick = ndimage.maximum_filter(pictures, window, mode="nearest", origin=origin)
        thin = ndimage.minimum_filter(pictures, window, mode="nearest", origin=origin)
        assert np.array_equal(thickened(pictures, size), thick)
        assert np.array_equal(thinned(pictures, size), thin)


def test_every_picture_is_shown_once() -> None:
    data = Data(np.arange(50, dtype=np.uint8).reshape(50, 1, 1, 1), np.arange(50))
    rng = np.random.default_rng(0)
    batches = list(data.shuffled(16, Changes(0), rng))
    assert [len(labels) for _, labels in batches] == [17, 17, 16]
    shown = np.concatenate([labels for _, labels in batches])
    assert sorted(shown) == list(range(50))
    assert shown.tolist() != list(range(50))
    for pictures, labels in batches:
        assert np.array_equal(pictures[:, 0, 0, 0], labels)


def test_only_some_networks_are_trained() -> None:
    for name in models.names():
        if name in recipes.RECIPES:
            assert recipes.task(name, ("a", "b")).graph.name == name
        else:
            with pytest.raises(ArgumentError, match=f"^{name} cannot be trained: lenet5, lenet5-"):
                recipes.task(name, ("a", "b"))
    for labels in (("a",), tuple("abcdefghijk")):
        with pytest.raises(ArgumentError, match="lenet5 tells 2 to 10 classes apart"):
            recipes.task("lenet5", labels)


def test_weights_begin_as_the_papers_say() -> None:
    weights = start(models.get("lenet5"), seed=0)
    assert np.abs(weights["conv1.weight"]).max() <= 2.4 / 25
    assert set(np.unique(weights["rbf.codes"])) == {-1.0, 1.0}
    codes = weights["rbf.codes"]
    apart = np.square(codes[:, None] - codes).sum(2) + 999 * np.eye(10)
    assert apart.min() >= 4 * 6  # six pixels of any two digits differ at least
    he = start(models.get("lenet5-modern"), seed=0)["conv3.weight"]
    assert he.std() == pytest.approx((2 / 150) ** 0.5, rel=0.05)


def test_codes_are_not_invented() -> None:
    graph = models.get("lenet5")
    nodes = (Node("f", Flatten(), (INPUT,)), Node("l", Linear(5), ("f",)))
    odd = Graph("odd", (1, 4, 4), (*nodes, Node("rbf", graph.nodes[-1].layer, ("l",))))
    with pytest.raises(ArgumentError, match="has no codes for 10 classes of 5 features"):
        start(odd, 0)
