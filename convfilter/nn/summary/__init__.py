"""What a network consists of and costs, layer by layer, without running it.

>>> from convfilter.nn import models
>>> from convfilter.nn.summary import summarise
>>> summarise(models.get("lenet5")).connections
340908
"""

from __future__ import annotations

from convfilter.nn.summary.rows import Row, Summary, summarise
from convfilter.nn.summary.table import as_text
from convfilter.nn.summary.written import written_network

__all__ = ["Row", "Summary", "as_text", "summarise", "written_network"]
