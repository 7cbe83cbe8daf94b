// StateRunner: Map states in DISTRIBUTED mode. What their items are, when their children start, and
// what the state makes of how they end.
//
// source  recorded histories (tests/conformance); AWS Step Functions Developer Guide, "Using Map
//         state in Distributed mode"
#include <algorithm>
#include <utility>

#include "base/assert.hpp"
#include "flow/item_reader.hpp"
#include "flow/result_writer.hpp"
#include "flow/state_runner.hpp"
#include "json/writer.hpp"

namespace stepwell::flow {

namespace {

constexpr std::uint32_t children_max = 10'000;  // at a time, whatever MaxConcurrency says
constexpr std::uint32_t children_per_turn_max =
    100;  // then the others on the shard have their turn

constexpr std::string_view threshold_error = "States.ExceedToleratedFailureThreshold";
constexpr std::string_view threshold_cause =
    "The specified tolerated failure threshold was exceeded";
constexpr std::string_view writer_error = "States.ResultWriterFailed";

std::uint32_t children_at_a_time(const MapRunRecord& record) {
    return record.max_concurrency == 0 ? children_max
                                       : std::min(record.max_concurrency, children_max);
}

// Where both are given, either of them is enough. A child that was stopped has not failed.
bool exceeds_tolerated_failures(const MapRunRecord& record) {
    const std::uint64_t failed = record.items.failed + record.items.timed_out;
    if (failed == 0) return false;
    const bool has_threshold = record.tolerated_failure_count.has_value() ||
                               record.tolerated_failure_percentage.has_value();
    if (!has_threshold) return true;
    if (failed > record.tolerated_failure_count.value_or(failed)) return true;
    if (!record.tolerated_failure_percentage.has_value()) return false;
    const double percentage =
        100.0 * static_cast<double>(failed) / static_cast<double>(record.items_total);
    return percentage > *record.tolerated_failure_percentage;
}

bool has_all_started(const MapRunRecord& record) { return record.next_item == record.items_total; }

// Appends a child's result; of a flattened array its elements.
void append_result(std::string& outputs, const Payload& result, bool is_flattened) {
    std::string_view text = result.text();
    if (is_flattened && text.starts_with('[')) {
        text = text.substr(1, text.size() - 2);
        if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) return;
    }
    if (outputs.size() > 1) outputs.push_back(',');
    outputs.append(text);
}

}  // namespace

MapRun& StateRunner::map_run() { return *branch_.fan_out->map_run; }

// After a restart they are evaluated once more and have to be the same: see map_items().
asl::Evaluated<asl::MapRunSettings> StateRunner::map_run_settings() {
    const asl::ContextObject seen = context();
    asl::Scope fixed = scope(seen);
    Random random(seed_of_attempt());
    fixed.now = branch_.entered_time;
    fixed.random = &random;
    return asl::map_run_settings(fixed);
}

Step StateRunner::begin_map_run() {
    const bool has_reader = state().distributed->has_reader;
    std::optional<asl::MapItems> items;
    if (!has_reader) {
        asl::Evaluated<asl::MapItems> evaluated = map_items();
        if (!evaluated.has_value()) return fail_evaluation(evaluated.error());
        items = std::move(*evaluated);
    }
    const std::size_t size = items.has_value() ? items->array().size() : 0;
    shard_.record(branch_, EventType::map_state_started)
        .integer(Field::length, static_cast<std::int64_t>(size));
    if (execution_.is_history_full) return end_of_history();
    asl::Evaluated<asl::MapRunSettings> settings = map_run_settings();
    if (!settings.has_value()) return fail_evaluation(settings.error());
    const asl::Evaluated<std::uint32_t> concurrency =
        has_reader ? asl::map_concurrency(scope(context()))
                   : asl::Evaluated<std::uint32_t>{items->concurrency};
    if (!concurrency.has_value()) return fail_evaluation(concurrency.error());
    if (has_reader) {
        const asl::Evaluated<Payload> parameters = asl::reader_parameters(scope(context()));
        if (!parameters.has_value()) return fail_evaluation(parameters.error());
    }
    make_fan_out(0, std::move(items));
    MapRun& run = shard_.begin_map_run(branch_, std::move(*settings));
    run.record.max_concurrency = *concurrency;
    run.record.items_total = size;
    run.record.is_reading = has_reader;
    branch_.phase = Phase::fanned_out;  // also while it lets others through before it waits
    shard_.mark_dirty(branch_);
    shard_.record(branch_, EventType::map_run_started)
        .text(Field::map_run_arn,
              map_run_arn(shard_.environment().identity, run.machine->name, run.id));
    if (execution_.is_history_full) return end_of_history();
    if (state().distributed->exports_results && shard_.environment().objects == nullptr) {
        return fail_map_run({writer_error,
                             "This installation has no object store that a ResultWriter could "
                             "write to"});
    }
    return has_reader ? read_items() : start_children();
}

