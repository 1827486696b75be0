"""Application Auto Scaling in memory: what no emulator has of it is whose a scalable target is."""

import json
import uuid
from collections.abc import Callable
from typing import Any, TypeAlias

from plugins.faults import Answer

Asked: TypeAlias = dict[str, Any]
_PLACE = ("ServiceNamespace", "ResourceId", "ScalableDimension")
_REGION = "eu-west-1:123456789012"


class _Refused(Exception):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Scaling:
    """Stands in for the service in `faulty`, under the name `SERVICE`."""

    SERVICE = "application-autoscaling"

    def __init__(self) -> None:
        self._targets: dict[tuple[str, ...], Asked] = {}
        self._tags: dict[str, dict[str, str]] = {}
        self._parts: dict[str, dict[tuple[str, ...], Asked]] = {"PolicyName": {}, "ScheduledActionName": {}}

    def __call__(self, operation: str, body: bytes) -> Answer:
        answers: dict[str, Callable[[Asked], Asked]] = {
            "RegisterScalableTarget": self._register,
            "DescribeScalableTargets": self._describe,
            "DeregisterScalableTarget": self._deregister,
            "PutScalingPolicy": self._put_policy,
            "DescribeScalingPolicies": lambda asked: {"ScalingPolicies": self._listed("PolicyName", asked)},
            "DeleteScalingPolicy": lambda asked: self._delete("PolicyName", asked),
            "PutScheduledAction": self._put_action,
            "DescribeScheduledActions": lambda asked: {"ScheduledActions": self._listed("ScheduledActionName", asked)},
            "DeleteScheduledAction": lambda asked: self._delete("ScheduledActionName", asked),
            "ListTagsForResource": lambda asked: {"Tags": self._tagged(asked)},
            "TagResource": self._tag,
            "UntagResource": self._untag,
        }
        try:
            return _answer(200, answers[operation](json.loads(body)))
        except _Refused as error:
            return _answer(400, {"__type": error.code, "message": str(error)})

    def _register(self, asked: Asked) -> Asked:
        place, tags = _place(asked), asked.pop("Tags", None)
        if place not in self._targets:
            arn = f"arn:aws:application-autoscaling:{_REGION}:scalable-target/{uuid.uuid4().hex}"
            self._targets[place] = {"ScalableTargetARN": arn, "RoleARN": "arn:aws:iam::123456789012:role/own"}
            self._tags[arn] = tags or {}
        elif tags:
            raise _Refused("ValidationException", "Tags are given when a scalable target is made.")
        self._targets[place].update(asked)
        return {"ScalableTargetARN": self._targets[place]["ScalableTargetARN"]}

    def _describe(self, asked: Asked) -> Asked:
        found = [one for one in self._targets.values() if one["ResourceId"] in asked["ResourceIds"]]
        same = [one for one in found if one["ScalableDimension"] == asked["ScalableDimension"]]
        return {"ScalableTargets": [{"CreationTime": 0, **one} for one in same]}

    def _deregister(self, asked: Asked) -> Asked:
        target = self._target(asked)
        del self._targets[_place(asked)], self._tags[target["ScalableTargetARN"]]
        for parts in self._parts.values():
            for key in [key for key in parts if key[1:] == _place(asked)]:
                del parts[key]
        return {}

    def _put_policy(self, asked: Asked) -> Asked:
        self._target(asked)
        where = f"resource/{asked['ServiceNamespace']}/{asked['ResourceId']}:policyName/{asked['PolicyName']}"
        key = (asked["PolicyName"], *_place(asked))
        known = self._parts["PolicyName"].get(key, {})
        arn = known.get("PolicyARN") or f"arn:aws:autoscaling:{_REGION}:scalingPolicy:{uuid.uuid4()}:{where}"
        self._parts["PolicyName"][key] = {**asked, "PolicyARN": arn, "CreationTime": 0}
        return {"PolicyARN": arn, "Alarms": []}

    def _put_action(self, asked: Asked) -> Asked:
        self._target(asked)
        key = (asked["ScheduledActionName"], *_place(asked))
        self._parts["ScheduledActionName"][key] = {"ScheduledActionARN": "arn", "CreationTime": 0, **asked}
        return {}

    def _listed(self, name: str, asked: Asked) -> list[Asked]:
        wanted = asked.get(f"{name.removesuffix('Name')}Names") or asked.get("PolicyNames")
        there = [one for key, one in self._parts[name].items() if key[1:] == _place(asked)]
        return [one for one in there if not wanted or one[name] in wanted]

    def _delete(self, name: str, asked: Asked) -> Asked:
        if self._parts[name].pop((asked[name], *_place(asked)), None) is None:
            raise _Refused("ObjectNotFoundException", f"There is no {asked[name]}.")
        return {}

    def _target(self, asked: Asked) -> Asked:
        if _place(asked) not in self._targets:
            raise _Refused("ObjectNotFoundException", f"No scalable target registered for {asked['ResourceId']}.")
        return self._targets[_place(asked)]

    def _tagged(self, asked: Asked) -> dict[str, str]:
        if asked["ResourceARN"] not in self._tags:
            raise _Refused("ResourceNotFoundException", f"There is no {asked['ResourceARN']}.")
        return self._tags[asked["ResourceARN"]]

    def _tag(self, asked: Asked) -> Asked:
        self._tagged(asked).update(asked["Tags"])
        return {}

    def _untag(self, asked: Asked) -> Asked:
        for key in asked["TagKeys"]:
            self._tagged(asked).pop(key, None)
        return {}


def _answer(status: int, said: Asked) -> Answer:
    return Answer(status, json.dumps(said).encode(), {"Content-Type": "application/x-amz-json-1.1"})


def _place(asked: Asked) -> tuple[str, ...]:
    return tuple(asked[name] for name in _PLACE)
