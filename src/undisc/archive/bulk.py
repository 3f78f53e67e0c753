"""Where bulk data are found: the addresses that a DICOM JSON model holds (PS3.18 F.2.6)."""

_MODEL = b'"BulkDataURI":"?offset='
"""As the scan writes it. Within a text a quotation mark would have a backslash before it, so this is no text."""


def addressed(model: bytes, prefix: str) -> bytes:
    """The model with `prefix` before each address, such as "instances/1.2.3/bulkdata" relative to a series."""
    return model.replace(_MODEL, b'"BulkDataURI":"%s?offset=' % prefix.encode("ascii"))


def below_series(model: bytes, instance: str) -> bytes:
    """The model with addresses that resolve against its series' and its study's metadata alike (RFC 3986 5.2)."""
    return addressed(model, f"instances/{instance}/bulkdata")
