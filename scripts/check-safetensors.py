"""Makes src/lm/goldens/python.safetensors, or reads a file of ours: python check-safetensors.py [file.safetensors]."""
import sys
import numpy as np
from safetensors.numpy import load_file, save_file

if len(sys.argv) > 1:
    for name, array in sorted(load_file(sys.argv[1]).items()):
        print(name, array.dtype, array.shape, array.ravel()[:4])
else:
    save_file(
        {
            "a.f32": np.array([1, 0.1, -np.inf], np.float32),
            "b.f16": np.array([[0.5, -1.25], [65504, 0]], np.float16),
            "i64": np.array([-7, 2147483647], np.int64),
            "scalar": np.array(2.5, np.float32),
        },
        "src/lm/goldens/python.safetensors",
        metadata={"format": "np", "note": "é"},
    )
