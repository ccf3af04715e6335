"""Which kimikoe this is."""

from functools import lru_cache

DISTRIBUTION = "kimikoe-tui"


@lru_cache(maxsize=1)
def program_version() -> str:
    """The installed version, or "unknown" where it runs without being installed."""
    from importlib import metadata

    try:
        return metadata.version(DISTRIBUTION)
    except metadata.PackageNotFoundError:
        return "unknown"
