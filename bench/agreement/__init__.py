"""The parts of agreement.py: data sets, where a run starts, how each tool is run, what must hold."""
