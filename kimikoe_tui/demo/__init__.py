"""The demo: the whole loop on a drawn film, through the same calls a person's commands make."""
