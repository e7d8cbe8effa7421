"""Runs the client tests of a copy of paho.mqtt.testing: suite.py FOLDER VERSION PORT. Prints one line of JSON for each test.

The suite asks for QoS 2 nearly everywhere, which AWS IoT Core does not have. Here its client asks for QoS 1 instead, so that the tests
are about what they are about. The copy itself is not changed.
"""

import contextlib
import io
import json
import signal
import sys
import unittest

# the longest test of the suite waits about 30 s
TEST_SECONDS = 40


def give_up(_signal, _frame):
    # again and again: some tests catch everything within a loop
    signal.alarm(1)
    raise TimeoutError(f"took longer than {TEST_SECONDS} s")


def lower_qos(client_module):
    """Makes the suite's client ask for QoS 1 at most."""
    client = client_module.Client
    connect, publish, subscribe = client.connect, client.publish, client.subscribe

    def connect_lower(self, *rest, **named):
        return connect(self, *rest, **{"willQoS": 1, **named})

    def publish_lower(self, topic, payload, qos=0, *rest, **named):
        return publish(self, topic, payload, min(qos, 1), *rest, **named)

    def subscribe_lower(self, topics, options, *rest, **named):
        for index, option in enumerate(options):
            if isinstance(option, int):
                options[index] = min(option, 1)
            else:
                option.QoS = min(option.QoS, 1)
        return subscribe(self, topics, options, *rest, **named)

    client.connect, client.publish, client.subscribe = connect_lower, publish_lower, subscribe_lower


def load(folder, version, port):
    """Imports the tests and sets what their own command line would."""
    sys.path.insert(0, f"{folder}/interoperability")
    if version == "5":
        import client_test5 as tests
        import mqtt.clients.V5 as client_module

        tests.topic_prefix = "client_test5/"
    else:
        import client_test as tests
        import mqtt.clients.V311 as client_module

        tests.topic_prefix = ""
    tests.host, tests.port = "localhost", port
    names = ("TopicA", "TopicA/B", "Topic/C", "TopicA/C", "/TopicA")
    filters = ("TopicA/+", "+/C", "#", "/#", "/+", "+/+", "TopicA/#")
    tests.topics = [tests.topic_prefix + name for name in names]
    tests.wildtopics = [tests.topic_prefix + name for name in filters]
    tests.nosubscribe_topics = ("test/nosubscribe",)
    lower_qos(client_module)
    return tests, client_module


def forget_retained(tests, client_module):
    """Takes away what a test left behind; the suite itself does so by a wildcard, which gets no retained messages here."""
    client = client_module.Client("cleaner".encode("utf-8"))
    client.connect(host=tests.host, port=tests.port)
    for topic in tests.topics:
        client.publish(topic, b"", 0, retained=True)
    client.disconnect()


class Report(unittest.TestResult):
    """Writes down each test when it ends."""

    def __init__(self, out, chatter, prepare):
        super().__init__()
        self.out, self.chatter, self.prepare = out, chatter, prepare

    def tell(self, test, outcome, error=None):
        line = {"test": test.id().split(".")[-1], "outcome": outcome}
        if error is not None:
            # many tests print what happened and fail with less
            line["message"] = f"{error[1]} {self.chatter.getvalue().strip().splitlines()[-1:]}"
        print(json.dumps(line), file=self.out, flush=True)

    def startTest(self, test):
        super().startTest(test)
        self.prepare()
        self.chatter.truncate(0)
        signal.alarm(TEST_SECONDS)

    def stopTest(self, test):
        signal.alarm(0)
        super().stopTest(test)

    def addSuccess(self, test):
        self.tell(test, "passed")

    def addFailure(self, test, err):
        self.tell(test, "failed", err)

    def addError(self, test, err):
        self.tell(test, "failed", err)


def main():
    folder, version, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
    out = sys.stdout
    chatter = io.StringIO()
    signal.signal(signal.SIGALRM, give_up)
    with contextlib.redirect_stdout(chatter), contextlib.redirect_stderr(chatter):
        tests, client_module = load(folder, version, port)
        suite = unittest.defaultTestLoader.loadTestsFromModule(tests)
        suite.run(Report(out, chatter, lambda: forget_retained(tests, client_module)))
    print(chatter.getvalue(), file=sys.stderr)


main()
