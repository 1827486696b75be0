"""From files to resources: what a stack may say, what it becomes, and what is told of its mistakes."""

import io
import zipfile
from collections.abc import Iterable
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import Field

from panka.planner.compile import Compiled
from panka.planner.component import (
    Component,
    ComponentSpec,
    Context,
    Grants,
    Inbound,
    Kind,
    Lowered,
    Network,
    Path,
    Spec,
    Statement,
)
from panka.planner.diagnostics import Invalid
from panka.planner.owner import Scope
from panka.planner.resource import STACK, Address, Lifecycle, Ref, Resource, Text, Timeouts
from panka.planner.rules import broken
from panka.planner.stack import Draft, Options, read_stack
from panka.planner.state import Target

SCOPE = Scope(tenant="acme", stack="shop", environment="prod")
TARGET = Target(account="111122223333", region="eu-west-1")


class Letters(Spec):
    count: Annotated[int, Field(ge=1, le=10)] = 5
    enabled: bool = True


class QueueSpec(ComponentSpec):
    type: Literal["standard", "fifo"] = "standard"
    timeout: Annotated[int, Field(ge=0, le=100)] = 30
    title: str = ""
    dead_letters: Letters | None = None
    no_url: bool = False


class Variable(Spec):
    name: str
    value: str | None = None
    value_from: dict[str, str] | None = None


class Runtime(Spec):
    cpu: str = "256"
    memory: str = "512"


class Autoscaling(Spec):
    enabled: bool = False
    min_replicas: int = 1


class ServerSpec(ComponentSpec):
    image: str
    replicas: int = 1
    runtime: Runtime = Runtime()
    autoscaling: Autoscaling = Autoscaling()
    environment: tuple[Variable, ...] = ()
    feeds: tuple[str, ...] = ()
    code: str = ""


def lower_queue(component: Component[QueueSpec], context: Context) -> Lowered:
    spec = component.spec
    if spec.title == "refused":
        raise broken("PK301", "`refused` is not a title")
    letters = component.resource("letters", "T::Queue", {})
    properties: dict[str, Any] = {"Timeout": spec.timeout, "Title": spec.title, "Nested": {"List": [spec.title]}}
    if spec.dead_letters:
        properties["Letters"] = letters.ref("Arn")
    queue = component.resource("main", "T::Queue", properties, lifecycle=Lifecycle(force=True))
    outputs: dict[str, Ref | Text | str | int] = {"arn": queue.ref("Arn"), "port": 5432, "title": spec.title}
    if not spec.no_url:
        outputs["url"] = queue.ref("Url")
    grants = Grants(({"Action": "send", "Resource": queue.ref("Arn")},))
    return Lowered((letters, queue) if spec.dead_letters else (queue,), outputs, grants, notes=("A note.",))


def accept(
    component: Component[QueueSpec], lowered: Lowered, statements: tuple[Statement, ...]
) -> tuple[Resource, ...]:
    queue = lowered.resources[-1]
    return (component.resource("policy", "T::Policy", {"Queue": queue.ref("Url"), "Statements": list(statements)}),)


def lower_server(component: Component[ServerSpec], context: Context) -> Lowered:
    spec = component.spec
    cluster = Resource(Address.of(STACK, "cluster"), "T::Cluster", {}, kind="Stack")
    environment = {
        one.name: one.value
        if one.value_from is None
        else "${" + one.value_from["component"] + "." + one.value_from["output"] + "}"
        for one in spec.environment
    }
    role = component.resource("role", "T::Role", {"Statements": list(context.statements())})
    properties = {
        "Cluster": cluster.ref("Arn"),
        "Role": role.ref("Arn"),
        "Image": spec.image,
        "Replicas": spec.replicas,
        "Cpu": spec.runtime.cpu,
        "Autoscaling": spec.autoscaling.enabled,
        "Environment": environment,
        "Groups": list(context.network.security_groups),
        "Vpc": context.network.vpc_id,
        "Uses": list(context.uses),
        "Granted": list(context.granted),
        "Code": context.pack(spec.code) if spec.code else "",
    }
    main = component.resource("main", "T::Server", properties)
    inbound = tuple(Inbound(name, {"From": main.ref("Arn")}) for name in spec.feeds)
    outputs: dict[str, Ref | Text | str | int] = {"url": main.ref("Url"), "securityGroupId": role.ref("GroupId")}
    return Lowered((cluster, role, main), outputs, inbound=inbound)


