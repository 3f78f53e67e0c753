"""Proves that the viewer's own decoder gives back what goes over the wire, value for value."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from tests.unit.dicom.images import slices

from undisc.dicom.pixels.wire import encode_wire

DECODER = Path(__file__).resolve().parents[3] / "viewer/node_modules/@cornerstonejs/codec-openjph/dist/openjphjs.js"

DECODE = """
const fs = require("fs");
const [, decoder, folder] = process.argv;
require(decoder)({ wasmBinary: fs.readFileSync(decoder.replace(/js$/, "wasm")) }).then((module) => {
  const told = {};
  for (const name of fs.readdirSync(folder).filter((name) => name.endsWith(".jphc"))) {
    const coded = fs.readFileSync(`${folder}/${name}`);
    const frame = new module.HTJ2KDecoder();
    frame.getEncodedBuffer(coded.length).set(coded);
    frame.decode();
    told[name] = frame.getFrameInfo();
    fs.writeFileSync(`${folder}/${name}.raw`, frame.getDecodedBuffer());
    frame.delete();
  }
  console.log(JSON.stringify(told));
});
"""


@pytest.mark.skipif(
    shutil.which("node") is None or not DECODER.exists(), reason="node or the viewer's modules are absent"
)
def test_the_browsers_decoder_gives_back_every_value(tmp_path: Path) -> None:
    frames = {"colour": np.random.default_rng(1).integers(0, 256, (37, 64, 3), dtype="u1")}
    for code in ("u1", "i1", "u2", "i2"):
        limits = np.iinfo(code)
        noise = np.random.default_rng(2).integers(limits.min, limits.max, (64, 37), code, endpoint=True)
        frames[f"{code}-noise"] = noise
        frames[f"{code}-least"] = np.full((3, 3), limits.min, code)
        for shape in ((1, 1), (1, 300), (300, 1), (100, 100)):
            frames[f"{code}-{shape[0]}-{shape[1]}"] = slices(*shape, code)
    codes = {}
    for name, frame in frames.items():
        _, codes[name], coded = encode_wire(frame)
        (tmp_path / f"{name}.jphc").write_bytes(coded)
    ran = subprocess.run(
        ["node", "-e", DECODE, DECODER, tmp_path], capture_output=True, text=True, check=True, timeout=120
    )
    told = json.loads(ran.stdout.splitlines()[-1])
    for name, frame in frames.items():
        info = told[f"{name}.jphc"]
        assert (info["height"], info["width"]) == frame.shape[:2], name
        assert info["componentCount"] == (frame.shape[2] if frame.ndim == 3 else 1), name
        assert info["bitsPerSample"] == int(codes[name][1]) * 8, name
        assert info["isSigned"] == (codes[name][0] == "i"), name
        got = np.frombuffer((tmp_path / f"{name}.jphc.raw").read_bytes(), "<" + codes[name]).reshape(frame.shape)
        assert np.array_equal(got, frame), name
