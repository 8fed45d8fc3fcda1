#!/usr/bin/env python3
"""Makes the faces of printed sheets from the variable font of the pages.

    make.py FOLDER      FOLDER: node_modules/@fontsource-variable/public-sans
"""

import shutil
import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer

HERE = Path(__file__).parent
CHARACTERS = "".join(map(chr, [*range(0x20, 0x7F), *range(0xA0, 0x180)])) + "–—‘’“”„†•…‰‹›€™−≤≥≈×→"
WEIGHTS = {"regular": 400, "bold": 700}


def main():
    package = Path(sys.argv[1])
    for name, weight in WEIGHTS.items():
        font = TTFont(package / "files/public-sans-latin-wght-normal.woff2", recalcTimestamp=False)
        font.flavor = None
        instancer.instantiateVariableFont(font, {"wght": weight}, inplace=True, updateFontNames=False)
        figures(font)
        options = subset.Options(layout_features=[], hinting=False, notdef_outline=True, name_IDs=[0, 1, 2, 4, 6, 13, 14])
        options.drop_tables += ["DSIG", "STAT", "GDEF"]
        options.recalc_timestamp = False
        cut = subset.Subsetter(options)
        cut.populate(text=CHARACTERS)
        cut.subset(font)
        said(font, name.capitalize())
        font.save(HERE / f"public-sans-{name}.ttf")
        print(name, len(font.getBestCmap()), "characters", (HERE / f"public-sans-{name}.ttf").stat().st_size, "octets")
    shutil.copy(package / "LICENSE", HERE / "OFL.txt")


def figures(font):
    """Figures are those of one width from now on."""
    swap = {}
    for record in font["GSUB"].table.FeatureList.FeatureRecord:
        if record.FeatureTag == "tnum":
            for at in record.Feature.LookupListIndex:
                for table in font["GSUB"].table.LookupList.Lookup[at].SubTable:
                    swap |= getattr(table, "ExtSubTable", table).mapping
    for table in font["cmap"].tables:
        for code in range(0x30, 0x3A):
            if code in table.cmap:
                table.cmap[code] = swap.get(table.cmap[code], table.cmap[code])
    widths = {font["hmtx"][font.getBestCmap()[code]][0] for code in range(0x30, 0x3A)}
    assert len(widths) == 1, widths


def said(font, style):
    names = {1: "Public Sans", 2: style, 4: f"Public Sans {style}", 6: f"PublicSans-{style}"}
    for record in font["name"].names:
        if record.nameID in names:
            record.string = names[record.nameID]


if __name__ == "__main__":
    main()
