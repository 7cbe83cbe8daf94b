// Lambda's REST protocol: method and path name the operation, path and query carry part of its
// input.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <stepwell/result.hpp>

#include "wire/http_request.hpp"

namespace stepwell::wire {

struct RestOperation {
    std::string_view method;
    std::string_view
        path;  ///< "/2015-03-31/functions/{FunctionName}/code", without a slash at its end
    std::string_view name;
    int status;              ///< of a success
    std::string_view query;  ///< "MaxItems:integer tagKeys=TagKeys:list": [parameter=]member[:type]
    std::string_view fixed_query = {};  ///< that the query must have, "find=LayerVersion"
};

/// All of Lambda's operations.
std::span<const RestOperation> lambda_operations() noexcept;

/// An operation and the members of its input that the path held, decoded.
struct RestMatch {
    const RestOperation* operation = nullptr;
    std::vector<std::pair<std::string_view, std::string>> path_members = {};
};
/// Nothing when no operation has this method and path.
std::optional<RestMatch> match_lambda(const HttpRequest& request);
/// True for paths under which Lambda's API lies: "/2015-03-31/...".
bool is_dated_path(std::string_view path) noexcept;

/// The input as one JSON object: `body` (empty, or an object) and, after it, what path and query
/// hold; so the path's names win over the body's.
///
/// errors   SerializationException: the body is no JSON object, the query is malformed or has a
/// wrong type
Result<std::string> rest_input(const RestMatch& match, const HttpRequest& request,
                               std::string_view body);

}  // namespace stepwell::wire
