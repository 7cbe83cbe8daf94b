#include "function/event_invocations.hpp"

#include <utility>
#include <vector>

#include "function/call_gate.hpp"
#include "json/value.hpp"
#include "json/writer.hpp"

namespace stepwell::function {

namespace {

constexpr std::string_view key_prefix = "event-invocation/";

std::string invocation_key(const EventInvocation& invocation) {
    return std::string(key_prefix) + invocation.request_id;
}

std::string encode(const EventInvocation& invocation) {
    json::Writer writer;
    writer.begin_object().member_integer("Format", 1);
    writer.member("RequestId", invocation.request_id)
        .member("FunctionName", invocation.function_name);
    writer.member("ClientContext", invocation.client_context)
        .member("TraceId", invocation.trace_id);
    writer.member_integer("AcceptedMs", invocation.accepted.time_since_epoch().count());
    writer.member_integer("Attempts", invocation.attempts);
    writer.member_raw("Payload", invocation.payload.text()).end_object();
    return writer.take();
}

std::optional<EventInvocation> decode_invocation(std::string_view text) {
    const auto document = json::Document::parse(text);
    if (!document.has_value()) return std::nullopt;
    const json::Value root = document->root();
    const auto member = [&root](std::string_view name, json::Kind kind) {
        const auto found = root.find(name);
        return found && found->kind() == kind ? found : std::nullopt;
    };
    const auto request_id = member("RequestId", json::Kind::string);
    const auto name = member("FunctionName", json::Kind::string);
    const auto client_context = member("ClientContext", json::Kind::string);
    const auto trace_id = member("TraceId", json::Kind::string);
    const auto accepted = member("AcceptedMs", json::Kind::number);
    const auto attempts = member("Attempts", json::Kind::number);
    const auto payload = root.find("Payload");
    if (!request_id || !name || !client_context || !trace_id || !accepted || !attempts || !payload)
        return std::nullopt;
    EventInvocation invocation;
    invocation.request_id = request_id->string();
    invocation.function_name = name->string();
    invocation.client_context = client_context->string();
    invocation.trace_id = trace_id->string();
    invocation.accepted = TimePoint{milliseconds{accepted->integer().value_or(0)}};
    invocation.attempts = static_cast<std::uint32_t>(attempts->integer().value_or(0));
    invocation.payload = Payload::trusted(payload->raw());
    return invocation;
}

}  // namespace

/// Timers and attempts hold it weakly, so that they may outlive the object.
struct EventInvocations::Shared : std::enable_shared_from_this<EventInvocations::Shared> {
    using Pointer = std::shared_ptr<EventInvocation>;

    Shared(Clock& the_clock, Storage& the_storage, sched::Timers& the_timers, Run the_run)
        : clock(the_clock), storage(the_storage), timers(the_timers), run(std::move(the_run)) {}

    void attempt(const Pointer& invocation);
    void attempt_ended(const Pointer& invocation, bool is_final);

    Clock& clock;
    Storage& storage;
    sched::Timers& timers;
    const Run run;

    CallGate gate;  // every attempt's begin and end passes it

    std::mutex mutex;  // guards what follows; never held while `run` or the storage is called
    std::uint64_t pending = 0;
    std::vector<Pointer> recovered;
};

EventInvocations::EventInvocations(Clock& clock, Storage& storage, sched::Timers& timers, Run run)
    : shared_(std::make_shared<Shared>(clock, storage, timers, std::move(run))) {}

EventInvocations::~EventInvocations() { stop(); }

void EventInvocations::stop() { shared_->gate.close(); }

void EventInvocations::recover() {
    shared_->storage.scan(Table::blob, {.prefix = key_prefix},
                          [this](std::string_view, std::string_view value) {
                              if (auto invocation = decode_invocation(value)) {
                                  shared_->recovered.push_back(
                                      std::make_shared<EventInvocation>(std::move(*invocation)));
                                  ++shared_->pending;
                              }
                              return true;
                          });
}

void EventInvocations::start_running() {
    for (const auto& invocation : std::exchange(shared_->recovered, {}))
        shared_->attempt(invocation);
}

void EventInvocations::accept(EventInvocation invocation, UniqueFunction<void()> accepted) {
    auto pointer = std::make_shared<EventInvocation>(std::move(invocation));
    pointer->accepted = shared_->clock.now();
    {
        const std::lock_guard lock(shared_->mutex);
        ++shared_->pending;
    }
    Effects effects;
    effects.put(Table::blob, invocation_key(*pointer), encode(*pointer));
    effects.when_durable(
        [weak = std::weak_ptr(shared_), pointer, accepted = std::move(accepted)]() mutable {
            accepted();
            if (const auto shared = weak.lock()) shared->attempt(pointer);
        });
    shared_->storage.commit(std::move(effects));
}

std::uint64_t EventInvocations::pending() const {
    const std::lock_guard lock(shared_->mutex);
    return shared_->pending;
}

void EventInvocations::Shared::attempt(const Pointer& invocation) {
    const CallGate::Entry inside = gate.enter();
    if (!inside) return;
    run(*invocation, [weak = weak_from_this(), invocation](bool is_final) {
        if (const auto shared = weak.lock()) shared->attempt_ended(invocation, is_final);
    });
}

void EventInvocations::Shared::attempt_ended(const Pointer& invocation, bool is_final) {
    const CallGate::Entry inside = gate.enter();
    if (!inside) return;  // stays in the store for the next process
    ++invocation->attempts;
    const milliseconds pause = std::chrono::minutes(invocation->attempts);  // one minute, then two
    const TimePoint next = clock.now() + pause;
    const bool is_over_now = is_final || invocation->attempts >= event_attempts_max ||
                             next - invocation->accepted > event_age_max;
    Effects effects;
    if (is_over_now) {
        effects.erase(Table::blob, invocation_key(*invocation));
    } else {
        effects.put(Table::blob, invocation_key(*invocation), encode(*invocation));
    }
    storage.commit(std::move(effects));
    if (is_over_now) {
        const std::lock_guard lock(mutex);
        --pending;
        return;
    }
    timers.schedule(next, [weak = weak_from_this(), invocation] {
        if (const auto shared = weak.lock()) shared->attempt(invocation);
    });
}

}  // namespace stepwell::function
