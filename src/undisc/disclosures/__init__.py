"""What left, to whom and why: the trail read beside the archive, for the privacy officer and for patients who ask."""
