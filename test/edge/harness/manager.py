"""The MQTT proxy of the manager of a device's programs, as far as the edge service sees it, on Python's own library alone.

It takes nothing but status 200 with an object without "error", makes one call after the other, never asks again for a topic that it believes to
have, and looks at the service's health in a loop. Settings are those of the manager (PETAL_...). Lines of JSON on standard input are calls
({"id", "call", ...}); on standard output stand their results and what happens.
"""

import collections
import concurrent.futures
import datetime
import http.client
import http.server
import json
import os
import sys
import threading
import urllib.error
import urllib.request

SERVICE = f"http://{os.environ['PETAL_TS_CLIENT_HOST']}:{os.environ['PETAL_TS_CLIENT_PORT']}"
CALLBACK_HOST = os.environ.get("PETAL_CALLBACK_HOST", "localhost")
CALLBACK_PORT = int(os.environ["PETAL_CALLBACK_PORT"])
ENABLE_CALLBACKS = os.environ.get("PETAL_ENABLE_CALLBACKS", "true").lower() in ("true", "1", "yes")
HEALTH_CHECK_INTERVAL = float(os.environ.get("PETAL_MQTT_HEALTH_CHECK_INTERVAL", "10.0"))
ORGANIZATION = os.environ["ORGANIZATION_ID"]
DEVICE = os.environ["DEVICE_ID"]
BASE = f"org/{ORGANIZATION}/device/{DEVICE}"
REQUEST_TIMEOUT_SECONDS = 30
SEEN_MESSAGES = 1000

output = threading.Lock()


def tell(**fields):
    with output:
        print(json.dumps(fields), flush=True)


class Manager:
    def __init__(self):
        self.worker = concurrent.futures.ThreadPoolExecutor(max_workers=1)
        self.subscribed = set()
        self.seen = collections.deque(maxlen=SEEN_MESSAGES)
        self.is_connected = False
        self.was_healthy = False
        self.failures_to_come = 0
        self.stopped = threading.Event()
        self.callback_url = None

    def listen(self):
        manager = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                status, answer = manager.take(self.path, body)
                text = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            def handle_error(self, request, client_address):
                if not isinstance(sys.exc_info()[1], OSError):
                    super().handle_error(request, client_address)

        self.server = Server(("127.0.0.1", CALLBACK_PORT), Handler)
        port = self.server.server_address[1]
        self.callback_url = f"http://{CALLBACK_HOST}:{port}/mqtt-callback/callback"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        tell(event="listening", port=port)

    def take(self, path, body):
        if path != "/mqtt-callback/callback":
            return 404, {"detail": "Not Found"}
        try:
            message = json.loads(body)
            topic, payload = message["topic"], message["payload"]
            fits = isinstance(topic, str) and isinstance(payload, dict)
            fits = fits and isinstance(message.get("timestamp", ""), str) and isinstance(message.get("qos", 1), int)
        except (ValueError, KeyError, TypeError):
            fits = False
        if not fits:
            tell(event="callback_refused", body=body.decode("utf-8", "replace"))
            return 422, {"detail": [{"msg": "field required"}]}
        if self.failures_to_come > 0:
            self.failures_to_come -= 1
            tell(event="callback_failed", payload=payload)
            return 200, {"status": "error", "message": "the queue is full"}
        message_id = payload.get("messageId")
        if message_id:
            if message_id in self.seen:
                tell(event="duplicate", topic=topic, payload=payload)
                return 200, {"status": "success"}
            self.seen.append(message_id)
        tell(event="message", topic=topic, payload=payload)
        if topic == f"{BASE}/command/edge" and payload.get("waitResponse"):
            threading.Thread(target=self.answer, args=(payload,), daemon=True).start()
        return 200, {"status": "success"}

    def answer(self, command):
        done = self.send_command_response(command["messageId"], {"status": "success", "command": command["command"]})
        tell(event="answered", messageId=command["messageId"], done=done)

    def post(self, path, body):
        return self.worker.submit(self._post, path, body).result()

    def _post(self, path, body):
        request = urllib.request.Request(
            SERVICE + path, json.dumps(body).encode(), {"Content-Type": "application/json"}, method="POST"
        )
        try:
            with urllib.request.urlopen(request, timeout=REQUEST_TIMEOUT_SECONDS) as response:
                answer = json.loads(response.read())
                if response.status != 200 or not isinstance(answer, dict) or "error" in answer:
                    raise ValueError(f"status {response.status}: {answer}")
                return True
        except urllib.error.HTTPError as error:
            tell(event="call_failed", path=path, status=error.code, text=error.read().decode())
        except (OSError, ValueError, http.client.HTTPException) as error:
            tell(event="call_failed", path=path, status=0, text=str(error))
        return False

    def is_healthy(self):
        try:
            with urllib.request.urlopen(SERVICE + "/health", timeout=REQUEST_TIMEOUT_SECONDS) as response:
                return response.status == 200
        except (OSError, http.client.HTTPException):
            return False

    def look(self):
        healthy = self.worker.submit(self.is_healthy).result()
        if healthy == self.was_healthy:
            return
        self.was_healthy = healthy
        if healthy:
            for relative in ("command/edge", "response", "command"):
                if f"{BASE}/{relative}" not in self.subscribed:
                    self.subscribe(f"{BASE}/{relative}")
        self.is_connected = healthy
        tell(event="health", healthy=healthy, subscribed=sorted(self.subscribed))

    def health_loop(self):
        while not self.stopped.wait(HEALTH_CHECK_INTERVAL):
            self.look()

    def subscribe(self, topic):
        done = self.post("/subscribe", {"topic": topic, "callbackUrl": self.url()})
        if done:
            self.subscribed.add(topic)
        return done

    def unsubscribe(self, topic):
        self.subscribed.discard(topic)
        return self.post("/unsubscribe", {"topic": topic})

    def publish(self, topic, payload, qos=1):
        if not self.is_connected:
            return False
        body = {"topic": topic, "payload": {**payload, "deviceId": DEVICE}, "qos": qos, "callbackUrl": self.url()}
        return self.post("/publish", body)

    def publish_message(self, payload, qos=1):
        return self.publish(f"{BASE}/command/web", payload, qos)

    def send_command_response(self, message_id, fields):
        now = datetime.datetime.now().isoformat()
        return self.publish(f"{BASE}/response", {"messageId": message_id, "timestamp": now, **fields})

    def fail_inside(self, count):
        self.failures_to_come = count
        return True

    def url(self):
        return self.callback_url if ENABLE_CALLBACKS else None


manager = Manager()
manager.listen()
manager.look()
threading.Thread(target=manager.health_loop, daemon=True).start()
for line in sys.stdin:
    call = json.loads(line)
    number, name = call.pop("id"), call.pop("call")
    tell(event="result", id=number, done=getattr(manager, name)(**call))
manager.stopped.set()
