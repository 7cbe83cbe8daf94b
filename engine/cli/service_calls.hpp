// Operations of the services in this process, called as a client calls them: JSON in, JSON out.
#pragma once

#include <string>
#include <string_view>

#include <stepwell/result.hpp>

#include "api/operation.hpp"
#include "json/value.hpp"

namespace stepwell::cli {

/// threads  any that is not the services' own: it blocks until the answer is there
class ServiceCalls {
 public:
    /// `operations` outlives this. `base_url` is the one that answers are to name.
    ServiceCalls(const api::OperationTable& operations, std::string base_url)
        : operations_(operations), base_url_(std::move(base_url)) {}

    /// errors   the operation's; UnknownOperationException
    Result<json::Document> call(std::string_view service, std::string_view operation,
                                std::string input) const;

 private:
    const api::OperationTable& operations_;
    const std::string base_url_;
};

/// A member of an answer that is text; empty when it is not there.
std::string text_member(const json::Document& answer, std::string_view name);

}  // namespace stepwell::cli
