"""The HL7 version 2 door: what a hospital's or a practice's system says of orders, patients and finished studies."""
