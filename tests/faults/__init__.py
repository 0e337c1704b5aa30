"""The fault matrix as a suite: each test's docstring begins with its row.

A real mail server (`digest.delivery.sink`) plays the fault and keeps a ledger of its own; after
each test `invariants.check` compares it with ours. Timeouts are the real ones, scaled.
"""
