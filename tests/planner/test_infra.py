"""ComponentInfra and InfraDefaults: what takes effect, and what is told when nothing takes it."""

from panka.planner.diagnostics import Diagnostic
from panka.planner.stack import Draft, Options, read_stack

STACK = "apiVersion: panka.io/v1\nkind: Stack\nmetadata: {name: shop}\n"


class Files:
    root = "."

    def __init__(self, *documents: str) -> None:
        self.text = "---\n".join([STACK, *(f"apiVersion: panka.io/v1\n{one}\n" for one in documents)])

    def paths(self) -> list[str]:
        return ["stack.yaml"]

    def read(self, path: str) -> bytes:
        return self.text.encode()


def read(*documents: str) -> Draft:
    return read_stack(Files(*documents), Options())


SERVER = """kind: MicroService
metadata: {name: web}
spec:
  image: {repository: nginx, tag: '1'}
  ports: [{name: http, port: 80}]"""
QUEUE = "kind: SQS\nmetadata: {name: jobs}"


def told(found: Draft) -> list[tuple[str, int, str]]:
    return [(one.code, _line(one), one.summary) for one in found.diagnostics]


def _line(one: Diagnostic) -> int:
    return one.label.span.line if one.label else 0


def test_a_default_reaches_those_that_have_the_field() -> None:
    found = read(SERVER, QUEUE, "kind: InfraDefaults\nmetadata: {name: all}\nspec: {scaling: {replicas: 3}}")

    assert told(found) == []
    assert found.components["web"].spec.model_dump()["replicas"] == 3


def test_a_default_that_no_component_takes_is_told() -> None:
    found = read(QUEUE, "kind: InfraDefaults\nmetadata: {name: all}\nspec: {scaling: {replicas: 3}}")

    assert told(found) == [("PK112", 12, "`scaling.replicas` of InfraDefaults `all` has no effect on any component")]


def test_an_infra_field_that_the_kind_does_not_have_is_told() -> None:
    found = read(QUEUE, "kind: ComponentInfra\nmetadata: {name: jobs}\nspec:\n  resources: {cpu: 256}")

    assert told(found) == [("PK112", 13, "`resources.cpu` has no effect on SQS `jobs`")]


def test_the_load_balancer_and_the_volumes_of_an_infra_document_are_the_components_own() -> None:
    found = read(
        SERVER,
        "kind: ComponentInfra\nmetadata: {name: web}\nspec:\n"
        "  networking: {loadBalancer: {enabled: true, internal: true}}\n"
        "  storage: {volumes: [{name: tmp, mountPath: /tmp, type: emptyDir}]}",
    )

    spec = found.components["web"].spec.model_dump()
    assert told(found) == []
    assert spec["load_balancer"]["internal"] is True
    assert [one["mount_path"] for one in spec["volumes"]] == ["/tmp"]


def test_a_misspelt_field_of_a_load_balancer_is_told_in_the_infra_document() -> None:
    infra = "kind: ComponentInfra\nmetadata: {name: web}\nspec:\n  networking: {loadBalancer: {internl: true}}"

    ((code, line, _),) = told(read(SERVER, infra))

    assert (code, line) == ("PK101", 16)