def mentions(spec: ServerSpec) -> Iterable[tuple[str, Path]]:
    return ((name, ("feeds", number)) for number, name in enumerate(spec.feeds))


OWN = (
    Kind("SQS", QueueSpec, lower_queue, {"arn": "", "url": "", "port": "", "title": ""}, accept=accept),
    Kind(
        "MicroService",
        ServerSpec,
        lower_server,
        {"url": "", "securityGroupId": ""},
        mentions=mentions,
        needs_network=True,
    ),
)
KINDS = {kind.name: kind for kind in OWN}


class Files:
    root = "shop"

    def __init__(self, files: dict[str, str]) -> None:
        self.files = files

    def paths(self) -> list[str]:
        return list(self.files)

    def read(self, path: str) -> bytes:
        return self.files[path].encode()


def doc(kind: str, name: str, spec: str = "", metadata: str = "") -> str:
    said = f", {metadata}" if metadata else ""
    body = "".join(f"  {line}\n" for line in spec.splitlines())
    return f"apiVersion: panka.io/v1\nkind: {kind}\nmetadata: {{name: {name}{said}}}\nspec:\n{body}"


STACK_FILE = doc("Stack", "shop")


def read(files: dict[str, str], stack: str = STACK_FILE, **options: Any) -> Draft:
    return read_stack(Files({"stack.yaml": stack, **files}), Options(**options), KINDS)


def compiled(*documents: str, stack: str = STACK_FILE, network: Network | None = None, **options: Any) -> Compiled:
    draft = read({"services/api/all.yaml": "---\n".join(documents)}, stack, **options)
    assert draft.diagnostics == ()
    result = draft.compile(SCOPE, TARGET, network)
    assert result.diagnostics == ()
    return result


def told(draft: Draft) -> list[tuple[str, str]]:
    """Code and `file:line:column` of each diagnostic."""
    return [
        (one.code, f"{one.label.span.file}:{one.label.span.line}:{one.label.span.column}" if one.label else "")
        for one in draft.diagnostics
    ]


def properties(result: Compiled, address: str) -> dict[str, Any]:
    return result.resources[Address(address)].properties


# --- what it becomes -------------------------------------------------------------------------------------------------


def test_a_stack_says_its_name_and_where_it_lives() -> None:
    stack = doc(
        "Stack",
        "shop",
        "provider: {region: eu-west-1, accountId: 012345678901}\nonFailure: pause\nprotect: [jobs]",
        "tenant: acme, environment: dev",
    )

    draft = read({"services/api/a.yaml": doc("SQS", "jobs")}, stack)

    assert draft.diagnostics == ()
    assert (draft.name, draft.tenant, draft.environment) == ("shop", "acme", "dev")
    assert (draft.provider.region, draft.provider.account_id) == ("eu-west-1", "012345678901")
    assert (draft.on_failure, draft.protect) == ("pause", ("jobs",))


def test_a_component_belongs_to_the_service_whose_folder_it_is_in() -> None:
    draft = read(
        {
            "services/api/any.yaml": doc("SQS", "one"),
            "services/web/components/two/x/y.yml": doc("SQS", "two"),
            "more.yaml": doc("SQS", "three"),
        }
    )

    assert {name: one.address for name, one in draft.components.items()} == {
        "one": "api/one",
        "two": "web/two",
        "three": "three",
    }
    assert str(draft.components["one"].place) == "shop/services/api/any.yaml:1:1"


def test_files_that_services_deploy_are_no_documents() -> None:
    files = {
        "services/api/a.yaml": doc("SQS", "jobs"),
        "services/api/config/app.yaml": "level: debug",
        "services/api/src/template.yaml": "- x",
        "README.md": "# shop",
    }

    assert read(files).diagnostics == ()


def test_components_stand_after_what_they_need_and_else_by_name() -> None:
    result = compiled(
        doc("SQS", "d", "dependsOn: [z]"),
        doc("SQS", "b", 'title: "${c.url}"'),
        doc("SQS", "c"),
        doc("SQS", "z"),
        doc("MicroService", "a", "image: x\nfeeds: [api/d]"),
    )

    assert list(result.components) == ["c", "b", "z", "d", "a"]


