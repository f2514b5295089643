"""What maps of other programs come with, and what results are asked for."""

from rest_framework import serializers

from predictions.report_inputs import SUBSETS
from slides.serializers import FiniteFloatField


class NewOutsideSerializer(serializers.Serializer):
    """A zip of maps, one file a slide, and what its files do not say."""

    file = serializers.FileField(help_text="A zip of CSV, GeoJSON, NPY or TIFF files")
    name = serializers.CharField(max_length=200, help_text="Of the version")
    threshold = FiniteFloatField(min_value=0, max_value=1, default=0.5)
    column = serializers.CharField(
        max_length=200, default="", allow_blank=True, help_text="The probability, of several"
    )
    side_l0 = FiniteFloatField(
        required=False, help_text="Level-0 px a cell of an array, where its shape does not say"
    )
    is_transposed = serializers.BooleanField(default=False, help_text="Arrays are [x, y]")
    is_unseen = serializers.BooleanField(
        default=False,
        help_text="You vouch that the program learnt from none of these slides",
    )


class ResultsTermsSerializer(serializers.Serializer):
    """Of which slides."""

    subset = serializers.ChoiceField(choices=SUBSETS, default="test")
    tissue_bar = FiniteFloatField(required=False, min_value=0, max_value=1)
