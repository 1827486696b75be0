"""How what is said to Temporal is written down: models as JSON, errors in Panka's own words."""

from dataclasses import replace
from typing import Self

from temporalio.api.failure.v1 import Failure
from temporalio.contrib.pydantic import PydanticPayloadConverter, pydantic_data_converter
from temporalio.converter import DefaultFailureConverter, PayloadConverter
from temporalio.exceptions import ApplicationError


class _Shared(PydanticPayloadConverter):
    """One for all: the SDK asks for two in every workflow task, and one keeps nothing but what types mean."""

    _one: Self | None = None

    def __new__(cls) -> Self:
        if cls._one is None:
            cls._one = super().__new__(cls)
            PydanticPayloadConverter.__init__(cls._one)
        return cls._one

    def __init__(self) -> None:
        """It is made already."""


class _Brief(DefaultFailureConverter):
    """An application error is for people, and says everything: the Python that raised it would only hide that.

    Other exceptions are mistakes of ours, whose traces are wanted; the worker logs the traces of all.
    """

    def to_failure(self, exception: BaseException, payload_converter: PayloadConverter, failure: Failure) -> None:
        super().to_failure(exception, payload_converter, failure)
        if isinstance(exception, ApplicationError):
            failure.stack_trace = ""
            failure.ClearField("cause")


DATA_CONVERTER = replace(pydantic_data_converter, payload_converter_class=_Shared, failure_converter_class=_Brief)
