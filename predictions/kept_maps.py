"""The stored map of a prediction, if it can be trusted."""

from predictions.map_files import StoredMap, read_map
from predictions.models import Prediction
from predictions.origin import NotPredicted


def load_map(prediction: Prediction) -> StoredMap:
    """The stored map. Raises NotPredicted if there is none, or none that can be trusted."""
    if prediction.map_path is None:
        raise NotPredicted(f"{prediction} has no map yet: its job is {prediction.status}")
    try:
        return read_map(prediction.map_path, sha256=prediction.map_sha256)
    except FileNotFoundError as error:
        raise NotPredicted(f"the map of {prediction} is gone: predict the slide again") from error
    except ValueError as error:
        raise NotPredicted(str(error)) from error


def has_good_map(prediction: Prediction) -> bool:
    try:
        load_map(prediction)
    except NotPredicted:
        return False
    return True
