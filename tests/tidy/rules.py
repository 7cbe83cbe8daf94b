"""The rules of docs/style.md that a text can be held to. Each takes what it looks at and yields (line, problem)."""

import re

# A layer may include itself and the layers of lower rank; layers of equal rank never include each other.
RANKS = {
    "base": 0,
    "json": 1,
    "sched": 2, "journal": 2,
    "asl": 3,
    "flow": 4, "queue": 4, "topic": 4, "item": 4, "event": 4, "object": 4, "function": 4, "access": 4, "stack": 4,
    "api": 5,
    "wire": 6,
    "cli": 7, "console": 7,
}
# Sharper than the ranks: asl is pure.
ONLY_FROM = {"asl": {"json", "base"}}

# Large libraries stay behind our own interfaces: in .cpp files, and of these layers only.
LIBRARIES = {
    "RocksDB": (re.compile(r"rocksdb/"), {"journal"}),
    "simdjson": (re.compile(r"simdjson"), {"json"}),
    "Asio": (re.compile(r"boost/asio"), {"wire", "function", "topic", "api", "cli"}),
    "Beast": (re.compile(r"boost/beast"), {"wire", "function", "topic", "cli"}),
}

PUBLIC_INCLUDES = re.compile(r"<(stepwell/[a-z_]+\.hpp|boost/system/result\.hpp|[a-z_]+|std[a-z]+\.h)>")

FILE_LINES_MAX = 600
FUNCTION_LINES_MAX = 70

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include\s*([<"][^>"]+[>"])', re.M)


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def without_comments_and_strings(text):
    """The same text with comments and literals blanked, so that positions stay."""
    pattern = re.compile(
        r'R"(?P<d>[^()\\\s]{0,16})\(.*?\)(?P=d)"|//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])+\'',
        re.S)
    return pattern.sub(lambda m: re.sub(r"[^\n]", " ", m.group()), text)


def included(text):
    for found in INCLUDE.finditer(text):
        yield line_of(text, found.start()), found.group(1)


def check_includes(layer, text):
    """Dependencies point down."""
    for line, name in included(text):
        other = name[1:-1].split("/")[0]
        if not name.startswith('"') or other not in RANKS or other == layer:
            continue
        if layer in ONLY_FROM and other not in ONLY_FROM[layer]:
            yield line, f"{layer} may not include {other}"
        elif RANKS[other] >= RANKS[layer]:
            yield line, f"{layer} (rank {RANKS[layer]}) includes {other} (rank {RANKS[other]})"


def check_public_includes(text):
    """What embedders include pulls in the standard library, Boost's result, and our own public headers only."""
    for line, name in included(text):
        if not PUBLIC_INCLUDES.fullmatch(name):
            yield line, f"a public header includes {name}"


def check_libraries(layer, is_header, text):
    for line, name in included(text):
        for library, (pattern, layers) in LIBRARIES.items():
            if pattern.search(name):
                if is_header:
                    yield line, f"a header includes {library}"
                elif layer not in layers:
                    yield line, f"{layer} includes {library}"


def balanced(text, start, opening="(", closing=")"):
    """The position after the bracket that closes the one at `start`."""
    depth = 0
    for position in range(start, len(text)):
        if text[position] == opening:
            depth += 1
        elif text[position] == closing:
            depth -= 1
            if depth == 0:
                return position + 1
    return len(text)


def check_coroutines(text):
    """The forms that g++ 12 miscompiles, and coroutine lambdas with captures."""
    code = without_comments_and_strings(text)
    for found in re.finditer(r"\b(if|switch|while)\s*(constexpr\s*)?\(", code):
        condition = code[found.end() - 1:balanced(code, found.end() - 1)]
        if "co_await" in condition:
            yield line_of(code, found.start()), f"co_await in the condition of {found.group(1)}: await on a line before"
    for found in re.finditer(r"\bco_await\b[^;]*;", code):
        statement, line = found.group(), line_of(code, found.start())
        before = code[max(code.rfind(c, 0, found.start()) for c in ";{}") + 1:found.start()]
        if re.search(r"\?(?!>)", before) or re.search(r"\s\?\s", statement):
            yield line, "co_await in ?: : await on a line of its own"
        if re.match(r"co_await\s+\[[^\]]", statement):
            yield line, "a capturing lambda that is awaited where it stands"
        call = re.match(r"co_await\s+[\w:.<>\->]*\(", statement)
        if call and re.search(r"(\b[A-Z]\w*|[(,]\s*)\{", statement[call.end() - 1:balanced(statement, call.end() - 1)]):
            yield line, "an aggregate temporary as an argument of an awaited call: name it first"
    for found in re.finditer(r"\[[^\[\]\n]*[&=\w][^\[\]\n]*\]\s*\([^()]*\)\s*(mutable\s*)?->\s*[\w:]*(Task|awaitable)<", code):
        yield line_of(code, found.start()), "a coroutine lambda with captures: they die with the lambda"


def check_lengths(text):
    """Files and functions; a function is what starts in the first column and opens a brace."""
    lines = text.split("\n")
    if len(lines) - 1 > FILE_LINES_MAX:
        yield 1, f"{len(lines) - 1} lines, more than {FILE_LINES_MAX}: two things in one file?"
    start, is_open, is_function = 1, False, False
    for number, line in enumerate(lines, 1):
        if not is_open and re.match(r"[A-Za-z_]", line):
            start = number
            is_function = not re.match(r"(namespace|struct|class|enum|union|extern)\b", line)
        if not is_open and line.endswith("{") and not line.startswith("namespace"):
            is_open = True
            is_function = is_function and "(" in "".join(lines[start - 1:number])
        elif is_open and line.startswith("}"):
            if is_function and number - start + 1 > FUNCTION_LINES_MAX:
                yield start, f"a function of {number - start + 1} lines, more than {FUNCTION_LINES_MAX}"
            is_open = False


def check_words(path, text):
    """Marks of unfinished work, waiting by the clock, and things of one machine."""
    if path.startswith("engine/"):
        for found in re.finditer(r"\b(TODO|FIXME|XXX|HACK)\b", text):
            yield line_of(text, found.start()), f"a mark of unfinished work: {found.group()}"
    if path.endswith((".cpp", ".hpp")):
        for found in re.finditer(r"\b(sleep_for|sleep_until|usleep|nanosleep)\b", without_comments_and_strings(text)):
            yield line_of(text, found.start()), f"{found.group()}: synchronise instead"
    for found in re.finditer(r"(?<![\w.])/(root|home/\w+|work/main)/", text):
        yield line_of(text, found.start()), f"a path of one machine: {found.group()}"


def check_header(text):
    """Included once (a header for C says it in C's way), and introduced."""
    if "#pragma once" not in text and not re.search(r"^#ifndef (\w+)\n#define \1$", text, re.M):
        yield 1, "no #pragma once"
    if not text.startswith("//") and not text.startswith("/*"):
        yield 1, "no comment at the top that says what this header is for"
    for found in re.finditer(r"^using namespace", text, re.M):
        yield line_of(text, found.start()), "using namespace in a header"


def check_names(path):
    stem = path.rsplit("/", 1)[-1].split(".")[0].lower()
    for word in ("util", "utils", "helper", "helpers", "common", "misc"):
        if word in re.split(r"[^a-z]+", stem):
            yield 1, f"a file called {word} has not been understood yet"
