#!/usr/bin/env python3
"""Writes mock_shapes_data.cpp and mock_members_data.cpp: the shapes of what AWS's operations answer, from botocore's copy
of AWS's models.

    mock_shapes.py ../../docs/api.md .

Of the operations that docs/api.md lists. Only what TestState checks of a mocked result: names, kinds, required members,
ranges of numbers, values of enumerations.
"""
import contextlib
import re
import sys
import textwrap

import boto3

SERVICES = {"DynamoDB": ("dynamodb", "dynamodb"), "EventBridge": ("events", "events"), "Lambda": ("lambda", "lambda"),
            "SNS": ("sns", "sns"), "SQS": ("sqs", "sqs"),
            "Step Functions": ("stepfunctions", "states"), "S3": ("s3", "s3")}
KINDS = {"structure": "structure", "list": "list", "map": "map", "string": "string", "character": "string",
         "timestamp": "string", "blob": "any", "boolean": "boolean", "integer": "number", "long": "number",
         "float": "number", "double": "number"}

# Where AWS's recorded answers say otherwise than the model.
RECORDED = {("lambda", "MemorySize"): (128, 10240)}

shapes, members, values = {}, [], []  # shapes: what one says -> its index; what says the same is one
inside = []  # the structures around the one that is being added: one in itself (AttributeValue) may be anything


def share(entry):
    return shapes.setdefault(entry, len(shapes))


def add(shape):
    kind = KINDS[shape.type_name]
    if getattr(shape, "is_document_type", False) or getattr(shape, "is_eventstream", False) or shape.name in inside:
        kind = "any"
    if kind == "number":
        bounds = RECORDED.get((service, shape.name)) or [shape.metadata.get(name) for name in ("min", "max")]
        return share((kind, 0, 0, *("no_bound" if b is None else str(int(b)) for b in bounds)))
    if kind == "string" and getattr(shape, "enum", None):
        first = find(values, list(shape.enum))
        return share((kind, first, len(shape.enum), "no_bound", "no_bound"))
    if kind in ("list", "map"):
        return share((kind, add(shape.member if kind == "list" else shape.value), 0, "no_bound", "no_bound"))
    if kind == "structure":
        inside.append(shape.name)
        own = [(n[:1].upper() + n[1:], add(m), n in shape.required_members) for n, m in shape.members.items()]
        inside.pop()
        return share((kind, find(members, own), len(own), "no_bound", "no_bound"))
    return share((kind, 0, 0, "no_bound", "no_bound"))


def find(table, wanted):
    """Where `wanted` stands in the table; appended when it does not."""
    for start in range(len(table) - len(wanted) + 1):
        if table[start:start + len(wanted)] == wanted:
            return start
    table.extend(wanted)
    return len(table) - len(wanted)


def table(kind, name, entries):
    print("constexpr %s %s[] = {" % (kind, name))
    print(textwrap.fill(" ".join(entry + "," for entry in entries), 119, initial_indent="    ",
                        subsequent_indent="    ", break_long_words=False, break_on_hyphens=False))
    print("};")


operations = []
for section in re.split(r"^## ", open(sys.argv[1], encoding="utf-8").read(), flags=re.M)[1:]:
    title = section.partition("\n")[0].split(":")[0].strip()
    if title not in SERVICES:
        continue
    service, ours = SERVICES[title]
    client = boto3.client(service, region_name="us-east-1", aws_access_key_id="-", aws_secret_access_key="-")
    model = client.meta.service_model
    for name in re.findall(r"`(\w+)`", section.split("\nNot yet")[0]):
        output = model.operation_model(name).output_shape if name in model.operation_names else None
        if output is not None:
            operations.append((ours + "." + name, add(output)))



def write_file(name, *tables):
    """One file with some of the tables, each with the function that gives it."""
    with open(sys.argv[2] + "/" + name, "w", encoding="utf-8") as file, contextlib.redirect_stdout(file):
        print("// Made by mock_shapes.py from AWS's models; not to be edited.")
        print('#include "api/mock_shapes.hpp"\n')
        print("// clang-format off\nnamespace stepwell::api::mock_shapes {\n\nnamespace {\n\nusing enum Kind;\n")
        for kind, title, entries in tables:
            table(kind, title + "_table", entries)
        print("\n}  // namespace\n")
        for kind, title, _ in tables:
            print("std::span<const %s> %ss() { return %s_table; }" % (kind, title, title))
        print("\n}  // namespace stepwell::api::mock_shapes")


write_file("mock_shapes_data.cpp",
           ("Shape", "shape", ["{%s,%d,%d,%s,%s}" % shape for shape in shapes]),
           ("std::string_view", "value", ['"%s"' % value for value in values]))
write_file("mock_members_data.cpp",
           ("Member", "member", ['{"%s",%d,%s}' % (n, s, "true" if r else "false") for n, s, r in members]),
           ("OperationOutput", "operation", ['{"%s",%d}' % operation for operation in sorted(operations)]))
