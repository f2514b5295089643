"""The words that rows of training may hold."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Architecture(models.TextChoices):
    BASELINE = "baseline", _("Baseline (two convolutions)")
    MOBILENET_V3 = "mobilenet_v3", "MobileNetV3 Small"
    EFFICIENTNET_V2 = "efficientnet_v2", "EfficientNetV2 B0"
    INCEPTION_V3 = "inception_v3", "InceptionV3"
    CONVNEXT = "convnext", "ConvNeXt Tiny"
    VGG16 = "vgg16", "VGG16"


# Of a version that is no network here: its maps came as files of another program.
READ_ELSEWHERE = "external"
VERSION_ARCHITECTURES = [*Architecture.choices, (READ_ELSEWHERE, _("read elsewhere"))]


class Pooling(models.TextChoices):
    AVERAGE = "avg", _("global average")
    MAX = "max", _("global maximum")


# Datasets ------------------------------------------------------------------


class Goal(models.TextChoices):
    PREVIEW = "preview", _("look at it first")
    FREEZE = "freeze", _("freeze")


class Labelling(models.TextChoices):
    ANY = "any", _("any tumour pixel")
    CENTRE = "centre", _("tumour in the centre")
    SHARE = "share", _("share of tumour")


class Balance(models.TextChoices):
    NONE = "none", _("as they are")
    CLASS = "class", _("as many normal as tumour")
    CLASS_AND_SLIDE = "class_slide", _("as many normal as tumour, and of each slide")


# Runs ----------------------------------------------------------------------


class Augmentation(models.TextChoices):
    DIHEDRAL = "dihedral", _("the eight turns of a square")
    STAIN = "stain", _("the eight turns, and stain strength")
    COLOUR = "colour", _("the eight turns, and the published colour recipe")
    HED = "hed", _("the eight turns, and haematoxylin and eosin apart")
    FULL = "full", _("the eight turns, colour, stain, blur and JPEG")
    NONE = "none", _("none")


class Optimizer(models.TextChoices):
    RMSPROP = "rmsprop", "RMSprop"
    ADAM = "adam", "Adam"


class Schedule(models.TextChoices):
    CONSTANT = "constant", _("constant")
    COSINE = "cosine", _("falling as a cosine")
    PLATEAU = "plateau", _("halved where validation stands still")


class Loss(models.TextChoices):
    CROSS_ENTROPY = "bce", _("cross-entropy")
    FOCAL = "focal", _("focal loss")


class ClassBalance(models.TextChoices):
    WEIGHTS = "weights", _("class weights")
    SAMPLING = "sampling", _("balanced batches")
    NONE = "none", _("none")


class Precision(models.TextChoices):
    FLOAT32 = "float32", "float32"
    MIXED = "mixed", _("mixed")


class Calibration(models.TextChoices):
    NONE = "none", _("none")
    TEMPERATURE = "temperature", _("temperature")
    ISOTONIC = "isotonic", _("isotonic")


class OperatingRule(models.TextChoices):
    RECALL = "recall", _("target recall")
    FP_BUDGET = "fp_budget", _("false-positive budget")


# Versions, experiments -----------------------------------------------------


class Stage(models.TextChoices):
    CANDIDATE = "candidate", _("candidate")
    LIVE = "live", _("live")
    ARCHIVED = "archived", _("archived")


class ExperimentKind(models.TextChoices):
    ZOOM_LEVELS = "zoom-levels", _("zoom levels")
    CROSS_VALIDATION = "cross-validation", _("cross-validation")
    SEARCH = "search", _("search of settings")
