"""Whether what a source gave is whole, decided without asking anybody."""
