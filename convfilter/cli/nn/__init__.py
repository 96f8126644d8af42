"""The commands of networks, `convfilter nn NAME`: each is a module here, found by being there.

A module holds `SUMMARY`, the line that the list of commands shows, and a function `command` that
makes the command. It is imported where the list is shown or the command is run, so that it should
import what it computes with only inside the functions that do so.
"""