def test_a_reference_alone_keeps_its_type_and_inside_a_text_becomes_text() -> None:
    result = compiled(
        doc("SQS", "jobs"),
        doc(
            "MicroService",
            "server",
            "image: x\n"
            "environment:\n"
            "- {name: URL, value: '${jobs.url}'}\n"
            "- {name: PORT, value: '${api/jobs.port}'}\n"
            "- {name: BOTH, value: 'at ${jobs.url}:${jobs.port}!'}\n"
            "- {name: FROM, valueFrom: {component: jobs, output: arn}}\n"
            "- {name: LITERAL, value: 'a $${jobs.url} b'}\n"
            "- {name: NUMBER, value: 1.10}\n",
        ),
    )

    url, arn = Ref(Address("jobs:main"), "Url"), Ref(Address("jobs:main"), "Arn")
    assert properties(result, "server:main")["Environment"] == {
        "URL": url,
        "PORT": 5432,
        "BOTH": Text(("at ", url, ":5432!")),
        "FROM": arn,
        "LITERAL": "a ${jobs.url} b",
        "NUMBER": "1.10",
    }


def test_an_escape_survives_on_its_way_through_another_component() -> None:
    result = compiled(doc("SQS", "a", "title: 'x $${y.z}'"), doc("SQS", "b", "title: '${a.title}!'"))

    assert properties(result, "a:main")["Title"] == "x ${y.z}"
    assert properties(result, "b:main")["Title"] == "x ${y.z}!"


def test_references_earn_grants_and_named_components_do_not() -> None:
    result = compiled(
        doc("SQS", "jobs"),
        doc("SQS", "mails"),
        doc("SQS", "other"),
        doc("MicroService", "server", "image: '${mails.url}'\nfeeds: [jobs]\ndependsOn: [other]"),
    )

    assert properties(result, "server:main")["Uses"] == ["mails", "jobs"]
    assert properties(result, "server:main")["Granted"] == ["mails"]
    assert properties(result, "server:role")["Statements"] == [
        {"Action": "send", "Resource": Ref(Address("mails:main"), "Arn")}
    ]


def test_whoever_asks_to_be_let_in_is_in_the_policy_of_the_target() -> None:
    result = compiled(
        doc("SQS", "jobs"),
        doc("MicroService", "b", "image: x\nfeeds: [api/jobs]"),
        doc("MicroService", "a", "image: x\nfeeds: [jobs]"),
    )

    assert properties(result, "jobs:policy")["Statements"] == [
        {"From": Ref(Address("a:main"), "Arn")},
        {"From": Ref(Address("b:main"), "Arn")},
    ]


def test_first_resources_wait_for_the_last_ones_of_what_the_component_depends_on() -> None:
    result = compiled(
        doc("SQS", "jobs", "deadLetters: {}"), doc("MicroService", "server", "image: x\ndependsOn: [jobs]")
    )

    assert result.resources[Address("server:role")].depends_on == (Address("jobs:main"),)
    assert result.resources[Address("server:main")].depends_on == ()
    assert result.resources[Address("@stack:cluster")].depends_on == ()


def test_a_service_waits_for_every_component_of_another() -> None:
    draft = read(
        {
            "services/api/a.yaml": doc("Service", "api", "dependsOn: [base]") + "---\n" + doc("SQS", "a1"),
            "services/base/b.yaml": doc("SQS", "z1") + "---\n" + doc("SQS", "z2"),
        }
    )

    result = draft.compile(SCOPE, TARGET)

    assert list(result.components) == ["z1", "z2", "a1"]
    assert result.resources[Address("a1:main")].depends_on == ("z1:main", "z2:main")


def test_what_two_components_share_is_there_once() -> None:
    result = compiled(doc("MicroService", "a", "image: x"), doc("MicroService", "b", "image: x"))

    assert [address for address in result.resources if address.component == STACK] == ["@stack:cluster"]


def test_tags_come_from_stack_service_and_component_and_the_nearer_wins() -> None:
    stack = doc("Stack", "shop", "tags: {a: stack, b: stack, c: stack, d: stack}", "labels: {b: stack-label}")

    result = compiled(
        doc("Service", "api", metadata="labels: {c: '${WHO}', d: service}") + "  variables: {WHO: service}\n",
        doc("SQS", "jobs", "tags: {e: component}", "labels: {d: label, e: label}"),
        doc("MicroService", "server", "image: x"),
        stack=stack,
    )

    assert result.resources[Address("jobs:main")].tags == {
        "a": "stack",
        "b": "stack-label",
        "c": "service",
        "d": "label",
        "e": "component",
    }
    assert result.resources[Address("@stack:cluster")].tags == {
        "a": "stack",
        "b": "stack-label",
        "c": "stack",
        "d": "stack",
    }


