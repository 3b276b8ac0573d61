"""What is changed of `template.yaml` for the emulator: as little as it allows. Each change is a function that says
why. Whatever is not changed here is deployed as it is written."""

import re

FUNCTION, REST_API = "AWS::Serverless::Function", "AWS::Serverless::Api"
PACKAGES_BUCKET = "packages"
GATEWAY = re.compile(r"(https|wss)://\$\{(\w+)\}\.execute-api\.\$\{AWS::Region\}\.\$\{AWS::URLSuffix\}")


def of_type(template, *kinds):
    """The properties of all resources of these kinds, by their names."""
    return {name: one["Properties"] for name, one in template["Resources"].items() if one["Type"] in kinds}


def binary(template, function):
    """The program that a function runs."""
    return template["Resources"][function]["Metadata"]["BuildProperties"]["Binary"]


def everywhere(template, change):
    """Puts `change` of a value in the place of each value, from the outside to the inside."""

    def changed(value):
        value = change(value)
        if isinstance(value, dict):
            return {name: changed(one) for name, one in value.items()}
        return [changed(one) for one in value] if isinstance(value, list) else value

    for section in ["Globals", "Resources", "Outputs"]:
        template[section] = changed(template[section])


def packages(template, _):
    """The functions are built here, for this machine's processor, and uploaded."""
    del template["Globals"]["Function"]["Architectures"]
    for name, function in of_type(template, FUNCTION).items():
        function["CodeUri"] = {"Bucket": PACKAGES_BUCKET, "Key": binary(template, name)}


def buffered(template, _):
    """The emulator answers 500 to `RESPONSE_STREAM`. So functions answer in one piece;
    that answers come piece by piece is seen by other tests."""
    for function in of_type(template, FUNCTION).values():
        for event in function.get("Events", {}).values():
            event["Properties"].pop("ResponseTransferMode", None)
        variables = function.get("Environment", {}).get("Variables", {})
        if "STREAM_RESPONSES" in variables:
            variables["STREAM_RESPONSES"] = "0"


def on_loopback(template, url):
    """The gateways have no names of their own here but paths, and no TLS. The other services need nothing: the
    emulator gives functions `AWS_ENDPOINT_URL`."""
    schemes, host = {"https": "http", "wss": "ws"}, url.removeprefix("http://")

    def moved(value):
        if not isinstance(value, str):
            return value
        return GATEWAY.sub(lambda found: f"{schemes[found[1]]}://{host}/_aws/execute-api/${{{found[2]}}}", value)

    everywhere(template, moved)


def arns_of_secrets(template, _):
    """`Ref` of a secret is its ARN; in the emulator it is its name, with which no policy can be written."""
    secrets = [{"Ref": name} for name in of_type(template, "AWS::SecretsManager::Secret")]
    everywhere(template, lambda value: {"Fn::GetAtt": [value["Ref"], "Id"]} if value in secrets else value)


def slashes(template, _):
    """A template writes `~1` for a slash in kinds of content and in paths of settings; the emulator takes that as it
    is written."""
    for api in of_type(template, REST_API).values():
        api["BinaryMediaTypes"] = [kind.replace("~1", "/") for kind in api["BinaryMediaTypes"]]
        for setting in api["MethodSettings"]:
            setting["ResourcePath"] = setting["ResourcePath"].replace("/~1", "/").replace("~1", "/")


def batches_of_messages(template, _):
    """On AWS `sqs:SendMessage` permits sending batches, too. The emulator asks for an action that AWS does not know."""
    for function in of_type(template, FUNCTION).values():
        for policy in function.get("Policies", []):
            for statement in policy.get("Statement", []):
                if "sqs:SendMessage" in statement["Action"]:
                    statement["Action"] = [*statement["Action"], "sqs:SendMessageBatch"]


def numbers_of_mappings(template, _):
    """What a parameter says stays text in the emulator, which compares this one with numbers."""
    for mapping in of_type(template, "AWS::Lambda::EventSourceMapping").values():
        if "ScalingConfig" in mapping:
            parameter = mapping["ScalingConfig"]["MaximumConcurrency"]["Ref"]
            mapping["ScalingConfig"]["MaximumConcurrency"] = template["Parameters"][parameter]["Default"]


def without_tls(template, _):
    """The emulator enforces policies of buckets, and ours refuses requests without TLS."""
    for name in of_type(template, "AWS::S3::BucketPolicy"):
        del template["Resources"][name]


CHANGES = [
    packages,
    buffered,
    on_loopback,
    arns_of_secrets,
    slashes,
    batches_of_messages,
    numbers_of_mappings,
    without_tls,
]


def gateway_responses(template):
    """What the REST API answers by itself, as arguments of `put_gateway_response`."""
    (api,) = of_type(template, REST_API).values()
    for kind, answer in api["GatewayResponses"].items():
        headers = answer.get("ResponseParameters", {}).get("Headers", {})
        given = {"responseParameters": {f"gatewayresponse.header.{name}": value for name, value in headers.items()}}
        given["responseTemplates"] = answer["ResponseTemplates"]
        if "StatusCode" in answer:
            given["statusCode"] = str(answer["StatusCode"])
        yield {"responseType": kind, **given}
