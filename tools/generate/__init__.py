"""Write all files that are made from declarations: `python -m tools.generate`.

Each room whose declarations are written out has a module of its name here.
"""

import re
from pathlib import Path

COMMAND = "python -m tools.generate"
ROOT = Path(__file__).parent.parent.parent


def rewritten(page: str, mark: str, body: str) -> str:
    """Return a page with `body` in place of what stands between two comments that hold the mark."""
    marked = re.compile(rf"(?<=<!-- {mark} -->\n).*(?=<!-- /{mark} -->)", re.DOTALL)
    page, count = marked.subn(lambda _: body, page)
    assert count == 1, f"the page has no place for: {mark}"
    return page
