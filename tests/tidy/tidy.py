"""Holds the tree to the rules: tidy.py ROOT. Prints what breaks one, and ends with 1 if anything does."""

import pathlib
import subprocess
import sys

import rules

TOP_LEVEL = {"CMakeLists.txt", "engine", "bench", "tests", "docs", "README.md", "dev"}


def tracked_files(root):
    """What git knows; without git, what lies in the folders."""
    listing = subprocess.run(["git", "-C", str(root), "ls-files", "-z"], capture_output=True, text=True)
    if listing.returncode == 0 and listing.stdout:
        return [name for name in listing.stdout.split("\0") if name and (root / name).is_file()]
    folders = ("engine", "bench", "tests", "docs")
    return [str(path.relative_to(root)) for folder in folders for path in (root / folder).rglob("*") if path.is_file()]


def check_top_level(files):
    for name in sorted({file.split("/")[0] for file in files}):
        if name not in TOP_LEVEL and not name.startswith("."):
            yield name, 1, "does not belong at the top level"


def check_readmes(files):
    known = set(files)
    for layer in rules.RANKS:
        if any(file.startswith(f"engine/{layer}/") for file in files) and f"engine/{layer}/README.md" not in known:
            yield f"engine/{layer}", 1, "has no README.md"


def check_file(path, text):
    parts = path.split("/")
    is_header = path.endswith((".hpp", ".h"))
    is_code = is_header or path.endswith((".cpp", ".c"))
    layer = parts[1] if parts[0] == "engine" and len(parts) > 2 else None
    yield from rules.check_names(path)
    yield from rules.check_words(path, text)
    if not is_code:
        return
    yield from rules.check_coroutines(text)
    if is_header:
        yield from rules.check_header(text)
    if layer == "include":
        yield from rules.check_public_includes(text)
    elif layer in rules.RANKS:
        yield from rules.check_includes(layer, text)
        yield from rules.check_libraries(layer, is_header, text)
    if layer is not None:
        yield from rules.check_lengths(text)


def main():
    root = pathlib.Path(sys.argv[1])
    files = tracked_files(root)
    problems = [*check_top_level(files), *check_readmes(files)]
    for path in files:
        # The rules themselves name what they forbid.
        if path.startswith("tests/tidy/") or path.endswith((".png", ".zip", ".ico")) or "/data/" in path or "/seeds/" in path:
            continue
        try:
            text = (root / path).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            problems.append((path, 1, "not UTF-8"))
            continue
        problems += [(path, line, problem) for line, problem in check_file(path, text)]
    for path, line, problem in problems:
        print(f"{path}:{line}: {problem}")
    print(f"{len(files)} files, {len(problems)} problems")
    return 1 if problems or not files else 0


if __name__ == "__main__":
    sys.exit(main())
