"""Who may be told of a verdict, by how it is written."""

import pytest

from panka.planner.receivers import Receiver, Way


@pytest.mark.parametrize(
    ("to", "way"),
    [
        ("arn:aws:sns:eu-west-1:111122223333:drift", Way.TOPIC),
        ("arn:aws-cn:sns:cn-north-1:111122223333:drift.fifo", Way.TOPIC),
        ("arn:aws:events:eu-west-1:111122223333:event-bus/ops", Way.BUS),
        ("https://hooks.example.com/T0/B0", Way.WEBHOOK),
        ("http://127.0.0.1:8080/hook", Way.WEBHOOK),
        ("{{resolve:secretsmanager:hook}}", Way.HIDDEN_WEBHOOK),
    ],
)
def test_a_receiver_is_known_by_how_it_is_written(to: str, way: Way) -> None:
    assert Receiver.of(to).way is way


@pytest.mark.parametrize(
    ("to", "why"),
    [
        ("drift", "A receiver is"),
        ("ftp://example.com/x", "A receiver is"),
        ("arn:aws:sqs:eu-west-1:111122223333:jobs", "A receiver is"),
        ("http://hooks.example.com/x", "called by https"),
        ("https://ana:secret@example.com/x", "belongs into a secret"),
    ],
)
def test_what_is_no_receiver_is_refused(to: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Receiver.of(to)
