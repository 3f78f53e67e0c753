"""Who a study belongs to, as far as others said so beforehand: orders."""
