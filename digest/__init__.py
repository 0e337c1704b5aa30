"""Digest: the new papers that match your keywords, ranked, once, every morning.

Data flows one way: sources, store, ranking, rendering, delivery. Only `pipeline` knows the order.
"""

__version__ = "0.1.0"
