"""Mail: the bytes of a message, the ways to hand it over, and what the answer means.

`message` builds the bytes, a transport (`smtp`, `maildir`, `file`) hands them over and returns a
Verdict, `retry` says what that verdict makes of the delivery. Nothing here knows the store.
"""
