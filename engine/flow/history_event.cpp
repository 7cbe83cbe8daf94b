#include "flow/history_event.hpp"

#include <algorithm>
#include <deque>
#include <utility>

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "base/time_text.hpp"
#include "flow/sdk_metadata.hpp"
#include "json/writer.hpp"

namespace stepwell::flow {

/// How a text stands in a chunk: the low bits of the number that it begins with, above them a size
/// or a number.
enum class TextForm : std::uint8_t {
    literal = 0,    // size; the bytes follow
    reference = 1,  // number of an earlier text in the chunk
    composed = 2,   // how many pieces; each begins with a number of this kind
    metadata = 3,   // of a reply; a piece only: its four values follow, each with its size
};

namespace {

constexpr char chunk_version = 2;
constexpr char event_end = 0;  // of its fields

constexpr std::uint32_t form_bits = 2;
constexpr std::uint64_t form_mask = (1U << form_bits) - 1;
constexpr std::size_t reference_bytes_min = 64;  // of a text within another
constexpr std::size_t cut_bytes_max = 8'192;     // larger texts are written whole
constexpr std::size_t composed_bytes_max = 1 << 20;

constexpr std::uint64_t tagged(std::uint64_t value, TextForm form) noexcept {
    return value << form_bits | static_cast<std::uint64_t>(form);
}
constexpr TextForm form_of(std::uint64_t number) noexcept {
    return static_cast<TextForm>(number & form_mask);
}

struct TypeNames {
    EventType event{};
    std::string_view type;
    std::string_view details;  // empty: the event has none
};

constexpr TypeNames type_names[] = {
    {EventType::execution_started, "ExecutionStarted", "executionStartedEventDetails"},
    {EventType::execution_succeeded, "ExecutionSucceeded", "executionSucceededEventDetails"},
    {EventType::execution_failed, "ExecutionFailed", "executionFailedEventDetails"},
    {EventType::execution_timed_out, "ExecutionTimedOut", "executionTimedOutEventDetails"},
    {EventType::execution_aborted, "ExecutionAborted", "executionAbortedEventDetails"},
    {EventType::execution_redriven, "ExecutionRedriven", "executionRedrivenEventDetails"},
    {EventType::task_state_entered, "TaskStateEntered", "stateEnteredEventDetails"},
    {EventType::task_state_exited, "TaskStateExited", "stateExitedEventDetails"},
    {EventType::pass_state_entered, "PassStateEntered", "stateEnteredEventDetails"},
    {EventType::pass_state_exited, "PassStateExited", "stateExitedEventDetails"},
    {EventType::choice_state_entered, "ChoiceStateEntered", "stateEnteredEventDetails"},
    {EventType::choice_state_exited, "ChoiceStateExited", "stateExitedEventDetails"},
    {EventType::wait_state_entered, "WaitStateEntered", "stateEnteredEventDetails"},
    {EventType::wait_state_exited, "WaitStateExited", "stateExitedEventDetails"},
    {EventType::succeed_state_entered, "SucceedStateEntered", "stateEnteredEventDetails"},
    {EventType::succeed_state_exited, "SucceedStateExited", "stateExitedEventDetails"},
    {EventType::fail_state_entered, "FailStateEntered", "stateEnteredEventDetails"},
    {EventType::task_scheduled, "TaskScheduled", "taskScheduledEventDetails"},
    {EventType::task_started, "TaskStarted", "taskStartedEventDetails"},
    {EventType::task_start_failed, "TaskStartFailed", "taskStartFailedEventDetails"},
    {EventType::task_submitted, "TaskSubmitted", "taskSubmittedEventDetails"},
    {EventType::task_submit_failed, "TaskSubmitFailed", "taskSubmitFailedEventDetails"},
    {EventType::task_succeeded, "TaskSucceeded", "taskSucceededEventDetails"},
    {EventType::task_failed, "TaskFailed", "taskFailedEventDetails"},
    {EventType::task_timed_out, "TaskTimedOut", "taskTimedOutEventDetails"},
    {EventType::lambda_function_scheduled, "LambdaFunctionScheduled",
     "lambdaFunctionScheduledEventDetails"},
    {EventType::lambda_function_started, "LambdaFunctionStarted", ""},
    {EventType::lambda_function_succeeded, "LambdaFunctionSucceeded",
     "lambdaFunctionSucceededEventDetails"},
    {EventType::lambda_function_failed, "LambdaFunctionFailed", "lambdaFunctionFailedEventDetails"},
    {EventType::lambda_function_timed_out, "LambdaFunctionTimedOut",
     "lambdaFunctionTimedOutEventDetails"},
    {EventType::activity_scheduled, "ActivityScheduled", "activityScheduledEventDetails"},
    {EventType::activity_started, "ActivityStarted", "activityStartedEventDetails"},
    {EventType::activity_succeeded, "ActivitySucceeded", "activitySucceededEventDetails"},
    {EventType::activity_failed, "ActivityFailed", "activityFailedEventDetails"},
    {EventType::activity_timed_out, "ActivityTimedOut", "activityTimedOutEventDetails"},
    {EventType::evaluation_failed, "EvaluationFailed", "evaluationFailedEventDetails"},
    {EventType::parallel_state_entered, "ParallelStateEntered", "stateEnteredEventDetails"},
    {EventType::parallel_state_started, "ParallelStateStarted", ""},
    {EventType::parallel_state_succeeded, "ParallelStateSucceeded", ""},
    {EventType::parallel_state_failed, "ParallelStateFailed", ""},
    {EventType::parallel_state_aborted, "ParallelStateAborted", ""},
    {EventType::parallel_state_exited, "ParallelStateExited", "stateExitedEventDetails"},
    {EventType::map_state_entered, "MapStateEntered", "stateEnteredEventDetails"},
    {EventType::map_state_started, "MapStateStarted", "mapStateStartedEventDetails"},
    {EventType::map_state_succeeded, "MapStateSucceeded", ""},
    {EventType::map_state_failed, "MapStateFailed", ""},
    {EventType::map_state_aborted, "MapStateAborted", ""},
    {EventType::map_state_exited, "MapStateExited", "stateExitedEventDetails"},
    {EventType::map_iteration_started, "MapIterationStarted", "mapIterationStartedEventDetails"},
    {EventType::map_iteration_succeeded, "MapIterationSucceeded",
     "mapIterationSucceededEventDetails"},
    {EventType::map_iteration_failed, "MapIterationFailed", "mapIterationFailedEventDetails"},
    {EventType::map_iteration_aborted, "MapIterationAborted", "mapIterationAbortedEventDetails"},
    {EventType::map_run_started, "MapRunStarted", "mapRunStartedEventDetails"},
    {EventType::map_run_succeeded, "MapRunSucceeded", ""},
    {EventType::map_run_failed, "MapRunFailed", "mapRunFailedEventDetails"},
    {EventType::map_run_aborted, "MapRunAborted", ""},
    {EventType::task_state_aborted, "TaskStateAborted", ""},
    {EventType::wait_state_aborted, "WaitStateAborted", ""},
};

// By the type's number; an empty type where there is none.
constexpr auto names_by_type = [] {
    std::array<TypeNames, 256> names{};
    for (const TypeNames& entry : type_names) names[static_cast<std::uint8_t>(entry.event)] = entry;
    return names;
}();

const TypeNames& names_of(EventType type) noexcept {
    return names_by_type[static_cast<std::uint8_t>(type)];
}

enum class FieldKind : std::uint8_t { unknown, text, integer };

std::string_view name_of(Field field) noexcept;

FieldKind kind_of(Field field) noexcept {
    if (field == Field::timeout_in_seconds || field == Field::heartbeat_in_seconds ||
        field == Field::length || field == Field::index || field == Field::redrive_count)
        return FieldKind::integer;
    return name_of(field).empty() ? FieldKind::unknown : FieldKind::text;
}

std::string_view name_of(Field field) noexcept {
    switch (field) {
        case Field::name:
            return "name";
        case Field::input:
            return "input";
        case Field::output:
            return "output";
        case Field::assigned_variables:
            return "assignedVariables";
        case Field::resource_type:
            return "resourceType";
        case Field::resource:
            return "resource";
        case Field::region:
            return "region";
        case Field::parameters:
            return "parameters";
        case Field::timeout_in_seconds:
            return "timeoutInSeconds";
        case Field::heartbeat_in_seconds:
            return "heartbeatInSeconds";
        case Field::error:
            return "error";
        case Field::cause:
            return "cause";
        case Field::role_arn:
            return "roleArn";
        case Field::worker_name:
            return "workerName";
        case Field::location:
            return "location";
        case Field::state:
            return "state";
        case Field::length:
            return "length";
        case Field::index:
            return "index";
        case Field::map_run_arn:
            return "mapRunArn";
        case Field::redrive_count:
            return "redriveCount";
        case Field::state_machine_alias_arn:
            return "stateMachineAliasArn";
        case Field::state_machine_version_arn:
            return "stateMachineVersionArn";
    }
    return {};
}

// Inputs and outputs come with "<name>Details", and only when execution data is asked for.
bool has_details(Field field) noexcept {
    return field == Field::input || field == Field::output || field == Field::assigned_variables;
}
bool is_execution_data(Field field) noexcept {
    return has_details(field) || field == Field::parameters;
}

void append_detail(std::string& out, const Event::Detail& detail) {
    const std::string_view name = name_of(detail.field);
    out.append("\"").append(name).append("\":");
    if (kind_of(detail.field) == FieldKind::integer) {
        out += std::to_string(detail.integer);
    } else if (detail.field == Field::assigned_variables) {
        out += detail.text;  // an object of texts already
    } else {
        json::append_string(out, detail.text);
    }
    if (has_details(detail.field))
        out.append(",\"").append(name).append("Details\":{\"truncated\":false}");
}

}  // namespace

std::string_view name_of(EventType type) noexcept { return names_of(type).type; }

// A chunk: version, time of the first event; then for each event its type, milliseconds since the
// one before, distance to the previous event (0: none), and its fields, each with its number,
// closed by a 0. Of a text, see TextForm; each that is no reference has the next number.
void ChunkWriter::begin_event(EventId id, EventType type, EventId previous, TimePoint time) {
    SW_ASSERT(previous < id);
    const std::int64_t now = time.time_since_epoch().count();
    char* at = bytes_.room(2 + 3 * varint_bytes_max);
    if (bytes_.is_empty()) {
        first_id_ = id;
        last_time_ = now;
        *at++ = chunk_version;
        at = put_varint(at, static_cast<std::uint64_t>(now));
    } else {
        *at++ = event_end;
    }
    *at++ = static_cast<char>(type);
    at = put_varint(at, static_cast<std::uint64_t>(std::max<std::int64_t>(now - last_time_, 0)));
    at = put_varint(at, previous == 0 ? 0 : id - previous);
    bytes_.end_at(at);
    last_time_ = std::max(last_time_, now);
}

/// A text cut into literals, earlier texts and a reply's metadata.
struct ChunkWriter::Pieces {
    struct Piece {
        TextForm form;
        std::uint32_t number;  // of a reference; of a literal, its size
        const char* at;        // of a literal

