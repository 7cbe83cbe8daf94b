#include "flow/rehearsal.hpp"

#include <utility>

#include "base/assert.hpp"
#include "flow/state_runner.hpp"
#include "json/writer.hpp"

namespace stepwell::flow {

namespace {

constexpr std::string_view mocks_prefix = "mocks/";

// Two records in the table control: the mocks, which stay as they are, and the counts.
std::string mocks_key(ExecutionId execution) {
    return std::string(mocks_prefix).append(std::string_view(execution_key(execution)));
}
std::string invocations_key(ExecutionId execution) {
    return std::string("mock_invocations/").append(std::string_view(execution_key(execution)));
}

}  // namespace

void Rehearsal::store(Effects& effects, ExecutionId execution) {
    execution_ = execution;
    if (mocks_ != nullptr) effects.put(Table::control, mocks_key(execution), mocks_->text());
}

bool Rehearsal::are_stored(const Storage& storage) {
    bool is_any = false;
    storage.scan(Table::control, {.prefix = mocks_prefix}, [&](auto, auto) {
        is_any = true;
        return false;
    });
    return is_any;
}

std::shared_ptr<Rehearsal> Rehearsal::find(const Storage& storage, ExecutionId execution) {
    const auto text = storage.get(Table::control, mocks_key(execution));
    if (!text.has_value()) return nullptr;
    const auto document = json::Document::parse(*text);
    SW_ASSERT(document.has_value());  // it lies under a checksum, as written
    Result<Mocks> mocks = Mocks::read(document->root());
    SW_ASSERT(mocks.has_value());
    auto rehearsal = std::make_shared<Rehearsal>(std::make_shared<const Mocks>(*std::move(mocks)));
    rehearsal->execution_ = execution;
    const auto counts = storage.get(Table::control, invocations_key(execution));
    if (!counts.has_value()) return rehearsal;
    const auto counted = json::Document::parse(*counts);
    SW_ASSERT(counted.has_value());
    for (const json::Member& member : counted->root().members()) {
        rehearsal->invocations_.emplace(
            member.key, static_cast<std::uint32_t>(*json::Value{&member.value}.integer()));
    }
    return rehearsal;
}

void Rehearsal::forget(Effects& effects, ExecutionId execution) {
    effects.erase(Table::control, mocks_key(execution));
    effects.erase(Table::control, invocations_key(execution));
}

Rehearsal::Invocation Rehearsal::invoke(Effects& effects, std::string_view state) {
    SW_ASSERT(is_mocked(state));
    const std::uint32_t number = invocations_[std::string(state)]++;
    json::Writer counts;
    counts.begin_object();
    for (const auto& [name, count] : invocations_) counts.member_integer(name, count);
    counts.end_object();
    effects.put(Table::control, invocations_key(execution_), counts.text());
    return {number, mocks_->find(state, number)};
}

void Rehearsal::visit(Visit visit) {
    if (!records_visits_) return;
    const std::scoped_lock lock(visits_mutex_);
    if (visits_.size() < visits_max) visits_.push_back(visit);
}

std::vector<Visit> Rehearsal::visits() const {
    const std::scoped_lock lock(visits_mutex_);
    return visits_;
}

// The answer comes where the service's would, and a callback's or a job's where its token's would:
// in the same turn, so that a restart never finds the task waiting.
Step StateRunner::take_mocked_answer() {
    const asl::State& task = state();
    const auto [number, answer] = execution_.rehearsal()->invoke(shard_.effects(), task.name);
    shard_.close_slot(branch_);
    const asl::Resource& resource = task.resource;
    const EventType failed = failed_event(resource);
    if (answer == nullptr) {
        const std::string cause = "The mocks of state '" + task.name +
                                  "' have no response for its invocation " +
                                  std::to_string(number) + ".";
        return take_failure({"States.Runtime", cause, false, true}, failed);
    }
    const Payload* const output = std::get_if<Payload>(answer);
    if (task.wants_token && resource.kind == asl::ResourceKind::integration) {
        record_task(EventType::task_submitted)
            .text(Field::output, output != nullptr ? output->text() : "{}");
        if (execution_.is_history_full) return end_of_history();
    }
    if (resource.kind == asl::ResourceKind::activity) {
        record_task(EventType::activity_started);
        if (execution_.is_history_full) return end_of_history();
    }
    if (output != nullptr) return take_answer(*output);
    const TaskFailure& failure = std::get<TaskFailure>(*answer);
    const bool is_timeout = failure.error == "States.Timeout";
    Problem problem{failure.error, {}};
    if (!failure.cause.empty()) problem.cause = failure.cause;
    return take_failure(problem, is_timeout ? timed_out_event(resource) : failed);
}

}  // namespace stepwell::flow