def test_lifecycle_is_laid_over_what_the_kind_says() -> None:
    stack = doc("Stack", "shop", "protect: [api/two]")

    result = compiled(
        doc("SQS", "one", "lifecycle: {retain: true, ignoreChanges: [A.B], timeouts: {create: 5m, delete: 90}}"),
        doc("SQS", "two"),
        stack=stack,
    )

    assert result.resources[Address("one:main")].lifecycle == Lifecycle(
        force=True, retain=True, ignore_changes=("A.B",), timeouts=Timeouts(create=300, delete=90)
    )
    assert result.resources[Address("two:main")].lifecycle == Lifecycle(force=True, prevent_destroy=True)


def test_overrides_set_properties_with_the_types_that_yaml_gives() -> None:
    result = compiled(
        doc("SQS", "other"),
        doc(
            "SQS",
            "jobs",
            "overrides:\n"
            "  main: {Timeout: 5, Nested.More.Deep: true, Nested.List.0: '7', Other: '${other.url}', List: [1.5, a]}\n",
        ),
    )

    assert properties(result, "jobs:main") == {
        "Timeout": 5,
        "Title": "",
        "Nested": {"List": ["7"], "More": {"Deep": True}},
        "Other": Ref(Address("other:main"), "Url"),
        "List": [1.5, "a"],
    }


def test_outputs_of_the_stack_are_values_and_references() -> None:
    stack = doc("Stack", "shop", "outputs: {url: '${jobs.url}', port: '${jobs.port}', n: 5, t: 'v$${x}'}")

    result = compiled(doc("SQS", "jobs"), stack=stack)

    assert result.outputs == {"url": Ref(Address("jobs:main"), "Url"), "port": 5432, "n": 5, "t": "v${x}"}


def test_notes_carry_the_component() -> None:
    assert compiled(doc("SQS", "jobs")).notes == (("api/jobs", "A note."),)


def test_a_components_own_variables_go_before_those_of_its_service_and_stack() -> None:
    stack = doc("Stack", "shop", "variables: {A: stack, B: stack, C: stack}")
    own = "variables: {A: own, D: 'of ${B}'}\nimage: ${A}-${B}-${C}-${D}"
    files = {
        "services/api/service.yaml": doc("Service", "api", "variables: {A: service, B: service}"),
        "services/api/a.yaml": doc("MicroService", "s", own) + "---\n" + doc("MicroService", "t", "image: ${A}"),
    }

    made = read(files, stack).compile(SCOPE, TARGET)
    given = read(files, stack, variables={"A": "given"}).compile(SCOPE, TARGET)

    assert properties(made, "s:main")["Image"] == "own-service-stack-of service"
    assert properties(made, "t:main")["Image"] == "service"
    assert properties(given, "s:main")["Image"] == "given-service-stack-of service"


def test_variables_are_put_in_before_anything_is_checked() -> None:
    stack = doc("Stack", "shop", "variables: {T: 7, TYPE: fifo, FULL: 'a-${T}'}")

    result = compiled(
        doc("SQS", "jobs", "type: '${TYPE}'\ntimeout: ${T}\ntitle: ${FULL}-${X:-d}-${G}-${api.OWN}"),
        doc("Service", "api", "variables: {OWN: mine}"),
        stack=stack,
        variables={"G": "${literal}"},
    )

    assert properties(result, "jobs:main")["Timeout"] == 7
    assert properties(result, "jobs:main")["Title"] == "a-7-d-${literal}-mine"


def test_a_stack_in_one_file_names_its_services_in_metadata() -> None:
    text = STACK_FILE + "---\n" + doc("SQS", "jobs", metadata="service: api, stack: shop")
    source = Files({"shop.yaml": text})
    source.root = "in/shop.yaml"

    draft = read_stack(source, Options(), KINDS)

    assert draft.diagnostics == ()
    assert draft.components["jobs"].address == "api/jobs"
    assert draft.components["jobs"].place.file == "in/shop.yaml"
    assert draft.source_line("in/shop.yaml", 2) == "kind: Stack"


