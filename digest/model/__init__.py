"""What the stages say to each other: frozen dataclasses and enums, and rules about them alone."""
