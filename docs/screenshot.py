"""Take the picture of the explorer page for the README again: ``python docs/screenshot.py``.

It needs selenium and a Chromium with its driver; fonts differ between machines, and so does
the picture.
"""

import shutil
import tempfile
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from demos.vanishing_gradient import two_neurons
from viz import explorer

STEPS_BACK = 6  # from the end, where everything is computed


def main() -> None:
    """Open the page of the two neurons, step back a little, and take a picture."""
    options = webdriver.ChromeOptions()
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"):
        options.add_argument(argument)
    options.add_argument("--force-device-scale-factor=1.5")
    # told where the driver is, selenium does not look for one on the network
    service = webdriver.ChromeService(shutil.which("chromedriver"))
    with (
        tempfile.TemporaryDirectory() as folder,
        webdriver.Chrome(options=options, service=service) as browser,
    ):
        page = explorer(two_neurons("sigmoid").E, Path(folder) / "two_neurons.html")
        browser.set_window_size(1280, 960)
        browser.get(page.resolve().as_uri())
        body = browser.find_element(By.TAG_NAME, "body")
        for _ in range(STEPS_BACK):
            body.send_keys(Keys.ARROW_LEFT)
        browser.save_screenshot(str(Path(__file__).with_name("explorer.png")))


if __name__ == "__main__":
    main()