def test_overlays_of_the_environment_are_merged_in() -> None:
    files = {
        "services/api/a.yaml": doc("SQS", "jobs", "timeout: ${T}\ntitle: x")
        + "---\n"
        + doc("MicroService", "s", "image: x"),
        "environments/prod.yaml": doc("Stack", "shop", "variables: {T: 99}"),
        "environments/prod/api.yaml": doc("SQS", "jobs", "title: null\ndeadLetters: {}")
        + "---\n"
        + doc("ComponentInfra", "s", "scaling: {replicas: 3}"),
        "environments/dev.yaml": "broken: [",
    }
    stack = doc("Stack", "shop", "variables: {T: 1}")

    result = read(files, stack, environment="prod").compile(SCOPE, TARGET)

    assert properties(result, "jobs:main")["Timeout"] == 99
    assert properties(result, "jobs:main")["Title"] == ""
    assert "jobs:letters" in result.resources
    assert properties(result, "s:main")["Replicas"] == 3


def test_infra_lies_over_a_component_and_defaults_lie_under_it() -> None:
    result = compiled(
        doc("MicroService", "one", "image: x\nruntime: {memory: 1Gi}"),
        doc("MicroService", "two", "image: x\nreplicas: 9"),
        doc("SQS", "jobs"),
        doc("ComponentInfra", "one", "resources: {cpu: 512}\nscaling: {autoscaling: true, minReplicas: 2}"),
        doc("InfraDefaults", "defaults", "scaling: {replicas: 4}\nresources: {cpu: 1024}"),
    )

    one, two = properties(result, "one:main"), properties(result, "two:main")
    assert (one["Cpu"], one["Replicas"], one["Autoscaling"]) == ("512", 4, True)
    assert (two["Cpu"], two["Replicas"], two["Autoscaling"]) == ("1024", 9, False)


def test_defaults_of_a_service_win_over_those_of_the_stack() -> None:
    draft = read(
        {
            "defaults.yaml": doc("InfraDefaults", "all", "scaling: {replicas: 2}\nresources: {cpu: 2}"),
            "services/api/a.yaml": doc("MicroService", "a", "image: x")
            + "---\n"
            + doc("InfraDefaults", "a", "scaling: {replicas: 3}"),
            "services/web/a.yaml": doc("MicroService", "b", "image: x"),
        }
    )

    result = draft.compile(SCOPE, TARGET)

    assert [properties(result, f"{name}:main")["Replicas"] for name in "ab"] == [3, 2]
    assert [properties(result, f"{name}:main")["Cpu"] for name in "ab"] == ["2", "2"]


def test_code_is_packed_the_same_whatever_the_order_of_files() -> None:
    code = {"services/api/src/a.py": "A", "services/api/src/sub/b.py": "B", "lib/c.py": "C"}
    server = {
        "services/api/a.yaml": doc("MicroService", "s", "image: x\ncode: src")
        + "---\n"
        + doc("MicroService", "t", "image: x\ncode: ./lib/c.py")
    }

    first = read({**code, **server}).compile(SCOPE, TARGET)
    second = read({**server, **dict(reversed(code.items()))}).compile(SCOPE, TARGET)

    assert first.assets == second.assets
    digest = properties(first, "s:main")["Code"]
    with zipfile.ZipFile(io.BytesIO(first.assets[digest])) as archive:
        assert archive.namelist() == ["a.py", "sub/b.py"]
        assert archive.read("sub/b.py") == b"B"
    with zipfile.ZipFile(io.BytesIO(first.assets[properties(first, "t:main")["Code"]])) as archive:
        assert archive.namelist() == ["c.py"]


@pytest.mark.parametrize(
    ("networking", "needs", "vpc"),
    [("", True, "vpc-looked-up"), ("networking: {vpcId: vpc-1, subnetIds: {private: [subnet-1]}}", False, "vpc-1")],
)
def test_the_stacks_own_network_is_used_before_one_looked_up(networking: str, needs: bool, vpc: str) -> None:
    draft = read({"services/api/a.yaml": doc("MicroService", "s", "image: x")}, doc("Stack", "shop", networking))

    result = draft.compile(SCOPE, TARGET, Network("vpc-looked-up", (), ()))

    assert draft.needs_network is needs
    assert properties(result, "s:main")["Vpc"] == vpc


def test_a_stack_without_workloads_needs_no_network() -> None:
    assert not read({"services/api/a.yaml": doc("SQS", "jobs")}).needs_network


