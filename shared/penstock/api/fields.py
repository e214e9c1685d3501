"""What the models say about their fields beyond Python's types; schema.py turns it into OpenAPI.

A field's Python default is the value Flux acts on when the field is absent. The API server fills in a
default only where Flux's CRD has one: that is `default=` of `about`.
"""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import msgspec

from penstock.base.duration import parse_duration

DURATION = r"^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$"
DURATION_BELOW_HOURS = r"^([0-9]+(\.[0-9]+)?(ms|s|m))+$"

# time.Duration counts nanoseconds in 63 bits; Flux cannot decode a longer one.
LONGEST_DURATION_S = 2**63 / 1e9


@dataclass(frozen=True)
class Rule:
    """A CEL rule on an object, and what the API server answers when it is broken."""

    rule: str
    message: str


class Model(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A JSON object of Kubernetes: camelCase names, absent fields read as their default."""

    RULES: ClassVar[tuple[Rule, ...]] = ()


def about(description: str, **schema: object) -> msgspec.Meta:
    """Describe a field; `schema` holds further keywords of its OpenAPI schema, such as `default`."""
    return msgspec.Meta(extra_json_schema={"description": description, **schema})


def keywords(**schema: object) -> msgspec.Meta:
    """Keywords of a type's OpenAPI schema that constrain nothing in Python."""
    return msgspec.Meta(extra_json_schema=dict(schema))


# metav1.Duration, metav1.Time and Go's int64 as controller-gen writes them; times stay RFC 3339 text.
Duration = Annotated[str, msgspec.Meta(pattern=DURATION)]
DurationBelowHours = Annotated[str, msgspec.Meta(pattern=DURATION_BELOW_HOURS)]
Time = Annotated[str, keywords(format="date-time")]
Int64 = Annotated[int, keywords(format="int64")]
# apiextensionsv1.JSON: any value, kept as it is.
AnyJson = Annotated[Any, keywords(**{"x-kubernetes-preserve-unknown-fields": True})]


def check_durations(**durations: str | None) -> None:
    """Raise ValueError naming the first field whose text fits the pattern and still is no Go duration."""
    for name, text in durations.items():
        if text is None:
            continue
        try:
            seconds = parse_duration(text)
        except ValueError as error:
            raise ValueError(f"`{name}`: {error}") from None
        if seconds >= LONGEST_DURATION_S:
            raise ValueError(f"`{name}`: longer than the 292 years that Go can count")
