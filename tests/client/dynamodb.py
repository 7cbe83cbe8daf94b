"""DynamoDB by boto3's client and resource, and by the AWS CLI: dynamodb.py SERVER."""

import contextlib
import io
import json
import os
import sys
from decimal import Decimal

import awscli.clidriver
import boto3
from boto3.dynamodb.conditions import Attr, Key
from botocore.exceptions import ClientError

import server


def aws(endpoint, *arguments):
    """What the AWS CLI prints, as JSON."""
    printed = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
    with contextlib.redirect_stdout(printed):
        result = awscli.clidriver.create_clidriver().main(
            ["--endpoint-url", endpoint, "--region", "us-east-1", "--output", "json", "dynamodb", *arguments])
    assert result in (0, None), arguments
    return json.loads(printed.buffer.getvalue().decode() or "{}")


def by_client(client):
    client.create_table(TableName="songs", BillingMode="PAY_PER_REQUEST",
                        KeySchema=[{"AttributeName": "artist", "KeyType": "HASH"},
                                   {"AttributeName": "year", "KeyType": "RANGE"}],
                        AttributeDefinitions=[{"AttributeName": "artist", "AttributeType": "S"},
                                              {"AttributeName": "year", "AttributeType": "N"}])
    client.get_waiter("table_exists").wait(TableName="songs")
    try:
        client.transact_write_items(TransactItems=[
            {"Put": {"TableName": "songs", "Item": {"artist": {"S": "a"}, "year": {"N": "1"}}}},
            {"ConditionCheck": {"TableName": "songs", "Key": {"artist": {"S": "b"}, "year": {"N": "1"}},
                                "ConditionExpression": "attribute_exists(artist)"}}])
    except client.exceptions.TransactionCanceledException as error:
        codes = [reason["Code"] for reason in error.response["CancellationReasons"]]
        assert codes == ["None", "ConditionalCheckFailed"], codes
    else:
        raise AssertionError("the transaction was not canceled")


def by_resource(songs):
    with songs.batch_writer() as batch:
        for year in range(60):
            batch.put_item(Item={"artist": "a", "year": year, "plays": Decimal("0.5"), "tags": {"x", "y"},
                                 "raw": b"\x00\x01", "more": {"list": [1, None, True]}})
    page = songs.query(KeyConditionExpression=Key("artist").eq("a") & Key("year").between(10, 50), Limit=5,
                       FilterExpression=Attr("more.list[0]").eq(1) & Attr("tags").contains("x"), ScanIndexForward=False)
    assert [item["year"] for item in page["Items"]] == [50, 49, 48, 47, 46], page
    assert page["LastEvaluatedKey"] == {"artist": "a", "year": 46}, page
    new = songs.update_item(Key={"artist": "a", "year": 3}, UpdateExpression="SET plays = plays + :one ADD tags :z",
                            ExpressionAttributeValues={":one": 1, ":z": {"z"}}, ReturnValues="UPDATED_NEW")
    assert new["Attributes"] == {"plays": Decimal("1.5"), "tags": {"x", "y", "z"}}, new
    try:
        songs.put_item(Item={"artist": "a", "year": 3}, ConditionExpression=Attr("year").not_exists())
    except ClientError as error:
        assert error.response["Error"]["Code"] == "ConditionalCheckFailedException", error
    else:
        raise AssertionError("the condition did not fail")
    assert songs.scan(Select="COUNT")["Count"] == 60


def by_cli(endpoint):
    os.environ.update({"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"})
    aws(endpoint, "put-item", "--table-name", "songs", "--item", '{"artist": {"S": "b"}, "year": {"N": "1999"}}')
    found = aws(endpoint, "query", "--table-name", "songs", "--key-condition-expression", "artist = :a",
                "--expression-attribute-values", '{":a": {"S": "b"}}')
    assert found["Items"] == [{"artist": {"S": "b"}, "year": {"N": "1999"}}], found
    aws(endpoint, "delete-table", "--table-name", "songs")
    assert aws(endpoint, "list-tables") == {"TableNames": []}


with server.running(sys.argv[1]) as (url, _):
    options = {"endpoint_url": url, "region_name": "us-east-1", "aws_access_key_id": "test", "aws_secret_access_key": "test"}
    by_client(boto3.client("dynamodb", **options))
    by_resource(boto3.resource("dynamodb", **options).Table("songs"))
    by_cli(url)
