import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

pytestmark = pytest.mark.keras


@pytest.fixture(scope="module")
def feeding():
    from training import feeding

    return feeding


def share(feeding, n=10, *, px=4):
    """Patch i is of one colour, i, but for its top left pixel, so that turns show."""
    packed = np.broadcast_to(np.arange(n, dtype=np.uint8)[:, None, None, None], (n, px, px, 3))
    packed = packed.copy()
    packed[:, 0, 0] = 255
    labels = np.arange(n) % 2 == 1
    return feeding.Share(packed, labels, np.arange(n))


def test_an_epoch_gives_every_patch_once_with_its_own_label(feeding):
    batches = feeding.Batches(share(feeding), batch=5)
    given = [batches[place] for place in range(len(batches))]
    seen = np.concatenate([patches[:, 1, 1, 0] for patches, _ in given])
    labels = np.concatenate([labels[:, 0] for _, labels in given])
    assert sorted(seen.tolist()) == list(range(10))
    np.testing.assert_array_equal(labels, seen % 2)


def test_the_same_seed_epoch_and_place_give_the_same_batch(feeding):
    one, two = (feeding.Batches(share(feeding), batch=5, seed=3) for _ in "ab")
    assert len(one[0][0]) == 5  # asked for in another order
    np.testing.assert_array_equal(one[1][0], two[1][0])
    two.on_epoch_end()
    assert one[1][0].tobytes() != two[1][0].tobytes()


def test_turning_leaves_the_packed_patches_as_they_were(feeding):
    given = share(feeding)
    before = given.packed.copy()
    batches = feeding.Batches(given, batch=5)
    assert any((batches[place][0][:, 0, 0] != 255).any() for place in range(2))
    np.testing.assert_array_equal(given.packed, before)


def test_without_augmentation_patches_come_as_read(feeding):
    patches, _ = feeding.Batches(share(feeding), batch=10, augmentation="none")[0]
    assert (patches[:, 0, 0] == 255).all()


def test_an_unknown_augmentation_is_refused(feeding):
    with pytest.raises(ValueError, match="none, dihedral, stain, colour, hed, full, got 'odd'"):
        feeding.Batches(share(feeding), batch=5, augmentation="odd")


@pytest.mark.parametrize("is_balanced", [True, False])
@pytest.mark.parametrize("augmentation", ["dihedral", "full"])
def test_a_resumed_run_sees_the_batches_it_would_have_seen(feeding, augmentation, is_balanced):
    options = {"batch": 5, "seed": 4, "augmentation": augmentation, "is_balanced": is_balanced}
    one = feeding.Batches(share(feeding, px=16), **options)
    for _ in range(2):
        for place in range(len(one)):
            one[place]
        one.on_epoch_end()
    two = feeding.Batches(share(feeding, px=16), **options, start_epoch=2)
    for place in (1, 0, 1):  # in any order, and again
        for whole, resumed in zip(one[place], two[place], strict=True):
            np.testing.assert_array_equal(whole, resumed)


def test_the_next_epoch_is_begun_before_this_one_is_over(feeding):
    given = share(feeding, 60, px=16)
    given = feeding.Share(given.packed.view(Slow), given.labels, given.indices)
    batches = feeding.Batches(given, batch=3, augmentation="none")
    batches[len(batches) - 1]
    time.sleep(2)  # validation
    batches.on_epoch_end()
    began = time.perf_counter()
    for place in range(feeding.AHEAD):
        batches[place]
    assert time.perf_counter() - began < 0.1


def test_batches_are_the_same_whatever_threads_make_them(feeding):
    batches = feeding.Batches(share(feeding, 60, px=16), batch=5, augmentation="full")
    one_by_one = [batches[place][0].tobytes() for place in range(12)]
    with ThreadPoolExecutor(6) as threads:
        at_once = list(threads.map(lambda place: batches[place][0].tobytes(), range(11, -1, -1)))
    assert at_once[::-1] == one_by_one


