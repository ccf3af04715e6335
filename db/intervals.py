"""What a share counted in few cases says: its interval, and whether chance alone would do."""

from math import comb, sqrt

Z_95 = 1.959964


def wilson(successes: int, count: int, z: float = Z_95) -> tuple[float, float]:
    """The interval of a share 0..1 by its score (E. B. Wilson, 1927); (0, 1) where nothing was counted."""
    if not count:
        return 0.0, 1.0
    share = successes / count
    centre = share + z * z / (2 * count)
    spread = z * sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    scale = 1 + z * z / count
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)


def binomial_p(successes: int, count: int) -> float:
    """The exact two-sided probability of a split at least so uneven, where both outcomes are equally likely."""
    fewer = min(successes, count - successes)
    tail = sum(comb(count, each) for each in range(fewer + 1))
    return min(1.0, 2 * tail / (1 << count))
