"""Does the simulation bite? Runs it on each seeded bug: mutants.py ROOT PLACE [NAME...] [--minutes M].

Copies the sources to PLACE, applies every patch of tests/sim/mutants (each puts one bug behind a question that names it), builds one
program, and runs it once for each bug until a seed shows it. Prints the table of docs/reliability.md; ends with 1 when a bug escapes.
"""

import argparse
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time


def run(*command, **options):
    subprocess.run(command, check=True, **options)


def copy_sources(root, source, patches):
    """A file that has not changed since the last time is not touched, so it is not built again."""
    listed = subprocess.run(["git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                            check=True, capture_output=True, text=True).stdout
    files = [name for name in listed.split("\0") if name and (root / name).is_file()]
    with tempfile.TemporaryDirectory() as directory:
        patched = pathlib.Path(directory)
        for name in files:
            (patched / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, patched / name)
        for patch in patches:
            run("patch", "--quiet", "--no-backup-if-mismatch", "--strip=1", f"--directory={patched}", f"--input={patch}")
        for name in files:
            to = source / name
            if to.is_file() and to.read_bytes() == (patched / name).read_bytes():
                continue
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(patched / name, to)


def build(source, directory, names):
    run("cmake", "-S", source, "-B", directory, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release", "-DCMAKE_CXX_FLAGS_RELEASE=-O1 -DNDEBUG",
        f"-DCMAKE_CXX_FLAGS=-include {source}/tests/sim/mutant.hpp", f"-DSTEPWELL_MUTANTS={' '.join(names)}",
        "-DCMAKE_CXX_COMPILER_LAUNCHER=ccache", "-DSTEPWELL_BUILD_TESTS=ON", "-DSTEPWELL_BUILD_BENCH=OFF", "-DSTEPWELL_WERROR=OFF",
        stdout=subprocess.DEVNULL)
    run("cmake", "--build", directory, "--target", "stepwell_sim")
    return directory / "bin" / "stepwell_sim"


def hunt(program, name, minutes):
    """How the bug was caught: (what was said, seconds, seed), or None."""
    start = time.monotonic()
    told = subprocess.run([program, "--minutes", str(minutes), "--mutant", name, "--json"], capture_output=True, text=True)
    seconds = time.monotonic() - start
    if told.returncode == 0:
        return None
    assert told.returncode == 1, told.stderr
    seed = re.search(r"^seed (\d+) violates:$", told.stderr, re.M).group(1)
    said = re.search(r"^seed \d+ violates:\n(.*)$", told.stderr, re.M).group(1)
    panic = re.search(r"^.*(assert|panic).*$", told.stderr, re.M | re.I)
    if not said.startswith("invariant") and panic:
        said = "an assertion of the engine's: " + panic.group(0)
    return said, seconds, int(seed)


def shortened(said):
    """Without the names of one run."""
    said = re.sub(r"arn:aws:states:\S*:execution:\S+", "an execution", said)
    said = re.sub(r"(/\S+)+/", "", said)
    return said.replace("|", "/")[:110]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("root", type=pathlib.Path)
    parser.add_argument("place", type=pathlib.Path)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--minutes", type=float, default=3)
    arguments = parser.parse_args()
    root, place = arguments.root.resolve(), arguments.place.resolve()
    patches = sorted((root / "tests/sim/mutants").glob("*.patch"))
    names = [patch.stem for patch in patches]
    copy_sources(root, place / "source", patches)
    program = build(place / "source", place / "build", names)
    escaped = 0
    print("| mutant | caught by | seconds | seed |\n| --- | --- | ---: | ---: |", flush=True)
    for name in arguments.names or names:
        caught = hunt(program, name, arguments.minutes)
        if caught is None:
            escaped += 1
            print(f"| {name} | **escaped** {arguments.minutes:g} minutes | | |", flush=True)
        else:
            said, seconds, seed = caught
            print(f"| {name} | {shortened(said)} | {seconds:.1f} | {seed} |", flush=True)
    print(json.dumps({"mutants": len(arguments.names or names), "escaped": escaped}), file=sys.stderr)
    return 1 if escaped else 0


if __name__ == "__main__":
    sys.exit(main())
