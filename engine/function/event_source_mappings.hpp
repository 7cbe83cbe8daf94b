// Event source mappings: queues whose messages a function gets, in batches.
// source  AWS Lambda Developer Guide, "Using Lambda with Amazon SQS"; API Reference,
// EventSourceMappingConfiguration
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <stepwell/clock.hpp>
#include <stepwell/journal.hpp>
#include <stepwell/result.hpp>

#include "function/call_gate.hpp"
#include "function/functions.hpp"
#include "function/ports.hpp"
#include "json/writer.hpp"
#include "sched/timers.hpp"

namespace stepwell::function {

/// One mapping, as it is stored.
struct EventSourceMapping {
    std::string uuid;
    std::string event_source_arn;
    std::string function_name;
    std::int64_t batch_size = 10;
    std::int64_t window_seconds = 0;  ///< MaximumBatchingWindowInSeconds
    bool is_enabled = true;
    bool reports_batch_item_failures = false;
    std::optional<std::int64_t> maximum_concurrency = {};
    TimePoint last_modified{};
};

struct CreateMappingInput {
    EventSourceMapping mapping;  ///< uuid and last_modified are set by the service
    FunctionName function;
};
/// What is not set stays as it is.
struct UpdateMappingInput {
    std::string uuid;
    std::optional<FunctionName> function = {};
    std::optional<std::int64_t> batch_size = {};
    std::optional<std::int64_t> window_seconds = {};
    std::optional<bool> is_enabled = {};
    std::optional<bool> reports_batch_item_failures = {};
    std::optional<std::optional<std::int64_t>> maximum_concurrency = {};
};

/// A mapping and what its State member shows.
struct MappingView {
    EventSourceMapping mapping;
    std::string state;  ///< Creating, Enabled, Enabling, Disabled, Disabling, Updating, Deleting
};
/// Writes an EventSourceMappingConfiguration.
void write_mapping(json::Writer& writer, const MappingView& view, const Functions& functions);

struct ListMappingsInput {
    std::string event_source_arn = {};  ///< empty: all
    std::optional<FunctionName> function = {};
    std::string marker = {};
    std::uint32_t items_max = 100;
};
struct ListMappingsOutput {
    std::vector<MappingView> mappings;
    std::string next_marker;
};

class MappingPoller;

/// Owns the mappings and polls their queues.
///
/// A batch that was processed is deleted from the queue; one that failed stays there and becomes
/// visible again after the queue's visibility timeout.
///
/// threads  every function may be called from any thread and does not block, except `recover`
class EventSourceMappings {
 public:
    /// What it is given outlives this object.
    EventSourceMappings(Functions& functions, QueuePort& queues, Clock& clock, Storage& storage,
                        sched::Timers& timers);
    ~EventSourceMappings();  ///< stops polling; what is being processed is not waited for

    /// Reads the stored mappings; before anything else is called. Blocks.
    Result<> recover();
    /// Begins to poll.
    void start_running();

    /// errors   ResourceNotFoundException, ResourceConflictException,
    /// InvalidParameterValueException, as in AWS
    void create(CreateMappingInput input, Completion<MappingView> done);
    void update(UpdateMappingInput input, Completion<MappingView> done);
    void remove(std::string_view uuid, Completion<MappingView> done);
    Result<MappingView> find(std::string_view uuid) const;
    ListMappingsOutput list(const ListMappingsInput& input) const;

 private:
    Result<> check(const EventSourceMapping& mapping) const;
    void commit(const EventSourceMapping& mapping, bool is_erased, std::string state,
                Completion<MappingView> done);
    void poll(const EventSourceMapping& mapping);

    Functions& functions_;
    QueuePort& queues_;
    Clock& clock_;
    Storage& storage_;
    sched::Timers& timers_;

    // Actions that the storage runs hold it weakly and pass it.
    const std::shared_ptr<CallGate> gate_ = std::make_shared<CallGate>();

    mutable std::mutex mutex_;  // guards what follows; held while a change is committed, so that
                                // changes keep their order
    std::map<std::string, EventSourceMapping, std::less<>> mappings_;
    std::map<std::string, std::shared_ptr<MappingPoller>, std::less<>> pollers_;
    bool is_running_ = false;
};

}  // namespace stepwell::function
