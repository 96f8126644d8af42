"""Filters, formats, commands and loops are imported by name, and weights read, unseen."""

from PyInstaller.utils.hooks import collect_data_files, collect_submodules

hiddenimports = collect_submodules("convfilter", filter=lambda name: "__pyinstaller" not in name)
datas = collect_data_files("convfilter", includes=["**/*.npz"])
