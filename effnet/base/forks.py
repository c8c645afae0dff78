"""What a forked process must make anew: threads don't go along, nor who holds a lock.

A server that loads a network and then forks its workers, or a `multiprocessing.Pool`, would wait
for ever on either. Standard library only.
"""

import os
from collections.abc import Callable


def after_fork(renew: Callable[[], None]) -> None:
    """Call `renew` in every process that this one forks, before all else; nothing on Windows."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=renew)
