"""What some settings can be: one of few words."""

from enum import StrEnum


class LogFormat(StrEnum):
    """How log lines look; `auto` is text on a terminal and JSON elsewhere."""

    AUTO = "auto"
    JSON = "json"
    TEXT = "text"


class SharedObjects(StrEnum):
    """What becomes of an object that two Kustomizations apply: the last one has it, or the second fails."""

    WARN = "warn"
    REFUSE = "refuse"


class FluxControllers(StrEnum):
    """How Flux's own controllers are applied: with 0 replicas, or as the fleet has them."""

    HOLD = "hold"
    APPLY = "apply"


class Substitutions(StrEnum):
    """What becomes of a variable without a value and without a default: an error, or nothing in its place."""

    STRICT = "strict"
    LENIENT = "lenient"
