# A Parquet file as pyarrow (and so the Hugging Face datasets library) writes it: lists of messages, null cells, whole numbers
# beyond 2^53, a date, several groups of rows, one codec a file. src/pipeline/goldens/parquet/<codec>.parquet.
# python scripts/goldens/parquet.py
import datetime
import pathlib

import pyarrow as pa
import pyarrow.parquet as pq

folder = pathlib.Path(__file__).parents[2] / "src/pipeline/goldens/parquet"
folder.mkdir(parents=True, exist_ok=True)
message = pa.struct([("content", pa.string()), ("role", pa.string())])
schema = pa.schema(
    [
        ("prompt", pa.string()),
        ("chosen", pa.list_(message)),
        ("rejected", pa.list_(message)),
        ("score", pa.float32()),
        ("id", pa.int64()),
        ("made", pa.timestamp("ms")),
        ("tags", pa.list_(pa.string())),
    ]
)


def row(i):
    question = {"content": f"Tea {i}? ☕", "role": "user"}
    return {
        "prompt": question["content"],
        "chosen": [question, {"content": f"Yes {i}.", "role": "assistant"}],
        "rejected": [question, {"content": "" if i == 3 else f"No {i}.", "role": "assistant"}],
        "score": None if i % 2 else 0.5,
        "id": 2**53 + 1 if i == 4 else i,
        "made": datetime.datetime(2026, 1, 1 + i),
        "tags": None if i == 0 else ["a"] * (i % 3),
    }


table = pa.Table.from_pylist([row(i) for i in range(7)], schema)
for codec in ["none", "snappy", "gzip", "zstd", "brotli"]:
    pq.write_table(table, folder / f"{codec}.parquet", compression=codec, row_group_size=3, write_page_index=codec == "zstd")
