"""The first answer and the first map of a fresh process, against the second of each.

A network is loaded and warmed up as the app does it, in the background; the clock starts when that
has ended. Goal: the first takes at most 1.5 of the second.

    python tests/benchmarks/bench_start.py [--processes 7] [lite0 b1:random ...]
"""

import argparse
import json
import statistics
import subprocess
import sys

CHILD = """
import json, sys, time
start = time.perf_counter()
import effnet
from effnet.pixels.samples import get_sample
name, _, weights = sys.argv[1].partition(":")
network = effnet.load(name, weights=weights or "default", device="cpu")
loaded = time.perf_counter()
network.warm_up()
while not network._engine._kept:
    time.sleep(0.005)
found = {"import and load": loaded - start, "warm-up": time.perf_counter() - loaded}
time.sleep(0.5)  # its map follows
network._engine.forget()
data = get_sample("coffee").path.read_bytes()
for what, ask in (("answer", network.predict), ("map", network.explain)):
    for which in ("first", "second"):
        start = time.perf_counter()
        ask(data)
        found[f"{which} {what}"] = time.perf_counter() - start
        network._engine.forget()
print(json.dumps(found))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--processes", type=int, default=7)
    parser.add_argument("networks", nargs="*", default=["lite0", "b0:random"])
    asked = parser.parse_args()
    for name in asked.networks:
        runs = [
            json.loads(subprocess.check_output([sys.executable, "-c", CHILD, name]))
            for _ in range(asked.processes)
        ]
        print(f"\n{name}, median of {asked.processes} processes (ms)")
        for key in runs[0]:
            print(f"  {key:16} {statistics.median(1000 * run[key] for run in runs):9.1f}")
        for what in ("answer", "map"):
            ratio = statistics.median(run[f"first {what}"] / run[f"second {what}"] for run in runs)
            print(f"  first {what} / second {what}: {ratio:.2f} (goal 1.5)")


if __name__ == "__main__":
    main()
