"""Keeps pynetdicom from writing down what passes through it: its log lines show whole data sets, patients included."""

import logging
import warnings

from pydicom import config as pydicom_config
from pynetdicom import _config


def keep_quiet() -> None:
    """Call once before any association; no line of pynetdicom's is written afterwards, at whatever level."""
    _config.LOG_HANDLER_LEVEL = "none"
    _config.LOG_REQUEST_IDENTIFIERS = False
    _config.LOG_RESPONSE_IDENTIFIERS = False
    logger = logging.getLogger("pynetdicom")
    logger.disabled = True
    logger.propagate = False
    for name, other in logging.root.manager.loggerDict.items():
        if name.startswith("pynetdicom.") and isinstance(other, logging.Logger):
            other.disabled = True
    # pydicom quotes the values that it finds fault with; what others wrote is passed on as they wrote it.
    logging.getLogger("pydicom").setLevel(logging.CRITICAL)
    warnings.filterwarnings("ignore", module=r"(pydicom|pynetdicom)(\.|$)")
    pydicom_config.settings.reading_validation_mode = pydicom_config.IGNORE
    pydicom_config.settings.writing_validation_mode = pydicom_config.IGNORE
