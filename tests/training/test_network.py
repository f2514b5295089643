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


EVERY = ["baseline", "vgg16", "inception_v3", "efficientnet_v2", "convnext", "mobilenet_v3"]


def scaled(network, architecture, rgb):
    """What the first layer of a network sees of some patches."""
    import keras

    model = network.build(architecture, patch_px=PX)
    scaling = keras.Model(model.input, model.get_layer("scaling").output)
    return scaling.predict_on_batch(rgb)


def scaled_by_keras(architecture, rgb):
    """The same of Keras' own application, built as its weights were published."""
    import keras

    application = {
        "vgg16": keras.applications.vgg16,
        "inception_v3": keras.applications.inception_v3,
        "efficientnet_v2": keras.applications.efficientnet_v2,
        "convnext": keras.applications.convnext,
        "mobilenet_v3": keras.applications.mobilenet_v3,
    }[architecture]
    given = application.preprocess_input(rgb.astype(np.float32))
    kinds = (keras.layers.Rescaling, keras.layers.Normalization, keras.Sequential)
    build = {
        "efficientnet_v2": keras.applications.EfficientNetV2B0,
        "convnext": keras.applications.ConvNeXtTiny,
        "mobilenet_v3": keras.applications.MobileNetV3Small,
    }.get(architecture)
    if build is None:
        return given
    inside = build(include_top=False, weights=None, input_shape=(PX, PX, 3))
    if architecture == "convnext":  # its scaling is a network of its own
        return np.asarray(inside.layers[1](given))
    for layer in inside.layers[1:]:
        if not isinstance(layer, kinds):
            break
        given = np.asarray(layer(given))
    return given


@pytest.mark.parametrize("architecture", EVERY)
def test_every_network_takes_raw_patches_and_gives_a_probability(network, architecture):
    found = network.build(architecture, patch_px=PX).predict_on_batch(patches())
    assert found.shape == (2, 1)
    assert ((found > 0) & (found < 1)).all()


@pytest.mark.parametrize("architecture", EVERY[1:])
def test_every_application_sees_pixels_as_keras_scales_them(network, architecture):
    np.testing.assert_allclose(
        scaled(network, architecture, patches()),
        scaled_by_keras(architecture, patches()),
        atol=2e-4,  # VGG16's run to 150
    )


def test_the_baseline_sees_black_as_minus_one_and_white_as_one(network):
    rgb = np.full((1, PX, PX, 3), (0, 127.5, 255), np.float32)
    np.testing.assert_allclose(scaled(network, "baseline", rgb)[0, 0, 0], [-1, 0, 1], atol=1e-6)


def test_whole_and_fractional_pixels_give_the_same(baseline):
    whole = patches()
    np.testing.assert_array_equal(
        baseline.predict_on_batch(whole), baseline.predict_on_batch(whole.astype(np.float32))
    )


@pytest.mark.parametrize("architecture", EVERY)
def test_no_network_holds_code(network, architecture):
    """A Lambda layer would be code in a file, which safe loading refuses."""
    import keras

    model = network.build(architecture, patch_px=PX)
    layers = model._flatten_layers(include_self=False, recursive=True)
    assert not any(isinstance(layer, keras.layers.Lambda) for layer in layers)


@pytest.mark.parametrize("architecture", EVERY[1:])
def test_batch_normalisation_follows_within_some_steps(network, architecture):
    import keras

    body = network.build(architecture, patch_px=PX).get_layer(network.body_name(architecture))
    norms = [each for each in body.layers if isinstance(each, keras.layers.BatchNormalization)]
    assert all(each.momentum <= 0.9 for each in norms)


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
    with pytest.raises(
        network.NetworkError,
        match="baseline, vgg16, inception_v3, efficientnet_v2, convnext, mobilenet_v3",
    ):
        network.build(names[0], pooling=names[1])


@pytest.mark.parametrize("architecture", EVERY)
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


