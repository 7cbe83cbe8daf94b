#include "cli/serve.hpp"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "api/metrics.hpp"
#include "base/errors.hpp"
#include "base/try.hpp"
#include "cli/exit_code.hpp"
#include "cli/input_file.hpp"
#include "cli/sdk_directory.hpp"
#include "cli/terminal.hpp"
#include "flow/mocks.hpp"
#include "wire/listen_address.hpp"

namespace stepwell::cli {

namespace {

// Open calls are answered within milliseconds, but for those that wait for a message or a task:
// their clients ask again.
constexpr std::chrono::milliseconds drain_max{2'000};

/// Whoever listens for other machines has to say by which names they call this one.
int check_exposure(const ServeOptions& options) {
    const Result<wire::ListenAddress> address = wire::ListenAddress::parse(options.listen);
    if (address.has_error()) {
        say(Severity::error, address.error().message());
        return exit_usage;
    }
    if (wire::is_loopback(address->host)) return exit_ok;
    if (options.allowed_hosts.empty()) {
        say(Severity::error, "refusing to listen on " + options.listen +
                                 ": other machines could reach it, and there is no access control. "
                                 "Name the hosts they call it by with --allow-host to allow that.");
        return exit_refused;
    }
    say(Severity::warning, "listening on " + options.listen +
                               ": whoever reaches this address can run code on this machine.");
    return exit_ok;
}

/// Of a log that takes long enough to read for somebody to wonder.
void show_progress(const journal::RecoveryProgress& progress) {
    constexpr std::uint64_t shown_bytes_min = 32 << 20;
    if (progress.bytes_total >= shown_bytes_min) {
        say(Severity::info, "recovering: " + std::to_string(progress.bytes_done >> 20) + " of " +
                                std::to_string(progress.bytes_total >> 20) + " MiB of the log");
    }
    if (progress.commits_lost > 0) {
        say(Severity::warning, std::to_string(progress.commits_lost) +
                                   " changes that were acknowledged with --durability os are lost: "
                                   "the machine lost power.");
    }
}

/// Where large bodies go as they come: where objects lie, so that they need not be copied there.
std::string spool_directory(const ServeOptions& options) {
    if (options.durability == Durability::none) return {};
    return (std::filesystem::path(options.data) / "objects").string();
}

/// Nothing can be acknowledged any more, and what was acknowledged is safe in the journal.
void end_after_failure(const Error& error) {
    say(Severity::error, error.message());
    std::_Exit(exit_failed);
}

/// The path is empty where there is none.
Result<std::shared_ptr<const flow::MockConfiguration>> read_mock_config(const std::string& path) {
    if (path.empty()) return std::shared_ptr<const flow::MockConfiguration>();
    SW_TRY(const std::string text, read_input_file(path));
    Result<flow::MockConfiguration> mocks = flow::MockConfiguration::parse(text);
    if (mocks.has_value())
        return std::make_shared<const flow::MockConfiguration>(*std::move(mocks));
    return Error(flow::invalid_mocks, path + ": " + mocks.error().message());
}

/// What keeps the server from starting, as exit status.
int exit_code_of(const Error& error) {
    if (error.is(errors::in_use)) return exit_temporary;
    if (error.is(file_not_found)) return exit_not_found;
    return error.is(flow::invalid_mocks) ? exit_usage : exit_refused;
}

sigset_t stop_signals() noexcept {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    return signals;
}

}  // namespace

StopSignals::StopSignals() noexcept {
    const sigset_t signals = stop_signals();
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

void StopSignals::wait() const noexcept {
    const sigset_t signals = stop_signals();
    int signal = 0;
    sigwait(&signals, &signal);
    pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

Result<std::unique_ptr<Server>> Server::open(const ServeOptions& options) {
    SW_TRY(const wire::ListenAddress address, wire::ListenAddress::parse(options.listen));
    std::unique_ptr<Server> server{new Server};
    wire::HttpServer::Options http;
    http.listen = options.listen;
    http.threads = options.io_threads;
    http.limits.body_rule = &wire::Gateway::body_rule;
    http.limits.spool_directory = spool_directory(options);
    http.drain_max = drain_max;
    SW_TRY(server->http_, wire::HttpServer::listen(std::move(http)));
    server->url_.append("http://").append(server->http_->address());

    api::World::Options services;
    services.directory = options.data;
    services.durability = options.durability;
    services.shards = options.shards;
    services.passivation.resident_max = options.resident_executions_max;
    services.endpoint = server->url_;
    services.sdk_directory = find_sdk_directory();
    services.on_failure = end_after_failure;
    services.on_progress = show_progress;
    SW_TRY(services.mocks, read_mock_config(options.mock_config));
    if (options.has_virtual_clock) {
        server->virtual_clock_ = std::make_unique<ManualClock>(RealClock().now());
        services.clock = server->virtual_clock_.get();
    }
    SW_TRY(server->world_, api::World::open(std::move(services)));

    wire::Gateway::Options gateway;
    gateway.identity = server->world_->identity();
    gateway.callers.listen_host = address.host;
    gateway.callers.allowed_hosts = options.allowed_hosts;
    gateway.callers.allowed_origins = options.allowed_origins;
    gateway.version = STEPWELL_VERSION;
    server->clock_pages_ =
        std::make_unique<ClockPages>(server->world_->clock(), server->virtual_clock_.get());
    gateway.clock_page = [pages = server->clock_pages_.get()](
                             std::string_view method, std::string_view path,
                             std::string_view body) { return pages->serve(method, path, body); };
    gateway.write_metrics = [world = server->world_.get()](MetricsText& out) {
        api::write_metrics(*world, out);
    };
    gateway.read_function_code = [world = server->world_.get()](std::string_view name, auto done) {
        auto function = function::parse_function_name(name);
        if (!function.has_value()) return done(function.error());
        world->functions().code(*std::move(function), std::move(done));
    };
    server->gateway_ =
        std::make_unique<wire::Gateway>(server->world_->operations(), std::move(gateway));
    // Handlers and deliveries that go on at the start may call us at once.
    server->http_->serve([gateway = server->gateway_.get()](const wire::HttpRequest& request,
                                                            wire::PendingReply reply) {
        gateway->handle(request, std::move(reply));
    });
    const Result<> started = server->world_->start();
    if (started.has_error()) return started.error();
    if (server->virtual_clock_ != nullptr) server->virtual_clock_->set_automatic(true);
    return server;
}

Server::~Server() {
    if (http_ != nullptr) http_->stop();
}

int serve(const ServeOptions& options) {
    if (const int refused = check_exposure(options); refused != exit_ok) return refused;
    const StopSignals signals;
    Result<std::unique_ptr<Server>> server = Server::open(options);
    if (server.has_error()) {
        say(Severity::error, server.error().message());
        return exit_code_of(server.error());
    }
    std::printf("listening on %s\n", (*server)->url().c_str());
    std::fflush(stdout);
    signals.wait();
    say(Severity::info, "stopping");
    return exit_ok;
}

}  // namespace stepwell::cli
