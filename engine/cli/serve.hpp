// The server: its signals, and the order in which things start and end.
#pragma once

#include <memory>
#include <string>

#include <stepwell/result.hpp>
#include <stepwell/testing.hpp>

#include "api/world.hpp"
#include "cli/clock_pages.hpp"
#include "cli/command.hpp"
#include "wire/gateway.hpp"
#include "wire/http_server.hpp"

namespace stepwell::cli {

/// A running server: the services of one data directory behind one port.
///
/// Starts with `open`; its destructor answers what is open, stops listening and closes the data
/// directory.
///
/// threads  one
class Server {
 public:
    /// errors   InUse: the port or the directory; SystemFailure: everything else. Each in one line.
    static Result<std::unique_ptr<Server>> open(const ServeOptions& options);
    ~Server();

    /// Where it listens, "http://127.0.0.1:4566".
    const std::string& url() const noexcept { return url_; }
    api::World& world() noexcept { return *world_; }

 private:
    Server() = default;

    // In the order of their making: requests end before the services do.
    std::string url_;
    std::unique_ptr<ManualClock> virtual_clock_;  // null: the machine's clock
    std::unique_ptr<api::World> world_;
    std::unique_ptr<ClockPages> clock_pages_;
    std::unique_ptr<wire::Gateway> gateway_;
    std::unique_ptr<wire::HttpServer> http_;
};

/// SIGTERM and SIGINT as something to wait for. To be made before any thread, so that every thread
/// inherits its mask.
class StopSignals {
 public:
    StopSignals() noexcept;
    /// Returns at the first of them. The next one ends the process at once.
    void wait() const noexcept;
};

}  // namespace stepwell::cli
