"""The `datasets` library loads what `charter export` writes, with the types that the card declares.

    pip install datasets
    node bin/charter.js export runs/town                      (any run)
    python scripts/check-export.py runs/town/export [another export of the same run ...]

Prints features and counts of each configuration. Every row must be there, every id must be a ledger's, and JSON Lines and
Parquet of one run must hold the same rows. `annotations.json` is no table: it is read as JSON.
"""
import json
import pathlib
import sys

import datasets
import yaml

exports = [pathlib.Path(folder) for folder in sys.argv[1:]] or [pathlib.Path("runs/town/export")]
seen = {}
for folder in exports:
    header = yaml.safe_load((folder / "README.md").read_text().split("---\n")[1])
    print(f"{folder}: {header['pretty_name']}, licence {header['license']}, datasets {datasets.__version__}")
    for config in header["configs"]:
        name = config["config_name"]
        table = datasets.load_dataset(str(folder), name, split="train")
        declared = datasets.load_dataset_builder(str(folder), name).info.features
        assert table.features == declared, (name, table.features, declared)
        assert all(len(id) == 64 for id in table["id"]), name
        print(f"  {name}: {len(table)} rows")
        for column, feature in table.features.items():
            print(f"    {column}: {feature}")
        rows = table.to_list()
        if config["data_files"].endswith(".jsonl"):
            lines = [json.loads(line) for line in (folder / config["data_files"]).read_text().split("\n")[:-1]]
            assert len(rows) == len(lines), (name, len(rows), len(lines))
            for row, line in zip(rows, lines):
                if name == "guard":
                    row = {**row, "label": table.features["label"].int2str(row["label"])}
                assert row == line, (name, row, line)
        assert seen.setdefault(name, rows) == rows, f"{name} differs from that of {exports[0]}"
    annotated = folder / "annotations.json"
    if annotated.exists():
        pairs = json.loads(annotated.read_text())
        unknown = {id for one in pairs["comparisons"] for id in one["annotations"]} - set(pairs["annotators"])
        assert not unknown, unknown
        assert pairs["metadata"]["default_annotator"] in pairs["annotators"]
        print(f"  annotations: {len(pairs['comparisons'])} comparisons, {len(pairs['annotators'])} annotators")
