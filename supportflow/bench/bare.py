"""`python -m supportflow.bench.bare FD SIZE`: the web server's software with nothing behind it, for the floor."""

import asyncio
import signal
import socket
import sys
from typing import Any


def application(size: int) -> Any:
    body = b"x" * size

    async def answer(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            while True:
                event = (await receive())["type"]
                await send({"type": f"{event}.complete"})
                if event == "lifespan.shutdown":
                    return
        headers = [(b"content-type", b"text/html"), (b"content-length", str(size).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return answer


async def serve(fd: int, size: int) -> None:
    from supportflow.web import OnSocket

    listening = socket.socket(fileno=fd)
    listening.setblocking(False)
    server = OnSocket(application(size), listening)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, server.stop)
    await server.serve()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2])))
