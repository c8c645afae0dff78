"""What the tests of a map found, and what follows from it. Numpy alone."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from effnet.base import mark

ALIKE = 0.5  # a rank correlation below this counts as another map
NOTHING = 5.0  # a probability under so many times chance leaves nothing to explain
# an order's name, and what it is called on a page
ORDERS = {"map": mark("this map"), "centre": mark("centre"), "random": mark("random")}
Level = Literal["untrained", "nothing", "chance", "partly", "follows"]


@dataclass(frozen=True, slots=True)
class Order:
    """An order of places, and what the network says while they go or come back.

    Attributes:
        name: Of `ORDERS`: "map", "centre" or "random".
        deletion, insertion: Probability of the class after every step, from none to all.
    """

    name: str
    deletion: tuple[float, ...]
    insertion: tuple[float, ...]

    @property
    def deletion_area(self) -> float:
        """Mean height of the deletion curve: low where the order finds what counts."""
        return area(self.deletion)

    @property
    def insertion_area(self) -> float:
        """Mean height of the insertion curve: high where the order finds what counts."""
        return area(self.insertion)

    @property
    def score(self) -> float:
        """Insertion less deletion area: the higher, the better the order finds what counts."""
        return self.insertion_area - self.deletion_area


@dataclass(frozen=True, slots=True)
class Randomised:
    """The map after all weights from the classifier down to a stage were drawn anew.

    Attributes:
        layer: The last stage that was randomised, as `receptive.stage_title` takes it.
        correlation: Rank correlation with the true map; 0 where the new map is blank.
    """

    layer: str
    correlation: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the tests of one map found.

    Attributes:
        probability: Of the class, for the whole picture.
        chance: What a network that knows nothing gives: 1 over the number of classes.
        shares: Share of places taken away or brought back at each step, 0 to 1.
        by_map, centre, randoms: The map's own order, and what it is held against.
        cascade: The map while the weights are randomised, from the classifier to the stem.
        trained: False where the network's weights are random from the start.
    """

    probability: float
    chance: float
    shares: tuple[float, ...]
    by_map: Order
    centre: Order
    randoms: tuple[Order, ...]
    cascade: tuple[Randomised, ...]
    trained: bool

    @property
    def gain(self) -> float:
        """The map's insertion less its deletion area, over that of random orders."""
        return self.by_map.score - self._random_scores()[0]

    @property
    def gain_in_spreads(self) -> float:
        """The same in standard deviations of the random orders: under 1 is within their spread."""
        spread = self._random_scores()[1]
        if spread > 0:
            return self.gain / spread
        return math.inf if self.gain > 0 else 0.0

    @property
    def beaten(self) -> int:
        """How many of the random orders the map beats."""
        return sum(self.by_map.score > order.score for order in self.randoms)

    @property
    def beats_centre(self) -> bool:
        """Whether the map beats a blob in the middle."""
        return self.by_map.score > self.centre.score

    def _random_scores(self) -> tuple[float, float]:
        scores = [order.score for order in self.randoms]
        return float(np.mean(scores)), float(np.std(scores, ddof=1)) if len(scores) > 1 else 0.0

    @property
    def randomised(self) -> float:
        """Rank correlation with the true map once every weight is random."""
        return self.cascade[-1].correlation

    @property
    def level(self) -> Level:
        """The verdict in one word.

        "untrained": random weights. "nothing": the class is near chance, so there is nothing to
        explain. "chance": within the spread of random orders. "follows": better than all of them,
        and another map once the weights are random. "partly": between the two.
        """
        if not self.trained:
            return "untrained"
        if self.probability < NOTHING * self.chance:
            return "nothing"
        if self.gain_in_spreads < 1:
            return "chance"
        another = abs(self.randomised) < ALIKE
        return "follows" if self.beaten == len(self.randoms) and another else "partly"

    def random_after_deleting(self, share: float) -> float:
        """The mean of the random orders, once that share of places is blurred."""
        return float(np.mean([self.after_deleting(order, share) for order in self.randoms]))

    def after_deleting(self, order: Order, share: float) -> float:
        """The probability once that share of places is blurred."""
        return float(np.interp(share, self.shares, order.deletion))


def area(curve: tuple[float, ...]) -> float:
    """Mean height of a curve over evenly spaced steps, by trapezoids."""
    values = np.asarray(curve)
    return float(((values[1:] + values[:-1]) / 2).mean())
