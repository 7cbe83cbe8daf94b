#include "function/event_source_mappings.hpp"

#include <algorithm>
#include <utility>

#include "base/errors.hpp"
#include "base/random.hpp"
#include "function/configuration_check.hpp"
#include "function/errors.hpp"
#include "function/mapping_poller.hpp"
#include "json/value.hpp"

namespace stepwell::function {

namespace {

constexpr std::string_view mapping_prefix = "esm/";

std::string mapping_key(std::string_view uuid) {
    return std::string(mapping_prefix) + std::string(uuid);
}

Error invalid(std::string message) {
    return Error(errors::invalid_parameter_value, std::move(message));
}
Error no_such_mapping() {
    return Error(errors::resource_not_found, "The resource you requested does not exist.");
}

std::string encode(const EventSourceMapping& mapping) {
    json::Writer writer;
    writer.begin_object().member_integer("Format", 1).member("UUID", mapping.uuid);
    writer.member("EventSourceArn", mapping.event_source_arn)
        .member("FunctionName", mapping.function_name);
    writer.member_integer("BatchSize", mapping.batch_size)
        .member_integer("Window", mapping.window_seconds);
    writer.member_boolean("Enabled", mapping.is_enabled)
        .member_boolean("ReportBatchItemFailures", mapping.reports_batch_item_failures);
    if (mapping.maximum_concurrency)
        writer.member_integer("MaximumConcurrency", *mapping.maximum_concurrency);
    writer.member_integer("LastModifiedMs", mapping.last_modified.time_since_epoch().count())
        .end_object();
    return writer.take();
}

Result<EventSourceMapping> decode_mapping(std::string_view text) {
    const Error damaged(stepwell::errors::system_failure,
                        "a stored event source mapping is damaged or of a newer version");
    const auto document = json::Document::parse(text);
    if (!document.has_value() || !document->root().is_object()) return damaged;
    const json::Value root = document->root();
    const auto integer = [&root](std::string_view name) -> std::optional<std::int64_t> {
        const auto found = root.find(name);
        return found && found->is_number() ? found->integer() : std::nullopt;
    };
    const auto string = [&root](std::string_view name) -> std::string {
        const auto found = root.find(name);
        return found && found->is_string() ? std::string(found->string()) : std::string();
    };
    const auto flag = [&root](std::string_view name) {
        const auto found = root.find(name);
        return found && found->is_boolean() && found->boolean();
    };
    const auto batch_size = integer("BatchSize");
    const auto window = integer("Window");
    if (integer("Format") != 1 || !batch_size || !window) return damaged;
    EventSourceMapping mapping;
    mapping.uuid = string("UUID");
    mapping.event_source_arn = string("EventSourceArn");
    mapping.function_name = string("FunctionName");
    mapping.batch_size = *batch_size;
    mapping.window_seconds = *window;
    mapping.is_enabled = flag("Enabled");
    mapping.reports_batch_item_failures = flag("ReportBatchItemFailures");
    mapping.maximum_concurrency = integer("MaximumConcurrency");
    mapping.last_modified = TimePoint{milliseconds{integer("LastModifiedMs").value_or(0)}};
    if (mapping.uuid.empty() || mapping.function_name.empty() || mapping.batch_size < 1)
        return damaged;
    return mapping;
}

const char* resting_state(const EventSourceMapping& mapping) {
    return mapping.is_enabled ? "Enabled" : "Disabled";
}

}  // namespace

void write_mapping(json::Writer& writer, const MappingView& view, const Functions& functions) {
    const EventSourceMapping& m = view.mapping;
    writer.begin_object().member("UUID", m.uuid).member_integer("BatchSize", m.batch_size);
    writer.member_integer("MaximumBatchingWindowInSeconds", m.window_seconds)
        .member("EventSourceArn", m.event_source_arn);
    writer.member("FunctionArn", functions.arn_of(m.function_name));
    writer.key("LastModified")
        .number(static_cast<double>(m.last_modified.time_since_epoch().count()) / 1000);
    writer.member("State", view.state).member("StateTransitionReason", "USER_INITIATED");
    writer.key("FunctionResponseTypes").begin_array();
    if (m.reports_batch_item_failures) writer.string("ReportBatchItemFailures");
    writer.end_array();
    if (m.maximum_concurrency) {
        writer.key("ScalingConfig")
            .begin_object()
            .member_integer("MaximumConcurrency", *m.maximum_concurrency)
            .end_object();
    }
    writer
        .member("EventSourceMappingArn",
                functions.identity().arn("lambda", "event-source-mapping:" + m.uuid))
        .end_object();
}

EventSourceMappings::EventSourceMappings(Functions& functions, QueuePort& queues, Clock& clock,
                                         Storage& storage, sched::Timers& timers)
    : functions_(functions), queues_(queues), clock_(clock), storage_(storage), timers_(timers) {}

EventSourceMappings::~EventSourceMappings() {
    gate_->close();
    for (const auto& [uuid, poller] : pollers_) poller->stop();
}

Result<> EventSourceMappings::recover() {
    Result<> outcome;
    storage_.scan(Table::control, {.prefix = mapping_prefix},
                  [&](std::string_view key, std::string_view value) {
                      auto mapping = decode_mapping(value);
                      if (!mapping.has_value()) {
                          outcome = Error(stepwell::errors::system_failure,
                                          std::string(key) + ": " + mapping.error().message());
                          return false;
                      }
                      std::string uuid = mapping->uuid;
                      mappings_[std::move(uuid)] = std::move(*mapping);
                      return true;
                  });
    return outcome;
}

void EventSourceMappings::start_running() {
    std::vector<EventSourceMapping> mappings;
    {
        const std::lock_guard lock(mutex_);
        is_running_ = true;
        for (const auto& [uuid, mapping] : mappings_) mappings.push_back(mapping);
    }
    for (const EventSourceMapping& mapping : mappings) poll(mapping);
}

// Lets the poller of a mapping follow what the mapping is now.
void EventSourceMappings::poll(const EventSourceMapping& mapping) {
    std::shared_ptr<MappingPoller> old;
    std::shared_ptr<MappingPoller> next;
    {
        const std::lock_guard lock(mutex_);
        const auto found = pollers_.find(mapping.uuid);
        if (found != pollers_.end()) {
            old = found->second;
            pollers_.erase(found);
        }
        const auto present = mappings_.find(mapping.uuid);
        if (is_running_ && present != mappings_.end() && present->second.is_enabled) {
            const MappingPoller::Surroundings surroundings{functions_, queues_, clock_, timers_,
                                                           gate_};
            next = std::make_shared<MappingPoller>(surroundings, present->second);
            pollers_[mapping.uuid] = next;
        }
    }
    if (old) old->stop();
    if (next) next->start();
}

Result<> EventSourceMappings::check(const EventSourceMapping& mapping) const {
    if (auto checked = check_range(mapping.batch_size, "batchSize", 1, 10'000);
        !checked.has_value())
        return checked;
    if (auto checked =
            check_range(mapping.window_seconds, "maximumBatchingWindowInSeconds", 0, 300);
        !checked.has_value()) {
        return checked;
    }
    if (mapping.maximum_concurrency) {
        const auto checked =
            check_range(*mapping.maximum_concurrency, "scalingConfig.maximumConcurrency", 2, 1'000);
        if (!checked.has_value()) return checked;
    }
    if (mapping.batch_size > 10 && mapping.window_seconds == 0) {
        return invalid(
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is "
            "greater than 10");
    }
    if (mapping.event_source_arn.find(":sqs:") == std::string::npos) {
        return invalid("Unrecognized event source: only SQS queues can be mapped here, not " +
                       mapping.event_source_arn);
    }
    const auto queue = queues_.find(mapping.event_source_arn);
    if (!queue) {
        return invalid(
            "Error occurred while ReceiveMessage. SQS Error Code: "
            "AWS.SimpleQueueService.NonExistentQueue. SQS Error "
            "Message: The specified queue does not exist for this wsdl version.");
    }
    if (queue->is_fifo && (mapping.batch_size > 10 || mapping.window_seconds > 0)) {
        return invalid(
            "Batching window is not supported for FIFO queues, and their batch size is at most "
            "10.");
    }
    if (!functions_.exists(mapping.function_name)) return invalid("Function does not exist");
    const auto function = functions_.find(FunctionName{mapping.function_name});
    if (function.has_value() &&
        queue->visibility_timeout_seconds < function->configuration.timeout_seconds) {
        return invalid(
            "Queue visibility timeout: " + std::to_string(queue->visibility_timeout_seconds) +
            " seconds is less than Function timeout: " +
            std::to_string(function->configuration.timeout_seconds) + " seconds");
    }
    return {};
}

void EventSourceMappings::create(CreateMappingInput input, Completion<MappingView> done) {
    EventSourceMapping mapping = std::move(input.mapping);
    mapping.function_name = input.function.name;
    if (auto checked = check(mapping); !checked.has_value()) return done(checked.error());
    mapping.uuid = make_uuid();
    mapping.last_modified = clock_.now();
    {
        const std::lock_guard lock(mutex_);
        for (const auto& [uuid, other] : mappings_) {
            if (other.event_source_arn != mapping.event_source_arn ||
                other.function_name != mapping.function_name)
                continue;
            return done(Error(errors::resource_conflict,
                              "The event source arn (\" " + mapping.event_source_arn +
                                  " \") and function (\" " + mapping.function_name +
                                  " \") provided mapping already exists. Please update or delete "
                                  "the existing mapping with UUID " +
                                  uuid));
        }
        commit(mapping, false, "Creating", std::move(done));
    }
}

// With mutex_ held. Polling follows once the change is durable.
void EventSourceMappings::commit(const EventSourceMapping& mapping, bool is_erased,
                                 std::string state, Completion<MappingView> done) {
    Effects effects;
    if (is_erased) {
        mappings_.erase(mapping.uuid);
        effects.erase(Table::control, mapping_key(mapping.uuid));
    } else {
        mappings_[mapping.uuid] = mapping;
        effects.put(Table::control, mapping_key(mapping.uuid), encode(mapping));
    }
    effects.when_durable([this, weak = std::weak_ptr(gate_),
                          view = MappingView{mapping, std::move(state)},
                          done = std::move(done)]() mutable {
        if (const auto gate = weak.lock()) {
            const CallGate::Entry inside = gate->enter();
            if (inside) poll(view.mapping);
        }
        done(std::move(view));
    });
    storage_.commit(std::move(effects));
}

void EventSourceMappings::update(UpdateMappingInput input, Completion<MappingView> done) {
    EventSourceMapping mapping;
    {
        const std::lock_guard lock(mutex_);
        const auto found = mappings_.find(input.uuid);
        if (found == mappings_.end()) return done(no_such_mapping());
        mapping = found->second;
    }
    const bool was_enabled = mapping.is_enabled;
    if (input.function) mapping.function_name = input.function->name;
    if (input.batch_size) mapping.batch_size = *input.batch_size;
    if (input.window_seconds) mapping.window_seconds = *input.window_seconds;
    if (input.is_enabled) mapping.is_enabled = *input.is_enabled;
    if (input.reports_batch_item_failures)
        mapping.reports_batch_item_failures = *input.reports_batch_item_failures;
    if (input.maximum_concurrency) mapping.maximum_concurrency = *input.maximum_concurrency;
    if (auto checked = check(mapping); !checked.has_value()) return done(checked.error());
    mapping.last_modified = clock_.now();
    const char* state = "Updating";
    if (was_enabled != mapping.is_enabled) state = mapping.is_enabled ? "Enabling" : "Disabling";
    const std::lock_guard lock(mutex_);
    if (!mappings_.contains(mapping.uuid)) return done(no_such_mapping());
    commit(mapping, false, state, std::move(done));
}

void EventSourceMappings::remove(std::string_view uuid, Completion<MappingView> done) {
    const std::lock_guard lock(mutex_);
    const auto found = mappings_.find(uuid);
    if (found == mappings_.end()) return done(no_such_mapping());
    const EventSourceMapping mapping = found->second;
    commit(mapping, true, "Deleting", std::move(done));
}

Result<MappingView> EventSourceMappings::find(std::string_view uuid) const {
    const std::lock_guard lock(mutex_);
    const auto found = mappings_.find(uuid);
    if (found == mappings_.end()) return no_such_mapping();
    return MappingView{found->second, resting_state(found->second)};
}

ListMappingsOutput EventSourceMappings::list(const ListMappingsInput& input) const {
    ListMappingsOutput output;
    const std::lock_guard lock(mutex_);
    auto at = input.marker.empty() ? mappings_.begin() : mappings_.upper_bound(input.marker);
    for (; at != mappings_.end(); ++at) {
        const EventSourceMapping& mapping = at->second;
        if (!input.event_source_arn.empty() && mapping.event_source_arn != input.event_source_arn)
            continue;
        if (input.function && mapping.function_name != input.function->name) continue;
        if (output.mappings.size() == input.items_max) {
            output.next_marker = output.mappings.back().mapping.uuid;
            break;
        }
        output.mappings.push_back({mapping, resting_state(mapping)});
    }
    return output;
}

}  // namespace stepwell::function
