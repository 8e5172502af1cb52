"""Run as a program: a command of ours whose archives do not hold what they should."""

from typing import Any

from supportflow.cli import main
from supportflow.cli.group import set_django_up

if __name__ == "__main__":
    set_django_up()
    from supportflow.keeping import backup

    fill = backup.fill

    def spoil(target: Any, *rest: Any) -> list[str]:
        lost = fill(target, *rest)
        target.seek(1000)
        target.write(b"bits that fell over")
        return lost

    vars(backup)["fill"] = spoil
    main()
