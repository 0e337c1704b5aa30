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

What cannot be had everywhere: a full disk and a power cut (B4, B5) take root, to mount a file
system, and else are skipped with that sentence. PostgreSQL is told that its disk is full by a
trigger that says what it says then (SQLSTATE 53100), since its real one would take a volume of its
own; its power cut is its own suite's affair, and is not shown here. Hours are scaled: ten minutes'
wait for a reply (K9), a sleep of twenty minutes (K10) and a minute's lock (B2) are a second or so.
Webhooks (E1) do not exist: reports come back as mail, and are held to the same.
"""
