"""Measurements: `python -m bench` runs the parts side by side, other scripts run alone."""
