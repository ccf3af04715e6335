"""The tables and views of a studio, as the first migrations make them.

A frame is (film_id, number), number counting from 1 in decode order. Scores are integers 0..255. Times are seconds
since the epoch. Rows that a person wrote carry the event that wrote them, so that undo knows what is still its own.
"""
