"""What a bucket's refusals mean here: errors of the operating system's kinds, each with a plain sentence."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from obstore.exceptions import (
    BaseError,
    NotFoundError,
    PermissionDeniedError,
    PreconditionError,
    UnauthenticatedError,
)


@contextmanager
def told_plainly() -> Iterator[None]:
    """Raises FileNotFoundError, PermissionError or OSError for what the bucket's client raises.

    The client has tried again by then as often as it should; its own text may hold addresses and keys and is kept
    as the cause only.
    """
    try:
        yield
    except (NotFoundError, FileNotFoundError) as error:
        raise FileNotFoundError(errno.ENOENT, "The bucket holds no such blob") from error
    except (PermissionDeniedError, UnauthenticatedError) as error:
        raise PermissionError(errno.EACCES, "The bucket refuses the access keys it was given") from error
    except PreconditionError as error:
        raise OSError(errno.ESTALE, "The blob was replaced while it was read") from error
    except BaseError as error:
        raise OSError(errno.EIO, "The bucket cannot be reached or did not do what it was asked") from error
