"""Samples of one thing."""

import statistics


class Figure:
    """Samples of one thing: milliseconds, and for processes their peak memory in MiB."""

    def __init__(self, title):
        self.title = title
        self.times = []
        self.memory = []

    def add(self, measured):
        """Adds a process: its milliseconds, and its memory in MiB."""
        self.times.append(measured[0])
        self.memory.append(measured[1])

    @property
    def median(self):
        return statistics.median(self.times)

    @property
    def least(self):
        return min(self.times)

    @property
    def peak(self):
        return statistics.median(self.memory) if self.memory else None

    def document(self):
        return {
            "title": self.title, "unit": "ms", "median": self.median, "least": self.least, "peakMiB": self.peak,
            "times": self.times, "memoryMiB": self.memory,
        }
