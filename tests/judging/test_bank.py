"""Answers of the bank lose through the judge what they lose in one process, with the same words."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import pytest

from autograder import in_process, pooling_checks
from autograder.judge import is_test
from autograder.pooling_checks import networks, pictures
from autograder.pooling_checks.oracle import Oracle
from tests.bank.bank import Answer, answers, assignment_notebook
from tests.judging.harness import cell, errors, job_of, plain_agent, run_job

#: One right answer of each function that can be forked cheaply, and wrong ones of each sort: by
#: values, shapes, types, purity, errors, libraries.
CHOSEN = {
    "output_size": ["counting", "numpy_ceil", "rounds_valid_up", "checks_nothing", "asks_keras"],
    "max_pool2d": ["as_strided", "pads_with_zeros", "swaps_strides", "overwrites_its_input"],
    "average_pool2d": ["summed_area_table", "always_float64", "by_uniform_filter"],
    "global_max_pool2d": ["flattened", "a_view_of_a_single_pixel", "ignores_keepdims"],
    "global_average_pool2d": ["einsum", "unpacks", "over_the_batch"],
}


def chosen() -> list[Answer]:
    found = [a for a in answers("forward") if a.name in CHOSEN.get(a.function, ())]
    assert len(found) == sum(map(len, CHOSEN.values()))
    return found


@pytest.fixture(scope="module", autouse=True)
def _judging() -> Iterator[None]:
    before = Oracle.memory, networks.memory, pictures.memory
    pooling_checks.begin_judging()
    with in_process._checks_importable():
        yield
    Oracle.memory, networks.memory, pictures.memory = before


@pytest.mark.parametrize("answer", chosen(), ids=str)
def test_an_answer_loses_what_the_bank_states(answer: Answer) -> None:
    notebook = assignment_notebook("forward")
    code = [part for part in notebook.cells if part.cell_type == "code"]
    by_name: dict[str, Any] = {part.metadata["nbgrader"]["grade_id"]: part for part in code}
    set_up = cell(by_name["setup"].source, "setup")
    tests = [cell(by_name[name].source, name, points=1) for name in answer.tests]
    assert all(is_test(by_name[name]) for name in answer.tests)
    job = job_of(set_up, cell(answer.text), *tests, release=[part.source for part in code])
    run = run_job(job, plain_agent("pooling_checks"))
    judged = dict(zip(answer.tests, errors(run)[2:], strict=True))
    assert {name for name, message in judged.items() if message} == answer.loses
    alone = in_process.run_tests(notebook, answer.text, only=answer.tests)
    for name, message in judged.items():
        assert message.removeprefix("CheckFailed: ").strip() == alone[name].message.strip()