def test_batches_are_not_made_for_nobody(feeding):
    given = share(feeding, 60, px=16)
    given = feeding.Share(given.packed.view(Slow), given.labels, given.indices)
    batches = feeding.Batches(given, batch=3, augmentation="none")
    first = batches[0][0]
    batches.forget_coming()
    began = time.process_time()
    time.sleep(0.3)
    assert time.process_time() - began < 0.2
    np.testing.assert_array_equal(batches[0][0], first)


@pytest.mark.parametrize(("batch", "tumour"), [(8, [4, 4, 4]), (5, [3, 2, 3, 2, 3, 2])])
def test_balanced_batches_are_half_tumour(feeding, batch, tumour):
    given = share(feeding, 31)
    given.labels[:] = np.arange(31) < 3
    batches = feeding.Batches(given, batch=batch, augmentation="none", is_balanced=True)
    labels = [batches[place][1].ravel() for place in range(len(batches))]
    assert [int(found.sum()) for found in labels] == tumour
    patches, labels = batches[0]
    np.testing.assert_array_equal(patches[:, 1, 1, 0] < 3, labels.ravel() == 1)


def test_balanced_batches_use_every_patch_of_the_rarer_class_alike(feeding):
    given = share(feeding, 30)
    given.labels[:] = np.arange(30) < 3
    batches = feeding.Batches(given, batch=10, augmentation="none", is_balanced=True)
    seen = np.concatenate([batches[place][0][:, 1, 1, 0] for place in range(3)])
    assert np.bincount(seen)[:3].tolist() == [5, 5, 5]
    assert len(set(seen[seen >= 3])) == 15
    before = seen.tolist()
    batches.on_epoch_end()
    assert np.concatenate([batches[place][0][:, 1, 1, 0] for place in range(3)]).tolist() != before


def test_balanced_batches_of_one_class_are_refused(feeding):
    given = share(feeding)
    given.labels[:] = False
    with pytest.raises(ValueError, match="one is missing"):
        feeding.Batches(given, batch=5, is_balanced=True)


def little_network(kernel=3):
    import keras

    patches = keras.Input((16, 16, 3))
    seen = keras.layers.Conv2D(2, kernel)(patches)
    mean = keras.layers.GlobalAveragePooling2D()(seen)
    model = keras.Model(patches, keras.layers.Dense(1, activation="sigmoid")(mean))
    model.compile(loss="binary_crossentropy")
    return model


class Slow(np.ndarray):
    """Patches on a disk that needs a while for each."""

    def __getitem__(self, one):
        time.sleep(0.04)
        return np.asarray(super().__getitem__(one))


@pytest.mark.parametrize(("is_slow", "low", "high"), [(True, 0.6, 1.0), (False, 0.0, 0.3)])
def test_the_share_of_a_step_spent_waiting_is_measured(feeding, is_slow, low, high):
    given = share(feeding, 60, px=16)
    if is_slow:
        given = feeding.Share(given.packed.view(Slow), given.labels, given.indices)
    batches = feeding.Batches(given, batch=3, augmentation="none")
    model = little_network()
    watch = feeding.WaitWatch(batches)
    steady = feeding.keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: time.sleep(0.01)
    )
    found = model.fit(
        batches, epochs=2, verbose=0, shuffle=False, callbacks=[watch, steady]
    ).history["wait_share"]
    assert low <= found[-1] <= high
    assert watch.share == found[-1]


@pytest.mark.parametrize(("batch", "steps", "size"), [(4, 2, 4), (32, 1, 10)])
def test_batches_have_one_size(feeding, batch, steps, size):
    batches = feeding.Batches(share(feeding), batch=batch)
    assert len(batches) == steps
    assert {len(batches[place][0]) for place in range(steps)} == {size}


def test_scores_come_in_the_order_of_the_share_whatever_the_batch(feeding):
    import keras

    patches = keras.Input((4, 4, 3))
    model = keras.Model(patches, patches[:, 1, 1, :1] / 10)
    whole = share(feeding)
    given = feeding.Share(whole.packed, whole.labels, np.array([7, 2, 9]))
    counted = []
    found = feeding.scores(model, given, batch=2, seen=counted.append)
    np.testing.assert_allclose(found, [0.7, 0.2, 0.9], rtol=1e-6)
    assert counted == [2, 1]
