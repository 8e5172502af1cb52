"""What reaches Django through the bridge, and what comes back, on a server that really runs."""

import gzip
import hashlib
import json
import os
import socket
from contextlib import closing
from functools import partial
from typing import Any

from tests.server.conftest import RunningServer, read_all
from tests.waiting import until

MEGABYTE = 1024 * 1024


def sha1(content: bytes) -> str:
    return hashlib.sha1(content).hexdigest()


def meta(server: RunningServer, path: str = "/meta/", **headers: str) -> dict[str, Any]:
    told: dict[str, Any] = server.request("GET", path, **headers).json()
    return told


def happened(server: RunningServer) -> list[str]:
    events: list[str] = server.request("GET", "/happened").json()
    return events


def tells(server: RunningServer, event: str) -> bool:
    return event in happened(server)


class TestRequests:
    def test_paths_and_queries_keep_their_bytes(self, server: RunningServer) -> None:
        told = meta(server, "/meta/caf%C3%A9/a%2Fb%20%25?q=%C3%A9&q=b+c&x=%FF")
        assert told["path"] == "/meta/café/a/b %"
        assert told["query"] == {"q": ["é", "b c"], "x": ["�"]}
        assert told["QUERY_STRING"] == "q=%C3%A9&q=b+c&x=%FF"
        assert meta(server, "/meta/%FF")["path"] == "/meta/%FF", "no UTF-8: Django keeps it quoted"

    def test_repeated_headers_and_cookies_are_joined(self, server: RunningServer) -> None:
        connection = server.raw(
            b"GET /meta/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            b"X-Many: a\r\nX-Many: b\r\nCookie: one=1\r\nCookie: two=2\r\nX-Latin: \xe9\r\n\r\n"
        )
        told = json.loads(read_all(connection).split(b"\r\n\r\n", 1)[1])
        assert told["HTTP_X_MANY"] == "a,b"
        assert told["cookies"] == {"one": "1", "two": "2"}
        assert told["HTTP_X_LATIN"] == "é"
        assert (told["SERVER_PROTOCOL"], told["REMOTE_ADDR"]) == ("HTTP/1.1", "127.0.0.1")

    def test_a_header_with_underscores_cannot_pose_as_another(self, server: RunningServer) -> None:
        connection = server.raw(
            b"GET /meta/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX_Forwarded_Proto: https\r\n\r\n"
        )
        assert b"X_FORWARDED_PROTO" not in read_all(connection)


