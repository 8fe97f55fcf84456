"""Makes the weights that ship, from data that does not. Run as `python -m training.salience`."""
