// How the wire reaches the services: one table of operations, each taking and giving JSON.
//
// Whatever protocol a client speaks (JSON 1.0, query, REST), the wire layer turns its request into
// the JSON object that the operation's AWS model describes (member names as in the model, integers
// as numbers, blobs as base64 strings, timestamps as epoch seconds), calls the operation, and turns
// the answer back. So an operation is written once.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <stepwell/result.hpp>
#include <stepwell/unique_function.hpp>

#include "base/caller.hpp"
#include "base/file_content.hpp"

namespace stepwell::api {

/// Who calls and how.
struct CallContext {
    std::string base_url;  ///< scheme, host and port that the caller used, "http://127.0.0.1:4566";
                           ///< Host was checked
    std::string request_id;    ///< the id that the reply carries
    std::string access_key;    ///< from the credential scope; empty when unsigned
    std::string region;        ///< from the credential scope; the configured one when unsigned
    Caller caller = {};        ///< goes when the client closes its connection
    std::string starter = {};  ///< of a call that a task makes: the same when it is made again
                               ///< after a crash
};

/// One request: the body is a JSON object in text form, or empty for none.
struct Call {
    std::string body;
    CallContext context;
    std::vector<std::pair<std::string, std::string>> headers =
        {};                        ///< lower-case names; only for Lambda's Invoke
    std::string raw_payload = {};  ///< for Lambda's Invoke, and S3's objects: the body as it came
    std::shared_ptr<TemporaryFile> payload_file = {};  ///< instead, when it is large
};

/// An answer: the output of the operation's model as JSON text ("" or "{}" when it has no members).
struct Reply {
    std::string body;
    int http_status = 200;
    std::vector<std::pair<std::string, std::string>> headers = {};
    bool is_raw_payload = false;          ///< body goes out as it is (Lambda's Invoke)
    std::optional<Content> content = {};  ///< of S3's objects: goes out, and `body` is the headers
};

/// Answers a call, exactly once, on any thread.
using Respond = UniqueFunction<void(Result<Reply>)>;

/// An operation. Called on an I/O thread, so it never blocks; what it starts answers later through
/// Respond.
using Operation = std::function<void(Call call, Respond respond)>;

/// All operations of all services, by service ("states", "sqs", "sns", "lambda", "iam", "sts",
/// "s3": the signing names) and AWS's operation name.
///
/// threads  filled before serving starts, then read from any thread
class OperationTable {
 public:
    void add(std::string_view service, std::string_view name, Operation operation);
    /// nullptr when this server does not have the operation.
    const Operation* find(std::string_view service, std::string_view name) const;
    /// Every registered "service.Operation", sorted: what docs/api.md is checked against.
    std::vector<std::string> names() const;

 private:
    std::unordered_map<std::string, Operation> operations_;  // key: "service.Operation"
};

}  // namespace stepwell::api
