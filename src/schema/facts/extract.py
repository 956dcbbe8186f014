#!/usr/bin/env python3
"""Extracts facts about resource types from cfn-lint's copy of AWS's provider schemas into `facts.bin` and `permissions.bin`.

    python3 src/schema/facts/extract.py [cfn_lint-1.58.0-py3-none-any.whl]

Without an argument, pip downloads the pinned wheel into a temporary directory. Only facts are extracted: names, types,
limits, flags. The output depends only on the wheel and is reproducible. The layout is
described in docs/design/schema-facts.md and read by src/schema/data.rs and src/schema/permissions.rs.
"""
import hashlib
import json
import pathlib
import re
import struct
import subprocess
import sys
import tempfile
import zipfile

PACKAGE, VERSION = "cfn-lint", "1.58.0"
WHEEL = f"cfn_lint-{VERSION}-py3-none-any.whl"
WHEEL_SHA256 = "9d9f06043160756a6158f5c3f92a44ce38254b1c578127461608305bc8262987"
SCHEMAS = "cfnlint/data/schemas/"
BASE_REGION = "us-east-1"
MAGIC = b"RFFACTS1"
PERMISSIONS_MAGIC = b"RFPERMS1"
HANDLERS = ["create", "read", "update", "delete"]
NONE = 0xFFFF
NO_LIMIT = 0xFFFFFFFF

TYPES = ["string", "integer", "number", "boolean", "array", "object", "null"]
(REF, ITEMS, PROPERTIES, REQUIRED, ENUM, PATTERN, LENGTH, COUNT, RANGE, VALUES, ANY_OF, ONE_OF, ALL_OF, REQUIRED_OR, REQUIRED_XOR,
 CLOSED, UNORDERED, UNIQUE, CASE_INSENSITIVE, JSON_TEXT, DEPENDENT_REQUIRED, DEPENDENT_EXCLUDED, FORMAT) = (1 << bit for bit in range(23))
DELETE_THEN_CREATE, TAGGABLE = 1, 2
TRIVIAL = struct.pack("<BI", 0, 0)


def main():
    with tempfile.TemporaryDirectory() as directory:
        wheel = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else fetch(directory)
        digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
        if digest != WHEEL_SHA256:
            sys.exit(f"error: {wheel} is not the pinned wheel: its SHA-256 is {digest}, not {WHEEL_SHA256}")
        archive = zipfile.ZipFile(wheel)
        date = json.loads(archive.read(SCHEMAS + "version.json"))["schema_date"]
        schemas = read_schemas(archive)
    blob = Writer(f"{PACKAGE} {VERSION} (MIT-0), provider schemas of {date}, {BASE_REGION} first").write(schemas)
    target = pathlib.Path(__file__).with_name("facts.bin")
    target.write_bytes(blob)
    print(f"{target.name}: {len(schemas)} types, {len(blob)} bytes, schemas of {date}")
    blob = write_permissions(schemas)
    target = pathlib.Path(__file__).with_name("permissions.bin")
    target.write_bytes(blob)
    print(f"{target.name}: {len(blob)} bytes")


def fetch(directory):
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", directory, f"{PACKAGE}=={VERSION}"]
    subprocess.run(pip, check=True)
    return pathlib.Path(directory) / WHEEL


def read_schemas(archive):
    """Returns every published type's schema by name: the base region's, else the first region's that has the type."""
    regions = sorted(name for name in archive.namelist() if name.startswith(SCHEMAS + "providers/") and name.endswith(".json"))
    regions.sort(key=lambda name: not name.endswith(f"/{BASE_REGION}.json"))
    files = {}
    for region in regions:
        for type_name, digest in json.loads(archive.read(region)).items():
            files.setdefault(type_name, digest)
    return {name: json.loads(archive.read(f"{SCHEMAS}resources/{files[name]}.json")) for name in sorted(files)}


def text(value):
    return value if isinstance(value, str) else json.dumps(value)


def strings_of(schema):
    """Yields every string that the records of a schema will refer to."""
    if not isinstance(schema, dict):
        return
    for key in ("properties", "definitions", "patternProperties"):
        for name, child in (schema.get(key) or {}).items():
            yield name
            yield from strings_of(child)
    for key in ("items", "additionalProperties"):
        yield from strings_of(schema.get(key))
    for key in ("anyOf", "oneOf", "allOf"):
        for child in schema.get(key, []):
            yield from strings_of(child)
    for key in ("required", "requiredOr", "requiredXor"):
        yield from schema.get(key, [])
    for key in ("dependentRequired", "dependentExcluded"):
        for name, others in (schema.get(key) or {}).items():
            yield name
            yield from others
    if format_of(schema):
        yield format_of(schema)
    yield from map(text, enum_of(schema))
    if schema.get("pattern"):
        yield schema["pattern"]


def enum_of(schema):
    return schema.get("enum") or schema.get("enumCaseInsensitive") or ([schema["const"]] if "const" in schema else [])


def format_of(schema):
    """Returns the format of an identifier, such as `AWS::EC2::Subnet.Id`; other formats are ignored."""
    value = schema.get("format")
    return value if isinstance(value, str) and value.startswith("AWS::") else None


