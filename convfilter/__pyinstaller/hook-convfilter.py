"""Filters, formats, commands and loops are imported by name, which PyInstaller does not see."""

from PyInstaller.utils.hooks import collect_submodules

hiddenimports = collect_submodules("convfilter", filter=lambda name: "__pyinstaller" not in name)
