"""Between CloudFormation's properties of load balancing and ELBv2's calls: attributes, actions, conditions, tags."""

from collections.abc import Iterable, Mapping
from typing import Any

from panka.activities.providers.ownership import retagged
from panka.activities.providers.provider import Provider, pruned, tag_list, tag_map
from panka.activities.providers.shapes import as_text
from panka.planner.resource import Properties

BALANCER_ATTRIBUTES: dict[str, str] = {
    "access_logs.s3.enabled": "false",
    "access_logs.s3.prefix": "",
    "client_keep_alive.seconds": "3600",
    "connection_logs.s3.enabled": "false",
    "connection_logs.s3.prefix": "",
    "deletion_protection.enabled": "false",
    "dns_record.client_routing_policy": "any_availability_zone",
    "health_check_logs.s3.enabled": "false",
    "health_check_logs.s3.prefix": "",
    "idle_timeout.timeout_seconds": "60",
    "load_balancing.cross_zone.enabled": "false",
    "routing.http.desync_mitigation_mode": "defensive",
    "routing.http.drop_invalid_header_fields.enabled": "false",
    "routing.http.preserve_host_header.enabled": "false",
    "routing.http.x_amzn_tls_kx.enabled": "false",
    "routing.http.x_amzn_tls_version_and_cipher_suite.enabled": "false",
    "routing.http.xff_client_port.enabled": "false",
    "routing.http.xff_header_processing.mode": "append",
    "routing.http2.enabled": "true",
    "secondary_ips.auto_assigned.per_subnet": "0",
    "waf.fail_open.enabled": "false",
    "zonal_shift.config.enabled": "false",
}
"""What AWS gives the attributes of a load balancer that nobody set."""
_HEALTH_ENOUGH = "target_group_health"
_ENOUGH = "minimum_healthy_targets"
GROUP_ATTRIBUTES: dict[str, str] = {
    "deregistration_delay.timeout_seconds": "300",
    "lambda.multi_value_headers.enabled": "false",
    "load_balancing.algorithm.anomaly_mitigation": "off",
    "load_balancing.algorithm.type": "round_robin",
    "load_balancing.cross_zone.enabled": "use_load_balancer_configuration",
    "proxy_protocol_v2.enabled": "false",
    "routing.http2.rst_stream_error_forwarding.enabled": "false",
    "slow_start.duration_seconds": "0",
    "stickiness.app_cookie.duration_seconds": "86400",
    "stickiness.enabled": "false",
    "stickiness.lb_cookie.duration_seconds": "86400",
    "target_failover.on_deregistration": "no_rebalance",
    "target_failover.on_unhealthy": "no_rebalance",
    f"{_HEALTH_ENOUGH}.dns_failover.{_ENOUGH}.count": "1",
    f"{_HEALTH_ENOUGH}.dns_failover.{_ENOUGH}.percentage": "off",
    f"{_HEALTH_ENOUGH}.unhealthy_state_routing.{_ENOUGH}.count": "1",
    f"{_HEALTH_ENOUGH}.unhealthy_state_routing.{_ENOUGH}.percentage": "off",
    "target_health_state.unhealthy.draining_interval_seconds": "0",
    "waf.fail_open.enabled": "false",
}
"""The same for target groups."""
_ANSWERED = (
    "access_control_allow_credentials",
    "access_control_allow_headers",
    "access_control_allow_methods",
    "access_control_allow_origin",
    "access_control_expose_headers",
    "access_control_max_age",
    "content_security_policy",
    "strict_transport_security",
    "x_content_type_options",
    "x_frame_options",
)
LISTENER_ATTRIBUTES: dict[str, str] = {
    "routing.http.response.server.enabled": "true",
    "tcp.idle_timeout.seconds": "350",
    **{f"routing.http.response.{name}.header_value": "" for name in _ANSWERED},
}
"""The same for listeners."""

_CONFIG_OF = {
    "host-header": "HostHeaderConfig",
    "http-header": "HttpHeaderConfig",
    "http-request-method": "HttpRequestMethodConfig",
    "path-pattern": "PathPatternConfig",
    "query-string": "QueryStringConfig",
    "source-ip": "SourceIpConfig",
}
_AS_ASKED = {"Host": "#{host}", "Path": "/#{path}", "Port": "#{port}", "Protocol": "#{protocol}", "Query": "#{query}"}
"""The parts of a redirect that stay as the client sent them."""
_OIDC = "AuthenticateOidcConfig"
_SIGN_INS = (_OIDC, "AuthenticateCognitoConfig")
_SIGN_IN: Properties = {"OnUnauthenticatedRequest": "authenticate", "Scope": "openid", "SessionTimeout": 604_800}
_AT_ONCE = 20
"""Resources whose tags one call tells."""


def unusual(live: Iterable[Mapping[str, Any]], defaults: Mapping[str, str]) -> list[Properties]:
    """Attributes as AWS tells them, as a property: those that are otherwise than AWS makes them by itself."""
    told = _meant({one["Key"]: one.get("Value", "") for one in live})
    return [{"Key": key, "Value": told[key]} for key in sorted(told) if told[key] not in ("", defaults.get(key))]