def additional_identifiers(schema):
    """Returns the sets of properties that identify a resource beside the primary identifier, without those that a template cannot set."""
    read_only = schema.get("readOnlyProperties", [])
    sets = {tuple(sorted(set(identifier))) for identifier in schema.get("additionalIdentifiers", []) if isinstance(identifier, list)}
    return sorted(identifier for identifier in sets if not any(pointer in read_only for pointer in identifier))


def segments(pointer):
    prefix, path = pointer[:12], pointer[12:]
    assert prefix == "/properties/", pointer
    return path.split("/")


class Writer:
    def __init__(self, provenance):
        self.provenance = provenance
        self.string_ids = {}
        self.nodes = []
        self.node_ids = {}

    def write(self, schemas):
        strings = {self.provenance, "*"}
        for name, schema in schemas.items():
            strings.add(name)
            strings.update(strings_of(schema))
            for key in ("createOnlyProperties", "conditionalCreateOnlyProperties", "readOnlyProperties", "writeOnlyProperties", "primaryIdentifier"):
                for pointer in schema.get(key, []):
                    strings.update(segments(pointer))
            for identifier in additional_identifiers(schema):
                for pointer in identifier:
                    strings.update(segments(pointer))
        # In the order of UTF-8 bytes, which is how the reader compares names.
        ordered = sorted(strings, key=lambda string: string.encode())
        self.string_ids = {string: index for index, string in enumerate(ordered)}
        types = [(name, self.type_record(schema)) for name, schema in schemas.items()]
        assert len(ordered) < NONE and len(self.nodes) < NONE

        tables = [
            indexed([string.encode() for string in ordered]),
            indexed(self.nodes),
            b"".join(struct.pack("<H", self.string(name)) for name, _ in types),
            indexed([record for _, record in types]),
        ]
        header = len(MAGIC) + 4 * (len(tables) + 2)
        offsets, at = [], header
        for table in tables:
            offsets.append(at)
            at += len(table)
        return MAGIC + struct.pack(f"<{len(offsets)}I", *offsets) + struct.pack("<II", len(types), self.string(self.provenance)) + b"".join(tables)

    def string(self, value):
        return self.string_ids[value]

    def strings(self, values):
        return struct.pack(f"<H{len(values)}H", len(values), *map(self.string, values))

    def path(self, pointer):
        parts = segments(pointer)
        return struct.pack(f"<B{len(parts)}H", len(parts), *map(self.string, parts))

    def paths(self, pointers):
        encoded = b"".join(map(self.path, sorted(set(pointers))))
        return struct.pack("<H", len(encoded)) + encoded

    def type_record(self, schema):
        definitions = sorted(schema.get("definitions", {}))
        self.schema, self.definitions = schema, {name: index for index, name in enumerate(definitions)}
        nodes = [self.node(schema["definitions"][name]) for name in definitions]
        root = self.node({key: value for key, value in schema.items() if key != "definitions"} | {"type": "object"})
        tagging = schema.get("tagging") or {"taggable": schema.get("taggable", False), "tagProperty": "/properties/Tags"}
        tag_property = tagging.get("tagProperty", "/properties/Tags")
        if not tagging.get("taggable") or segments(tag_property)[0] not in schema["properties"]:
            tag_property = None
        flags = (schema.get("replacementStrategy") == "delete_then_create") * DELETE_THEN_CREATE | bool(tag_property) * TAGGABLE
        return b"".join([
            struct.pack(f"<BHH{len(nodes)}H", flags, root, len(nodes), *nodes),
            self.path(tag_property) if tag_property else b"\0",
            *(self.paths(schema.get(key, [])) for key in
              ("createOnlyProperties", "conditionalCreateOnlyProperties", "readOnlyProperties", "writeOnlyProperties", "primaryIdentifier")),
            *(self.paths(identifier) for identifier in additional_identifiers(schema)),
        ])

    def node(self, schema):
        """Returns the number of a schema's record; equal records are written once for all types."""
        record = self.record(schema)
        if record not in self.node_ids:
            self.node_ids[record] = len(self.nodes)
            self.nodes.append(record)
        return self.node_ids[record]

    def record(self, schema):
        declared = schema.get("type", [])
        types = sum(1 << TYPES.index(name) for name in ([declared] if isinstance(declared, str) else declared))
        flags, fields = 0, []

        def put(flag, encoded):
            nonlocal flags
            flags |= flag
            fields.append(encoded)

        if "$ref" in schema:
            kind, name = schema["$ref"].split("/")[1:]
            if kind == "properties":
                return self.record(self.schema["properties"][name])
            put(REF, struct.pack("<H", self.definitions[name]))
        if isinstance(schema.get("items"), dict):
            put(ITEMS, struct.pack("<H", self.node(schema["items"])))
        if schema.get("properties"):
            members = sorted((self.string(name), self.node(child)) for name, child in schema["properties"].items())
            put(PROPERTIES, struct.pack(f"<H{2 * len(members)}H", len(members), *(number for member in members for number in member)))
        if schema.get("required"):
            put(REQUIRED, self.strings(schema["required"]))
        values = sorted(set(map(text, enum_of(schema))))
        if values:
            put(ENUM, self.strings(values))
        if schema.get("pattern"):
            put(PATTERN, struct.pack("<H", self.string(schema["pattern"])))
        self.bounds(schema, put, LENGTH, "minLength", "maxLength")
        self.bounds(schema, put, COUNT, "minItems", "maxItems")
        if "minimum" in schema or "maximum" in schema:
            put(RANGE, struct.pack("<dd", schema.get("minimum", float("-inf")), schema.get("maximum", float("inf"))))
        values_of_map = [child for child in (schema.get("patternProperties") or {}).values() if isinstance(child, dict)]
        if isinstance(schema.get("additionalProperties"), dict):
            values_of_map.append(schema["additionalProperties"])
        if values_of_map:
            only = values_of_map[0] if all(child == values_of_map[0] for child in values_of_map) else {}
            put(VALUES, struct.pack("<H", self.node(only)))
        for flag, key in ((ANY_OF, "anyOf"), (ONE_OF, "oneOf"), (ALL_OF, "allOf")):
            # The format of an identifier is not an alternative: with several possible formats, none is recorded.
            plain = [{name: value for name, value in child.items() if name != "format" or value == "json"}
                     for child in schema.get(key, []) if isinstance(child, dict) and "if" not in child]
            children = [self.node(child) for child in plain]
            trivial = self.node_ids.get(TRIVIAL)
            # An alternative without constraints (only a format or a default) makes the choice unconstrained.
            if children and (trivial not in children or key == "allOf"):
                children = [child for child in children if child != trivial]
                if children:
                    put(flag, struct.pack(f"<H{len(children)}H", len(children), *children))
        for flag, key in ((REQUIRED_OR, "requiredOr"), (REQUIRED_XOR, "requiredXor")):
            if schema.get(key):
                put(flag, self.strings(schema[key]))
        for flag, key in ((DEPENDENT_REQUIRED, "dependentRequired"), (DEPENDENT_EXCLUDED, "dependentExcluded")):
            numbers = [number for name in sorted(schema.get(key) or {})
                       for number in (self.string(name), len(schema[key][name]), *map(self.string, schema[key][name]))]
            if numbers:
                put(flag, struct.pack(f"<H{len(numbers)}H", len(numbers), *numbers))
        if format_of(schema):
            put(FORMAT, struct.pack("<H", self.string(format_of(schema))))
        if schema.get("additionalProperties") is False and not values_of_map:
            flags |= CLOSED
        flags |= UNORDERED * (schema.get("insertionOrder") is False)
        flags |= UNIQUE * (schema.get("uniqueItems") is True)
        flags |= CASE_INSENSITIVE * ("enumCaseInsensitive" in schema)
        flags |= JSON_TEXT * (schema.get("format") == "json")
        return struct.pack("<BI", types, flags) + b"".join(fields)

    @staticmethod
    def bounds(schema, put, flag, low, high):
        minimum, maximum = schema.get(low) or 0, schema.get(high)
        if minimum > 0 or maximum is not None:
            put(flag, struct.pack("<II", minimum, NO_LIMIT if maximum is None else min(int(maximum), NO_LIMIT - 1)))


