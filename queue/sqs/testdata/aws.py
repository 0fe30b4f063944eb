# What `aws sqs` does with the options that recibo prints.
import argparse
import json

import boto3

top = argparse.ArgumentParser()
top.add_argument("service", choices=["sqs"])
top.add_argument("--region", required=True)
top.add_argument("--endpoint-url")
top.add_argument("command")
for name in ("queue-name", "queue-url", "tags", "attributes", "attribute-names", "query", "output"):
    top.add_argument("--" + name)
o = top.parse_args()
sqs = boto3.client("sqs", region_name=o.region, endpoint_url=o.endpoint_url)
if o.command == "create-queue":
    tags = dict(pair.split("=") for pair in o.tags.split(","))
    attributes = json.loads(o.attributes)
    print(json.dumps({"QueueUrl": sqs.create_queue(QueueName=o.queue_name, Attributes=attributes, tags=tags)["QueueUrl"]}))
elif o.command == "get-queue-url":
    assert o.output == "text"
    print(sqs.get_queue_url(QueueName=o.queue_name)["QueueUrl"])
elif o.command == "get-queue-attributes":
    assert o.output == "text" and o.query == "Attributes." + o.attribute_names
    print(sqs.get_queue_attributes(QueueUrl=o.queue_url, AttributeNames=[o.attribute_names])["Attributes"][o.attribute_names])
else:
    raise SystemExit("unknown command " + o.command)
