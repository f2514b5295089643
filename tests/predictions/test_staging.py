import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from predictions.staging import (
    NODE_CLASSES,
    STAGES,
    kappa_figure,
    node_class,
    patient_stage,
    quadratic_kappa,
)


@pytest.mark.parametrize(
    ("nodes", "stage"),
    [
        ("negative negative negative negative negative", "pN0"),
        ("itc negative itc negative negative", "pN0(i+)"),
        ("micro itc negative negative negative", "pN1mi"),
        ("macro negative negative negative negative", "pN1"),
        ("macro micro micro negative itc", "pN1"),
        ("macro micro micro micro negative", "pN2"),
        ("macro macro macro macro macro", "pN2"),
    ],
)
def test_stages(nodes, stage):
    assert patient_stage(nodes.split()) == stage


def test_five_micro_nodes_without_a_macro_one_stay_pn1mi():
    assert patient_stage(["micro"] * 5) == "pN1mi"


def test_a_node_of_isolated_tumour_cells_is_not_positive():
    """Four positive nodes make pN2; three and an ITC node do not."""
    assert patient_stage(["macro", "micro", "micro", "itc", "itc"]) == "pN1"


def test_every_combination_of_five_nodes_has_a_stage_and_a_worse_node_never_a_better_stage():
    rank = {stage: index for index, stage in enumerate(STAGES)}
    for nodes in itertools.combinations_with_replacement(NODE_CLASSES, 5):
        for index, node in enumerate(nodes):
            for worse in NODE_CLASSES[NODE_CLASSES.index(node) + 1 :]:
                changed = [*nodes[:index], worse, *nodes[index + 1 :]]
                assert rank[patient_stage(changed)] >= rank[patient_stage(nodes)]


def test_unknown_classes_and_no_nodes_are_refused():
    with pytest.raises(ValueError, match="got \\['tiny'\\]"):
        patient_stage(["macro", "tiny"])
    with pytest.raises(ValueError, match="got none"):
        patient_stage([])


def test_a_node_is_as_its_largest_lesion():
    assert node_class(["itc", "macro", "micro"]) == "macro"
    assert node_class([]) == "negative"


@given(st.lists(st.tuples(st.sampled_from(STAGES), st.sampled_from(STAGES)), min_size=1))
def test_kappa_is_that_of_scikit_learn_over_the_order_of_stages(pairs):
    from sklearn.metrics import cohen_kappa_score

    truth, said = (list(side) for side in zip(*pairs, strict=True))
    found = quadratic_kappa(truth, said)
    if len(set(truth + said)) == 1:
        assert found is None  # scikit-learn gives NaN
        return
    ranks = [[STAGES.index(stage) for stage in side] for side in (truth, said)]
    expected = cohen_kappa_score(*ranks, weights="quadratic", labels=list(range(5)))
    assert found == pytest.approx(expected, abs=1e-12)


def test_a_miss_by_far_weighs_more_than_a_near_one():
    truth = ["pN0", "pN0", "pN2", "pN1"]
    assert quadratic_kappa(truth, ["pN0", "pN0(i+)", "pN2", "pN1"]) > quadratic_kappa(
        truth, ["pN0", "pN2", "pN2", "pN1"]
    )


def test_kappa_has_an_interval_over_patients_and_its_n():
    truth = list(STAGES) * 20
    said = [*STAGES[1:], STAGES[0]] * 4 + list(STAGES) * 16
    figure = kappa_figure(truth, said, draws=200)
    assert figure["low"] < figure["value"] < figure["high"]
    assert (figure["n"], figure["unit"]) == (100, "patients")


def test_kappa_that_does_not_exist_has_a_reason():
    assert "one and the same" in kappa_figure(["pN0"] * 3, ["pN0"] * 3)["reason"]
    assert "no patient" in kappa_figure([], [])["reason"]


def test_an_unknown_stage_is_refused():
    with pytest.raises(ValueError, match="got 'pN3'"):
        quadratic_kappa(["pN3"], ["pN0"])
