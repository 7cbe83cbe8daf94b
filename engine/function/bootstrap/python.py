"""Runs a Python handler: the runtime's side of the Lambda Runtime API.

Started by the function host with the environment that AWS's runtimes have. Loads _HANDLER from LAMBDA_TASK_ROOT, then
takes one invocation after another. botocore's calls to *.amazonaws.com go to STEPWELL_ENDPOINT.
source  AWS Lambda Developer Guide, "Building a custom runtime", "Define Lambda function handler in Python"
"""

import http.client
import importlib
import importlib.abc
import importlib.util
import json
import logging
import os
import re
import sys
import time
import traceback
import urllib.parse

ENDPOINT = os.environ.pop("STEPWELL_ENDPOINT", "")
AWS_HOST = re.compile(r"(\.amazonaws\.com(\.cn)?|\.api\.aws)$", re.IGNORECASE)


# ---- Calls to AWS go to our server ----------------------------------------------------------------------------------


def send_botocore_to_endpoint(httpsession):
    """Rewrites the URL of each request that botocore sends to AWS."""
    send = httpsession.URLLib3Session.send

    def send_to_endpoint(self, request):
        parts = urllib.parse.urlsplit(request.url)
        if AWS_HOST.search(parts.hostname or ""):
            endpoint = urllib.parse.urlsplit(ENDPOINT)
            request.url = urllib.parse.urlunsplit((endpoint.scheme, endpoint.netloc) + tuple(parts[2:]))
            if "Host" in request.headers:
                request.headers["Host"] = endpoint.netloc
        return send(self, request)

    httpsession.URLLib3Session.send = send_to_endpoint


class AfterImport(importlib.abc.MetaPathFinder):
    """Calls a function with one module once that has been loaded."""

    def __init__(self, name, action):
        self.name = name
        self.action = action

    def find_spec(self, name, path=None, target=None):
        if name != self.name:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def execute_then_act(module):
                execute(module)
                self.action(module)

            spec.loader.exec_module = execute_then_act
        return spec


# ---- The log --------------------------------------------------------------------------------------------------------

current_request_id = ""


class RequestFilter(logging.Filter):
    def filter(self, record):
        record.aws_request_id = current_request_id
        return True


def set_up_logging():
    handler = logging.StreamHandler(sys.stdout)
    formatter = logging.Formatter(
        "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s", "%Y-%m-%dT%H:%M:%S"
    )
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    handler.addFilter(RequestFilter())
    logging.getLogger().addHandler(handler)


# ---- The Runtime API ------------------------------------------------------------------------------------------------


class RuntimeApi:
    def __init__(self, address):
        self.connection = http.client.HTTPConnection(address)

    def call(self, method, target, body=None, headers=None):
        self.connection.request(method, "/2018-06-01/runtime" + target, body, headers or {})
        response = self.connection.getresponse()
        return response.headers, response.read()

    def post_error(self, target, error):
        self.call(
            "POST",
            target,
            json.dumps(error).encode(),
            {
                "Content-Type": "application/json",
                "Lambda-Runtime-Function-Error-Type": urllib.parse.quote(error["errorType"]),
            },
        )


def error_body(error_type, message, frames=()):
    return {
        "errorMessage": message,
        "errorType": error_type,
        "requestId": current_request_id,
        "stackTrace": traceback.format_list(frames),
    }


def own_frames_removed(frames):
    while frames and frames[0].filename == __file__:
        frames = frames[1:]
    return frames


def log_error(error):
    lines = ["[ERROR] %s: %s" % (error["errorType"], error["errorMessage"])]
    if error["stackTrace"]:
        lines.append("Traceback (most recent call last):")
        lines.extend(line.rstrip("\n") for line in error["stackTrace"])
    print("\n".join(lines), flush=True)


# ---- Finding the handler --------------------------------------------------------------------------------------------


class HandlerError(Exception):
    def __init__(self, error_type, message, frames=()):
        super().__init__(message)
        self.body = error_body("Runtime." + error_type, message, frames)


