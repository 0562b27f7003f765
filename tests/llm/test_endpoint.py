"""The same code against a real endpoint: a local HTTP server that speaks the wire format, named by the environment."""

import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx2
import pytest

from course import llm

LEARNER = """
from course import llm
client = llm.client()
reply = client.chat.completions.create(
    model=llm.SMALL, temperature=0,
    messages=[
        {"role": "system", "content": "Labels: billing, refund, bug. Answer with the label only."},
        {"role": "user", "content": "Please refund my order."},
    ],
)
print(reply.choices[0].message.content, reply.model, len(client.embeddings.create(model=llm.EMBED, input="a word").data))
"""


@pytest.fixture
def endpoint():
    """(base URL, the requests that arrived as (path, authorization))."""
    transport, seen = llm.OfflineTransport(), []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            seen.append((self.path, self.headers["authorization"]))
            answer = transport.handle_request(httpx2.Request("POST", f"http://localhost{self.path}", content=body))
            self.send_response(answer.status_code)
            self.send_header("content-type", "application/json")
            self.end_headers()
            self.wfile.write(answer.read())

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1", seen
    server.shutdown()
    server.server_close()
    thread.join()


def test_the_environment_sends_the_same_code_to_a_real_endpoint(endpoint, monkeypatch):
    url, seen = endpoint
    here = subprocess.run([sys.executable, "-c", LEARNER], capture_output=True, text=True, check=True).stdout
    assert not seen
    monkeypatch.setenv("OPENAI_BASE_URL", url)
    monkeypatch.setenv("OPENAI_API_KEY", "secret-key")
    there = subprocess.run([sys.executable, "-c", LEARNER], capture_output=True, text=True, check=True).stdout
    assert there == here
    assert seen == [("/v1/chat/completions", "Bearer secret-key"), ("/v1/embeddings", "Bearer secret-key")]


def test_a_named_service_stays_offline(endpoint, monkeypatch):
    url, seen = endpoint
    monkeypatch.setenv("OPENAI_BASE_URL", url)
    assert llm.client({"seed": 1}).models.list().data
    assert not seen
