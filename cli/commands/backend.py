"""`panka backend`: where state and locks are kept."""

import asyncio

import click

from panka.cli.commands.options import where
from panka.cli.exits import Exit
from panka.cli.session import opened


@click.group()
def command() -> None:
    """Make the bucket and the table that hold state and locks."""


@command.command("create")
@click.option("--kms-key", metavar="ARN", help="Encrypt the bucket with this key instead of S3's own.")
@where
def create(kms_key: str | None, **flags: str | None) -> int:
    """Make the bucket (versioned, encrypted, private, TLS only) and the table (with TTL); safe to run again.

    Also registers with Temporal what runs can be searched by, if it answers.

    \b
    Example:
      panka backend create --bucket acme-panka --table acme-panka
    """
    with opened(flags) as session:
        settings = session.settings
        bucket, table = settings.need("bucket"), settings.need("table")
        region = session.region()
        import boto3  # noqa: PLC0415  # only this command makes clients of its own

        from panka.activities.stores.backend import create_backend  # noqa: PLC0415  # brings botocore
        from panka.cli.searching import register  # noqa: PLC0415  # brings temporalio

        aws = boto3.Session(profile_name=settings.profile, region_name=region)
        said = create_backend(
            aws.client("s3", endpoint_url=settings.endpoint_url),
            aws.client("dynamodb", endpoint_url=settings.endpoint_url),
            bucket,
            table,
            kms_key,
        )
        done, undone = asyncio.run(register(settings))
        session.screen.show("\n".join([*said, *([done] if done else [])]))
        if undone:
            session.screen.tell(undone)
        session.screen.tell("Next: panka plan")
    return Exit.OK
