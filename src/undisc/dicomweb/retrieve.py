"""Retrieving (WADO-RS, PS3.18 10.4)."""

from fastapi import APIRouter

from undisc.dicomweb.services import DicomwebServices


def add_routes(router: APIRouter, services: DicomwebServices) -> None:
    """Add the routes to the door's router."""
