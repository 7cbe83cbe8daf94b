#include "flow/records.hpp"

#include "base/bytes.hpp"

namespace stepwell::flow {

namespace {

constexpr char record_version = 1;

void append_time(std::string& out, TimePoint time) {
    // never (the largest value) becomes 0, which saves its ten bytes
    append_varint(
        out, time == never ? 0 : static_cast<std::uint64_t>(time.time_since_epoch().count()) + 1);
}
TimePoint read_time(ByteReader& reader) {
    const std::uint64_t value = reader.varint();
    return value == 0 ? never : TimePoint{milliseconds{static_cast<std::int64_t>(value - 1)}};
}
std::uint32_t read_u32(ByteReader& reader) { return static_cast<std::uint32_t>(reader.varint()); }

}  // namespace

std::string execution_arn(const Identity& identity, std::string_view machine_name,
                          std::string_view execution_name) {
    std::string resource;
    resource.reserve(11 + machine_name.size() + execution_name.size());
    resource.append("execution:").append(machine_name).append(":").append(execution_name);
    return identity.arn("states", resource);
}

std::string state_machine_arn(const Identity& identity, std::string_view machine_name) {
    return identity.arn("states", std::string("stateMachine:").append(machine_name));
}

std::optional<ExecutionNames> parse_execution_arn(const Identity& identity, std::string_view arn) {
    const std::string prefix = identity.arn("states", "execution:");
    if (!arn.starts_with(prefix)) return std::nullopt;
    const std::string_view names = arn.substr(prefix.size());
    const std::size_t colon = names.find(':');
    if (colon == 0 || colon == std::string_view::npos || colon + 1 == names.size())
        return std::nullopt;
    return ExecutionNames{names.substr(0, colon), names.substr(colon + 1)};
}

std::string execution_key(ExecutionId id) {
    std::string key;
    append_big_endian(key, id);
    return key;
}

std::string name_key(std::string_view machine_name, std::string_view execution_name) {
    std::string key(machine_name);
    key.push_back('\0');  // no name contains it
    return key.append(execution_name);
}

std::string listing_prefix(std::uint64_t machine_id) {
    std::string key;
    append_big_endian(key, machine_id);
    return key;
}

std::string listing_key(std::uint64_t machine_id, TimePoint start, ExecutionId id) {
    std::string key = listing_prefix(machine_id);
    append_big_endian(key, ~static_cast<std::uint64_t>(start.time_since_epoch().count()));
    append_big_endian(key, ~id);
    return key;
}

std::string history_key(ExecutionId id, EventId first_event) {
    std::string key = execution_key(id);
    append_big_endian(key, first_event);
    return key;
}

std::string encode(const ExecutionRecord& record) {
    std::string bytes(1, record_version);
    append_varint(bytes, record.machine_id);
    append_varint(bytes, record.machine_revision);
    append_text(bytes, record.machine_name);
    append_text(bytes, record.name);
    bytes.push_back(static_cast<char>(record.status));
    append_time(bytes, record.start);
    append_time(bytes, record.stop);
    append_varint(bytes, record.last_event);
    append_text(bytes, record.trace_header);
    return bytes;
}

std::optional<ExecutionRecord> decode_execution_record(std::string_view bytes) {
    ByteReader reader(bytes);
    if (reader.take(1) != std::string_view(&record_version, 1)) return std::nullopt;
    ExecutionRecord record;
    record.machine_id = reader.varint();
    record.machine_revision = read_u32(reader);
    record.machine_name = reader.text();
    record.name = reader.text();
    record.status = static_cast<ExecutionStatus>(reader.big_endian<std::uint8_t>());
    record.start = read_time(reader);
    record.stop = read_time(reader);
    record.last_event = read_u32(reader);
    record.trace_header = reader.text();
    const bool is_valid =
        reader.is_good() && reader.is_at_end() && record.status <= ExecutionStatus::aborted;
    return is_valid ? std::optional(std::move(record)) : std::nullopt;
}

std::string encode(const Continuation& c) {
    std::string bytes(1, record_version);
    bytes.push_back(static_cast<char>(c.phase));
    append_varint(bytes, c.state);
    append_varint(bytes, c.last_event);
    append_varint(bytes, c.previous_event);
    append_varint(bytes, c.entered_event);
    for (const EventPlace& place : {c.scheduled, c.input}) {
        append_varint(bytes, place.event);
        append_varint(bytes, place.chunk);
    }
    bytes.push_back(static_cast<char>(c.input_field));
    append_varint(bytes, c.generation);
    append_varint(bytes, c.slot);
    append_varint(bytes, c.slot_shard);
    append_varint(bytes, c.retry_count);
    append_varint(bytes, c.retrier_attempts.size());
    for (const std::uint32_t attempts : c.retrier_attempts) append_varint(bytes, attempts);
    append_time(bytes, c.entered_time);
    append_time(bytes, c.wake_at);
    append_time(bytes, c.heartbeat_at);
    append_varint(bytes, c.heartbeat_seconds);
    append_time(bytes, c.machine_times_out);
    append_text(bytes, c.variables);
    return bytes;
}

std::optional<Continuation> decode_continuation(std::string_view bytes) {
    ByteReader reader(bytes);
    if (reader.take(1) != std::string_view(&record_version, 1)) return std::nullopt;
    Continuation c;
    c.phase = static_cast<Phase>(reader.big_endian<std::uint8_t>());
    c.state = read_u32(reader);
    c.last_event = read_u32(reader);
    c.previous_event = read_u32(reader);
    c.entered_event = read_u32(reader);
    for (EventPlace* place : {&c.scheduled, &c.input}) {
        place->event = read_u32(reader);
        place->chunk = read_u32(reader);
    }
    c.input_field = static_cast<Field>(reader.big_endian<std::uint8_t>());
    c.generation = read_u32(reader);
    c.slot = read_u32(reader);
    c.slot_shard = read_u32(reader);
    c.retry_count = read_u32(reader);
    for (std::uint64_t left = reader.varint(); left > 0 && reader.is_good(); --left) {
        c.retrier_attempts.push_back(read_u32(reader));
    }
    c.entered_time = read_time(reader);
    c.wake_at = read_time(reader);
    c.heartbeat_at = read_time(reader);
    c.heartbeat_seconds = read_u32(reader);
    c.machine_times_out = read_time(reader);
    c.variables = reader.text();
    const bool is_valid = reader.is_good() && reader.is_at_end() && c.phase <= Phase::waiting &&
                          c.slot_shard < shards_max;
    return is_valid ? std::optional(std::move(c)) : std::nullopt;
}

}  // namespace stepwell::flow