        std::string_view bytes() const noexcept {
            return form == TextForm::literal ? std::string_view(at, number) : std::string_view();
        }
    };
    std::array<Piece, pieces_max> all;  // not cleared: most texts are one piece
    std::size_t count = 0;
    SdkMetadata metadata;

    void add_literal(std::string_view text) {
        if (!text.empty())
            add({TextForm::literal, static_cast<std::uint32_t>(text.size()), text.data()});
    }
    void add(Piece piece) {
        SW_ASSERT(count < pieces_max);
        all[count++] = piece;
    }
};

std::string_view ChunkWriter::text_of(const Remembered& remembered) const noexcept {
    const ByteBuffer& where = remembered.is_composed ? composed_ : bytes_;
    return where.view().substr(remembered.offset, remembered.size);
}

template <class Matches>
const ChunkWriter::Remembered* ChunkWriter::newest(Matches&& matches) const {
    const std::uint32_t known = std::min(texts_, remembered_max);
    for (std::uint32_t i = 1; i <= known; ++i) {
        const Remembered& earlier = remembered_[(texts_ - i) % remembered_max];
        if (matches(earlier)) return &earlier;
    }
    return nullptr;
}

void ChunkWriter::remember(std::size_t offset, std::size_t size, bool is_composed) {
    remembered_[texts_ % remembered_max] = Remembered{
        static_cast<std::uint32_t>(offset), static_cast<std::uint32_t>(size), texts_, is_composed};
    ++texts_;
}

void ChunkWriter::cut_out_earlier(std::string_view part, Pieces& pieces) const {
    std::size_t at = 0;
    const Remembered* const earlier = newest([&](const Remembered& candidate) {
        if (candidate.size < reference_bytes_min || candidate.size > part.size()) return false;
        at = part.find(text_of(candidate));
        return at != std::string_view::npos;
    });
    if (earlier == nullptr) return pieces.add_literal(part);
    pieces.add_literal(part.substr(0, at));
    pieces.add({TextForm::reference, earlier->number, nullptr});
    pieces.add_literal(part.substr(at + earlier->size));
}

ChunkWriter::Pieces ChunkWriter::cut(std::string_view text, const KnownMetadata& metadata) const {
    Pieces pieces;
    if (text.size() < reference_bytes_min || text.size() > cut_bytes_max) {
        pieces.add_literal(text);
        return pieces;
    }
    const KnownMetadata found = metadata.has_value() ? metadata : find_sdk_metadata(text);
    if (!found.has_value()) {
        cut_out_earlier(text, pieces);
        return pieces;
    }
    cut_out_earlier(text.substr(0, found->offset), pieces);
    pieces.metadata = found->metadata;
    pieces.add({TextForm::metadata, 0, nullptr});
    cut_out_earlier(text.substr(found->offset + found->size), pieces);
    return pieces;
}

void ChunkWriter::append_pieces(const Pieces& pieces) {
    bytes_.end_at(
        put_varint(bytes_.room(varint_bytes_max), tagged(pieces.count, TextForm::composed)));
    for (std::size_t i = 0; i < pieces.count; ++i) {
        const Pieces::Piece& piece = pieces.all[i];
        char* at = bytes_.room(varint_bytes_max + piece.bytes().size());
        at = put_varint(at, tagged(piece.number, piece.form));
        bytes_.end_at(ByteBuffer::put(at, piece.bytes()));
        if (piece.form != TextForm::metadata) continue;
        const SdkMetadata& values = pieces.metadata;
        for (const std::string_view value :
             {values.request_id, values.content_length, values.date, values.content_type}) {
            at = put_varint(bytes_.room(varint_bytes_max + value.size()), value.size());
            bytes_.end_at(ByteBuffer::put(at, value));
        }
    }
}

void ChunkWriter::text(Field field, std::string_view text, const KnownMetadata& metadata) {
    const Remembered* const same = newest([&](const Remembered& earlier) {
        return earlier.size == text.size() && text_of(earlier) == text;
    });
    // Where it is written whole, all of it fits.
    char* at = bytes_.room(1 + varint_bytes_max + text.size());
    *at++ = static_cast<char>(field);
    if (same != nullptr) {
        bytes_.end_at(put_varint(at, tagged(same->number, TextForm::reference)));
        return;
    }
    const Pieces pieces = cut(text, metadata);
    if (pieces.count > 1) {
        bytes_.end_at(at);
        append_pieces(pieces);
        remember(composed_.size(), text.size(), true);
        composed_.append(text);
    } else {
        at = put_varint(at, tagged(text.size(), TextForm::literal));
        bytes_.end_at(at);
        remember(bytes_.size(), text.size(), false);
        bytes_.end_at(ByteBuffer::put(at, text));
    }
}

void ChunkWriter::integer(Field field, std::int64_t value) {
    SW_ASSERT(value >= 0);
    char* at = bytes_.room(1 + varint_bytes_max);
    *at++ = static_cast<char>(field);
    bytes_.end_at(put_varint(at, static_cast<std::uint64_t>(value)));
}

std::string_view ChunkWriter::bytes() {
    SW_ASSERT(!bytes_.is_empty());
    bytes_.append(event_end);
    return bytes_.view();
}

void ChunkWriter::clear() noexcept {
    bytes_.clear();
    composed_.clear();
    first_id_ = 0;
    texts_ = 0;
}

std::optional<std::string_view> Event::text(Field field) const noexcept {
    for (const Detail& detail : details) {
        if (detail.field == field) return detail.text;
    }
    return std::nullopt;
}

namespace {

/// The texts of a chunk, as they are read.
class ChunkTexts {
 public:
    /// The text that `number` begins; nothing when it is damaged.
    std::optional<std::string_view> read(ByteReader& reader, std::uint64_t number) {
        const std::uint64_t value = number >> form_bits;
        switch (form_of(number)) {
            case TextForm::literal:
                texts_.push_back(reader.take(value));
                return texts_.back();
            case TextForm::reference:
                return earlier(value);
            case TextForm::composed:
                return compose(reader, value);
            case TextForm::metadata:
                break;  // a piece only
        }
        return std::nullopt;
    }

