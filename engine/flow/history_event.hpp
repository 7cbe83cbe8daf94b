// The events of an execution's history: their types, their fields, and the chunks they are stored
// in.
//
// source  AWS Step Functions API Reference, HistoryEvent
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <stepwell/clock.hpp>

#include "base/byte_buffer.hpp"
#include "base/strong_id.hpp"
#include "flow/sdk_metadata.hpp"

namespace stepwell::flow {

using EventId = std::uint32_t;

/// Where a stored event is: its id, and the id of the first event of its chunk.
struct EventPlace {
    EventId event = 0;
    EventId chunk = 0;
};

/// The numbers are part of the on-disk format: never reuse one.
enum class EventType : std::uint8_t {
    execution_started = 1,
    execution_succeeded = 2,
    execution_failed = 3,
    execution_timed_out = 4,
    execution_aborted = 5,
    execution_redriven = 6,
    task_state_entered = 10,
    task_state_exited = 11,
    pass_state_entered = 12,
    pass_state_exited = 13,
    choice_state_entered = 14,
    choice_state_exited = 15,
    wait_state_entered = 16,
    wait_state_exited = 17,
    succeed_state_entered = 18,
    succeed_state_exited = 19,
    fail_state_entered = 20,
    parallel_state_entered = 21,
    parallel_state_exited = 22,
    map_state_entered = 23,
    map_state_exited = 24,
    task_state_aborted = 25,
    wait_state_aborted = 26,
    parallel_state_aborted = 27,
    map_state_aborted = 28,
    task_scheduled = 30,
    task_started = 31,
    task_start_failed = 32,
    task_submitted = 33,
    task_submit_failed = 34,
    task_succeeded = 35,
    task_failed = 36,
    task_timed_out = 37,
    lambda_function_scheduled = 40,
    lambda_function_started = 41,
    lambda_function_succeeded = 42,
    lambda_function_failed = 43,
    lambda_function_timed_out = 44,
    activity_scheduled = 50,
    activity_started = 51,
    activity_succeeded = 52,
    activity_failed = 53,
    activity_timed_out = 54,
    evaluation_failed = 60,
    parallel_state_started = 70,
    parallel_state_succeeded = 71,
    parallel_state_failed = 72,
    map_state_started = 73,
    map_state_succeeded = 74,
    map_state_failed = 75,
    map_iteration_started = 76,
    map_iteration_succeeded = 77,
    map_iteration_failed = 78,
    map_iteration_aborted = 79,
    map_run_started = 80,
    map_run_succeeded = 81,
    map_run_failed = 82,
    map_run_aborted = 83,
};
std::string_view name_of(EventType type) noexcept;  ///< "TaskStateEntered"

/// A detail of an event. The numbers are part of the on-disk format, and the order in which details
/// are shown.
enum class Field : std::uint8_t {
    name = 1,
    input = 2,
    output = 3,
    assigned_variables = 4,
    resource_type = 5,
    resource = 6,
    region = 7,
    parameters = 8,
    timeout_in_seconds = 9,
    heartbeat_in_seconds = 10,
    error = 11,
    cause = 12,
    role_arn = 13,
    worker_name = 14,
    location = 15,
    state = 16,
    length = 17,
    index = 18,
    map_run_arn = 19,
    redrive_count = 20,
    state_machine_alias_arn = 30,
    state_machine_version_arn = 31,
};

/// Writes consecutive events of one execution into one stored value. A text that stands in the
/// chunk already (a payload passed on, a resource's name) is written once: later fields refer to
/// it, also where it is a part of theirs (the input in a task's parameters). Of a reply's metadata
/// only the values are written.
///
/// threads  one
class ChunkWriter {
 public:
    /// Begins the next event; its fields follow. `previous` is 0 or the id of an earlier event.
    void begin_event(EventId id, EventType type, EventId previous, TimePoint time);
    /// `metadata` of a reply, where it is known to stand in the text.
    void text(Field field, std::string_view text, const KnownMetadata& metadata = std::nullopt);
    void integer(Field field, std::int64_t value);

    bool is_empty() const noexcept { return bytes_.is_empty(); }
    EventId first_id() const noexcept { return first_id_; }
    std::size_t size() const noexcept { return bytes_.size(); }
    std::string_view bytes();
    void clear() noexcept;

 private:
    // A text that later fields may refer to by its number. One that was written in pieces stands
    // whole in composed_, any other in bytes_.
    struct Remembered {
        std::uint32_t offset = 0;
        std::uint32_t size = 0;
        std::uint32_t number = 0;
        bool is_composed = false;
    };
    static constexpr std::uint32_t remembered_max =
        16;  // a power of two: the newest 16 are compared
    static constexpr std::size_t pieces_max = 7;
    struct Pieces;

    std::string_view text_of(const Remembered& remembered) const noexcept;
    template <class Matches>
    const Remembered* newest(Matches&& matches) const;
    void remember(std::size_t offset, std::size_t size, bool is_composed);
    Pieces cut(std::string_view text, const KnownMetadata& metadata) const;
    void cut_out_earlier(std::string_view part, Pieces& pieces) const;
    void append_pieces(const Pieces& pieces);

    ByteBuffer bytes_;
    ByteBuffer composed_;
    EventId first_id_ = 0;
    std::int64_t last_time_ = 0;
    std::uint32_t texts_ = 0;
    std::array<Remembered, remembered_max> remembered_;
};

/// One event as read from a chunk; the views are valid during the visit.
struct Event {
    struct Detail {
        Field field;
        std::string_view text;
        std::int64_t integer = 0;
    };
    EventId id = 0;
    EventId previous = 0;
    EventType type{};
    TimePoint time{};
    std::vector<Detail> details;

    std::optional<std::string_view> text(Field field) const noexcept;
};

/// Calls `visit` for each event of a stored chunk, in order, until it returns false. False when the
/// chunk is damaged.
bool read_chunk(EventId first_id, std::string_view bytes,
                const std::function<bool(const Event&)>& visit);

/// Appends the event as the JSON object of AWS's API; without inputs and outputs unless
/// `include_execution_data`.
void append_json(std::string& out, const Event& event, bool include_execution_data);

}  // namespace stepwell::flow
