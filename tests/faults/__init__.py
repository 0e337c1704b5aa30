"""The fault matrix as a suite: the docstring of a test, or the name of its case, has its row.

A real mail server (`digest.delivery.sink`) plays the fault and keeps a ledger of its own; after
each test `invariants.check` compares it with ours, on SQLite and on PostgreSQL. Timeouts are
SMTP's own, scaled; where one is waited for, only that one is short.

What cannot be played here:

- C1, no route: a route that swallows packets needs a firewall or a network of its own, so an
  address that is refused at once stands for it, and for a deaf server `tests/delivery/test_smtp.py`.
- C2 and D6 wait for timeouts of 5 and 10 minutes; here they are parts of a second.
- D1 needs a server that reads less than a mail; where the system cannot tell what it has not sent
  yet (it can on Linux) such a mail is uncertain and sent once more.
- D3, "trimmed next time": a mail is kept below what any server takes before it is sent
  (`digest.rendering.budget`), so a refusal as too large trims nothing; the papers come again.
"""
