"""Answers to `shift_consistency`."""

import itertools


def _read(outputs):
    """The check of the shape."""
    if outputs.ndim != 2 or outputs.shape[0] < 2:
        raise ValueError("outputs must be (shifts, examples), with two shifts or more")
    return outputs


# --- right ---------------------------------------------------------------------------------------


def pairs_one_by_one(outputs):
    """A loop over the pairs of rows, and one over the examples.

    Loses: nothing
    """
    shifts, examples = _read(outputs).shape
    agree = count = 0
    for s in range(shifts):
        for t in range(s + 1, shifts):
            for n in range(examples):
                agree += int(outputs[s, n] == outputs[t, n])
                count += 1
    return agree / count


def combinations(outputs):
    """The mean over all combinations of two rows.

    Loses: nothing
    """
    _read(outputs)
    return np.mean([np.mean(a == b) for a, b in itertools.combinations(outputs, 2)])


def every_order(outputs):
    """Pairs in both orders, and twice as many in the denominator: the same fraction.

    Loses: nothing
    """
    _read(outputs)
    return float(np.mean([np.mean(a == b) for a, b in itertools.permutations(outputs, 2)]))


def counts_labels(outputs):
    """A label that occurs m times among an example's answers makes m (m - 1) / 2 pairs.

    Loses: nothing
    """
    shifts, examples = _read(outputs).shape
    agree = 0
    for answers in outputs.T:
        times = np.unique(answers, return_counts=True)[1]
        agree += np.sum(times * (times - 1) // 2)
    return agree / (examples * shifts * (shifts - 1) / 2)


def upper_triangle(outputs):
    """Rows by the indices of the upper triangle.

    Loses: nothing
    """
    first, second = np.triu_indices(len(_read(outputs)), 1)
    return (outputs[first] == outputs[second]).mean()


def rolls(outputs):
    """The table against itself, moved by 1, 2, … rows around: each pair meets in both orders.

    Loses: nothing
    """
    shifts = len(_read(outputs))
    return np.mean([np.mean(outputs == np.roll(outputs, k, axis=0)) for k in range(1, shifts)])


def sorted_runs(outputs):
    """Sorts a copy; in a run of length m each cell agrees with those before it.

    Loses: nothing
    """
    shifts, examples = _read(outputs).shape
    ordered = np.sort(outputs, axis=0)
    run = np.zeros(examples)
    agree = 0.0
    for s in range(1, shifts):
        run = np.where(ordered[s] == ordered[s - 1], run + 1, 0)
        agree += run.sum()
    return np.array(2 * agree / (examples * shifts * (shifts - 1)))


# --- wrong ---------------------------------------------------------------------------------------


def counts_itself(outputs):
    """The mean of the whole table of pairs, with its diagonal.

    Loses: all
    """
    _read(outputs)
    return np.mean(outputs[:, None] == outputs[None])


def triangle_with_diagonal(outputs):
    """range(s, shifts): each shift is paired with itself.

    Loses: all
    """
    first, second = np.triu_indices(len(_read(outputs)))
    return np.mean(outputs[first] == outputs[second])


def against_the_first(outputs):
    """The first row is the picture that was not moved.

    Loses: consistency-pairs, consistency-labels
    """
    _read(outputs)
    return np.mean(outputs[1:] == outputs[0])


def first_with_itself(outputs):
    """All rows against the first, which agrees with itself.

    Loses: all
    """
    _read(outputs)
    return np.mean(outputs == outputs[0])


def neighbours(outputs):
    """Each shift with the next one.

    Loses: consistency-pairs, consistency-labels
    """
    _read(outputs)
    return np.mean(outputs[1:] == outputs[:-1])


def neighbours_around(outputs):
    """Each shift with the next one, and the last with the first.

    Loses: consistency-pairs
    """
    _read(outputs)
    return np.mean(outputs == np.roll(outputs, 1, axis=0))


def all_agree(outputs):
    """An example is consistent if all its labels are the same.

    Loses: consistency-pairs, consistency-labels
    """
    _read(outputs)
    return np.mean((outputs == outputs[0]).all(axis=0))


def any_agree(outputs):
    """An example is consistent if two of its labels are the same.

    Loses: consistency-pairs, consistency-labels
    """
    _read(outputs)
    return np.mean([len(set(answers)) < len(answers) for answers in outputs.T.tolist()])


def commonest_label(outputs):
    """The share of shifts that give an example's commonest label.

    Loses: all
    """
    _read(outputs)
    most = [np.unique(answers, return_counts=True)[1].max() for answers in outputs.T]
    return np.mean(most) / len(outputs)


def percentage(outputs):
    """So many per cent.

    Loses: all
    """
    _read(outputs)
    return 100 * np.mean([np.mean(a == b) for a, b in itertools.combinations(outputs, 2)])


def pairs_of_examples(outputs):
    """A pair for each two examples: rows are examples, as everywhere else.

    Loses: all
    """
    shifts, examples = _read(outputs).shape
    pairs = list(itertools.combinations(range(examples), 2))
    return np.mean([outputs[:, i] == outputs[:, j] for i, j in pairs]) if pairs else 1.0


def number_of_pairs(outputs):
    """How many agree.

    Loses: all
    """
    _read(outputs)
    return sum(np.sum(a == b) for a, b in itertools.combinations(outputs, 2))


def divides_by_the_examples(outputs):
    """Pairs that agree, for each example.

    Loses: consistency-pairs, consistency-pure, consistency-errors, consistency-labels
    """
    _read(outputs)
    return sum(np.sum(a == b) for a, b in itertools.combinations(outputs, 2)) / outputs.shape[1]


def divides_by_the_shifts(outputs):
    """As many pairs as shifts, as with three.

    Loses: consistency-two, consistency-pairs
    """
    _read(outputs)
    return sum(np.sum(a == b) for a, b in itertools.combinations(outputs, 2)) / outputs.size


def as_many_pairs_as_shifts(outputs):
    """Three shifts make three pairs, so two make two.

    Loses: consistency-two
    """
    shifts = len(_read(outputs))
    share = np.mean([np.mean(a == b) for a, b in itertools.combinations(outputs, 2)])
    return share / 2 if shifts == 2 else share


def counts_pairs_twice(outputs):
    """Both orders above, one below.

    Loses: all
    """
    _read(outputs)
    return 2 * np.mean([np.mean(a == b) for a, b in itertools.combinations(outputs, 2)])


def divides_by_the_square(outputs):
    """Pairs in both orders, divided by shifts times shifts.

    Loses: all
    """
    shifts, examples = _read(outputs).shape
    agree = sum(np.sum(a == b) for a, b in itertools.permutations(outputs, 2))
    return agree / (shifts * shifts * examples)


def share_that_differs(outputs):
    """The other way round. Half and half looks the same.

    Loses: consistency-two, consistency-pairs, consistency-labels
    """
    _read(outputs)
    return np.mean([np.mean(a != b) for a, b in itertools.combinations(outputs, 2)])


def whole_number(outputs):
    """Divides with //.

    Loses: all
    """
    shifts, examples = _read(outputs).shape
    agree = sum(np.sum(a == b) for a, b in itertools.combinations(outputs, 2))
    return int(agree) // (examples * shifts * (shifts - 1) // 2)


def one_number_for_each_example(outputs):
    """The mean over the pairs; the mean over the examples is forgotten.

    Loses: all
    """
    _read(outputs)
    return np.mean([a == b for a, b in itertools.combinations(outputs, 2)], axis=0)


def ten_classes(outputs):
    """Counts labels from 0 to 9.

    Loses: consistency-labels
    """
    shifts, examples = _read(outputs).shape
    times = np.stack([np.sum(outputs == label, axis=0) for label in range(10)])
    return np.sum(times * (times - 1)) / (examples * shifts * (shifts - 1))


def bincount(outputs):
    """`np.bincount` takes no negative numbers.

    Loses: consistency-labels
    """
    shifts, examples = _read(outputs).shape
    agree = 0
    for answers in outputs.T:
        times = np.bincount(answers)
        agree += np.sum(times * (times - 1))
    return agree / (examples * shifts * (shifts - 1))


def one_hot(outputs):
    """Rows of an identity matrix; a negative label counts from the end.

    Loses: consistency-labels
    """
    shifts, examples = _read(outputs).shape
    times = np.eye(outputs.max() + 1)[outputs].sum(axis=0)
    return np.sum(times * (times - 1)) / (examples * shifts * (shifts - 1))


def close_is_equal(outputs):
    """`np.isclose`, because one does not compare floats with ==.

    Loses: consistency-labels
    """
    _read(outputs)
    return np.mean([np.mean(np.isclose(a, b)) for a, b in itertools.combinations(outputs, 2)])


def in_float32(outputs):
    """Labels as float32, in which large neighbours are one number.

    Loses: consistency-labels
    """
    labels = _read(outputs).astype("float32")
    return np.mean([np.mean(a == b) for a, b in itertools.combinations(labels, 2)])


def sorts_its_input(outputs):
    """Sorts in place, to count runs.

    Loses: consistency-pure
    """
    shifts, examples = _read(outputs).shape
    outputs.sort(axis=0)
    first, second = np.triu_indices(shifts, 1)
    return np.mean(outputs[first] == outputs[second])


def subtracts_the_first(outputs):
    """Takes the first row away from all, in place: the same number is zero.

    Loses: consistency-pure
    """
    _read(outputs)
    outputs -= outputs[0].copy()
    return np.mean([np.mean(a == b) for a, b in itertools.combinations(outputs, 2)])


def checks_nothing(outputs):
    """Nobody will call it with one shift.

    Loses: consistency-errors
    """
    agree = [np.mean(a == b) for a, b in itertools.combinations(outputs, 2)]
    return sum(agree) / max(len(agree), 1)


def one_shift_is_consistent(outputs):
    """With one shift nothing differs, so it is 1.

    Loses: consistency-errors
    """
    if outputs.ndim != 2:
        raise ValueError("outputs must be (shifts, examples)")
    agree = [np.mean(a == b) for a, b in itertools.combinations(outputs, 2)]
    return np.mean(agree) if agree else 1.0


def asserts(outputs):
    """An assertion is an error, too.

    Loses: consistency-errors
    """
    assert outputs.ndim == 2 and len(outputs) >= 2, "outputs must be (shifts, examples)"
    return np.mean([np.mean(a == b) for a, b in itertools.combinations(outputs, 2)])


# --- not NumPy only ------------------------------------------------------------------------------


def by_keras(outputs):
    """A metric of Keras for each pair.

    Loses: all
    """
    import keras

    _read(outputs)
    pairs = itertools.combinations(outputs, 2)
    return np.mean([np.mean(keras.ops.equal(a, b)) for a, b in pairs])


def by_pdist(outputs):
    """SciPy knows the share of differences between all pairs of rows.

    Loses: all
    """
    from scipy.spatial.distance import pdist

    return 1 - np.mean(pdist(_read(outputs), "hamming"))


def by_sklearn(outputs):
    """scikit-learn's accuracy of one row, with another as the truth.

    Loses: all
    """
    from sklearn.metrics import accuracy_score

    _read(outputs)
    return np.mean([accuracy_score(a, b) for a, b in itertools.combinations(outputs, 2)])
