"""Write all files that are made from declarations: `python -m tools.generate`.

Each room whose declarations are written out has a module of its name here.
"""

from pathlib import Path

COMMAND = "python -m tools.generate"
ROOT = Path(__file__).parent.parent.parent
