"""The privacy officer's pages, below /privacy: what was done, to whom things went, and what is out of the ordinary."""
