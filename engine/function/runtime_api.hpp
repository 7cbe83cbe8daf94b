// The Lambda Runtime API of one sandbox: an HTTP server on a loopback port of its own.
// source  AWS Lambda Developer Guide, "Using the Lambda runtime API for custom runtimes"
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <stepwell/result.hpp>

#include "function/event_loop.hpp"

namespace stepwell::function {

/// The most bytes of an answer: 6 MB and a little, as in AWS.
inline constexpr std::size_t response_bytes_max = 6'291'556;

/// One invocation, as its runtime gets it.
struct RuntimeInvocation {
    std::string request_id;
    std::int64_t deadline_ms = 0;  ///< Unix time
    std::string function_arn;
    std::string trace_id = {};
    std::string client_context = {};  ///< JSON; empty: none
    std::string payload;
};

/// What the runtime in the sandbox says. Called on the loop's thread.
class RuntimeApiEvents {
 public:
    /// It is ready for an invocation: the next `deliver` answers it.
    virtual void runtime_is_ready() = 0;
    virtual void runtime_answered(std::string_view request_id, std::string payload) = 0;
    virtual void runtime_failed(std::string_view request_id, std::string error) = 0;
    /// It sent an answer that is too long.
    virtual void runtime_answered_too_much(std::string_view request_id, std::uint64_t bytes) = 0;
    virtual void runtime_failed_to_start(std::string error) = 0;

 protected:
    ~RuntimeApiEvents() = default;
};

/// threads  the loop's only; `events` may be called until this object is destroyed, never
/// afterwards
class RuntimeApi {
 public:
    /// Listens on 127.0.0.1 at a port that the system chooses.
    /// errors  SystemFailure: no descriptor or port left
    static Result<std::unique_ptr<RuntimeApi>> open(EventLoop& loop, RuntimeApiEvents& events);
    ~RuntimeApi();

    std::uint16_t port() const noexcept;

    /// Hands an invocation to the runtime, which is ready (runtime_is_ready was the last that it
    /// said).
    void deliver(const RuntimeInvocation& invocation);

    /// For this request id answers are taken; others get InvalidRequestID. Empty: for none.
    void expect(std::string_view request_id);

 private:
    struct Server;
    struct Session;
    explicit RuntimeApi(std::shared_ptr<Server> server);
    std::shared_ptr<Server> server_;
};

}  // namespace stepwell::function
