#include "function/sandbox.hpp"

#include <signal.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include "base/assert.hpp"
#include "base/time_text.hpp"
#include "json/writer.hpp"

namespace stepwell::function {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr std::size_t log_tail_bytes_max = 4096;
constexpr std::size_t output_bytes_per_turn =
    256 * 1024;  // so that a chatterbox does not keep the loop from its work
constexpr milliseconds start_time_max{10'000};

// As Go prints signals, which is what AWS's texts have.
std::string signal_name(int signal) {
    switch (signal) {
        case SIGKILL:
            return "killed";
        case SIGTERM:
            return "terminated";
        case SIGSEGV:
            return "segmentation fault";
        case SIGABRT:
            return "aborted";
        case SIGXFSZ:
            return "file size limit exceeded";
        default:
            return "signal " + std::to_string(signal);
    }
}

std::string milliseconds_text(milliseconds time) {
    char text[32];
    std::snprintf(text, sizeof text, "%lld.00 ms", static_cast<long long>(time.count()));
    return text;
}

std::int64_t unix_milliseconds() {
    using std::chrono::duration_cast;
    return duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace

std::string error_payload(std::string_view type, std::string_view message) {
    json::Writer writer;
    writer.begin_object().member("errorType", type).member("errorMessage", message).end_object();
    return writer.take();
}

std::string exit_payload(std::string_view request_id, const ExitStatus& exit) {
    std::string message = "RequestId: ";
    message.append(request_id).append(" Error: Runtime exited ");
    if (exit.signal != 0) {
        message += "with error: signal: " + signal_name(exit.signal);
    } else if (exit.is_known && exit.exit_code != 0) {
        message += "with error: exit status " + std::to_string(exit.exit_code);
    } else {
        message += "without providing a reason";
    }
    return error_payload("Runtime.ExitError", message);
}

std::string timeout_payload(std::string_view request_id, std::int64_t timeout_seconds) {
    std::string message = "RequestId: ";
    message.append(request_id)
        .append(" Error: Task timed out after ")
        .append(std::to_string(timeout_seconds))
        .append(".00 seconds");
    return error_payload("Sandbox.Timedout", message);
}

struct Sandbox::Streams {
    explicit Streams(asio::io_context& context) : exited(context), output(context) {}
    asio::posix::stream_descriptor exited;
    asio::posix::stream_descriptor output;
};

Sandbox::Sandbox(const SandboxSurroundings& surroundings, const FunctionConfiguration& function,
                 std::shared_ptr<FunctionLog> log)
    : surroundings_(surroundings), function_(function), log_(std::move(log)) {}

Sandbox::~Sandbox() {
    if (process_id_ != 0) {
        kill_child_group(process_id_);
        collect_exit(process_id_);
    }
    std::error_code ignored;
    if (!temporary_directory_.empty()) std::filesystem::remove_all(temporary_directory_, ignored);
}

Result<std::shared_ptr<Sandbox>> Sandbox::start(const SandboxSurroundings& surroundings,
                                                const FunctionConfiguration& function,
                                                const RuntimeSettings& settings, SandboxPlace place,
                                                std::shared_ptr<FunctionLog> log) {
    std::shared_ptr<Sandbox> sandbox(new Sandbox(surroundings, function, std::move(log)));
    auto api = RuntimeApi::open(surroundings.loop, *sandbox);
    if (!api.has_value()) return api.error();
    sandbox->api_ = std::move(*api);
    place.runtime_api_port = sandbox->api_->port();
    std::error_code ignored;
    std::filesystem::create_directories(place.temporary_directory, ignored);
    sandbox->temporary_directory_ = place.temporary_directory;

    auto program = program_of(function, settings, place);
    if (!program.has_value()) return program.error();
    auto child = start_child(*program);
    if (!child.has_value()) return child.error();
    sandbox->started_at_ = surroundings.clock.now();
    sandbox->open_streams(std::move(*child));
    // As in AWS: ten seconds for the start, and when these are over it is tried within the
    // function's own time.
    sandbox->set_deadline(start_time_max + std::chrono::seconds(function.timeout_seconds));
    return sandbox;
}

void Sandbox::open_streams(ChildProcess child) {
    process_id_ = child.process_id;
    streams_ = std::make_unique<Streams>(surroundings_.loop.context());
    streams_->exited.assign(child.exited.release());
    streams_->output.assign(child.output.release());
    watch_exit();
    watch_output();
}

void Sandbox::watch_exit() {
    streams_->exited.async_wait(asio::posix::stream_descriptor::wait_read,
                                [self = shared_from_this()](error_code error) {
                                    if (!error) self->process_has_exited();
                                });
}

void Sandbox::watch_output() {
    streams_->output.async_wait(asio::posix::stream_descriptor::wait_read,
                                [self = shared_from_this()](error_code error) {
                                    if (error || self->state_ == State::ended) return;
                                    if (self->read_output(output_bytes_per_turn) > 0)
                                        self->watch_output();
                                });
}

// Takes what the process has written, up to a limit. 0 when it has closed its output.
std::size_t Sandbox::read_output(std::size_t bytes_max) {
    std::array<char, 64 * 1024> buffer;
    std::size_t total = 0;
    while (total < bytes_max) {
        const ssize_t count =
            ::read(streams_->output.native_handle(), buffer.data(), buffer.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return total + 1;  // nothing more for now
        if (count == 0) return total;
        log_output({buffer.data(), static_cast<std::size_t>(count)});
        total += static_cast<std::size_t>(count);
    }
    return total;
}

void Sandbox::log_output(std::string_view text) {
    log_->append(text);
    tail_.append(text);
    if (tail_.size() > 2 * log_tail_bytes_max) tail_.erase(0, tail_.size() - log_tail_bytes_max);
}

void Sandbox::log_line(std::string_view text) {
    std::string line(text);
    log_output(line += '\n');
}

void Sandbox::invoke(RuntimeInvocation invocation) {
    SW_ASSERT(state_ == State::idle);
    state_ = State::busy;
    invocation_ = std::move(invocation);
    invoked_at_ = surroundings_.clock.now();
    // The handler reads the wall clock, also when the engine's own clock is a virtual one.
    invocation_.deadline_ms = unix_milliseconds() + function_.timeout_seconds * 1000;
    set_deadline(std::chrono::seconds(function_.timeout_seconds));
    read_output(output_bytes_per_turn);  // what it wrote since the last invocation does not belong
                                         // to this one
    tail_.clear();
    log_line("START RequestId: " + invocation_.request_id + " Version: $LATEST");
    api_->deliver(invocation_);
}

void Sandbox::runtime_is_ready() {
    if (state_ == State::ended) return;
    if (state_ == State::busy)
        return api_->deliver(invocation_);  // it lost the connection before it got this one
    if (state_ == State::starting) start_duration_ = surroundings_.clock.now() - started_at_;
    state_ = State::idle;
    deadline_ = never;
    idle_since_ = surroundings_.clock.now();
    surroundings_.owner.sandbox_is_idle(*this);
}

void Sandbox::runtime_answered(std::string_view request_id, std::string payload) {
    if (state_ != State::busy || request_id != invocation_.request_id) return;
    finish({false, std::move(payload)}, "");
}

void Sandbox::runtime_failed(std::string_view request_id, std::string error) {
    if (state_ != State::busy || request_id != invocation_.request_id) return;
    if (!Payload::parse(error).has_value())
        error = error_payload("Runtime.Unknown", "Unknown application error occurred");
    finish({true, std::move(error)}, "");
}

void Sandbox::runtime_answered_too_much(std::string_view request_id, std::uint64_t bytes) {
    if (state_ != State::busy || request_id != invocation_.request_id) return;
    std::string message = "Response payload size exceeded maximum allowed payload size (";
    message += std::to_string(response_bytes_max) + " bytes).";
    log_line("Response of " + std::to_string(bytes) + " bytes refused: " + message);
    finish({true, error_payload("Function.ResponseSizeTooLarge", message)},
           "error\tError Type: Function.ResponseSizeTooLarge");
}

void Sandbox::runtime_failed_to_start(std::string error) {
    if (state_ != State::starting) return;
    start_error_ = Payload::parse(error).has_value()
                       ? std::move(error)
                       : error_payload("Runtime.Unknown", "Unknown application error occurred");
    end(StartFailure{start_error_, false, {}});
}

void Sandbox::process_has_exited() {
    if (process_id_ == 0) return;
    if (state_ != State::ended) read_output(4 * output_bytes_per_turn);
    kill_child_group(
        process_id_);  // what it has left behind; its number is its own until the exit is collected
    const ExitStatus exit = collect_exit(std::exchange(process_id_, 0));
    if (state_ == State::ended) return;
    if (state_ == State::starting) return end(StartFailure{{}, false, exit});
    if (state_ == State::busy)
        finish({true, exit_payload(invocation_.request_id, exit)},
               "error\tError Type: Runtime.ExitError");
    if (state_ != State::ended) end(std::nullopt);
}

void Sandbox::set_deadline(milliseconds from_now) {
    deadline_ = surroundings_.clock.now() + from_now;
    if (timer_due_ > deadline_) arm_timer();
}

void Sandbox::arm_timer() {
    timer_due_ = deadline_;
    surroundings_.timers.schedule(
        deadline_,
        [weak = weak_from_this(), weak_loop = surroundings_.loop.weak_from_this()] {
            const auto loop = weak_loop.lock();
            if (!loop) return;
            loop->post([weak] {
                if (const auto sandbox = weak.lock()) sandbox->deadline_has_come();
            });
        },
        sched::Timers::Kind::upkeep);
}

void Sandbox::deadline_has_come() {
    const TimePoint now = surroundings_.clock.now();
    if (state_ == State::ended) return;
    if (timer_due_ > now) return;  // an earlier timer that a nearer deadline has replaced
    timer_due_ = never;
    if (deadline_ == never) return;
    if (deadline_ > now) return arm_timer();
    if (state_ == State::starting) return end(StartFailure{{}, true, {}});
    if (state_ == State::busy) {
        read_output(4 * output_bytes_per_turn);
        finish({true, timeout_payload(invocation_.request_id, function_.timeout_seconds)},
               "timeout");
        if (state_ != State::ended) end(std::nullopt);
    } else if (state_ == State::settling) {
        end(std::nullopt);
    }
}

std::string Sandbox::report(std::string_view status) const {
    const milliseconds duration = surroundings_.clock.now() - invoked_at_;
    std::string text = "REPORT RequestId: " + invocation_.request_id;
    text += "\tDuration: " + milliseconds_text(duration) +
            "\tBilled Duration: " + std::to_string(duration.count()) + " ms";
    text += "\tMemory Size: " + std::to_string(function_.memory_mb) + " MB";
    text += "\tMax Memory Used: " + std::to_string(peak_memory_bytes(process_id_) >> 20) + " MB\t";
    if (start_duration_) text += "Init Duration: " + milliseconds_text(*start_duration_) + "\t";
    if (!status.empty()) text.append("Status: ").append(status);
    return text;
}

void Sandbox::finish(Outcome outcome, std::string_view status) {
    read_output(
        output_bytes_per_turn);  // what the handler wrote before its answer is in the pipe by now
    log_line("END RequestId: " + invocation_.request_id);
    log_line(report(status));
    start_duration_.reset();
    if (tail_.size() > log_tail_bytes_max) tail_.erase(0, tail_.size() - log_tail_bytes_max);
    outcome.log_tail = std::exchange(tail_, {});
    state_ = State::settling;
    deadline_ = never;
    api_->expect({});
    // The time after the answer is nobody's: a runtime that never asks for the next invocation is
    // ended.
    set_deadline(std::chrono::seconds(function_.timeout_seconds));
    surroundings_.owner.sandbox_answered(*this, std::move(outcome));
}

void Sandbox::end(std::optional<StartFailure> failure) {
    const auto self = shared_from_this();  // the owner lets go
    if (state_ == State::starting) read_output(output_bytes_per_turn);
    kill();
    surroundings_.owner.sandbox_has_ended(*this, failure);
}

void Sandbox::kill() {
    if (state_ == State::ended) return;
    state_ = State::ended;
    deadline_ = never;
    api_.reset();
    if (process_id_ != 0) kill_child_group(process_id_);
    surroundings_.loop.post(
        [self = shared_from_this()] {  // the stream may be in use further up the stack
            error_code ignored;
            self->streams_->output.close(ignored);
        });
}

void Sandbox::kill_and_wait() {
    kill();
    if (process_id_ != 0) collect_exit(std::exchange(process_id_, 0));
}

}  // namespace stepwell::function
