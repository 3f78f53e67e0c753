"""Errors that are not foreseen outcomes; each names its cause, and every door chooses its own code for it."""


class UndiscError(Exception):
    """The root of every error that Undisc raises on purpose."""


class SourceUnreadable(UndiscError):
    """A source given to an import cannot be opened at all; the text is a plain sentence for people."""


class StudyUnknown(UndiscError):
    """No study here answers to that UID."""


class LinkUnknown(UndiscError):
    """No link here answers to that identifier."""


class TokenUnknown(UndiscError):
    """No token here has that name."""


class StorageFull(UndiscError):
    """Too little free space is left to take anything more in."""


class ArchiveTooNew(UndiscError):
    """The data folder was written by a later version of Undisc."""


class DataFolderUnusable(UndiscError):
    """The data folder cannot be opened or written to; the text is a plain sentence for people."""


class MediumRefused(UndiscError):
    """A disc, a ZIP or a folder cannot be made as it was asked for; the text is a plain sentence for people."""


class CorrectionRefused(UndiscError):
    """A study cannot be corrected as it was asked for; the text is a plain sentence for people."""
