"""moto's server with few of AWS's own policies: of all 1,500 it takes two seconds of a processor to make them anew
after every reset."""

import json

import moto.iam.models
from moto.server import main

ATTACHED = {
    "AWSLambdaBasicExecutionRole",
    "AWSLambdaVPCAccessExecutionRole",
    "AdministratorAccess",
    "PowerUserAccess",
}
"""Those that Panka attaches, and those that tests name."""

if __name__ == "__main__":
    every = json.loads(moto.iam.models.aws_managed_policies_data)
    moto.iam.models.aws_managed_policies_data = json.dumps({name: every[name] for name in sorted(ATTACHED)})
    main()
