"""`python bench/probe.py CODE`: runs code in this fresh process; prints what it cost, as JSON.

Knows nothing but the standard library, since it also runs in another
application's environment.
"""

import json
import resource
import sys
import time


def main() -> None:
    """Run the code of the command line."""
    code = compile(sys.argv[1], "<probe>", "exec")
    wall, own = time.perf_counter(), time.process_time()
    exec(code, {})  # noqa: S102 - the bench's own code, which is all that it is for
    cost = {
        "wall": time.perf_counter() - wall,
        "own": time.process_time() - own,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    print(json.dumps(cost))  # noqa: T201 - the answer


if __name__ == "__main__":
    main()
