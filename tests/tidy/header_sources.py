"""Writes the sources that see whether headers compile alone: header_sources.py ENGINE DIRECTORY.

DIRECTORY gets public/NAME.cpp, which includes the public header NAME alone; folder/NAME.cpp, which includes all headers
of the folder NAME, those first that include the fewest others of it; and single/NAME.cpp for each of these alone.
"""

import pathlib
import re
import sys

INCLUDE = re.compile(r'^#include "([^"]+)"', re.MULTILINE)


def leaves_first(headers):
    """The names of `headers` (name: text) so that each comes after those of them that it includes."""
    ordered = []

    def add(name, above):
        if name in ordered or name in above:
            return
        for included in INCLUDE.findall(headers[name]):
            if included in headers:
                add(included, above | {name})
        ordered.append(name)

    for name in sorted(headers):
        add(name, set())
    return ordered


def write(path, names):
    """Leaves alone what is as it should be, so that nothing is built again."""
    text = "".join(f"#include <{name}>\n" for name in names)
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


def main():
    engine, target = map(pathlib.Path, sys.argv[1:])
    written = set()

    def add(path, names):
        write(path, names)
        written.add(path)

    folders = {}
    for path in engine.rglob("*.hpp"):
        name = path.relative_to(engine).as_posix()
        folder, _, rest = name.partition("/")
        if folder == "include":
            add(target / "public" / f"{rest}.cpp", [rest])
        else:
            folders.setdefault(folder, {})[name] = path.read_text()
            add(target / "single" / f"{name}.cpp", [name])
    for folder, headers in folders.items():
        add(target / "folder" / f"{folder}.cpp", leaves_first(headers))
    for path in set(target.rglob("*.cpp")) - written:
        path.unlink()


if __name__ == "__main__":
    main()
