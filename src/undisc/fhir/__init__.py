"""The door for programs that speak FHIR: SMART Health Links."""