def test_rules_of_the_stack_make_a_security_group_that_workloads_get() -> None:
    stack = doc(
        "Stack",
        "shop",
        "networking:\n"
        "  securityGroup:\n"
        "    ingress:\n"
        "    - {port: 443, cidrBlocks: [10.0.0.0/8, 'fd00::/8'], description: inside}\n"
        "    - {protocol: all, sourceComponent: api/s}\n",
    )

    result = compiled(doc("MicroService", "s", "image: x"), stack=stack, network=Network("vpc-1", (), (), ("sg-1",)))

    assert properties(result, "s:main")["Groups"] == ["sg-1", Ref(Address("@stack:security-group"), "GroupId")]
    assert properties(result, "@stack:security-group")["SecurityGroupIngress"] == [
        {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "Description": "inside", "CidrIp": "10.0.0.0/8"},
        {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "Description": "inside", "CidrIpv6": "fd00::/8"},
        {"IpProtocol": "-1", "SourceSecurityGroupId": Ref(Address("s:role"), "GroupId")},
    ]


# --- what is told ----------------------------------------------------------------------------------------------------

ALL = "shop/services/api/all.yaml"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (doc("SQS", "q", "timout: 1"), ("PK101", f"{ALL}:5:3")),
        (doc("SQS", "q", "deadLetters: {cont: 1}"), ("PK101", f"{ALL}:5:17")),
        (doc("SQS", "q", "dead_letters: {}"), ("PK101", f"{ALL}:5:3")),
        (doc("SQS", "q", metadata="lables: {}"), ("PK101", f"{ALL}:3:21")),
        (doc("SQS", "q") + "specs: {}\n", ("PK101", f"{ALL}:5:1")),
        (doc("SQX", "q"), ("PK102", f"{ALL}:2:7")),
        ("apiVersion: panka.io/v1\nmetadata: {name: q}\n", ("PK103", f"{ALL}:1:1")),
        ("apiVersion: panka.io/v1\nkind: SQS\nspec: {}\n", ("PK103", f"{ALL}:1:1")),
        (doc("MicroService", "s", "replicas: 1"), ("PK103", f"{ALL}:4:1")),
        (doc("MicroService", "s", "image: x\nenvironment:\n- value: x"), ("PK103", f"{ALL}:7:5")),
        (doc("SQS", "q", "type: fif"), ("PK104", f"{ALL}:5:9")),
        (doc("SQS", "q", "timeout: 101"), ("PK105", f"{ALL}:5:12")),
        (doc("SQS", "q", "timeout: soon"), ("PK106", f"{ALL}:5:12")),
        (doc("SQS", "q", "deadLetters: 5"), ("PK106", f"{ALL}:5:16")),
        (doc("MicroService", "s", "image: [x]"), ("PK106", f"{ALL}:5:10")),
        (doc("SQS", "q", "tags: [a]"), ("PK106", f"{ALL}:5:9")),
        (doc("SQS", "q") + "---\n" + doc("MicroService", "q", "image: x"), ("PK108", f"{ALL}:8:18")),
        (doc("SQS", "Queue_1"), ("PK109", f"{ALL}:3:18")),
        (doc("SQS", "q", metadata="service: web"), ("PK110", f"{ALL}:3:30")),
        (doc("SQS", "q", metadata="stack: shap"), ("PK110", f"{ALL}:3:28")),
        (doc("Service", "api"), ("PK111", f"{ALL}:3:18")),
        (doc("SQS", "q") + "---\n" + doc("ComponentInfra", "q", "scaling: {replicas: 2}"), ("PK112", f"{ALL}:10:13")),
        (doc("ComponentInfra", "q"), ("PK202", f"{ALL}:3:18")),
        (doc("SQS", "q").replace("panka.io", "core.panka.io"), ("PK113", f"{ALL}:1:13")),
        (doc("TenantConfig", "acme"), ("PK114", f"{ALL}:2:7")),
        (doc("SQS", "a") + "---\n" + doc("SQS", "q", "title: 'x ${a.urn}'"), ("PK201", f"{ALL}:10:13")),
        (doc("SQS", "q", "title: '${b.url}'"), ("PK202", f"{ALL}:5:11")),
        (doc("SQS", "q", "dependsOn: [b]"), ("PK202", f"{ALL}:5:15")),
        (doc("SQS", "a") + "---\n" + doc("SQS", "q", "dependsOn: [web/a]"), ("PK202", f"{ALL}:10:15")),
        (doc("MicroService", "s", "image: x\nfeeds: [b]"), ("PK202", f"{ALL}:6:11")),
        (doc("SQS", "q") + "---\n" + doc("Service", "api", "dependsOn: [web]"), ("PK202", f"{ALL}:10:15")),
        (doc("SQS", "q", "title: '${q.url}'"), ("PK203", f"{ALL}:5:11")),
        (doc("SQS", "q", "title: 'a ${NAME} b'"), ("PK205", f"{ALL}:5:13")),
        (doc("SQS", "q", "timeout: '${NAME}'"), ("PK205", f"{ALL}:5:13")),
        (doc("SQS", "q", "title: 'a ${NAME'"), ("PK206", f"{ALL}:5:13")),
        (doc("SQS", "a") + "---\n" + doc("SQS", "q", "timeout: '${a.port}'"), ("PK207", f"{ALL}:10:12")),
        (doc("SQS", "a") + "---\n" + doc("SQS", "q", "type: ${a.title}"), ("PK207", f"{ALL}:10:9")),
        (doc("SQS", "a") + "---\n" + doc("SQS", "q", "tags: {a: '${a.title}'}"), ("PK207", f"{ALL}:10:14")),
        (doc("SQS", "q", "lifecycle: {timeouts: {create: soon}}"), ("PK302", f"{ALL}:5:34")),
        (doc("SQS", "q", "tags: {'panka:stack': x}"), ("PK354", f"{ALL}:5:10")),
        ("a: [\n", ("PK001", f"{ALL}:1:5")),
    ],
)
def test_a_mistake_is_told_once_at_its_place(text: str, expected: tuple[str, str]) -> None:
    assert told(read({"services/api/all.yaml": text})) == [expected]


