#!/usr/bin/env python3
"""make_input.py RECORD.json INPUT.npz: the batch of recorded sentences, for `henson run --input`."""
import sys

import npz
import sentences

if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    npz.write(sys.argv[2], sentences.batch(sentences.load(sys.argv[1])))
