"""Makes what tests need: discs, series, archives; every patient in them is invented."""
