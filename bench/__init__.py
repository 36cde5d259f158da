"""Benchmarks. Each ends with a line ``BENCH {"name": ..., ...}``; figures are ratios to a reference of the same run."""
