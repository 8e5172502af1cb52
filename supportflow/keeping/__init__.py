"""Backup, restore, upgrade: whatever fails or is killed, there is a way back to the data of before.

A backup is one archive, the same for every database: its rows stand in an SQLite file. All three commands stand on two
steps: `aside` makes a checked copy of the database beside the one in use, and puts it into its place at one stroke.
"""

from supportflow.ports import CannotStart


class CannotKeep(CannotStart):
    """Nothing was changed, or everything was taken back; the text is one line that says what to do."""
