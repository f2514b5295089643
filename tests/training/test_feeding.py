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


def test_the_eight_turns_of_a_patch_all_differ(feeding):
    patch = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    assert len({feeding.turned(patch, turn).tobytes() for turn in range(8)}) == 8
    np.testing.assert_array_equal(feeding.turned(patch, 0), patch)


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


def test_a_stronger_stain_darkens_all_but_glass(feeding):
    patch = np.array([[[255, 255, 255], [128, 128, 128], [0, 0, 0]]], np.uint8)
    found = feeding.restained(patch, np.array([1.0, 2.0, 0.5]))
    # 128 / 255 lets half the light through; twice the density a quarter, half of it 0.71
    assert found.tolist() == [[[255, 255, 255], [128, 64, 181], [0, 0, 0]]]


def test_stain_is_varied_only_when_asked(feeding):
    given = share(feeding)
    given.packed[:] = 128
    plain, stained = (
        feeding.Batches(given, batch=10, augmentation=name)[0][0] for name in ("dihedral", "stain")
    )
    assert (plain == 128).all()
    assert len(np.unique(stained)) > 5


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
