"""An instructor grades by hand in JupyterLab, in a real browser, and nothing of it is lost."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from nbgrader.api import Gradebook

from tests.conftest import hand_in, run

#: Milliseconds until something that should appear counts as missing.
PATIENCE = 60_000
COMMENT = "Well put; say what padding does at a corner, too."


@pytest.fixture
def lab(forward_course: Path, tmp_path: Path) -> Iterator[tuple[Path, str, str]]:
    """JupyterLab in a course with one graded submission: folder, address and token."""
    course = tmp_path / "course"
    shutil.copytree(forward_course, course)
    hand_in(course, "ada", "loops")
    run(course, "python", "-m", "autograder", "grade", "forward")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = secrets.token_hex(16)
    own = {
        name: str(tmp_path / name)
        for name in ("HOME", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")
    }
    for folder in own.values():
        Path(folder).mkdir()
    with (tmp_path / "lab.log").open("w") as log:
        server = subprocess.Popen(
            [
                *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
                *(f"--port={port}", "--ServerApp.port_retries=0", "--ip=127.0.0.1"),
                f"--IdentityProvider.token={token}",
                "--LabApp.news_url=",
                "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
            ],
            cwd=course,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, **own},
            start_new_session=True,
        )
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for(f"{address}/api?token={token}", server, tmp_path / "lab.log")
        yield course, address, token
    finally:
        end(server)


def wait_for(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until a server answers."""
    until = time.monotonic() + PATIENCE / 1000
    while True:
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except (urllib.error.URLError, OSError):
            if server.poll() is not None or time.monotonic() > until:
                pytest.fail(f"JupyterLab did not start:\n{log.read_text()[-3000:]}")
            time.sleep(0.1)


def end(server: subprocess.Popen[bytes]) -> None:
    """End a server, and what it started."""
    for how in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(server.pid, how)
        except ProcessLookupError:
            return
        try:
            server.wait(15)
        except subprocess.TimeoutExpired:
            continue


def by_hand(course: Path) -> tuple[float, str]:
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}", "pooling") as gradebook:
        cell = ("written-padding", "forward", "forward", "ada")
        grade, comment = gradebook.find_grade(*cell), gradebook.find_comment(*cell)
        return grade.manual_score, comment.manual_comment


def test_a_grade_and_a_comment_by_hand_survive(lab: tuple[Path, str, str], browser: Any) -> None:
    course, address, token = lab
    page = browser.new_page(viewport={"width": 1300, "height": 1000})
    page.set_default_timeout(PATIENCE)
    # nbgrader's pages ask other hosts for MathJax; whether they answer is nothing to wait for.
    page.route(re.compile(r"https?://(?!127\.0\.0\.1)"), lambda route: route.abort())
    page.goto(f"{address}/lab?token={token}")

    # In JupyterLab's menu, as the instructions say.
    page.locator(".lm-MenuBar-itemLabel", has_text="Nbgrader").click()
    page.locator(".lm-Menu").get_by_text("Formgrader", exact=True).click()
    frame = page.wait_for_selector("iframe[src*=formgrader]").content_frame()

    # By hand, through the pages.
    frame.get_by_role("link", name="Manual Grading").click()
    frame.get_by_role("link", name="forward", exact=True).click()
    frame.wait_for_url("**/gradebook/forward")
    frame.get_by_role("link", name="forward", exact=True).last.click()
    frame.wait_for_url("**/gradebook/forward/forward")
    frame.get_by_role("link", name="Submission #1").locator("visible=true").click()
    frame.wait_for_url("**/submissions/**")
    submission = frame.url
    # The page fills its fields when it has asked for them.
    frame.locator("#written-padding.needs_manual_grade").wait_for()
    frame.locator("#written-padding-comment[placeholder]").wait_for()
    for field, text, what in (
        ("#written-padding", "3.5", "grade"),
        ("#written-padding-comment", COMMENT, "comment"),
    ):
        with page.expect_response(
            lambda answer, what=what: (
                f"/formgrader/api/{what}/" in answer.url and answer.request.method == "PUT"
            )
        ) as saved:
            frame.locator(field).fill(text)
            frame.locator(field).blur()
        assert saved.value.ok
    assert by_hand(course) == (3.5, COMMENT)

    # Graded again by the page's button, then by the command.
    frame.goto(f"{address}/formgrader/manage_submissions/forward")
    frame.locator("td.autograde a").click()
    frame.get_by_text("Successfully autograded 'forward' for student 'ada'.").wait_for()
    assert by_hand(course) == (3.5, COMMENT)
    run(course, "python", "-m", "autograder", "grade", "forward", "--force")
    assert by_hand(course) == (3.5, COMMENT)
    frame.goto(submission)
    frame.wait_for_function("document.getElementById('written-padding').value === '3.5'")
    frame.wait_for_function(
        "text => document.getElementById('written-padding-comment').value === text", arg=COMMENT
    )

    # What the student reads.
    frame.goto(f"{address}/formgrader/manage_submissions/forward")
    frame.locator("td.generate-feedback a").click()
    frame.get_by_text("Successfully generated feedback for 'forward' for student 'ada'.").wait_for()
    page.goto((course / "feedback" / "ada" / "forward" / "forward.html").as_uri())
    text = page.locator("body").inner_text()
    assert "(Score: 39.5 / 40.0)" in text
    assert COMMENT in text