// The items come later, through take_items().
Step StateRunner::read_items() {
    MapRun& run = map_run();
    if (run.settings.items_max.value_or(0) < 0)
        return fail_map_run({reader_error, "field MaxItems must be positive"});
    const asl::Evaluated<Payload> parameters = asl::reader_parameters(scope(context()));
    if (!parameters.has_value()) return fail_evaluation(parameters.error());
    const Result<> requested = shard_.read_items(run, state(), *parameters);
    if (!requested.has_value()) return fail_map_run({reader_error, requested.error().message()});
    return wait_for_branches();
}

Step StateRunner::take_items() {
    MapRun& run = map_run();
    if (!run.items_read.has_value())
        return run.is_read_requested ? wait_for_branches() : read_items();
    const Result<Payload> read = *std::exchange(run.items_read, std::nullopt);
    if (!read.has_value()) return fail_map_run({reader_error, read.error().message()});
    json::Document document = json::Document::of(*read);
    SW_ASSERT(document.root().is_array());
    shard_.keep_items(run, *read, document.root().size());
    branch_.fan_out->items.emplace(asl::MapItems{std::move(document), run.record.max_concurrency});
    return start_children();
}

// Something has happened: children are over, items have been read, or the run was updated.
Step StateRunner::take_children() {
    const MapRun& run = map_run();
    if (run.record.is_reading) return take_items();
    if (exceeds_tolerated_failures(run.record))
        return fail_map_run({threshold_error, threshold_cause});
    return start_children();
}

Step StateRunner::start_children() {
    MapRun& run = map_run();
    while (!has_all_started(run.record) && run.running.size() < children_at_a_time(run.record)) {
        if (run.started_in_turn == children_per_turn_max) return Step::yields;
        const std::optional<Step> failed = start_child();
        if (failed.has_value()) return *failed;
        ++run.started_in_turn;
    }
    const bool is_complete = has_all_started(run.record) && run.running.empty();
    if (!is_complete) return wait_for_branches();
    return state().distributed->exports_results ? export_results() : end_map_run();
}

// The state's output says where they are.
Step StateRunner::export_results() {
    MapRun& run = map_run();
    const asl::Evaluated<Payload> parameters = asl::writer_parameters(scope(context()));
    if (!parameters.has_value()) return fail_evaluation(parameters.error());
    Result<ResultTarget> target =
        result_target(shard_.environment().identity, state(), *parameters, run.id);
    if (!target.has_value()) return fail_map_run({writer_error, target.error().message()});
    if (!run.results_written.has_value()) {
        if (!run.is_write_requested) shard_.write_results(run, std::move(*target));
        return wait_for_branches();
    }
    if (!run.results_written->has_value())
        return fail_map_run({writer_error, run.results_written->error().message()});
    run.record.results_written = run.record.items.over();
    json::Writer out;
    out.begin_object().member(
        "MapRunArn", map_run_arn(shard_.environment().identity, run.machine->name, run.id));
    out.key("ResultWriterDetails").begin_object().member("Bucket", target->bucket);
    out.member("Key", target->manifest_key()).end_object().end_object();
    return succeed_map_run(Payload::trusted(out.text()));
}

// What the ItemSelector makes of an item, else the item.
asl::Evaluated<Payload> StateRunner::item_input(std::uint64_t index) {
    const Payload value = Payload::trusted(branch_.fan_out->items->array()[index].raw());
    asl::ContextObject with_item = context();
    with_item.map_item_index = static_cast<std::uint32_t>(index);
    with_item.map_item_value = &value;
    return asl::iteration_input(scope(with_item));
}

