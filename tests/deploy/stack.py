"""The stack of `template.yaml` on the emulator: built, uploaded, deployed, and what is asked of it past its URLs."""

import concurrent.futures
import io
import json
import pathlib
import subprocess
import time
import zipfile

import boto3
from botocore.config import Config
from samtranslator.yaml_helper import yaml_parse

from live import ROOT
from template import CHANGES, FUNCTION, PACKAGES_BUCKET, REST_API, binary, gateway_responses, of_type

STACK = "quintet"


class Stack:
    """One deployment."""

    def __init__(self, emulator):
        self.emulator = emulator
        self.template = yaml_parse((ROOT / "template.yaml").read_text())
        self.outputs, self.resources = {}, {}

    def client(self, service, key="test", secret="test"):
        """A client of a service, as the account's root or as somebody else."""
        # A bucket has no host name on loopback.
        config = Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}, read_timeout=120)
        variables = self.emulator.environment()
        return boto3.client(
            service,
            endpoint_url=variables["AWS_ENDPOINT_URL"],
            region_name=variables["AWS_REGION"],
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            config=config,
        )

    def build(self):
        """All functions and the operator's commands, all at once: one function alone would take other features of its
        dependencies, and so a build of its own."""
        subprocess.run(["cargo", "build", "--quiet", "--workspace", "--bins"], cwd=ROOT, check=True)

    def upload(self):
        """Uploads a package of every function."""
        s3 = self.client("s3")
        s3.create_bucket(Bucket=PACKAGES_BUCKET)

        def send(name):
            s3.put_object(Bucket=PACKAGES_BUCKET, Key=name, Body=self.package(name))

        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            # Two functions may be one program.
            list(pool.map(send, {binary(self.template, name) for name in of_type(self.template, FUNCTION)}))

    def package(self, name):
        """A zip file with the program, without what is for debugging, and not compressed: it goes nowhere."""
        stripped = pathlib.Path(self.emulator.directory) / name
        subprocess.run(["strip", "-o", stripped, ROOT / "target" / "debug" / name], check=True)
        file, entry = io.BytesIO(), zipfile.ZipInfo("bootstrap")
        entry.external_attr = 0o755 << 16
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as package:
            package.writestr(entry, stripped.read_bytes())
        stripped.unlink()
        return file.getvalue()

    def secret(self, name, value):
        """Stores a secret. Returns its ARN."""
        return self.client("secretsmanager").create_secret(Name=name, SecretString=value)["ARN"]

    def deploy(self, parameters):
        """Deploys with CloudFormation; the emulator expands it with SAM's own translator."""
        for change in CHANGES:
            change(self.template, self.emulator.url)
        body = json.dumps(self.template).encode()
        # It is too large to be sent by itself.
        self.client("s3").put_object(Bucket=PACKAGES_BUCKET, Key="template.json", Body=body)
        formation = self.client("cloudformation")
        formation.create_stack(
            StackName=STACK,
            TemplateURL=f"{self.emulator.url}/{PACKAGES_BUCKET}/template.json",
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
            Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()],
        )
        stack = self.ended(formation, STACK, "CREATE_COMPLETE")
        self.outputs = {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}
        for page in formation.get_paginator("list_stack_resources").paginate(StackName=STACK):
            for one in page["StackResourceSummaries"]:
                self.resources[one["LogicalResourceId"]] = one["PhysicalResourceId"]
        missing = self.template["Resources"].keys() - self.resources.keys()
        assert not missing, f"the emulator did not make {missing}"
        self.answer_as_the_gateway()

    def ended(self, formation, stack, wanted):
        """The stack, once nothing more happens to it."""
        seen = {"StackStatus": "…_IN_PROGRESS"}
        while seen["StackStatus"].endswith("_IN_PROGRESS"):
            time.sleep(0.2)
            seen = formation.describe_stacks(StackName=stack)["Stacks"][0]
        if seen["StackStatus"] != wanted:
            events = formation.describe_stack_events(StackName=stack)["StackEvents"]
            failed = [one for one in events if one["ResourceStatus"].endswith("_FAILED")]
            reasons = [f"{one['LogicalResourceId']}: {one.get('ResourceStatusReason')}" for one in failed]
            raise AssertionError("\n".join([f"the stack is {seen['StackStatus']}", *reasons]))
        return seen

    def answer_as_the_gateway(self):
        """What the gateway answers by itself is in the OpenAPI document that SAM makes of the template; the emulator
        does not read it there, but can be told."""
        gateway = self.client("apigateway")
        (name,) = of_type(self.template, REST_API)
        api = self.resources[name]
        for answer in gateway_responses(self.template):
            gateway.put_gateway_response(restApiId=api, **answer)
        gateway.create_deployment(restApiId=api, stageName=of_type(self.template, REST_API)[name]["StageName"])

    def remove(self):
        """As an operator does, who empties the bucket first."""
        s3, bucket = self.client("s3"), self.outputs["BucketFiles"]
        for one in s3.list_objects_v2(Bucket=bucket).get("Contents", []):
            s3.delete_object(Bucket=bucket, Key=one["Key"])
        formation = self.client("cloudformation")
        stack = formation.describe_stacks(StackName=STACK)["Stacks"][0]["StackId"]
        formation.delete_stack(StackName=STACK)
        self.ended(formation, stack, "DELETE_COMPLETE")

    def logs(self):
        """What functions logged, by time."""
        logs, events = self.client("logs"), []
        for group in logs.describe_log_groups()["logGroups"]:
            name = group["logGroupName"]
            found = logs.filter_log_events(logGroupName=name)["events"]
            events += [(one["timestamp"], f"{name}: {one['message'].rstrip()}") for one in found]
        # What the emulator itself writes about each call says nothing.
        of_calls = ("START RequestId", "END RequestId", "REPORT RequestId")
        return [line for _, line in sorted(events) if not line.split(": ", 1)[1].startswith(of_calls)]