@pytest.mark.parametrize("architecture", EVERY[1:])
def test_weights_of_a_keras_application_fill_the_body(network, tmp_path, architecture):
    """Of a file as Keras publishes them: of the application with its own scaling inside."""
    import h5py
    import keras
    from keras.src.legacy.saving.legacy_h5_format import save_weights_to_hdf5_group

    build = {
        "vgg16": keras.applications.VGG16,
        "inception_v3": keras.applications.InceptionV3,
        "efficientnet_v2": keras.applications.EfficientNetV2B0,
        "convnext": keras.applications.ConvNeXtTiny,
        "mobilenet_v3": keras.applications.MobileNetV3Small,
    }[architecture]
    body = build(include_top=False, weights=None)
    with h5py.File(tmp_path / "application_notop.h5", "w") as file:
        save_weights_to_hdf5_group(file, body)
    model = network.build(architecture, weights=tmp_path / "application_notop.h5", patch_px=PX)
    filled = model.get_layer(network.body_name(architecture)).get_weights()
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
    from training import weights as files

    monkeypatch.setattr(files, "MAX_UNPACKED_BYTES", 10**6)
    path = tmp_path / "bomb.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model.weights.h5", bytes(2 * 10**6))
    with pytest.raises(network.NetworkError, match="unpacks to"):
        files.refuse_unsafe_weights(path)


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


def test_a_file_with_another_checksum_than_stated_is_refused(network, baseline, tmp_path):
    path = tmp_path / "one.keras"
    sha256 = network.save(baseline, path)
    network.build("baseline", weights=path, weights_sha256=sha256.upper(), patch_px=PX)
    with pytest.raises(network.NetworkError, match="not the file that was meant") as refused:
        network.build("baseline", weights=path, weights_sha256="0" * 64, patch_px=PX)
    assert refused.value.code == "weights_changed"


def test_a_network_of_another_pooling_is_refused_though_its_weights_would_fit(network, tmp_path):
    path = tmp_path / "one.keras"
    network.save(network.build("baseline", pooling="max", patch_px=PX), path)
    with pytest.raises(network.NetworkError, match="holds 'baseline_max'"):
        network.build("baseline", pooling="avg", weights=path, patch_px=PX)


def test_weights_of_keras_that_cannot_be_fetched_fail_in_words(network, monkeypatch, tmp_path):
    from training import weights as files

    # Nobody listens on this port of this machine.
    monkeypatch.setattr(files, "KERAS_FILES", "http://127.0.0.1:9/keras-applications")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    for architecture in EVERY[1:]:
        with pytest.raises(network.NetworkError, match="give its path instead") as refused:
            network.build(architecture, weights="imagenet", patch_px=PX)
        assert refused.value.code == "no_network"


def test_the_files_that_keras_fetches_are_named_as_keras_names_them():
    """Their addresses, against Keras' own sources."""
    from keras.src.applications import convnext, efficientnet_v2, inception_v3, mobilenet_v3, vgg16

    from training.weights import IMAGENET_FILES, KERAS_FILES

    address = {name: f"{KERAS_FILES}/{file}" for name, file in IMAGENET_FILES.items()}
    assert address["vgg16"] == vgg16.WEIGHTS_PATH_NO_TOP
    assert address["inception_v3"] == inception_v3.WEIGHTS_PATH_NO_TOP
    assert address["efficientnet_v2"].startswith(efficientnet_v2.BASE_WEIGHTS_PATH)
    assert address["convnext"].startswith(convnext.BASE_WEIGHTS_PATH)
    assert address["mobilenet_v3"].startswith(mobilenet_v3.BASE_WEIGHT_PATH)
    assert "small_224_1.0_float" in mobilenet_v3.WEIGHTS_HASHES


def test_weights_that_the_same_seed_would_draw_fill_a_network_too(network, tmp_path):
    import keras

    keras.utils.set_random_seed(0)
    network.build("baseline", patch_px=PX).save_weights(tmp_path / "one.weights.h5")
    keras.utils.set_random_seed(0)
    assert network.build("baseline", weights=tmp_path / "one.weights.h5", patch_px=PX)
