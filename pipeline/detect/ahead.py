"""A few items made ahead by one thread, while the one before is being used."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from threading import Event, Semaphore, Thread
from typing import TypeVar

Item = TypeVar("Item")


@contextmanager
def ahead(items: Generator[Item, None, None], size: int = 3) -> Iterator[Iterator[Item]]:
    """Yields the same items, at most `size` of which wait at a time; the thread has ended when the block is left.

    What making an item raises is raised where it would be taken. The generator is closed by the thread that ran it.
    """
    done: SimpleQueue[tuple[Item | None, BaseException | None, bool]] = SimpleQueue()
    room, stop = Semaphore(size), Event()

    def make() -> None:
        failed = None
        try:
            while room.acquire() and not stop.is_set():
                done.put((next(items), None, True))
        except StopIteration:
            pass
        except BaseException as error:  # whatever it is, it belongs to whoever waits for the item
            failed = error
        finally:
            items.close()
            done.put((None, failed, False))

    def take() -> Iterator[Item]:
        while True:
            item, failed, more = done.get()
            if failed is not None:
                raise failed
            if not more:
                return
            room.release()
            yield item  # type: ignore[misc]

    thread = Thread(target=make, name="ahead", daemon=True)
    thread.start()
    try:
        yield take()
    finally:
        stop.set()
        room.release()
        thread.join()
