from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """`is_wrong`: something does not work or is dangerous, and the text says how to mend it. `is_notable`: it works,
    and could be better.
    """

    subject: str
    text: str
    is_wrong: bool = False
    is_notable: bool = False

    @property
    def state(self) -> str:
        return "wrong" if self.is_wrong else "note" if self.is_notable else "ok"

    def __str__(self) -> str:
        return f"{self.state.upper() if self.is_wrong else self.state:<5}  {self.subject}: {self.text}"
