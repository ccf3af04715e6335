"""Side-by-side benchmarks: every figure has its baseline measured in the same run."""
