"""Work that is done ahead, in a thread of its own, while its consumer is busy with what came before."""

from collections import deque
from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

Item = TypeVar("Item")
_END: Any = object()


def read_ahead(items: Generator[Item], depth: int) -> Generator[Item]:
    """The same items in order, made at most `depth` ahead of their consumer.

    All of the generator runs in one thread: what it opens there, such as a database, is used and closed there. An
    error of its is raised at its place; closing this one closes it, after the item that it is at.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="ahead") as thread:
        waiting: deque[Future[Item]] = deque(thread.submit(next, items, _END) for _ahead in range(depth))
        try:
            while (item := waiting.popleft().result()) is not _END:
                waiting.append(thread.submit(next, items, _END))
                yield item
        finally:
            for future in waiting:
                future.cancel()
            thread.submit(items.close).result()
