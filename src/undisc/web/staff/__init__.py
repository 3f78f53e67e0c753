"""The pages of those who take in scans and hand them over."""
