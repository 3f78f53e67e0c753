"""Pages where people say who may see their pictures, and where staff look after what they said."""
