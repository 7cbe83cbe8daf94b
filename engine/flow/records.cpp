#include "flow/records.hpp"

#include <array>
#include <cstring>

#include "base/bytes.hpp"
#include "base/concat.hpp"
#include "base/hex.hpp"
#include "base/random.hpp"

namespace stepwell::flow {

namespace {

constexpr std::size_t uuid_characters = 36;
std::optional<std::uint64_t> parse_hex(std::string_view text) {
    std::uint64_t value = 0;
    for (const char c : text) {
        const bool is_digit = c >= '0' && c <= '9';
        if (!is_digit && (c < 'a' || c > 'f')) return std::nullopt;
        value = value << 4 | static_cast<std::uint64_t>(is_digit ? c - '0' : c - 'a' + 10);
    }
    return value;
}

constexpr char record_version = 1;
constexpr char continuation_version = 2;
constexpr char running_version = 3;  // above any continuation_version that stood in its place

void append_time_or_never(std::string& out, TimePoint time) {
    // never (the largest value) becomes 0, which saves its ten bytes
    append_varint(
        out, time == never ? 0 : static_cast<std::uint64_t>(time.time_since_epoch().count()) + 1);
}
TimePoint read_time_or_never(ByteReader& reader) {
    const std::uint64_t value = reader.varint();
    return value == 0 ? never : TimePoint{milliseconds{static_cast<std::int64_t>(value - 1)}};
}
std::uint32_t read_u32(ByteReader& reader) { return static_cast<std::uint32_t>(reader.varint()); }

// Its run alone, 0, where it is no child.
void append_child_of(std::string& bytes, const ExecutionRecordView& record) {
    if (record.child_of == nullptr) return append_varint(bytes, 0);
    const ChildOf& child = *record.child_of;
    append_varint(bytes, child.map_run);
    append_varint(bytes, child.map_state.value);
    append_varint(bytes, child.index);
    append_varint(bytes, child.items);
    bytes.push_back(child.has_batch ? '\1' : '\0');
}

void read_child_of(ByteReader& reader, ExecutionRecord& record) {
    const MapRunId map_run = reader.varint();
    if (map_run == 0) return;
    ChildOf& child = record.child_of.emplace();
    child.map_run = map_run;
    child.map_state = asl::StateIndex{read_u32(reader)};
    child.index = read_u32(reader);
    child.items = read_u32(reader);
    child.has_batch = reader.big_endian<std::uint8_t>() != 0;
}

// What few executions have, in this order, up to the last that this one has.
void append_tail(std::string& bytes, const ExecutionRecordView& record) {
    const bool is_redriven = record.redrives.count > 0;
    const bool has_child_of = record.child_of != nullptr || is_redriven;
    const bool has_starter = !record.starter.empty() || has_child_of;
    if (record.qualifier.version == 0 && !has_starter) return;
    append_varint(bytes, record.qualifier.version);
    append_text(bytes, record.qualifier.alias);
    if (has_starter) append_text(bytes, record.starter);
    if (has_child_of) append_child_of(bytes, record);
    if (!is_redriven) return;
    append_varint(bytes, record.redrives.count);
    append_time_or_never(bytes, record.redrives.date);
    append_text(bytes, record.redrives.client_token);
}

}  // namespace

// The id, salted, is in the second and the last group; the others make the text look like any UUID
// and tell whether it is one of ours.
std::string uuid_of(const Identity& identity, ExecutionId id) {
    const std::uint64_t salted = id ^ identity.name_salt;
    const std::uint64_t random = Random(id).next();
    constexpr std::uint64_t low_12_bits = 0xfff;
    constexpr std::uint64_t low_48_bits = (std::uint64_t{1} << 48) - 1;
    const std::uint64_t high =
        (random >> 32) << 32 | (salted >> 48) << 16 | 0x4000 | (random >> 16 & low_12_bits);
    const std::uint64_t low =
        (8 + (random >> 12 & 3)) << 60 | (random & low_12_bits) << 48 | (salted & low_48_bits);
    return UuidText({high, low}).string();
}

std::optional<ExecutionId> id_of_uuid(const Identity& identity, std::string_view uuid) {
    if (uuid.size() != uuid_characters) return std::nullopt;
    const auto high = parse_hex(uuid.substr(9, 4));
    const auto low = parse_hex(uuid.substr(24));
    if (!high.has_value() || !low.has_value()) return std::nullopt;
    const ExecutionId id = (*high << 48 | *low) ^ identity.name_salt;
    return uuid_of(identity, id) == uuid ? std::optional(id) : std::nullopt;
}

std::string express_name(std::string_view name) { return concat({name, ":", make_uuid()}); }

std::string_view given_name(std::string_view execution_name) {
    return execution_name.substr(0, execution_name.find(':'));
}

std::string execution_arn(const Identity& identity, std::string_view machine_name,
                          std::string_view execution_name) {
    const bool is_express = execution_name.find(':') != std::string_view::npos;
    return concat({"arn:aws:states:", identity.region, ":", identity.account,
                   is_express ? ":express:" : ":execution:", machine_name, ":", execution_name});
}

std::string state_machine_arn(const Identity& identity, std::string_view machine_name) {
    return concat({"arn:aws:states:", identity.region, ":", identity.account,
                   ":stateMachine:", machine_name});
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

std::string name_key(std::string_view machine_name, std::string_view execution_name) {
    constexpr std::string_view between("\0", 1);  // no name contains it
    return concat({machine_name, between, execution_name});
}

ExecutionId execution_of_listing(std::string_view listing_key) {
    return ByteReader(listing_key.substr(16)).big_endian<ExecutionId>();
}

EventId first_event_of(std::string_view history_key) {
    ByteReader reader(history_key);
    reader.big_endian<ExecutionId>();
    return reader.big_endian<EventId>();
}

ExecutionRecordView view_of(const ExecutionRecord& record) noexcept {
    return {record.machine_id,
            record.machine_revision,
            record.machine_name,
            record.name,
            record.status,
            record.start,
            record.stop,
            record.last_event,
            record.trace_header,
            record.qualifier,
            record.child_of.has_value() ? &*record.child_of : nullptr,
            record.starter,
            record.redrives};
}

std::string encode(const ExecutionRecord& record) {
    std::string bytes;
    append(bytes, view_of(record));
    return bytes;
}

void append(std::string& bytes, const ExecutionRecordView& record) {
    bytes.push_back(record_version);
    append_varint(bytes, record.machine_id);
    append_varint(bytes, record.machine_revision);
    append_text(bytes, record.machine_name);
    append_text(bytes, record.name);
    bytes.push_back(static_cast<char>(record.status));
    append_time_or_never(bytes, record.start);
    append_time_or_never(bytes, record.stop);
    append_varint(bytes, record.last_event);
    append_text(bytes, record.trace_header);
    append_tail(bytes, record);
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
    record.start = read_time_or_never(reader);
    record.stop = read_time_or_never(reader);
    record.last_event = read_u32(reader);
    record.trace_header = reader.text();
    if (reader.is_good() && !reader.is_at_end()) {
        record.qualifier.version = read_u32(reader);
        record.qualifier.alias = reader.text();
    }
    if (reader.is_good() && !reader.is_at_end()) record.starter = reader.text();
    if (reader.is_good() && !reader.is_at_end()) {
        read_child_of(reader, record);
    }
    if (reader.is_good() && !reader.is_at_end()) {
        record.redrives.count = read_u32(reader);
        record.redrives.date = read_time_or_never(reader);
        record.redrives.client_token = reader.text();
    }
    const bool is_valid =
        reader.is_good() && reader.is_at_end() && record.status <= ExecutionStatus::aborted;
    return is_valid ? std::optional(std::move(record)) : std::nullopt;
}

namespace {

// Which parts of a branch's state follow.
constexpr std::uint8_t has_slot_bit = 1;
constexpr std::uint8_t has_input_bit = 2;
constexpr std::uint8_t has_variables_bit = 4;
constexpr std::uint8_t has_parents_variables_bit = 8;
constexpr std::uint8_t has_map_run_bit = 16;
constexpr std::uint8_t all_bits = 31;

void append_branch(std::string& bytes, const BranchState& b, bool has_parents_variables) {
    const bool has_input = b.input_place.event == 0 && !b.input.is_absent();
    const bool has_variables = !has_parents_variables && !b.variables.is_absent();
    bytes.push_back(static_cast<char>(b.phase));
    bytes.push_back(static_cast<char>((b.has_slot ? has_slot_bit : 0) |
                                      (has_input ? has_input_bit : 0) |
                                      (has_variables ? has_variables_bit : 0) |
                                      (has_parents_variables ? has_parents_variables_bit : 0) |
                                      (b.map_run != 0 ? has_map_run_bit : 0)));
    append_varint(bytes, b.state.value);
    append_varint(bytes, b.previous_event);
    append_varint(bytes, b.entered_event);
    for (const EventPlace& place : {b.scheduled, b.input_place}) {
        append_varint(bytes, place.event);
        append_varint(bytes, place.chunk);
    }
    bytes.push_back(static_cast<char>(b.input_field));
    append_varint(bytes, b.retry_count);
    append_varint(bytes, b.retrier_attempts.size());
    for (const std::uint32_t attempts : b.retrier_attempts) append_varint(bytes, attempts);
    append_time_or_never(bytes, b.entered_time);
    append_time_or_never(bytes, b.wake_at);
    append_time_or_never(bytes, b.heartbeat_at);
    append_varint(bytes, b.heartbeat_seconds);
    if (b.has_slot) {
        append_varint(bytes, b.slot);
        append_varint(bytes, b.slot_shard);
        append_varint(bytes, b.generation);
    }
    if (b.map_run != 0) append_varint(bytes, b.map_run);
    if (has_input) append_text(bytes, b.input.text());
    if (has_variables) append_text(bytes, b.variables.text());
}

// False when it is no state of a branch.
bool read_branch(ByteReader& reader, BranchState& b, bool& has_parents_variables) {
    b.phase = static_cast<Phase>(reader.big_endian<std::uint8_t>());
    const auto bits = reader.big_endian<std::uint8_t>();
    b.has_slot = (bits & has_slot_bit) != 0;
    has_parents_variables = (bits & has_parents_variables_bit) != 0;
    b.state = asl::StateIndex{read_u32(reader)};
    b.previous_event = read_u32(reader);
    b.entered_event = read_u32(reader);
    for (EventPlace* place : {&b.scheduled, &b.input_place}) {
        place->event = read_u32(reader);
        place->chunk = read_u32(reader);
    }
    b.input_field = static_cast<Field>(reader.big_endian<std::uint8_t>());
    b.retry_count = read_u32(reader);
    for (std::uint64_t left = reader.varint(); left > 0 && reader.is_good(); --left) {
        b.retrier_attempts.push_back(read_u32(reader));
    }
    b.entered_time = read_time_or_never(reader);
    b.wake_at = read_time_or_never(reader);
    b.heartbeat_at = read_time_or_never(reader);
    b.heartbeat_seconds = read_u32(reader);
    if (b.has_slot) {
        b.slot = read_u32(reader);
        b.slot_shard = read_u32(reader);
        b.generation = read_u32(reader);
    }
    if ((bits & has_map_run_bit) != 0) b.map_run = reader.varint();
    if ((bits & has_input_bit) != 0) b.input = Payload::trusted(reader.text());
    if ((bits & has_variables_bit) != 0) b.variables = Payload::trusted(reader.text());
    return reader.is_good() && b.phase <= Phase::finished && bits <= all_bits &&
           b.slot_shard < shards_max;
}

bool takes_version(ByteReader& reader) {
    return reader.take(1) == std::string_view(&continuation_version, 1);
}

}  // namespace

std::string encode(const ExecutionState& execution, const BranchState* root) {
    std::string bytes;
    append(bytes, execution, root);
    return bytes;
}

void append(std::string& bytes, const ExecutionState& execution, const BranchState* root) {
    bytes.push_back(continuation_version);
    bytes.push_back(root != nullptr ? '\1' : '\0');
    append_varint(bytes, execution.last_event);
    append_varint(bytes, execution.generation);
    append_time_or_never(bytes, execution.machine_times_out);
    if (root != nullptr) append_branch(bytes, *root, false);
}

void append_running(std::string& out, const ExecutionState& execution, const BranchState* root,
                    const ExecutionRecordView& record) {
    out.push_back(running_version);
    const std::size_t size_at = out.size();
    append_big_endian(out, std::uint32_t{0});
    const std::size_t begin = out.size();
    append(out, execution, root);
    const std::uint32_t size =
        __builtin_bswap32(static_cast<std::uint32_t>(out.size() - begin));  // big-endian
    std::memcpy(out.data() + size_at, &size, sizeof size);
    append(out, record);
}

std::optional<RunningExecution> split_running(std::string_view bytes) {
    ByteReader reader(bytes);
    if (reader.take(1) != std::string_view(&running_version, 1)) return std::nullopt;
    const std::string_view continuation = reader.take(reader.big_endian<std::uint32_t>());
    return RunningExecution{continuation, reader.rest()};
}

bool has_branch_records(const RunningExecution& running) noexcept {
    constexpr std::size_t root_at = 1;  // as `append` writes it
    return running.continuation.size() > root_at && running.continuation[root_at] == '\0';
}

std::optional<Continuation> decode_continuation(std::string_view bytes) {
    ByteReader reader(bytes);
    if (!takes_version(reader)) return std::nullopt;
    Continuation c;
    const auto has_root = reader.big_endian<std::uint8_t>();
    c.execution.last_event = read_u32(reader);
    c.execution.generation = read_u32(reader);
    c.execution.machine_times_out = read_time_or_never(reader);
    bool is_valid = has_root <= 1;
    if (has_root == 1) {
        bool has_parents_variables = false;
        is_valid =
            read_branch(reader, c.root.emplace(), has_parents_variables) && !has_parents_variables;
    }
    is_valid = is_valid && reader.is_good() && reader.is_at_end();
    return is_valid ? std::optional(std::move(c)) : std::nullopt;
}

std::optional<BranchNumber> branch_of_key(std::string_view key) {
    if (key.size() == sizeof(ExecutionId)) return std::nullopt;
    return ByteReader(key.substr(sizeof(ExecutionId))).big_endian<BranchNumber>();
}

std::string encode_branch(const BranchPlace& place, const BranchState& state,
                          bool has_parents_variables) {
    std::string bytes(1, continuation_version);
    append_varint(bytes, place.parent);
    append_varint(bytes, place.index);
    append_branch(bytes, state, has_parents_variables);
    return bytes;
}

std::optional<BranchRecord> decode_branch(std::string_view bytes) {
    ByteReader reader(bytes);
    if (!takes_version(reader)) return std::nullopt;
    BranchRecord record;
    record.place.parent = read_u32(reader);
    record.place.index = read_u32(reader);
    const bool is_valid =
        read_branch(reader, record.state, record.has_parents_variables) && reader.is_at_end();
    return is_valid ? std::optional(std::move(record)) : std::nullopt;
}

}  // namespace stepwell::flow
