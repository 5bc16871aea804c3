"""The software version that stands on every result."""

VERSION = "0.1.0"
