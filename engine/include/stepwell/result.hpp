// Errors as values. `Result<T>` holds a T or an Error; an Error is an AWS error code and a message.
#pragma once

#include <boost/system/result.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace stepwell {

/// One error code of one service, with what the wire protocols need to say it. Instances are
/// `inline constexpr` objects with static lifetime; an Error refers to one by address.
struct ErrorKind {
    std::string_view name;  ///< the code as the service's JSON protocol names it, "TaskTimedOut"
    int http_status = 400;  ///< 4xx: the caller's fault, 5xx: ours
    std::string_view query_name = {};  ///< the legacy code of the query protocol where it differs
};

/// An expected failure: which kind, and what to tell the caller. Cheap to copy (one shared
/// pointer).
///
/// threads  immutable; copies may be read from any thread
class [[nodiscard]] Error {
 public:
    /// No error: only what boost's `result::error()` gives for a result that holds a value.
    Error() noexcept = default;
    /// members   what else the error's shape has, as the inside of a JSON object: `"Item":{}`
    Error(const ErrorKind& kind, std::string message, std::string members = {})
        : kind_(&kind),
          text_(std::make_shared<const Text>(Text{std::move(message), std::move(members)})) {}

    const ErrorKind& kind() const noexcept { return *kind_; }
    std::string_view code() const noexcept { return kind_->name; }
    const std::string& message() const noexcept {
        static const std::string none;
        return text_ == nullptr ? none : text_->message;
    }
    std::string_view members() const noexcept {
        return text_ == nullptr ? std::string_view{} : text_->members;
    }
    bool is(const ErrorKind& kind) const noexcept {
        return kind_ == &kind || kind_->name == kind.name;
    }

 private:
    static constexpr ErrorKind no_error{"None", 200, {}};

    struct Text {
        std::string message;
        std::string members;
    };

    const ErrorKind* kind_ = &no_error;
    std::shared_ptr<const Text> text_;
};

/// A T, or the Error that kept it from being made.
template <class T = void>
using Result = boost::system::result<T, Error>;

/// Called by `Result::value()` on an error: taking a value that is not there is a mistake of ours,
/// so it panics.
[[noreturn]] void throw_exception_from_error(const Error& error,
                                             const boost::source_location& where);

}  // namespace stepwell
