"""Which papers, in what order, and why: pure, one batch of papers for all readers at once."""