// As many of the next items as the batch may have; at least one.
asl::Evaluated<StateRunner::Batch> StateRunner::next_batch() {
    const MapRun& run = map_run();
    const asl::MapRunSettings& settings = run.settings;
    const auto bytes_max = std::min<std::uint64_t>(
        limits::payload_bytes_max,
        static_cast<std::uint64_t>(settings.input_bytes_per_batch_max.value_or(
            static_cast<std::int64_t>(limits::payload_bytes_max))));
    const auto items_max = static_cast<std::uint64_t>(
        settings.items_per_batch_max.value_or(static_cast<std::int64_t>(run.record.items_total)));
    std::string text = "{";
    if (!settings.batch_input.is_absent())
        text.append("\"BatchInput\":").append(settings.batch_input.text()).append(",");
    text.append("\"Items\":[");
    constexpr std::size_t closing_bytes = 2;
    Batch batch;
    while (batch.items < items_max && run.record.next_item + batch.items < run.record.items_total) {
        const asl::Evaluated<Payload> input = item_input(run.record.next_item + batch.items);
        if (!input.has_value()) return input.error();
        const std::size_t size = text.size() + input->size() + closing_bytes + 1;
        if (size > bytes_max && batch.items > 0) break;
        if (batch.items > 0) text.push_back(',');
        text.append(input->text());
        ++batch.items;
    }
    batch.input = Payload::trusted(text.append("]}"));
    return batch;
}

// Nothing when the child is on its way.
std::optional<Step> StateRunner::start_child() {
    MapRun& run = map_run();
    asl::Evaluated<Batch> batch = Batch{};
    if (run.settings.makes_batches()) {
        batch = next_batch();
    } else {
        asl::Evaluated<Payload> input = item_input(run.record.next_item);
        if (input.has_value()) {
            batch = Batch{std::move(*input), 1};
        } else {
            batch = input.error();
        }
    }
    if (batch.has_value() && is_too_large(batch->input))
        batch = asl::Failure{std::string(data_limit_error), too_large_cause(state().name)};
    if (batch.has_value()) {
        shard_.start_child(run, std::move(batch->input), batch->items);
        return std::nullopt;
    }
    const asl::Failure& failure = batch.error();
    if (failure.is_of_query()) record_evaluation_failure(failure);
    return fail_map_run({failure.error, failure.cause, false, failure.error == "States.Runtime"});
}

// All children are over, and not too many have failed.
Step StateRunner::end_map_run() {
    const MapRun& run = map_run();
    const bool is_flattened =
        asl::map_run_of(state()).writer.transformation == asl::ResultTransformation::flatten;
    std::string outputs = "[";
    for (const auto& [index, result] : run.results) append_result(outputs, result, is_flattened);
    outputs.push_back(']');
    const bool is_too_much =
        run.record.is_result_too_large || outputs.size() > limits::payload_bytes_max;
    return succeed_map_run(is_too_much ? Payload{} : Payload::trusted(outputs));
}

// Without a result where that is too large.
Step StateRunner::succeed_map_run(const Payload& result) {
    shard_.record(branch_, EventType::map_run_succeeded);
    if (execution_.is_history_full) return end_of_history();
    shard_.end_map_run(map_run(), MapRunStatus::succeeded);
    branch_.phase = Phase::entering;
    shard_.end_fan_out(branch_);
    shard_.mark_dirty(branch_);
    if (result.is_absent()) {
        const std::string cause = too_large_cause(state().name);
        return handle_error({data_limit_error, cause});
    }
    shard_.record_aside(branch_, EventType::map_state_succeeded, branch_.previous_event);
    if (execution_.is_history_full) return end_of_history();
    return exit_with(asl::state_output(scope(context()), result));
}

Step StateRunner::fail_map_run(const Problem& problem) {
    ChunkWriter& event = shard_.record(branch_, EventType::map_run_failed);
    if (problem.error.has_value()) event.text(Field::error, *problem.error);
    if (problem.cause.has_value()) event.text(Field::cause, *problem.cause);
    shard_.end_map_run(map_run(), MapRunStatus::failed);
    branch_.phase = Phase::entering;
    shard_.end_fan_out(branch_);
    shard_.mark_dirty(branch_);
    return handle_error(problem);
}

// The run as its record says, with what can be had again: the items and the results.
asl::Evaluated<void> StateRunner::restore_map_run() {
    asl::Evaluated<asl::MapRunSettings> settings = map_run_settings();
    if (!settings.has_value()) return settings.error();
    std::optional<asl::MapItems> items;
    if (!state().distributed->has_reader) {
        asl::Evaluated<asl::MapItems> evaluated = map_items();
        if (!evaluated.has_value()) return evaluated.error();
        items = std::move(*evaluated);
    }
    make_fan_out(0, std::move(items));
    const Result<> restored = shard_.restore_map_run(branch_, std::move(*settings));
    if (restored.has_value()) return {};
    return asl::Failure{"States.Runtime", restored.error().message()};
}

}  // namespace stepwell::flow
