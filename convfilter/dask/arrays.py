"""`map_pipeline`: a pipeline over a Dask array."""

from typing import Any


def map_pipeline(array: Any, pipeline: Any, **options: Any) -> Any:
    """Filter."""
    raise NotImplementedError
