// Which operation of which service a request means, and in which protocol.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <stepwell/result.hpp>

#include "api/operation.hpp"
#include "wire/form.hpp"
#include "wire/http_request.hpp"
#include "wire/rest_json.hpp"
#include "wire/s3_operations.hpp"
#include "wire/shapes.hpp"

namespace stepwell::wire {

enum class Protocol : std::uint8_t { aws_json, aws_query, rest_json, rest_xml };

/// What the signature of a request says, unchecked:
/// "Credential=AKID/20261124/us-east-1/sqs/aws4_request".
struct CredentialScope {
    std::string_view access_key;
    std::string_view region;
    std::string_view service;
};
CredentialScope credential_scope(const HttpRequest& request) noexcept;

/// Where a request goes.
struct Route {
    Protocol protocol = Protocol::aws_json;
    std::string_view service = {};              ///< the signing name; empty when unknown
    const api::Operation* operation = nullptr;  ///< nullptr: `error` says why
    std::optional<Error> error = {};
    const QueryService* query_service = nullptr;      ///< aws_query
    const QueryOperation* query_operation = nullptr;  ///< aws_query
    Form form = {};                                   ///< aws_query: the parameters
    RestMatch rest = {};                              ///< rest_json
    S3Request s3 = {};                                ///< rest_xml
};

/// The routes to the operations of one table. Immutable.
///
/// threads  any
class Routes {
 public:
    /// `operations` is complete by now and outlives this object.
    explicit Routes(const api::OperationTable& operations);
    ~Routes();

    Route find(const HttpRequest& request) const;

    /// True when any operation of the service is there.
    bool has_service(std::string_view service) const;

 private:
    Route find_json(std::string_view target) const;
    Route find_rest(const HttpRequest& request) const;
    Route find_s3(const HttpRequest& request) const;
    Route find_query(const HttpRequest& request, Form form) const;

    struct Parts;
    std::unique_ptr<const Parts> parts_;
};

}  // namespace stepwell::wire
