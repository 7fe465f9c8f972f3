"""First guess at a route; the optimiser improves it afterwards."""

from collections.abc import Sequence
from math import hypot

Stop = tuple[float, float]


def nearest_first(depot: Stop, stops: Sequence[Stop]) -> list[Stop]:
    """Visits the nearest open stop next, from the depot on.

    Ties go to the stop named first, so a plan made twice is the same plan.
    """
    left = list(stops)
    here = depot
    route: list[Stop] = []
    while left:
        following = min(left, key=lambda stop: hypot(stop[0] - here[0], stop[1] - here[1]))
        left.remove(following)
        route.append(following)
        here = following
    return route
