"""A structural OpenAPI v3 schema from a model, in the form a CustomResourceDefinition takes.

Everything is written out in place (no references). Nothing is nullable: the API server drops nulls, and
`T | None` means that the field may be absent. Source: apiextensions.k8s.io/v1 JSONSchemaProps.
"""

from functools import singledispatch
from inspect import cleandoc

from msgspec import inspect

from penstock.api.fields import Model
from penstock.api.objects import Json


def schema_of(model: type[Model]) -> Json:
    """The schema of an object that `model` describes; TypeError for a type that Kubernetes cannot hold."""
    return _schema(inspect.type_info(model))


@singledispatch
def _schema(node: inspect.Type) -> Json:
    raise TypeError(f"no OpenAPI schema for {node}")


@_schema.register
def _described(node: inspect.Metadata) -> Json:
    return _schema(node.type) | (node.extra_json_schema or {})


@_schema.register
def _object(node: inspect.StructType) -> Json:
    required = sorted(field.encode_name for field in node.fields if field.required)
    if not issubclass(node.cls, Model):
        raise TypeError(f"{node.cls.__name__} is no Model")
    rules = [{"rule": rule.rule, "message": rule.message} for rule in node.cls.RULES]
    return {
        "type": "object",
        "description": cleandoc(node.cls.__doc__ or ""),
        "properties": {field.encode_name: _schema(field.type) for field in node.fields},
        **_given({"required": required or None, "x-kubernetes-validations": rules or None}),
    }


@_schema.register
def _optional(node: inspect.UnionType) -> Json:
    present = [kind for kind in node.types if not isinstance(kind, inspect.NoneType)]
    if len(present) != 1:
        raise TypeError(f"a structural schema has one type for a field, not {present}")
    return _schema(present[0])


@_schema.register
def _string(node: inspect.StrType) -> Json:
    limits = {"minLength": node.min_length, "maxLength": node.max_length, "pattern": node.pattern}
    return {"type": "string", **_given(limits)}


@_schema.register
def _enum(node: inspect.EnumType) -> Json:
    return {"type": "string", "enum": [member.value for member in node.cls]}


@_schema.register
def _integer(node: inspect.IntType) -> Json:
    return {"type": "integer", **_given({"minimum": node.ge, "maximum": node.le})}


@_schema.register
def _boolean(_: inspect.BoolType) -> Json:
    return {"type": "boolean"}


@_schema.register
def _list(node: inspect.VarTupleType) -> Json:
    limits = {"minItems": node.min_length, "maxItems": node.max_length}
    return {"type": "array", "items": _schema(node.item_type), **_given(limits)}


@_schema.register
def _map(node: inspect.DictType) -> Json:
    return {"type": "object", "additionalProperties": _schema(node.value_type)}


@_schema.register
def _anything(_: inspect.AnyType) -> Json:
    return {"x-kubernetes-preserve-unknown-fields": True}


def _given(keywords: Json) -> Json:
    return {name: value for name, value in keywords.items() if value is not None}
