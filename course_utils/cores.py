"""How many cores this process may use."""

import os


def cores() -> int:
    """Those that it is bound to where the system tells (Linux), else all that there are (macOS has no affinity)."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
