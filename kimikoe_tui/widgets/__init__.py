"""The parts that the rooms are made of."""