def attribute_changes(
    old: list[Properties] | None, new: list[Properties] | None, defaults: Mapping[str, str]
) -> list[Properties]:
    """The attributes to set so that `old` becomes `new`; what `new` leaves out goes back to its default, if known."""
    live, wanted = (_meant({one["Key"]: as_text(one["Value"]) for one in some or []}) for some in (old, new))
    back = {key: defaults[key] for key in live if key not in wanted and key in defaults}
    asked = {**back, **wanted}
    differ = sorted(key for key, value in asked.items() if live.get(key, defaults.get(key)) != value)
    return [{"Key": key, "Value": asked[key]} for key in differ]


def _meant(attributes: dict[str, str]) -> dict[str, str]:
    """Without the details of a stickiness that is off."""
    sticky = attributes.get("stickiness.enabled") == "true"
    return {key: value for key, value in attributes.items() if sticky or not key.startswith("stickiness.")}


def asked_actions(actions: list[Properties]) -> list[Properties]:
    """Actions as the calls take them."""
    return [_timed(action) for action in actions]


def _timed(action: Properties) -> Properties:
    """The timeout of a session is a number to ELBv2, and a text in a listener's properties."""
    configs = {name: dict(action[name]) for name in _SIGN_INS if name in action}
    for config in configs.values():
        if "SessionTimeout" in config:
            config["SessionTimeout"] = int(config["SessionTimeout"])
    return {**action, **configs}


def same_actions(old: list[Properties] | None, new: list[Properties]) -> bool:
    """Whether two lists of actions do the same. AWS does not tell secrets, so actions with one are never the same."""
    if any("ClientSecret" in action.get(_OIDC, {}) for action in new):
        return False
    return [_action(one) for one in _in_order(old or [])] == [_action(one) for one in _in_order(new)]


def _in_order(actions: list[Properties]) -> list[Properties]:
    return sorted(actions, key=lambda action: int(action.get("Order", 1)))


def _action(action: Properties) -> Properties:
    """An action with everything in it that AWS fills in by itself."""
    full = {key: value for key, value in action.items() if key not in ("Order", "TargetGroupArn")}
    if action["Type"] == "forward":
        full["ForwardConfig"] = _forward(action)
    if action["Type"] == "redirect":
        full["RedirectConfig"] = {**_AS_ASKED, **action["RedirectConfig"]}
    if action["Type"] == "fixed-response":
        full["FixedResponseConfig"] = {"ContentType": "text/plain", **action["FixedResponseConfig"]}
    for name in _SIGN_INS:
        if name in action:
            timed = {**_SIGN_IN, "SessionCookieName": "AWSELBAuthSessionCookie", **_timed(action)[name]}
            full[name] = {key: value for key, value in timed.items() if key != "UseExistingClientSecret"}
    return pruned(full)  # type: ignore[no-any-return]  # a mapping stays one


def _forward(action: Properties) -> Properties:
    config = action.get("ForwardConfig", {})
    groups = config.get("TargetGroups") or [{"TargetGroupArn": action["TargetGroupArn"]}]
    weights = {one["TargetGroupArn"]: int(one.get("Weight", 1)) for one in groups}
    if len(weights) == 1:
        # The weight of an only group changes nothing.
        weights = dict.fromkeys(weights, 1)
    sticky = config.get("TargetGroupStickinessConfig", {})
    return {"TargetGroups": weights, "TargetGroupStickinessConfig": sticky if sticky.get("Enabled") else {}}


def same_conditions(old: list[Properties] | None, new: list[Properties]) -> bool:
    """Whether two lists of conditions let the same requests through; neither has an order."""
    return _conditions(old or []) == _conditions(new)


def _conditions(conditions: list[Properties]) -> list[str]:
    return sorted(repr(_condition(one)) for one in conditions)


def _condition(condition: Properties) -> tuple[str, str, list[str], list[str]]:
    config = condition.get(_CONFIG_OF.get(condition["Field"], ""), {})
    values, patterns = (config.get(name) or condition.get(name) or [] for name in ("Values", "RegexValues"))
    header = str(config.get("HttpHeaderName", "")).lower()
    return str(condition["Field"]), header, sorted(map(_value, values)), sorted(patterns)


def _value(value: Any) -> str:
    return f"{value.get('Key', '')}={value['Value']}" if isinstance(value, dict) else str(value)


async def tags_of(provider: Provider, arns: list[str], gone: frozenset[str]) -> dict[str, dict[str, str]]:
    """The tags of some resources of ELBv2, by ARN; nothing for those that are gone."""
    found: dict[str, dict[str, str]] = {}
    for start in range(0, len(arns), _AT_ONCE):
        answer = await provider.maybe("describe_tags", gone, ResourceArns=arns[start : start + _AT_ONCE])
        for one in answer["TagDescriptions"] if answer else []:
            found[one["ResourceArn"]] = tag_map(one.get("Tags"))
    return found


async def retag(provider: Provider, arn: str, old: Properties, new: Properties) -> None:
    """Brings the tags of a resource of ELBv2 to those of `new`."""
    put, removed = retagged(old, new)
    if put:
        await provider.call("add_tags", ResourceArns=[arn], Tags=tag_list(put))
    if removed:
        await provider.call("remove_tags", ResourceArns=[arn], TagKeys=removed)