def load_handler(text):
    module_name, dot, function_name = text.rpartition(".")
    if not dot or not module_name:
        raise HandlerError("MalformedHandlerName", "Bad handler '%s': not enough values to unpack (expected 2, got 1)" % text)
    if module_name.split(".")[0] in sys.builtin_module_names:
        raise HandlerError("BuiltInModuleConflict", "Cannot use built-in module %s as a handler module" % module_name)
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        raise HandlerError("ImportModuleError", "Unable to import module '%s': %s" % (module_name, error))
    except SyntaxError as error:
        frames = ['  File "%s" Line %s\n    %s' % (error.filename, error.lineno, (error.text or "").strip())]
        found = HandlerError("UserCodeSyntaxError", "Syntax error in module '%s': %s" % (module_name, error))
        found.body["stackTrace"] = frames
        raise found
    handler = getattr(module, function_name, None)
    if handler is None:
        raise HandlerError("HandlerNotFound", "Handler '%s' missing on module '%s'" % (function_name, module_name))
    return handler


# ---- One invocation -------------------------------------------------------------------------------------------------


class ClientContext:
    def __init__(self, text):
        fields = json.loads(text)
        self.custom = fields.get("custom")
        self.env = fields.get("env")
        self.client = fields.get("client")


class Context:
    def __init__(self, headers):
        self.aws_request_id = headers["Lambda-Runtime-Aws-Request-Id"]
        self.invoked_function_arn = headers["Lambda-Runtime-Invoked-Function-Arn"]
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        client_context = headers.get("Lambda-Runtime-Client-Context")
        self.client_context = ClientContext(client_context) if client_context else None
        self.identity = None
        self._deadline_ms = int(headers["Lambda-Runtime-Deadline-Ms"])

    def get_remaining_time_in_millis(self):
        return max(self._deadline_ms - int(time.time() * 1000), 0)

    def log(self, message):
        sys.stdout.write(str(message))


def run_handler(handler, headers, body):
    """Gives the answer's text, or (None, error)."""
    try:
        result = handler(json.loads(body), Context(headers))
    except Exception as error:  # whatever the handler raises is its answer
        frames = own_frames_removed(traceback.extract_tb(error.__traceback__))
        return None, error_body(type(error).__name__, str(error), frames)
    try:
        return json.dumps(result), None
    except (TypeError, ValueError, RecursionError) as error:
        return None, error_body("Runtime.MarshalError", "Unable to marshal response: %s" % error)


def main():
    global current_request_id
    set_up_logging()
    if ENDPOINT:
        sys.meta_path.insert(0, AfterImport("botocore.httpsession", send_botocore_to_endpoint))
    api = RuntimeApi(os.environ["AWS_LAMBDA_RUNTIME_API"])
    sys.path.insert(0, os.environ["LAMBDA_TASK_ROOT"])
    try:
        handler = load_handler(os.environ.get("_HANDLER", ""))
    except HandlerError as error:
        log_error(error.body)
        api.post_error("/init/error", error.body)
        sys.exit(1)
    except Exception as error:  # raised by the module while it was loaded
        frames = own_frames_removed(traceback.extract_tb(error.__traceback__))
        body = error_body(type(error).__name__, str(error), frames)
        log_error(body)
        api.post_error("/init/error", body)
        sys.exit(1)
    while True:
        headers, body = api.call("GET", "/invocation/next")
        current_request_id = headers["Lambda-Runtime-Aws-Request-Id"]
        os.environ["_X_AMZN_TRACE_ID"] = headers.get("Lambda-Runtime-Trace-Id") or ""
        result, error = run_handler(handler, headers, body)
        sys.stdout.flush()
        sys.stderr.flush()
        if error is not None:
            log_error(error)
            api.post_error("/invocation/%s/error" % current_request_id, error)
        else:
            api.call(
                "POST",
                "/invocation/%s/response" % current_request_id,
                result.encode(),
                {"Content-Type": "application/json"},
            )


if __name__ == "__main__":
    main()
