"""S3 by boto3 and by the AWS CLI: s3.py SERVER AWS. AWS is the CLI's program; the SDK is that of this Python."""

import os
import pathlib
import subprocess
import sys
import urllib.request

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError

import server

MEBIBYTE = 1 << 20
LARGE = os.urandom(12 * MEBIBYTE)
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


def code_of(call, **arguments):
    """The code of the error that a call ends with."""
    try:
        call(**arguments)
    except ClientError as error:
        return error.response["Error"]["Code"]
    raise AssertionError("%s succeeded" % call)


def by_sdk(client, scratch):
    client.create_bucket(Bucket="music")
    client.put_object(Bucket="music", Key="../../a b/ü+%2F", Body=b"hello", Metadata={"mood": "blue"})
    got = client.get_object(Bucket="music", Key="../../a b/ü+%2F")
    assert (got["Body"].read(), got["Metadata"]) == (b"hello", {"mood": "blue"}), got
    assert code_of(client.get_object, Bucket="music", Key="none") == "NoSuchKey"
    assert code_of(client.delete_bucket, Bucket="music") == "BucketNotEmpty"
    assert code_of(client.put_object, Bucket="music", Key="k" * 1025, Body=b"") == "KeyTooLongError"
    assert code_of(client.put_bucket_versioning, Bucket="music",
                   VersioningConfiguration={"Status": "Enabled"}) == "NotImplemented"

    # A stream, whose checksum the SDK knows at its end; one that goes to a file as it comes; and parts.
    path = scratch / "large"
    path.write_bytes(LARGE)
    with path.open("rb") as file:
        client.put_object(Bucket="music", Key="whole", Body=file)
    client.upload_file(str(path), "music", "parts", Config=TransferConfig(multipart_chunksize=5 * MEBIBYTE))
    for key in ("whole", "parts"):
        assert client.get_object(Bucket="music", Key=key)["Body"].read() == LARGE, key
        part = client.get_object(Bucket="music", Key=key, Range="bytes=5242870-5242890")["Body"].read()
        assert part == LARGE[5242870:5242891], key
    assert client.head_object(Bucket="music", Key="parts")["ETag"].endswith('-3"')

    address = client.generate_presigned_url("get_object", Params={"Bucket": "music", "Key": "whole"})
    with urllib.request.urlopen(address) as reply:
        assert reply.read() == LARGE
    pages = client.get_paginator("list_objects_v2").paginate(Bucket="music", PaginationConfig={"PageSize": 1})
    assert [item["Key"] for page in pages for item in page["Contents"]] == ["../../a b/ü+%2F", "parts", "whole"]
    answer = client.delete_objects(Bucket="music", Delete={"Objects": [{"Key": "whole"}, {"Key": "../../a b/ü+%2F"}]})
    assert len(answer["Deleted"]) == 2, answer


def by_cli(program, endpoint, scratch):
    def aws(*arguments):
        finished = subprocess.run([program, "--endpoint-url", endpoint, "--region", "us-east-1", "s3", *arguments],
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
                                  env={"PATH": os.environ["PATH"], "HOME": str(scratch), "LANG": "C.UTF-8", **CREDENTIALS})
        assert finished.returncode == 0, (arguments, finished.stdout)
        return finished.stdout

    tree = scratch / "tree"
    (tree / "inner").mkdir(parents=True)
    (tree / "one").write_text("1")
    (tree / "inner" / "two").write_bytes(LARGE)
    aws("mb", "s3://tree")
    aws("sync", str(tree), "s3://tree/copy")
    assert aws("sync", str(tree), "s3://tree/copy") == ""
    assert "PRE inner/" in aws("ls", "s3://tree/copy/")
    aws("cp", "s3://tree/copy/inner/two", str(scratch / "back"))
    assert (scratch / "back").read_bytes() == LARGE
    aws("rb", "s3://tree", "--force")
    assert "tree" not in aws("ls")


with server.running(sys.argv[1]) as (url, directory):
    folder = pathlib.Path(directory)
    by_sdk(boto3.client("s3", endpoint_url=url, region_name="us-east-1", aws_access_key_id="test",
                        aws_secret_access_key="test", config=Config(s3={"addressing_style": "path"})), folder)
    by_cli(sys.argv[2], url, folder)