@pytest.mark.parametrize(
    ("stack", "expected"),
    [
        (doc("Stack", "shop", "onFailure: explode"), ("PK104", "shop/stack.yaml:5:14")),
        (doc("Stack", "shop", "provider: {accountId: 123}"), ("PK301", "shop/stack.yaml:5:25")),
        (doc("Stack", "shop", "protect: [job]"), ("PK202", "shop/stack.yaml:5:13")),
        (doc("Stack", "shop", "outputs: {x: '${jobs.nope}'}"), ("PK201", "shop/stack.yaml:5:17")),
        (doc("Stack", "shop", "tags: {x: '${jobs.url}'}"), ("PK207", "shop/stack.yaml:5:14")),
        (doc("Stack", "shop", "variables: {A: [x]}"), ("PK106", "shop/stack.yaml:5:18")),
        (doc("Stack", "shop", "networking: {vpcId: vpc-1}"), ("PK311", "shop/stack.yaml:5:3")),
        (STACK_FILE + "---\n" + STACK_FILE, ("PK007", "shop/stack.yaml:8:18")),
        ("# nothing\n", ("PK006", "")),
    ],
)
def test_a_mistake_in_the_stack_is_told_at_its_place(stack: str, expected: tuple[str, str]) -> None:
    assert told(read({"services/api/all.yaml": doc("SQS", "jobs")}, stack)) == [expected]


def test_a_mistake_in_an_overlay_is_told_in_the_overlay() -> None:
    files = {
        "services/api/all.yaml": doc("SQS", "jobs", "timeout: 5"),
        "environments/prod.yaml": doc("SQS", "jobs", "timeout: 500") + "---\n" + doc("SQS", "job"),
    }

    draft = read(files, environment="prod")

    assert told(draft) == [
        ("PK105", "shop/environments/prod.yaml:5:12"),
        ("PK009", "shop/environments/prod.yaml:9:18"),
    ]


def test_an_environment_that_no_overlay_knows_is_a_warning() -> None:
    files = {"services/api/all.yaml": doc("SQS", "jobs"), "environments/prod.yaml": STACK_FILE}

    draft = read(files, environment="prdo")

    (one,) = draft.diagnostics
    assert (one.code, one.severity, one.help) == ("PK008", "warning", "did you mean `prod`?")
    assert draft.compile(SCOPE, TARGET).resources


