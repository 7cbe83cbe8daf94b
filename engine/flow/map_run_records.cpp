// Map runs as they are stored, and their names.
#include <bit>

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "base/random.hpp"
#include "flow/map_run.hpp"

namespace stepwell::flow {

namespace {

constexpr char map_run_version = 1;
constexpr std::uint8_t result_is_text = 1;
void append_ends(std::string& bytes, const MapRunEnds& ends) {
    for (const std::uint64_t count : {ends.succeeded, ends.failed, ends.timed_out, ends.aborted})
        append_varint(bytes, count);
}
void read_ends(ByteReader& reader, MapRunEnds& ends) {
    for (std::uint64_t* count : {&ends.succeeded, &ends.failed, &ends.timed_out, &ends.aborted})
        *count = reader.varint();
}

// Present or not, and the value.
void append_optional(std::string& bytes, std::optional<std::uint64_t> value) {
    append_varint(bytes, value.has_value() ? 1 : 0);
    if (value.has_value()) append_varint(bytes, *value);
}
std::optional<std::uint64_t> read_optional(ByteReader& reader) {
    return reader.varint() == 0 ? std::nullopt : std::optional(reader.varint());
}

std::uint64_t since_epoch(TimePoint time) {
    return static_cast<std::uint64_t>(time.time_since_epoch().count());
}
TimePoint read_point(ByteReader& reader) {
    return TimePoint{milliseconds{static_cast<std::int64_t>(reader.varint())}};
}

}  // namespace

std::string_view name_of(MapRunStatus status) noexcept {
    switch (status) {
        case MapRunStatus::running:
            return "RUNNING";
        case MapRunStatus::succeeded:
            return "SUCCEEDED";
        case MapRunStatus::failed:
            return "FAILED";
        case MapRunStatus::aborted:
            return "ABORTED";
    }
    return {};
}

std::uint64_t& MapRunEnds::of(ExecutionStatus status) {
    switch (status) {
        case ExecutionStatus::succeeded:
            return succeeded;
        case ExecutionStatus::failed:
            return failed;
        case ExecutionStatus::timed_out:
            return timed_out;
        case ExecutionStatus::aborted:
            return aborted;
        case ExecutionStatus::running:
            break;
    }
    SW_PANIC("an execution that runs has no end");
}

std::string encode(const MapRunRecord& record) {
    std::string bytes(1, map_run_version);
    append_varint(bytes, record.execution);
    append_text(bytes, record.machine_name);
    append_text(bytes, record.execution_name);
    append_text(bytes, record.label);
    bytes.push_back(static_cast<char>(record.status));
    append_varint(bytes, since_epoch(record.start));
    append_varint(bytes, since_epoch(record.stop));
    append_varint(bytes, record.max_concurrency);
    append_optional(bytes, record.tolerated_failure_count);
    std::optional<std::uint64_t> percentage;
    if (record.tolerated_failure_percentage.has_value())
        percentage = std::bit_cast<std::uint64_t>(*record.tolerated_failure_percentage);
    append_optional(bytes, percentage);
    append_varint(bytes, record.items_total);
    append_varint(bytes, record.items_per_child_max);
    append_varint(bytes, record.next_item);
    append_varint(bytes, record.children_started);
    append_ends(bytes, record.items);
    append_ends(bytes, record.children);
    append_varint(bytes, record.results_written);
    bytes.push_back(
        static_cast<char>((record.is_reading ? 1 : 0) | (record.is_result_too_large ? 2 : 0)));
    return bytes;
}

std::optional<MapRunRecord> decode_map_run_record(std::string_view bytes) {
    ByteReader reader(bytes);
    if (reader.take(1) != std::string_view(&map_run_version, 1)) return std::nullopt;
    MapRunRecord record;
    record.execution = reader.varint();
    record.machine_name = reader.text();
    record.execution_name = reader.text();
    record.label = reader.text();
    record.status = static_cast<MapRunStatus>(reader.big_endian<std::uint8_t>());
    record.start = read_point(reader);
    record.stop = read_point(reader);
    record.max_concurrency = static_cast<std::uint32_t>(reader.varint());
    record.tolerated_failure_count = read_optional(reader);
    if (const auto percentage = read_optional(reader); percentage.has_value())
        record.tolerated_failure_percentage = std::bit_cast<double>(*percentage);
    record.items_total = reader.varint();
    record.items_per_child_max = reader.varint();
    record.next_item = reader.varint();
    record.children_started = static_cast<std::uint32_t>(reader.varint());
    read_ends(reader, record.items);
    read_ends(reader, record.children);
    record.results_written = reader.varint();
    const auto bits = reader.big_endian<std::uint8_t>();
    record.is_reading = (bits & 1U) != 0;
    record.is_result_too_large = (bits & 2U) != 0;
    const bool is_valid = reader.is_good() && reader.is_at_end() &&
                          record.status <= MapRunStatus::aborted && bits <= 3 &&
                          record.next_item <= record.items_total &&
                          record.children.over() <= record.children_started;
    return is_valid ? std::optional(std::move(record)) : std::nullopt;
}

std::string encode(const ChildResult& result) {
    std::string bytes;
    bytes.push_back(static_cast<char>(result.status));
    if (result.child == 0) {
        bytes.push_back(static_cast<char>(result_is_text));
        bytes.append(result.text.text());
        return bytes;
    }
    bytes.push_back('\0');
    append_varint(bytes, result.child);
    append_varint(bytes, result.place.event);
    append_varint(bytes, result.place.chunk);
    return bytes;
}

std::optional<ChildResult> decode_child_result(std::string_view bytes) {
    ByteReader reader(bytes);
    ChildResult result;
    result.status = static_cast<ExecutionStatus>(reader.big_endian<std::uint8_t>());
    const auto kind = reader.big_endian<std::uint8_t>();
    const bool is_known = kind <= result_is_text && result.status <= ExecutionStatus::aborted;
    if (!reader.is_good() || !is_known) return std::nullopt;
    if (kind == result_is_text) {
        if (reader.is_at_end()) return std::nullopt;
        result.text = Payload::trusted(reader.rest());
        return result;
    }
    result.child = reader.varint();
    result.place.event = static_cast<EventId>(reader.varint());
    result.place.chunk = static_cast<EventId>(reader.varint());
    const bool is_valid = reader.is_good() && reader.is_at_end() && result.child != 0;
    return is_valid ? std::optional(std::move(result)) : std::nullopt;
}

// The sizes of the keys tell them apart.
std::string map_run_key(MapRunId id) { return execution_key(id).text(); }
std::string map_run_items_key(MapRunId id) { return map_run_key(id) + "i"; }
std::string child_result_key(MapRunId id, std::uint32_t index) {
    std::string key = map_run_key(id);
    append_big_endian(key, index);
    return key;
}
std::optional<std::uint32_t> index_of_result_key(std::string_view key) {
    if (key.size() != sizeof(MapRunId) + sizeof(std::uint32_t)) return std::nullopt;
    return ByteReader(key.substr(sizeof(MapRunId))).big_endian<std::uint32_t>();
}
std::string map_run_listing_key(ExecutionId execution, MapRunId id) {
    std::string key = execution_key(execution).text();
    append_big_endian(key, id);
    return key;
}

std::string map_run_arn(const Identity& identity, std::string_view labelled_name, MapRunId id) {
    std::string resource = "mapRun:";
    resource.append(labelled_name).append(":").append(uuid_of(identity, id));
    return identity.arn("states", resource);
}

std::optional<MapRunId> parse_map_run_arn(const Identity& identity, std::string_view arn) {
    const std::size_t colon = arn.rfind(':');
    return colon == std::string_view::npos ? std::nullopt
                                           : id_of_uuid(identity, arn.substr(colon + 1));
}

std::string_view without_label(std::string_view machine_name) noexcept {
    return machine_name.substr(0, machine_name.find('/'));
}

std::string labelled_name(std::string_view machine_name, std::string_view label) {
    return std::string(without_label(machine_name)).append("/").append(label);
}

std::string label_of(const StateMachine& machine, asl::StateIndex state) {
    const std::string& given = machine.program->state(state).distributed->label;
    if (!given.empty()) return given;
    const std::uint64_t revision = std::uint64_t{machine.revision} << 32 | state.value;
    return uuid_of(Identity{}, Random(machine.id ^ Random(revision).next()).next());
}

StateMachinePtr machine_of_children(const StateMachine& machine, asl::StateIndex state) {
    auto children = std::make_shared<StateMachine>(machine);
    const std::string label = label_of(machine, state);
    const std::string_view arn = std::string_view(machine.arn).substr(0, machine.arn.find('/'));
    children->name = labelled_name(machine.name, label);
    children->arn = std::string(arn) + "/" + label;
    children->map_state = state;
    children->type = machine.program->state(state).distributed->has_express_children
                         ? MachineType::express
                         : MachineType::standard;
    return children;
}

}  // namespace stepwell::flow
