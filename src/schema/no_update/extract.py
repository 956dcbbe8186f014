#!/usr/bin/env python3
"""Lists the properties that AWS's reference pages call not updatable, to compare with the rows of `table.rs`.

    git clone https://github.com/awsdocs/aws-cloudformation-user-guide
    python3 src/schema/no_update/extract.py aws-cloudformation-user-guide

Reads the last commit of the archived guide that has the pages. Only facts are extracted: names of types and properties, and which
kind of statement the page makes. A property that the provider schema replaces, as `src/schema/facts` knows it, is not a row: the schema is newer.
"""
import io
import re
import subprocess
import sys
import tarfile

COMMIT = "6c68a17aef7f0ccd1f6786f19da341d8c92737e7"
STATEMENTS = {
    "not supported": r"updates (are not|aren.?t) supported",
    "fails": r"update (request )?fails",
    "cannot change": r"(can.?t|cannot|can not) (be )?(updated?|changed?|modif\w+|edited?|decreased?|reduced?|downgraded?|disabled?)|doe(s not|sn.?t) "
                     r"(currently )?(support|allow) (any )?(updat|siz|modif|chang)\w*|immutable",
}


def main():
    archive = subprocess.run(["git", "-C", sys.argv[1], "archive", COMMIT, "doc_source"], check=True, capture_output=True).stdout
    pages = tarfile.open(fileobj=io.BytesIO(archive))
    for member in pages:
        name = member.name.rsplit("/", 1)[-1]
        if re.match(r"aws-(resource|properties)-.*\.md$", name):
            page(name, pages.extractfile(member).read().decode().replace("\\", ""))


def page(name, text):
    title = re.match(r"# (AWS::[\w:]+(?: \w+)?)<a", text)
    if not title:
        return
    found, current = set(), ""
    for line in text.split("\n"):
        heading = re.match(r"`(\w+)`\s+<a name", line)
        current = heading.group(1) if heading else "" if line.startswith("#") else current
        found |= {(current, kind) for kind, pattern in STATEMENTS.items() if re.search(pattern, line, re.IGNORECASE)}
    for current, kind in sorted(found):
        print(f"{title.group(1)}\t{current or '*'}\t{kind}\t{name}")


if __name__ == "__main__":
    main()
