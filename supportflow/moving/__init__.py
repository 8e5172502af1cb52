"""All rows into another database, all attachments into another storage: copied, then compared one by one."""


class CannotMove(Exception):
    """Nothing was changed, or everything was taken back; the text is one line that says what to do."""
