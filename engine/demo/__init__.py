"""The embedded default: a cartoon film, a tiny tagger and a tiny base, so that a bare machine can run everything."""
