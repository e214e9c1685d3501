from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, ClassVar

import pytest
from msgspec import Meta, Struct
from penstock.api.fields import AnyJson, Duration, Int64, Model, Rule, Time, about
from penstock.api.schema import schema_of


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Inner(Model, frozen=True):
    """What is inside."""

    RULES: ClassVar[tuple[Rule, ...]] = (Rule("has(self.name)", "name it"),)

    name: str = ""


class Everything(Model, frozen=True, kw_only=True):
    """One field of each type.

    With a second paragraph.
    """

    some_text: Annotated[str, Meta(min_length=1, max_length=9, pattern="^a"), about("Text.")]
    zero: int
    flag: bool = False
    count: Annotated[Int64, Meta(ge=0, le=5)] = 0
    when: Time = ""
    every: Annotated[Duration | None, about("Often.", default="1m")] = None
    colour: Colour = Colour.RED
    names: Annotated[tuple[str, ...], Meta(min_length=1, max_length=3)] = ()
    labels: Mapping[str, str] | None = None
    inner: Annotated[Inner | None, about("Here.")] = None
    more: tuple[Inner, ...] = ()
    values: AnyJson = None


PROPERTIES: dict[str, dict[str, Any]] = schema_of(Everything)["properties"]


def test_a_model_is_an_object_with_its_docstring_and_what_it_requires() -> None:
    schema = schema_of(Everything)
    assert schema["type"] == "object"
    assert schema["description"] == "One field of each type.\n\nWith a second paragraph."
    assert schema["required"] == ["someText", "zero"]


@pytest.mark.parametrize(
    ("name", "schema"),
    [
        (
            "someText",
            {"type": "string", "minLength": 1, "maxLength": 9, "pattern": "^a", "description": "Text."},
        ),
        ("zero", {"type": "integer"}),
        ("flag", {"type": "boolean"}),
        ("count", {"type": "integer", "format": "int64", "minimum": 0, "maximum": 5}),
        ("when", {"type": "string", "format": "date-time"}),
        ("colour", {"type": "string", "enum": ["red", "blue"]}),
        ("names", {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 3}),
        ("labels", {"type": "object", "additionalProperties": {"type": "string"}}),
        ("values", {"x-kubernetes-preserve-unknown-fields": True}),
    ],
)
def test_a_field_has_the_schema_of_its_type(name: str, schema: dict[str, object]) -> None:
    assert PROPERTIES[name] == schema


def test_only_a_stated_default_is_one_of_the_api_server() -> None:
    assert PROPERTIES["every"]["default"] == "1m"
    assert [name for name, schema in PROPERTIES.items() if "default" in schema] == ["every"]


def test_a_field_s_description_wins_over_its_type_s() -> None:
    assert PROPERTIES["inner"]["description"] == "Here."
    assert PROPERTIES["more"]["items"]["description"] == "What is inside."


def test_rules_belong_to_the_type_wherever_it_is_used() -> None:
    rules = [{"rule": "has(self.name)", "message": "name it"}]
    assert PROPERTIES["inner"]["x-kubernetes-validations"] == rules
    assert PROPERTIES["more"]["items"]["x-kubernetes-validations"] == rules
    assert "required" not in PROPERTIES["inner"]


class Ambiguous(Model, frozen=True):
    """A field of two types."""

    either: int | str = 0


class Unordered(Model, frozen=True):
    """A type that JSON has not."""

    names: frozenset[str] = frozenset()


class Plain(Struct, frozen=True):
    """No model of ours."""

    name: str = ""


class Holder(Model, frozen=True):
    """Holds one that is no model."""

    plain: Plain | None = None


@pytest.mark.parametrize("model", [Ambiguous, Unordered, Holder])
def test_a_type_that_kubernetes_cannot_hold_is_refused(model: type[Model]) -> None:
    with pytest.raises(TypeError, match=r"schema|Model"):
        schema_of(model)