 private:
    std::optional<std::string_view> earlier(std::uint64_t number) const {
        if (number >= texts_.size()) return std::nullopt;
        return texts_[number];
    }

    std::optional<std::string_view> compose(ByteReader& reader, std::uint64_t pieces) {
        std::string text;
        for (; pieces > 0; --pieces) {
            const std::uint64_t number = reader.varint();
            const std::uint64_t value = number >> form_bits;
            if (form_of(number) == TextForm::literal) {
                text += reader.take(value);
            } else if (form_of(number) == TextForm::reference) {
                text += earlier(value).value_or(std::string_view{});
            } else if (form_of(number) == TextForm::metadata) {
                SdkMetadata values;
                for (std::string_view* const part : {&values.request_id, &values.content_length,
                                                     &values.date, &values.content_type}) {
                    *part = reader.take(reader.varint());
                }
                append_sdk_metadata(text, values);
            } else {
                return std::nullopt;
            }
            if (!reader.is_good() || text.size() > composed_bytes_max) return std::nullopt;
        }
        texts_.push_back(composed_.emplace_back(std::move(text)));
        return texts_.back();
    }

    std::vector<std::string_view> texts_;  // by number
    std::deque<std::string> composed_;
};

// Reads one event's fields; false when they are damaged.
bool read_details(ByteReader& reader, ChunkTexts& texts, std::vector<Event::Detail>& details) {
    details.clear();
    for (;;) {
        const std::string_view number = reader.take(1);
        if (number.empty()) return false;
        if (number[0] == '\0') return true;
        Event::Detail detail{static_cast<Field>(number[0]), {}, 0};
        const FieldKind kind = kind_of(detail.field);
        if (kind == FieldKind::unknown) return false;
        const std::uint64_t value = reader.varint();
        if (kind == FieldKind::integer) {
            detail.integer = static_cast<std::int64_t>(value);
        } else {
            const std::optional<std::string_view> text = texts.read(reader, value);
            if (!text.has_value()) return false;
            detail.text = *text;
        }
        if (!reader.is_good()) return false;
        details.push_back(detail);
    }
}

}  // namespace

bool read_chunk(EventId first_id, std::string_view bytes,
                const std::function<bool(const Event&)>& visit) {
    ByteReader reader(bytes);
    const std::string_view version = reader.take(1);
    if (version.empty() || version[0] != chunk_version) return false;
    auto time = static_cast<std::int64_t>(reader.varint());
    ChunkTexts texts;
    Event event;
    event.id = first_id;
    for (; !reader.is_at_end(); ++event.id) {
        const std::string_view type = reader.take(1);
        if (type.empty()) return false;
        event.type = static_cast<EventType>(type[0]);
        if (name_of(event.type).empty()) return false;
        time += static_cast<std::int64_t>(reader.varint());
        event.time = TimePoint{milliseconds{time}};
        const std::uint64_t distance = reader.varint();
        if (!reader.is_good() || distance > event.id) return false;
        event.previous = distance == 0 ? 0 : event.id - static_cast<EventId>(distance);
        if (!read_details(reader, texts, event.details)) return false;
        if (!visit(event)) return true;
    }
    return reader.is_good();
}

void append_json(std::string& out, const Event& event, bool include_execution_data) {
    const TypeNames& names = names_of(event.type);
    out.append("{\"timestamp\":").append(epoch_seconds(event.time));
    out.append(",\"type\":\"").append(names.type);
    out.append("\",\"id\":").append(std::to_string(event.id));
    out.append(",\"previousEventId\":").append(std::to_string(event.previous));
    if (!names.details.empty()) {
        out.append(",\"").append(names.details).append("\":{");
        bool is_first = true;
        for (const Event::Detail& detail : event.details) {
            if (!include_execution_data && is_execution_data(detail.field)) continue;
            if (!is_first) out += ',';
            is_first = false;
            append_detail(out, detail);
        }
        out += '}';
    }
    out += '}';
}

}  // namespace stepwell::flow