class TestAnswers:
    def test_cookies_come_one_by_one(self, server: RunningServer) -> None:
        answer = server.request("GET", "/hello")
        assert answer.headers.get_all("Set-Cookie") == ["one=1; Path=/", "two=2; Path=/"]
        assert answer.content == b"hello"

    def test_head_tells_the_length_and_sends_nothing(self, server: RunningServer) -> None:
        with closing(server.connect()) as connection:
            for path, length in (("/hello", "5"), ("/stream/head", None)):
                answer = server.ask(connection, "HEAD", path)
                assert (answer.status, answer.headers["Content-Length"], answer.content) == (200, length, b"")
            assert server.ask(connection, "GET", "/hello").content == b"hello", "the connection is still in step"

    def test_304_has_no_body(self, server: RunningServer) -> None:
        with closing(server.connect()) as connection:
            answer = server.ask(connection, "GET", "/unchanged")
            assert (answer.status, answer.headers["ETag"], answer.content) == (304, '"v1"', b"")
            assert server.ask(connection, "GET", "/hello").content == b"hello"

    def test_a_broken_view_gets_djangos_own_page(self, server: RunningServer) -> None:
        answer = server.request("GET", "/broken")
        assert (answer.status, b"Something broke on our side" in answer.content) == (500, True)

    def test_files_arrive_whole(self, server: RunningServer) -> None:
        for size in (0, 1, 256 * 1024, 20 * MEGABYTE + 7):
            content = os.urandom(size)
            (server.data / "download").write_bytes(content)
            answer = server.request("GET", "/download")
            assert answer.headers["Content-Length"] == str(size)
            assert sha1(answer.content) == sha1(content)

    def test_streams_arrive_whole_from_one_thread_of_their_own(self, server: RunningServer) -> None:
        rows = server.request("GET", "/stream/whole").content.splitlines()
        assert (len(rows), rows[-1]) == (200_000, b"0199999")
        assert "closed whole stream" in happened(server)

    def test_an_error_on_the_way_cuts_the_connection_instead_of_feigning_an_end(self, server: RunningServer) -> None:
        connection = server.raw(b"GET /stream/broken HTTP/1.1\r\nHost: localhost\r\n\r\n")
        received = read_all(connection)
        assert b"0001000" in received
        assert not received.endswith(b"0\r\n\r\n"), "no last chunk: the client knows that something is missing"
        until(lambda: "closed broken stream" in happened(server))

    def test_when_the_client_leaves_streams_are_closed(self, server: RunningServer) -> None:
        for path, event in (("/stream/left", "closed left stream"), ("/forever", "closed live")):
            connection = server.raw(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            assert connection.recv(1000)
            connection.close()
            until(partial(tells, server, event), event)

    def test_endless_streams_hold_no_thread(self, server: RunningServer) -> None:
        streams = [server.raw(b"GET /forever HTTP/1.1\r\nHost: localhost\r\n\r\n") for _ in range(20)]
        assert all(stream.recv(1000) for stream in streams)
        assert server.request("GET", "/hello").content == b"hello"
        for stream in streams:
            stream.close()


class TestBodies:
    def form(self, content: bytes) -> tuple[bytes, str]:
        boundary = b"----bridge"
        head = b'--%b\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n\r\n' % boundary
        return head + content + b"\r\n--%b--\r\n" % boundary, f"multipart/form-data; boundary={boundary.decode()}"

    def test_an_upload_of_30_mb_arrives_unchanged(self, server: RunningServer) -> None:
        content = os.urandom(30 * MEGABYTE)
        body, kind = self.form(content)
        answer = server.request("POST", "/upload", body, Content_Type=kind)
        assert answer.json()["files"] == {"file": sha1(content)}

    def test_a_chunked_body_arrives_unchanged(self, server: RunningServer) -> None:
        content = os.urandom(3 * MEGABYTE)
        answer = server.request("POST", "/upload", iter([content[:1000], content[1000:]]), Content_Type="text/plain")
        assert answer.json()["body"] == sha1(content)

    def test_a_gzipped_body_is_left_alone(self, server: RunningServer) -> None:
        content = gzip.compress(b"x" * 1000)
        answer = server.request("POST", "/upload", content, Content_Type="text/plain", Content_Encoding="gzip")
        assert answer.json()["body"] == sha1(content)

    def test_too_large_is_told_in_words_after_all_was_sent(self, server: RunningServer) -> None:
        body = b"x" * (60 * MEGABYTE)
        page = server.request("POST", "/upload", body)
        assert (page.status, b"A file may have up to 25 MB" in page.content) == (413, True)
        assert page.headers["Content-Security-Policy"]
        problem = server.request("POST", "/api/upload", iter([body]))
        assert (problem.status, problem.headers["Content-Type"]) == (413, "application/problem+json")
        assert problem.json()["code"] == "too_large"

    def test_too_large_is_told_at_once_to_who_asks_first(self, server: RunningServer) -> None:
        connection = server.raw(
            b"POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\nExpect: 100-continue\r\n\r\n"
        )
        assert connection.recv(1000).startswith(b"HTTP/1.1 413 ")

    def test_slow_bodies_hold_no_thread(self, server: RunningServer) -> None:
        start = b"POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nConnection: close\r\n\r\nab"
        slow = [server.raw(start) for _ in range(20)]
        assert server.request("GET", "/hello").content == b"hello"
        for connection in slow:
            connection.sendall(b"cde")
            assert sha1(b"abcde").encode() in read_all(connection)

    def test_who_leaves_in_the_middle_of_a_body_disturbs_nobody(self, server: RunningServer) -> None:
        before = len(server.log())
        for _ in range(5):
            server.raw(b"POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 500\r\n\r\nabc").close()
        assert server.request("GET", "/hello").content == b"hello"
        assert "/upload" not in server.log()[before:]

    def test_a_body_longer_than_it_said_is_no_second_request(self, server: RunningServer) -> None:
        connection = server.raw(
            b"POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabcGET /x"
        )
        assert sha1(b"abc").encode() in read_all(connection)

    def test_two_lengths_are_refused(self, server: RunningServer) -> None:
        for headers in (b"Content-Length: 3\r\nContent-Length: 4", b"Content-Length: 3\r\nTransfer-Encoding: chunked"):
            connection = server.raw(
                b"POST /upload HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + headers + b"\r\n\r\nabc"
            )
            connection.shutdown(socket.SHUT_WR)
            assert b" 200 " not in read_all(connection)[:20]
