"""Any RSS, Atom or JSON Feed."""
