import numpy as np
import pytest

from training.rules import Rules, SamplingError
from training.splitting import Patient, loose_spelling, one_spelling, split_patients


def ward(tumour, normal, **fields):
    """So many patients with tumour (t0, t1, ...) and without (n0, n1, ...), alike but for that."""
    with_tumour = {f"t{i}": Patient(100, 300, **fields) for i in range(tumour)}
    return with_tumour | {f"n{i}": Patient(0, 400, **fields) for i in range(normal)}


def members(found, side):
    return sorted(name for name, own in found.items() if own == side)


def test_the_split_is_near_the_share_asked_for():
    held_out = members(split_patients(ward(5, 5), Rules(seed=3)), "validation")
    assert [name[0] for name in held_out] == ["n", "t"]


def test_every_patient_is_in_exactly_one_fold_and_every_fold_holds_both_kinds():
    found = split_patients(ward(7, 9), Rules(folds=5))
    assert sorted(found) == sorted(ward(7, 9))
    for fold in range(5):
        kinds = [name[0] for name in members(found, f"fold-{fold}")]
        assert 1 <= kinds.count("t") <= 2 and 1 <= kinds.count("n") <= 2


def test_a_test_set_is_kept_apart_from_the_folds():
    found = split_patients(ward(8, 8), Rules(folds=3, test_share=0.25))
    assert [name[0] for name in members(found, "test")] == ["n", "n", "t", "t"]
    assert set(found.values()) == {"test", "fold-0", "fold-1", "fold-2"}


def test_scanners_are_spread_over_the_sides():
    patients = {
        f"{kind}{i}": Patient(100 * (kind == "t"), 200, frozenset({"AB"[i % 2]}))
        for kind in "tn"
        for i in range(8)
    }
    for seed in range(6):
        found = split_patients(patients, Rules(validation_share=0.25, seed=seed))
        scanners = [next(iter(patients[name].scanners)) for name in members(found, "validation")]
        assert sorted(scanners) == ["A", "A", "B", "B"]


def test_whoever_was_on_a_side_before_stays_there():
    before = split_patients(ward(6, 6), Rules(test_share=0.2, seed=1))
    more = ward(9, 9)
    after = split_patients(more, Rules(test_share=0.2, seed=2), kept=before)
    assert {name: after[name] for name in before} == before
    assert set(after) == set(more)


def test_sides_that_are_not_asked_for_now_are_refused():
    with pytest.raises(SamplingError, match="ask for the same shares and folds") as refused:
        split_patients(ward(4, 4), Rules(), kept={"T0": "fold-1"})
    assert refused.value.code == "other_sides"


def test_the_seed_decides():
    one, two = (split_patients(ward(9, 9), Rules(seed=4)) for _ in "ab")
    assert one == two
    assert any(split_patients(ward(9, 9), Rules(seed=seed)) != one for seed in range(5))


@pytest.mark.parametrize(
    ("tumour", "normal", "rules", "said"),
    [
        (2, 3, {"test_share": 0.2}, "2 patients have tumour patches, too few for training,"),
        (3, 3, {"folds": 5}, "3 patients have tumour patches, too few for 5 folds"),
        (3, 3, {"folds": 3, "test_share": 0.2}, "too few for test and 3 folds"),
    ],
)
def test_too_few_patients_for_the_sides_are_refused_in_words(tumour, normal, rules, said):
    with pytest.raises(SamplingError, match=said) as refused:
        split_patients(ward(tumour, normal), Rules(**rules))
    assert "add patients" in str(refused.value)


def test_names_that_differ_in_case_and_blanks_only_are_one():
    assert one_spelling({1: "Ann", 2: "ann ", 3: "Bea"}) == {1: "ann ", 2: "ann ", 3: "Bea"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("P-007", "p007"),
        ("P 7", "P-007"),
        ("Lee, Ann", "ann_lee"),
        ("M\u00fcller", "MULLER"),
        ("patient_D01", "Patient D1"),
        ("---", "---"),
    ],
)
def test_spellings_of_one_patient_are_alike(one, other):
    assert loose_spelling(one) == loose_spelling(other)


@pytest.mark.parametrize(
    ("one", "other"), [("1-23", "12-3"), ("P1", "P10"), ("tumor_001", "normal_001"), ("-", "+")]
)
def test_names_of_two_patients_are_not(one, other):
    assert loose_spelling(one) != loose_spelling(other)


def test_a_side_never_lacks_a_class():
    rng = np.random.default_rng(0)
    for seed in range(20):
        patients = {
            f"p{i}": Patient(int(rng.integers(0, 50)) * int(i < 6), int(rng.integers(1, 90)))
            for i in range(12)
        }
        if sum(patient.tumour > 0 for patient in patients.values()) < 2:
            continue
        found = split_patients(patients, Rules(seed=seed))
        for side in ("training", "validation"):
            assert sum(patients[name].tumour for name in members(found, side)) > 0
