import pickle
import zipfile

import numpy as np
import pytest

pytestmark = pytest.mark.keras

PX = 80  # InceptionV3 takes no patch below 75 px


@pytest.fixture(scope="module")
def network():
    from training import network

    return network


def patches(n=2, *, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (n, PX, PX, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def baseline(network):
    return network.build("baseline", patch_px=PX)


def scaled(network, architecture, rgb):
    """What the first convolution sees of one colour."""
    import keras

    model = network.build(architecture, patch_px=PX)
    scaling = keras.Model(model.input, model.get_layer("scaling").output)
    return scaling.predict_on_batch(np.full((1, PX, PX, 3), rgb, np.uint8))[0, 0, 0]


@pytest.mark.parametrize("architecture", ["baseline", "vgg16", "inception_v3"])
def test_every_network_takes_raw_patches_and_gives_a_probability(network, architecture):
    found = network.build(architecture, patch_px=PX).predict_on_batch(patches())
    assert found.shape == (2, 1)
    assert ((found > 0) & (found < 1)).all()


def test_whole_and_fractional_pixels_give_the_same(baseline):
    whole = patches()
    np.testing.assert_array_equal(
        baseline.predict_on_batch(whole), baseline.predict_on_batch(whole.astype(np.float32))
    )


@pytest.mark.parametrize("architecture", ["baseline", "inception_v3"])
def test_black_is_scaled_to_minus_one_and_white_to_one(network, architecture):
    np.testing.assert_allclose(
        scaled(network, architecture, (0, 127.5, 255)), [-1, 0, 1], atol=0.01
    )


def test_vgg16_sees_blue_green_red_less_the_means_of_imagenet(network):
    from keras.applications.vgg16 import preprocess_input

    expected = preprocess_input(np.array([[[10.0, 20.0, 250.0]]]))[0, 0]
    np.testing.assert_allclose(scaled(network, "vgg16", (10, 20, 250)), expected, atol=1e-4)


def test_the_baseline_has_two_convolutions_with_max_pooling_and_dropout(baseline):
    kinds = [type(layer).__name__ for layer in baseline.layers]
    assert kinds.count("Conv2D") == kinds.count("MaxPooling2D") == 2
    assert "Dropout" in kinds


@pytest.mark.parametrize(
    ("pooling", "layer"), [("avg", "GlobalAveragePooling2D"), ("max", "GlobalMaxPooling2D")]
)
def test_pooling_is_the_one_that_was_named(network, pooling, layer):
    model = network.build("baseline", pooling=pooling, patch_px=PX)
    assert type(model.get_layer(f"global_{pooling}")).__name__ == layer
    assert model.name == f"baseline_{pooling}"


@pytest.mark.parametrize("names", [("resnet", "avg"), ("baseline", "sum")])
def test_unknown_names_are_refused_with_the_known_ones(network, names):
    with pytest.raises(network.NetworkError, match="baseline, vgg16, inception_v3"):
        network.build(names[0], pooling=names[1])


@pytest.mark.parametrize("architecture", ["baseline", "vgg16", "inception_v3"])
def test_a_saved_network_gives_the_same_after_loading(network, architecture, tmp_path):
    model = network.build(architecture, patch_px=PX)
    sha256 = network.save(model, tmp_path / "one.keras")
    again = network.load(tmp_path / "one.keras", sha256=sha256)
    np.testing.assert_array_equal(
        model.predict_on_batch(patches()), again.predict_on_batch(patches())
    )
    assert [path.name for path in tmp_path.iterdir()] == ["one.keras"]


def test_a_network_whose_file_was_changed_is_not_loaded(network, baseline, tmp_path):
    path = tmp_path / "one.keras"
    sha256 = network.save(baseline, path)
    path.write_bytes(path.read_bytes() + b"\0")
    with pytest.raises(network.NetworkError, match="was changed since it was published") as refused:
        network.load(path, sha256=sha256)
    assert refused.value.code == "weights_changed"


def test_a_missing_or_foreign_file_is_not_loaded(network, tmp_path):
    with pytest.raises(network.NetworkError, match="is gone"):
        network.load(tmp_path / "one.keras", sha256="0" * 64)
    with pytest.raises(network.NetworkError, match="not a .keras file"):
        network.load(tmp_path / "one.h5", sha256="0" * 64)


@pytest.mark.parametrize("name", ["one.weights.h5", "one.keras"])
def test_weights_of_a_file_fill_the_network(network, baseline, tmp_path, name):
    path = tmp_path / name
    (baseline.save_weights if name.endswith("h5") else baseline.save)(path)
    filled = network.build("baseline", weights=path, patch_px=PX)
    np.testing.assert_array_equal(
        baseline.predict_on_batch(patches()), filled.predict_on_batch(patches())
    )


def test_weights_of_a_keras_application_fill_the_body(network, tmp_path):
    import h5py
    import keras
    from keras.src.legacy.saving.legacy_h5_format import save_weights_to_hdf5_group

    body = keras.applications.VGG16(include_top=False, weights=None)
    with h5py.File(tmp_path / "vgg16_notop.h5", "w") as file:
        save_weights_to_hdf5_group(file, body)
    model = network.build("vgg16", weights=tmp_path / "vgg16_notop.h5", patch_px=PX)
    filled = model.get_layer("vgg16").get_weights()
    assert all(map(np.array_equal, filled, body.get_weights()))


def test_weights_of_another_network_are_refused(network, baseline, tmp_path):
    baseline.save_weights(tmp_path / "one.weights.h5")
    with pytest.raises(network.NetworkError, match="does not fit vgg16_avg"):
        network.build("vgg16", weights=tmp_path / "one.weights.h5", patch_px=PX)


def test_a_file_that_fills_only_part_of_the_network_is_refused(network, baseline, tmp_path):
    import h5py

    path = tmp_path / "part.weights.h5"
    baseline.save_weights(path)
    with h5py.File(path, "a") as file:
        del file["layers/conv2d_1"]
    with pytest.raises(network.NetworkError, match="does not fit"):
        network.build("baseline", weights=path, patch_px=PX)


def test_a_small_archive_that_unpacks_without_end_is_refused(network, tmp_path, monkeypatch):
    monkeypatch.setattr(network, "MAX_UNPACKED_BYTES", 10**6)
    path = tmp_path / "bomb.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model.weights.h5", bytes(2 * 10**6))
    with pytest.raises(network.NetworkError, match="unpacks to"):
        network.refuse_unsafe_weights(path)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("one.pkl", pickle.dumps({}), "pickled files are not opened"),
        ("one.weights.h5", pickle.dumps({}), "damaged, or is not a .h5 file"),
        ("one.keras", b"PK\x03\x04 cut off", "damaged, or is not a .keras file"),
        ("one.weights.h5", b"\x89HDF\r\n\x1a\n cut off", "does not fit"),
    ],
)
def test_damaged_or_pickled_weights_are_refused(network, tmp_path, name, content, said):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(network.NetworkError, match=said):
        network.build("baseline", weights=tmp_path / name, patch_px=PX)


def test_a_missing_weights_file_is_named(network, tmp_path):
    with pytest.raises(network.NetworkError, match="there is no weights file"):
        network.build("baseline", weights=tmp_path / "one.weights.h5", patch_px=PX)