def write_permissions(schemas):
    """Returns the IAM actions of CloudFormation for each type: tables of actions, type names, and one record a type with a list for each handler."""
    def permissions(schema, handler):
        listed = (schema.get("handlers") or {}).get(handler, {}).get("permissions", [])
        # A few lists contain entries that are not IAM actions.
        return {action.strip() for action in listed if re.fullmatch(r"[a-z0-9-]+:[A-Za-z0-9*]+", action.strip())}

    lists = {name: [permissions(schema, handler) for handler in HANDLERS] for name, schema in schemas.items()}
    lists = {name: handlers for name, handlers in lists.items() if any(handlers)}
    actions = sorted({action for handlers in lists.values() for handler in handlers for action in handler}, key=lambda action: action.encode())
    number = {action: index for index, action in enumerate(actions)}
    assert len(actions) < NONE

    def record(handlers):
        return b"".join(struct.pack(f"<H{len(handler)}H", len(handler), *sorted(number[action] for action in handler)) for handler in handlers)

    names = sorted(lists, key=lambda name: name.encode())
    tables = [indexed([action.encode() for action in actions]), indexed([name.encode() for name in names]), indexed([record(lists[name]) for name in names])]
    offsets, at = [], len(PERMISSIONS_MAGIC) + 4 * len(tables)
    for table in tables:
        offsets.append(at)
        at += len(table)
    return PERMISSIONS_MAGIC + struct.pack(f"<{len(offsets)}I", *offsets) + b"".join(tables)


def indexed(records):
    """Returns the offsets of the records, followed by the records; the last offset is the end of the last record."""
    offsets, at = [0], 0
    for record in records:
        at += len(record)
        offsets.append(at)
    return struct.pack(f"<I{len(offsets)}I", len(records), *offsets) + b"".join(records)


if __name__ == "__main__":
    main()
