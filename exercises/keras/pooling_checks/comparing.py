"""Function and oracle on one case: what differs, and the smallest case that shows it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .calling import Function, called, results, results_each
from .cases import Case
from .messages import CheckFailed, maps, number, place
from .oracle import Oracle, Results

#: How many smaller cases are tried, to find the smallest that fails.
SHRINKING_STEPS = 150


def agree(received: np.ndarray, expected: np.ndarray, tolerance: float) -> np.ndarray:
    """Cell by cell, whether two arrays of one shape agree. NaN and infinity agree with nothing."""
    with np.errstate(invalid="ignore"):
        gap = np.abs(received.astype("float64") - expected.astype("float64"))
    return gap <= tolerance


def _match(received: Results, other: Results, tolerance: float) -> bool:
    return all(
        left.shape == right.shape and bool(agree(left, right, tolerance).all())
        for left, right in zip(received, other, strict=True)
    )


def _hint(function: Function, oracle: Oracle, case: Case, received: Results) -> str:
    """A line that names the mistake, or else says what can be seen of it; may be empty."""
    sentence = _mistake(function, oracle, case, received) or oracle.remark(case, received)
    return f"\n  hint      {sentence}" if sentence else ""


def _mistake(function: Function, oracle: Oracle, case: Case, received: Results) -> str:
    """A sentence that names the mistake, if it explains this case and a larger one as well.

    One case alone proves little: of a single output cell, many mistakes give the same number.
    """
    probe = oracle.another(case)
    if probe is None:
        return ""
    try:
        again = results(function, oracle, probe)
    except CheckFailed:
        return ""
    confirmed = zip(oracle.mistakes(case), oracle.mistakes(probe), strict=False)
    for (answer, sentence), (larger_answer, same_sentence) in confirmed:
        if (
            sentence == same_sentence
            and _match(received, answer, oracle.tolerance(case))
            and _match(again, larger_answer, oracle.tolerance(probe))
        ):
            return sentence
    return ""


def _form(values: np.ndarray, oracle: Oracle) -> str:
    return number(values) if oracle.number else f"shape {values.shape}, {values.dtype}"


def compare(function: Function, oracle: Oracle, case: Case) -> None:
    """Raise `CheckFailed` unless the function's shapes and values are the oracle's."""
    expected = oracle.right(case)
    received = results(function, oracle, case)
    tolerance = oracle.tolerance(case)
    for name, wanted, got in zip(oracle.results, expected, received, strict=True):
        role = f" ({name})" if len(oracle.results) > 1 else ""
        head = (
            f"{called(function)} does not agree with {oracle.name}.\n\n"
            f"  case      {case}\n"
            f"  expected  {_form(wanted, oracle)}{role}\n"
            f"  received  {_form(got, oracle)}{role}"
        )
        if got.shape != wanted.shape:
            raise CheckFailed(
                f"{head}\n  first difference: the shape" + _hint(function, oracle, case, received)
            )
        good = agree(got, wanted, tolerance)
        if good.all():
            continue
        index = tuple(int(i) for i in np.argwhere(~good)[0])
        lines = [head]
        if not oracle.number:
            if wanted.ndim == 4:
                b, c = index[0], index[-1]
                lines.append(maps(wanted[b, :, :, c], got[b, :, :, c], ~good[b, :, :, c]))
            lines.append(
                f"  first difference at {name}{place(index)}: "
                f"expected {number(wanted[index])}, received {number(got[index])}"
            )
        lines.append(oracle.explain(case, index))
        text = "\n".join(line for line in lines if line)
        raise CheckFailed(text + _hint(function, oracle, case, received))


def failure(function: Function, oracle: Oracle, case: Case) -> str:
    """In what way the function fails the case; nothing if it passes."""
    return _failure(oracle, case, results_each(function, oracle, [case]))


def _failure(oracle: Oracle, case: Case, received_next: Iterator[Results]) -> str:
    """In what way the next result, which is the case's, fails it; nothing if it passes."""
    try:
        received = next(received_next)
    except CheckFailed as failed:
        return str(failed).partition("\n")[0]
    expected = oracle.right(case)
    if [a.shape for a in received] != [a.shape for a in expected]:
        return "shape"
    return "" if _match(received, expected, oracle.tolerance(case)) else "values"


def shrunk(function: Function, oracle: Oracle, case: Case) -> Case:
    """The smallest case found that fails as `case` does, by steps that each go on failing."""
    way = failure(function, oracle, case)
    steps = iter(range(SHRINKING_STEPS))
    candidates = oracle.smaller(case)
    while (smaller := next(candidates, None)) is not None and next(steps, None) is not None:
        if failure(function, oracle, smaller) == way:
            case, candidates = smaller, oracle.smaller(smaller)
    simple = oracle.simplest(case)
    return simple if failure(function, oracle, simple) == way else case


def compare_all(function: Function, oracle: Oracle, cases: list[Case]) -> None:
    """`compare` on every case; a case that fails is made as small as it can be.

    Raises
    ------
    CheckFailed
        For the smallest case found that differs.
    """
    left = cases
    while left:
        received = results_each(function, oracle, left)
        wrong = next((n for n, case in enumerate(left) if _failure(oracle, case, received)), None)
        if wrong is None:
            return
        compare(function, oracle, shrunk(function, oracle, left[wrong]))
        compare(function, oracle, left[wrong])
        left = left[wrong + 1 :]  # an answer that is not always the same
