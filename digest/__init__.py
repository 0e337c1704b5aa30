"""Digest: the new papers that match your keywords, ranked, once, every morning.

Data flows one way: sources, store, ranking, rendering, delivery. Only `pipeline` knows the order.
"""

import os

__version__ = "0.1.0"

# Read when numpy is loaded. Ranking multiplies small matrices, and for those the threads of the
# library spend several times the work waiting for one another. Processes share the load instead.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
