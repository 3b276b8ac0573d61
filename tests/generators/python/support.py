"""What all journeys with openapi-python-client use."""

import sys
from typing import TypeVar

T = TypeVar("T")
URL = sys.argv[1]


def must(answer: object, kind: type[T]) -> T:
    """The parsed answer, which must be of this kind."""
    assert isinstance(answer, kind), answer
    return answer
