"""What PyInstaller has to know to put this package into a program; it finds this by itself."""

from __future__ import annotations

__all__ = ["get_hook_dirs"]


def get_hook_dirs() -> list[str]:
    """Return the folders of hooks: this one."""
    return list(__path__)
