"""What a file is, in words for people, told by its first bytes."""

import re

_DOCUMENTS = (".pdf", ".rtf", ".doc", ".docx", ".odt", ".htm", ".html", ".txt", ".xml", ".cda")
_PICTURES = ((b"\xff\xd8\xff", "JPEG"), (b"\x89PNG\r\n", "PNG"), (b"GIF8", "GIF"), (b"BM", "BMP"))
_TIFF = (b"II*\x00", b"MM\x00*")
_MAC = (b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"\xfe\xed\xfa\xcf", b"\xfe\xed\xfa\xce")
# Folders in which viewers keep their own manuals, licences and pages.
_VIEWER_FOLDER = re.compile(
    r"view|autorun|player|program|plugin|java|install|setup|licen[sc]e|\.app$"
    r"|^(bin|jre.*|resources?|help|drivers?|system.*|fonts?|lang|languages?|css|scripts?|icons?|ihe_pdi)$",
    re.IGNORECASE,
)
_NOT_A_REPORT = re.compile(
    r"^(readme|read_me|license|licence|lizenz|copying|notice|autorun|index|eula|changelog|version|manifest|info"
    r"|help|manual|handbook|lies_?mich|liesmich|lisezmoi|leggimi|junk_?names|disclaimer|third.?party.*)\b",
    re.IGNORECASE,
)
_LEFT_BEHIND = (".ds_store", "thumbs.db", "desktop.ini", "ehthumbs.db")
_TEXT_BYTES = bytes(range(0x20, 0x7F)) + b"\t\r\n\f\x1b"


def what_is(head: bytes, path: str) -> str:
    """A few plain words for a file that is no image. head: its first bytes (512 are enough)."""
    name = path.rsplit("/", 1)[-1].lower()
    if not head:
        return "an empty file"
    if name in _LEFT_BEHIND or head.startswith(b"\x00\x05\x16\x07"):  # the last: what a Mac puts beside each file
        return "a file that a computer left behind"
    if is_index_name(path) and (head[128:132] == b"DICM" or name.startswith("dicomdir")):
        return "the disc's index (DICOMDIR)"
    return _by_bytes(head, name) or _by_text(head, name) or "another kind of file"


def is_index_name(path: str) -> bool:
    """Whether this is how a DICOMDIR is called (PS3.10 8.6), whatever burner wrote the name."""
    name = path.rsplit("/", 1)[-1].upper().split(";")[0].rstrip(". ")
    return name in ("DICOMDIR", "DICOMDIR.DCM")


def _by_bytes(head: bytes, name: str) -> str | None:
    for magic, label in _PICTURES:
        if head.startswith(magic) and (label != "BMP" or name.endswith((".bmp", ".dib"))):
            return f"a picture ({label})"
    if head.startswith(_TIFF):
        return "a picture (TIFF)"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "a picture (WebP)"
    if head.startswith(b"\x00\x00\x01\x00") and name.endswith(".ico"):
        return "a picture (icon)"
    if head[:4] == b"RIFF" or head[4:8] == b"ftyp" or head.startswith((b"\x00\x00\x01\xba", b"0&\xb2u\x8ef\xcf\x11")):
        return "a film or sound recording"
    if b"%PDF-" in head[:1024]:
        return "a PDF document"
    if head.startswith(b"{\\rtf"):
        return "a text document (RTF)"
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        return "an office document" if name.endswith((".doc", ".xls", ".ppt")) else "part of a viewer program"
    if head.startswith(b"PK\x03\x04"):
        if name.endswith((".docx", ".odt", ".xlsx", ".pptx")):
            return "an office document"
        return "part of a viewer program" if name.endswith(".jar") else "an archive (ZIP)"
    if head.startswith((b"7z\xbc\xaf", b"Rar!", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"MSCF")):
        return "an archive"
    if head.startswith(b"MZ"):
        return "a viewer program (Windows)"
    if head.startswith(_MAC):
        return "a viewer program (Mac)"
    if head.startswith(b"\x7fELF"):
        return "a viewer program (Linux)"
    return None


def _by_text(head: bytes, name: str) -> str | None:
    text = _as_text(head)
    if text is None:
        return None
    start = text.lstrip("\ufeff \t\r\n").lower()
    if name == "autorun.inf" or start.startswith("[autorun"):
        return "a file that starts a viewer program"
    if start.startswith(("<!doctype html", "<html")) or name.endswith((".htm", ".html", ".xhtml")):
        return "a web page"
    if "<clinicaldocument" in start:
        return "a clinical document (CDA)"
    if start.startswith("<?xml") or name.endswith(".xml"):
        return "an XML file"
    if name.endswith((".js", ".css", ".json", ".ini", ".bat", ".cmd", ".sh", ".vbs", ".config")):
        return "part of a viewer program"
    return "a text file"


def _as_text(head: bytes) -> str | None:
    for mark, encoding in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"), (b"\xef\xbb\xbf", "utf-8")):
        if head.startswith(mark):
            return head.decode(encoding, "ignore")
    if b"\x00" in head:
        return None
    strange = len(head.translate(None, _TEXT_BYTES))
    high = sum(byte >= 0x80 for byte in head)
    if strange - high > len(head) // 50:  # controls are rare in text; letters of other alphabets are not
        return None
    return head.decode("latin-1")


def looks_like_report(head: bytes, path: str) -> bool:
    """Whether this may be a report that somebody wrote about the images: a document outside the viewer's folders."""
    *folders, name = path.split("/")
    if any(_VIEWER_FOLDER.search(folder) for folder in folders) or _NOT_A_REPORT.match(name):
        return False
    kind = what_is(head, path)
    if kind in ("a PDF document", "a text document (RTF)", "an office document", "a clinical document (CDA)"):
        return True
    return kind in ("a web page", "a text file", "an XML file") and name.lower().endswith(_DOCUMENTS)
