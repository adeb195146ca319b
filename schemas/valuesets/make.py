"""Writes value sets in our own form from the files that the ANS publishes.

    python schemas/valuesets/make.py JDV_ModaliteAcquisition_CISIS.xml …

`JDV_ModaliteAcquisition_CISIS.xml` becomes `jdv-modalite-acquisition.tsv` beside this script.
"""

import re
import sys
from pathlib import Path

from harness.rules.valuesets import as_text, from_svs


def name_of(file: Path) -> str:
    """`JDV_J143_AdministrativeGender_CISIS` -> `jdv-administrative-gender`."""
    bare = re.sub(r"^JDV_(J\d+_)?|_CISIS$", "", file.stem)
    words = re.sub(r"(?<=[a-zé])(?=[A-Z])|_", "-", bare)
    return "jdv-" + words.lower()


def main(files: list[Path]) -> None:
    """Write one file for each."""
    for file in files:
        name = name_of(file)
        Path(__file__).with_name(f"{name}.tsv").write_text(
            as_text(from_svs(file, name)), encoding="utf-8"
        )


if __name__ == "__main__":
    main([Path(argument) for argument in sys.argv[1:]])
