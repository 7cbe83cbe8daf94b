"""One seed, run twice, does the same: repeat_test.py STEPWELL_SIM."""

import json
import subprocess
import sys


def trace_of(program, seed):
    told = subprocess.run([program, "--seed", str(seed), "--json"], capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    report = json.loads(told.stdout)
    assert report["commits"] > 0 and report["lives"] > 0, report
    return report["trace_hash"]


traces = {seed: trace_of(sys.argv[1], seed) for seed in (1, 9, 11)}
assert len(set(traces.values())) == len(traces), f"several seeds do the same: {traces}"
for seed, trace in traces.items():
    again = trace_of(sys.argv[1], seed)
    assert again == trace, f"seed {seed} does not repeat itself: {trace}, then {again}"
