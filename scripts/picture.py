"""Takes docs/images/ticket.png, the picture of the README: `.venv/bin/python scripts/picture.py`."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "docs" / "images" / "ticket.png"
READY = "Ready: "


def take(page: Page, url: str) -> None:
    page.goto(f"{url}/login")
    page.get_by_label("E-mail").fill("emma@supportflow.example")
    page.get_by_label("Password").fill("welcome-to-the-desk")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{url}/tickets")
    page.goto(f"{url}/tickets/T-0004")
    page.locator("#other-tickets > *").wait_for()
    page.screenshot(path=PICTURE)


def main() -> None:
    PICTURE.parent.mkdir(exist_ok=True)
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as data:
        command = [sys.executable, "-m", "supportflow", "serve", "--port", "0", "--data", data]
        environment = {**os.environ, "SMTP_LISTEN": ""}
        with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as desk:
            try:
                url = next(line for line in desk.stdout or () if line.startswith(READY)).removeprefix(READY).strip()
                with sync_playwright() as playwright:
                    chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
                    size = {"width": 1440, "height": 900}
                    take(chromium.new_page(viewport=size, color_scheme="light", reduced_motion="reduce"), url)  # type: ignore[arg-type]
                    chromium.close()
            finally:
                desk.terminate()


if __name__ == "__main__":
    main()
