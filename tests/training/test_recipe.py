import pytest

from training.recipe import Recipe, best_of, is_stalled, next_rate


def history(*aucs: float) -> list[dict]:
    return [{"epoch": place, "val_auc": auc} for place, auc in enumerate(aucs, start=1)]


def recipe(**fields) -> Recipe:
    return Recipe("baseline", **{"learning_rate": 0.1, "epochs": 10} | fields)


def test_the_best_epoch_is_the_first_of_the_highest_auc():
    assert best_of(history(0.8, 0.9, 0.588, 0.9)) == 2


def test_a_constant_rate_stays():
    assert [next_rate(recipe(), history(*[0.5] * done)) for done in (0, 9)] == [0.1, 0.1]


def test_a_cosine_falls_from_the_whole_rate_to_a_hundredth():
    rates = [next_rate(recipe(schedule="cosine"), history(*[0.5] * done)) for done in range(11)]
    assert rates[0] == 0.1
    assert rates[5] == pytest.approx(0.1 * (0.01 + 0.99 / 2))
    assert rates[10] == pytest.approx(0.001)
    assert rates == sorted(rates, reverse=True)


@pytest.mark.parametrize(
    ("aucs", "rate"),
    [
        ((), 0.1),
        ((0.8, 0.7), 0.1),
        ((0.8, 0.7, 0.8), 0.05),
        ((0.8, 0.7, 0.7, 0.7, 0.7), 0.025),
        ((0.8, 0.7, 0.9, 0.7), 0.1),
    ],
)
def test_on_a_plateau_the_rate_is_halved_after_two_epochs_without_a_better_auc(aucs, rate):
    assert next_rate(recipe(schedule="plateau"), history(*aucs)) == pytest.approx(rate)


def test_a_fitting_without_patience_never_stalls():
    assert not is_stalled(recipe(), history(0.9, *[0.5] * 9))


def test_a_fitting_stalls_once_its_patience_is_over():
    patient = recipe(patience=2)
    assert not is_stalled(patient, [])
    assert not is_stalled(patient, history(0.9, 0.8))
    assert is_stalled(patient, history(0.9, 0.8, 0.8))


def test_epochs_of_the_head_alone_cost_no_patience():
    patient = recipe(patience=2, frozen_epochs=3)
    assert not is_stalled(patient, history(0.9, 0.8, 0.8))
    assert not is_stalled(patient, history(0.9, 0.8, 0.8, 0.8))
    assert is_stalled(patient, history(0.9, 0.8, 0.8, 0.8, 0.8))
