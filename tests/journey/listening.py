"""What goes wrong on a page while a journey is made on it."""

from playwright.sync_api import Page


def heard_on(page: Page) -> list[str]:
    """Grows by each error of a page, and by what its content policy refuses."""
    heard: list[str] = []
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on("console", lambda line: heard.append(line.text) if "Content Security Policy" in line.text else None)
    return heard
