// From an HTTP request to an operation and back, in whichever of AWS's protocols the client speaks.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "api/operation.hpp"
#include "base/identity.hpp"
#include "base/metrics_text.hpp"
#include "wire/admission.hpp"
#include "wire/caller_check.hpp"
#include "wire/http_server.hpp"

namespace stepwell::wire {

/// A page of our own.
struct Page {
    int status = 200;
    std::string body = {};  ///< JSON
};

/// Finds the operation that a request names, gives it its input as JSON, and writes its answer.
/// Requests are told apart by, in this order: our own pages' paths; X-Amz-Target (AWS JSON);
/// what is signed for S3, or can only be meant for it (REST-XML); Lambda's dated paths
/// (REST-JSON); Action (query), where Version, a queue's URL, or the service of the
/// signature says which service is meant.
///
/// threads  `handle` on any number at once; an answer is written on its connection's thread
class Gateway {
 public:
    struct Options {
        Identity identity = {};
        CallerCheck::Options callers = {};
        Admission::Limits admission = {};     ///< beyond: ThrottlingException, with Retry-After
        std::string version = "0.0.0";        ///< of this program, for the health pages
        std::function<bool()> is_ready = {};  ///< for /_stepwell/ready; empty: always
        /// Gives a function's zip archive, for /_stepwell/functions/NAME/code, where GetFunction's
        /// Code.Location points to. Empty: there are none.
        std::function<void(std::string_view name, UniqueFunction<void(Result<std::string>)> done)>
            read_function_code = {};
        /// Writes the services' figures, for /metrics. Empty: there are those of the requests only.
        std::function<void(MetricsText& out)> write_metrics = {};
        /// Serves /_stepwell/clock and what is below; nothing for what is not there. Empty: there
        /// is no such page.
        std::function<std::optional<Page>(std::string_view method, std::string_view path,
                                          std::string_view body)>
            clock_page = {};
    };

    /// `operations` is complete by now and outlives this object.
    Gateway(const api::OperationTable& operations, Options options);
    ~Gateway();

    /// What an HttpServer calls for each request.
    void handle(const HttpRequest& request, PendingReply reply) const;

    /// What the body of a request may be: Lambda takes code of up to 50 MiB, in base64, and S3
    /// objects of up to 5 GiB.
    static BodyRule body_rule(const HttpRequest& head) noexcept;

 private:
    struct Parts;
    std::unique_ptr<const Parts> parts_;
};

}  // namespace stepwell::wire