def test_names_that_may_stand_in_a_broken_document_are_not_called_unknown() -> None:
    files = {"services/api/a.yaml": doc("SQS", "q", "title: '${other.url}'"), "services/api/b.yaml": "kind: [\n"}

    assert [code for code, _ in told(read(files))] == ["PK001"]


def test_services_that_wait_for_each_other_are_a_cycle_of_services() -> None:
    draft = read(
        {
            "services/a/x.yaml": doc("Service", "a", "dependsOn: [b]") + "---\n" + doc("SQS", "one"),
            "services/b/x.yaml": doc("Service", "b", "dependsOn: [a]") + "---\n" + doc("SQS", "two"),
        }
    )

    (one,) = draft.diagnostics
    assert (one.code, one.summary) == ("PK203", "dependency cycle: a -> b -> a")


def test_of_a_knot_the_smallest_cycle_is_shown() -> None:
    draft = read(
        {
            "services/a/x.yaml": "---\n".join(
                doc("SQS", name, f"dependsOn: [{needs}]")
                for name, needs in (("a", "b"), ("b", "c"), ("c", "a, d"), ("d", "c"), ("e", "a"))
            )
        }
    )

    assert [one.summary for one in draft.diagnostics] == ["dependency cycle: c -> d -> c"]


def test_a_draft_with_errors_is_not_compiled() -> None:
    draft = read({"services/api/all.yaml": doc("SQS", "q", "timout: 1")})

    with pytest.raises(Invalid) as caught:
        draft.compile(SCOPE, TARGET)

    assert caught.value.diagnostics == draft.diagnostics


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (doc("SQS", "q", "title: refused") + "---\n" + doc("SQS", "r", "title: '${q.url}'"), ("PK301", 3)),
        (doc("SQS", "q", "noUrl: true") + "---\n" + doc("SQS", "r", "title: '${q.url}'"), ("PK201", 11)),
        (doc("MicroService", "s", "image: x\ncode: nowhere"), ("PK353", 6)),
        (doc("MicroService", "s", "image: x\ncode: ../../../etc"), ("PK353", 6)),
        (doc("SQS", "q", "overrides: {mian: {A: 1}}"), ("PK351", 5)),
        (doc("SQS", "q", "overrides: {main: {Timeout.A: 1}}"), ("PK352", 5)),
        (
            doc("MicroService", "s", "image: x") + "---\n" + doc("MicroService", "t", "image: x\nfeeds: [s]"),
            ("PK204", 9),
        ),
    ],
)
def test_what_lowering_finds_is_told_at_its_place(text: str, expected: tuple[str, int]) -> None:
    draft = read({"services/api/all.yaml": text})
    assert draft.diagnostics == ()

    (one,) = draft.compile(SCOPE, TARGET).diagnostics

    assert one.label is not None
    assert (one.code, one.label.span.line) == expected


def test_the_tenant_in_use_must_be_the_stacks() -> None:
    draft = read(
        {"services/api/all.yaml": doc("SQS", "q")}, doc("Stack", "shop", metadata="tenant: acme"), tenant="other"
    )

    assert told(draft) == [("PK110", "shop/stack.yaml:3:32")]


def test_a_missing_root_is_the_callers_to_tell() -> None:
    class Nowhere(Files):
        def paths(self) -> list[str]:
            raise FileNotFoundError(self.root)

    with pytest.raises(FileNotFoundError):
        read_stack(Nowhere({}), Options(), KINDS)


@settings(max_examples=25, deadline=None)
@given(st.permutations(["a", "b", "c", "d", "e"]), st.booleans())
def test_the_result_does_not_depend_on_the_order_of_files(order: list[str], broken: bool) -> None:
    texts = {
        "a": doc("SQS", "a", "title: '${e.url}'\ndependsOn: [b]"),
        "b": doc("MicroService", "b", "image: x\nfeeds: [e]"),
        "c": doc("SQS", "c", "title: '${a.nope}'" if broken else "title: '${a.arn}'"),
        "d": doc("MicroService", "d", "image: '${c.url}'\nfeeds: [e, a]"),
        "e": doc("SQS", "e", "type: x" if broken else ""),
    }

    drafts = [read({f"services/x/{name}.yaml": texts[name] for name in names}) for names in (order, sorted(order))]

    assert drafts[0].diagnostics == drafts[1].diagnostics
    if not broken:
        one, other = (draft.compile(SCOPE, TARGET) for draft in drafts)
        assert list(one.resources.items()) == list(other.resources.items())
