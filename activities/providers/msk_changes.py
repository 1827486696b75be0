"""What differs between two states of a provisioned Kafka cluster, as the calls that MSK has for each part of it."""

from typing import Any

from panka.activities.providers.provider import pruned
from panka.activities.providers.shapes import differing
from panka.planner.resource import Properties

_OFF: Properties = {"EnhancedMonitoring": "DEFAULT", "LoggingInfo": {}, "OpenMonitoring": {}}
"""What these go back to when they are taken away; others stay as they are."""
_SWITCHES = ("Enabled", "EnabledInBroker")

Change = tuple[str, dict[str, Any]]
"""An operation (`update_broker_count`) and its arguments, the cluster and its version aside."""


def changes(old: Properties, new: Properties) -> list[Change]:
    """The calls that make `new` of `old`, in an order in which MSK takes them: growing disks cannot be taken back."""
    live, wanted = {**_OFF, **old}, {**_OFF, **new}
    brokers, wanted_brokers = (one.get("BrokerNodeGroupInfo", {}) for one in (live, wanted))
    return [
        *_software(live, wanted),
        *_security(live, wanted),
        *_connectivity(brokers, wanted_brokers),
        *_monitoring(live, wanted),
        *_plain("update_rebalancing", "Rebalancing", live, "Rebalancing", wanted),
        *_plain("update_broker_type", "InstanceType", brokers, "TargetInstanceType", wanted_brokers),
        *_plain("update_broker_count", "NumberOfBrokerNodes", live, "TargetNumberOfBrokerNodes", wanted),
        *_plain("update_storage", "StorageMode", live, "StorageMode", wanted),
        *_disks(brokers, wanted_brokers),
    ]


def _plain(operation: str, name: str, live: Properties, target: str, wanted: Properties) -> list[Change]:
    return [(operation, {target: value}) for value in differing(live, wanted, (name,)).values()]


def _software(live: Properties, wanted: Properties) -> list[Change]:
    """A version and the settings made for it go together."""
    settings = wanted.get("ConfigurationInfo")
    arguments = {"ConfigurationInfo": settings} if settings and settings != live.get("ConfigurationInfo") else {}
    if wanted["KafkaVersion"] != live.get("KafkaVersion"):
        return [("update_cluster_kafka_version", {"TargetKafkaVersion": wanted["KafkaVersion"], **arguments})]
    return [("update_cluster_configuration", arguments)] if arguments else []


def _security(live: Properties, wanted: Properties) -> list[Change]:
    arguments = _switched("ClientAuthentication", live, wanted)
    before, after = (one.get("EncryptionInfo", {}).get("EncryptionInTransit", {}) for one in (live, wanted))
    if "ClientBroker" in after and after["ClientBroker"] != before.get("ClientBroker"):
        # The rest of it is fixed.
        arguments["EncryptionInfo"] = {"EncryptionInTransit": {"ClientBroker": after["ClientBroker"]}}
    return [("update_security", arguments)] if arguments else []


def _connectivity(live: Properties, wanted: Properties) -> list[Change]:
    before, after = live.get("ConnectivityInfo", {}), wanted.get("ConnectivityInfo", {})
    arguments = differing(before, after, ("NetworkType", "PublicAccess"), {"PublicAccess": {"Type": "DISABLED"}})
    arguments |= _switched("VpcConnectivity", before, {"VpcConnectivity": {}, **after})
    return [("update_connectivity", {"ConnectivityInfo": arguments})] if arguments else []


def _monitoring(live: Properties, wanted: Properties) -> list[Change]:
    arguments = {**_switched("LoggingInfo", live, wanted), **_switched("OpenMonitoring", live, wanted)}
    if wanted["EnhancedMonitoring"] != live["EnhancedMonitoring"]:
        arguments["EnhancedMonitoring"] = wanted["EnhancedMonitoring"]
    return [("update_monitoring", arguments)] if arguments else []


def _disks(live: Properties, wanted: Properties) -> list[Change]:
    before, after = (one.get("StorageInfo", {}).get("EBSStorageInfo", {}) for one in (live, wanted))
    through = _switched("ProvisionedThroughput", before, after)
    if not after or (before.get("VolumeSize") == after.get("VolumeSize") and not through):
        return []
    disk = {"KafkaBrokerNodeId": "All", "VolumeSizeGB": after["VolumeSize"], **through}
    return [("update_broker_storage", {"TargetBrokerEBSVolumeInfo": [disk]})]


def _switched(name: str, live: Properties, wanted: Properties) -> dict[str, Any]:
    """The named structure as it is to be said when it differs: what is on and no longer wanted is switched off."""
    before, after = live.get(name, {}), wanted.get(name)
    if after is None or _on(before) == _on(after):
        return {}
    return {name: _over(_off(before), after)}


def _on(value: Any) -> Any:
    """What is switched on; the rest says nothing."""
    if isinstance(value, dict):
        if any(value.get(switch) is False for switch in _SWITCHES):
            return None
        return pruned({key: _on(item) for key, item in value.items()})
    return sorted(value) if isinstance(value, list) else value


def _off(value: Properties) -> Properties:
    switches = {switch: False for switch in _SWITCHES if switch in value}
    return switches or {key: _off(item) for key, item in value.items() if isinstance(item, dict)}


def _over(base: Properties, wanted: Properties) -> Properties:
    laid = {
        key: _over(base[key], item) if isinstance(item, dict) and isinstance(base.get(key), dict) else item
        for key, item in wanted.items()
    }
    return {**base, **laid}
