"""The stack of `template.yaml`, deployed to the emulator: functions built for this machine, and a template with as
few changes as the emulator allows. Each change is a function here that says why."""

import concurrent.futures
import io
import json
import os
import shutil
import subprocess
import sys
import zipfile

import boto3
from botocore.config import Config
from samtranslator.yaml_helper import yaml_parse

from live import ROOT

STACK, PACKAGES_BUCKET = "quintet", "packages"
FUNCTION = "AWS::Serverless::Function"


def of_type(template, *kinds):
    return {name: one for name, one in template["Resources"].items() if one["Type"] in kinds}


class Stack:
    """The stack, and what is known of it."""

    def __init__(self, emulator):
        self.emulator = emulator
        self.session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1")
        self.template = yaml_parse((ROOT / "template.yaml").read_text())
        self.outputs = {}

    def client(self, service):
        # A path-style address: a bucket has no host name on loopback.
        config = Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}, read_timeout=120)
        return self.session.client(service, endpoint_url=self.emulator.url, config=config)

    def functions(self):
        """The binary of each function's resource."""
        return {name: one["Metadata"]["BuildProperties"]["Binary"] for name, one in of_type(self.template, FUNCTION).items()}

    def build(self):
        """All functions, in the profile of which `cargo test` leaves the most."""
        command = ["cargo", "build", "--quiet", "--workspace", "--bins"]
        subprocess.run(command, cwd=ROOT, check=True)

    def upload(self):
        """Packages every function and uploads it."""
        s3 = self.client("s3")
        s3.create_bucket(Bucket=PACKAGES_BUCKET)
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda binary: s3.put_object(Bucket=PACKAGES_BUCKET, Key=binary, Body=self.package(binary)), self.functions().values()))

    def package(self, binary):
        """A zip file with the program, without what is for debugging, and not compressed: it goes nowhere."""
        stripped = self.emulator.directory / f"{binary}.bootstrap"
        subprocess.run(["strip", "-o", stripped, ROOT / "target" / "debug" / binary], check=True)
        file, entry = io.BytesIO(), zipfile.ZipInfo("bootstrap")
        entry.external_attr = 0o755 << 16
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as package:
            package.writestr(entry, stripped.read_bytes())
        stripped.unlink()
        return file.getvalue()

    def deploy(self, parameters, changes):
        for change in changes:
            change(self.template, self.emulator)
        body = json.dumps(self.template)
        self.client("s3").put_object(Bucket=PACKAGES_BUCKET, Key="template.json", Body=body.encode())
        formation = self.client("cloudformation")
        formation.create_stack(
            StackName=STACK,
            TemplateURL=f"{self.emulator.url}/{PACKAGES_BUCKET}/template.json",
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
            Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()],
        )
        formation.get_waiter("stack_create_complete").wait(StackName=STACK, WaiterConfig={"Delay": 1, "MaxAttempts": 120})
        stack = formation.describe_stacks(StackName=STACK)["Stacks"][0]
        self.outputs = {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}
