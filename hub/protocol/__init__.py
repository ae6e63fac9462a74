"""The joint protocol as values: labels, steps, which step is legal, and the notes of steps. Pure."""
