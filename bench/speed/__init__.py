"""The parts of bench/speed.py and bench/compare.py."""
