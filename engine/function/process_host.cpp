#include "function/process_host.hpp"

#include <algorithm>
#include <future>

#include "base/assert.hpp"
#include "base/errors.hpp"
#include "base/random.hpp"
#include "base/time_text.hpp"
#include "function/errors.hpp"

namespace stepwell::function {

namespace {

constexpr milliseconds sweep_interval{30'000};

Error not_found(std::string_view arn) {
    return Error(errors::resource_not_found, "Function not found: " + std::string(arn));
}
Error stopped() {
    return Error(stepwell::errors::service_unavailable, "The server is shutting down.");
}

// "2026/11/24/[$LATEST]0123456789abcdef0123456789abcdef", as AWS names a sandbox's log stream.
std::string make_log_stream(TimePoint now) {
    std::string day = iso8601(now).substr(0, 10);
    std::replace(day.begin(), day.end(), '-', '/');
    std::string id = make_uuid();
    std::erase(id, '-');
    return day + "/[$LATEST]" + id;
}

}  // namespace

ProcessHost::ProcessHost(Options options, Clock& clock, sched::Timers& timers)
    : options_(std::move(options)), clock_(clock), timers_(timers) {}

ProcessHost::~ProcessHost() { stop(); }

void ProcessHost::invoke(ProgramPtr program, RuntimeInvocation invocation, Completion done) {
    loop_->post([this, program = std::move(program),
                 job = Job{std::move(invocation), std::move(done)}]() mutable {
        if (is_stopped_) return job.done(stopped());
        Pool& pool = pool_of(program);
        if (pool.waiting.size() >= options_.waiting_per_function_max) {
            return job.done(Error(errors::too_many_requests, "Rate Exceeded."));
        }
        pool.waiting.push_back(std::move(job));
        dispatch(pool);
    });
}

void ProcessHost::replace(ProgramPtr program) {
    loop_->post([this, program = std::move(program)] {
        const auto found = pools_.find(program->configuration.name);
        if (found == pools_.end()) return;
        use_program(*found->second, program);
        dispatch(*found->second);
    });
}

void ProcessHost::remove(std::string function_name) {
    loop_->post([this, name = std::move(function_name)] {
        const auto found = pools_.find(name);
        if (found == pools_.end()) return;
        const std::unique_ptr<Pool> pool = std::move(found->second);
        pools_.erase(found);
        std::vector<Completion> unanswered;
        for (Job& job : pool->waiting) unanswered.push_back(std::move(job.done));
        for (auto at = members_.begin(); at != members_.end();) {
            Member& member = at->second;
            if (member.function_name != name) {
                ++at;
                continue;
            }
            if (member.done) unanswered.push_back(std::move(*member.done));
            member.sandbox->kill();
            at = members_.erase(at);
        }
        for (Completion& done : unanswered) done(not_found(pool->program->configuration.arn));
        dispatch_starved();
    });
}

void ProcessHost::set_endpoint(std::string url) {
    loop_->post([this, url = std::move(url)] { options_.settings.endpoint_url = url; });
}

void ProcessHost::statistics(UniqueFunction<void(Statistics)> done) {
    loop_->post([this, done = std::move(done)]() mutable {
        Statistics statistics{members_.size(), sandboxes_started_, 0};
        for (const auto& [name, pool] : pools_) statistics.waiting += pool->waiting.size();
        done(statistics);
    });
}

void ProcessHost::stop() {
    if (loop_->is_running()) {
        auto all_killed = std::make_shared<std::promise<void>>();
        loop_->post([this, all_killed] {
            kill_all();
            all_killed->set_value();
        });
        all_killed->get_future().wait();
    }
    loop_->stop();
}

void ProcessHost::kill_all() {
    is_stopped_ = true;
    std::vector<Completion> unanswered;
    for (auto& [name, pool] : pools_) {
        for (Job& job : pool->waiting) unanswered.push_back(std::move(job.done));
        pool->waiting.clear();
        pool->idle.clear();
    }
    for (auto& [sandbox, member] : members_) sandbox->kill();
    for (auto& [sandbox, member] : members_) {
        if (member.done) unanswered.push_back(std::move(*member.done));
        sandbox->kill_and_wait();
    }
    members_.clear();
    for (Completion& done : unanswered) done(stopped());
}

ProcessHost::Pool& ProcessHost::pool_of(const ProgramPtr& program) {
    std::unique_ptr<Pool>& pool = pools_[program->configuration.name];
    if (!pool) {
        pool = std::make_unique<Pool>();
        pool->program = program;
        pool->log =
            std::make_shared<FunctionLog>(options_.log_directory, program->configuration.name);
    } else {
        use_program(*pool, program);
    }
    return *pool;
}

void ProcessHost::use_program(Pool& pool, const ProgramPtr& program) {
    if (program->revision <= pool.program->revision) return;
    pool.program = program;
    pool.idle.clear();
    pool.sandboxes = 0;
    pool.starting = 0;
    for (auto at = members_.begin(); at != members_.end();) {
        Member& member = at->second;
        const bool is_ours = member.function_name == program->configuration.name;
        if (is_ours) member.is_retired = true;
        if (!is_ours || member.done) {  // a busy one ends after its invocation
            ++at;
            continue;
        }
        member.sandbox->kill();
        at = members_.erase(at);
    }
}

void ProcessHost::dispatch(Pool& pool) {
    while (!pool.waiting.empty() && !pool.idle.empty()) {
        Sandbox* sandbox = pool.idle.back();
        pool.idle.pop_back();
        give(pool, *sandbox);
    }
    while (pool.waiting.size() > pool.starting && has_room(pool)) start_sandbox(pool);
}

void ProcessHost::give(Pool& pool, Sandbox& sandbox) {
    Job job = std::move(pool.waiting.front());
    pool.waiting.pop_front();
    members_.at(&sandbox).done = std::move(job.done);
    sandbox.invoke(std::move(job.invocation));
}

bool ProcessHost::has_room(const Pool& pool) {
    const std::uint32_t most =
        std::min(options_.sandboxes_per_function_max,
                 pool.program->sandboxes_max.value_or(options_.sandboxes_per_function_max));
    if (pool.sandboxes >= most) return false;
    return members_.size() < options_.sandboxes_max || evict_longest_idle();
}

// Makes room by ending a warm sandbox of whichever function has used its own least.
bool ProcessHost::evict_longest_idle() {
    Sandbox* longest = nullptr;
    for (auto& [sandbox, member] : members_) {
        if (!sandbox->is_idle() || member.is_retired) continue;
        if (longest == nullptr || sandbox->idle_since() < longest->idle_since()) longest = sandbox;
    }
    if (longest == nullptr) return false;
    const std::shared_ptr<Sandbox> kept = members_.at(longest).sandbox;
    forget(*longest);
    kept->kill();
    return true;
}

void ProcessHost::start_sandbox(Pool& pool) {
    const Program& program = *pool.program;
    RuntimeSettings settings = options_.settings;
    settings.bootstrap_directory = program.root + "/bootstrap";
    SandboxPlace place;
    place.code_directory = program.code->directory();
    place.temporary_directory = program.root + "/sandbox/" + std::to_string(++sandboxes_started_);
    place.log_stream = make_log_stream(clock_.now());
    auto sandbox = Sandbox::start({*loop_, clock_, timers_, *this}, program.configuration, settings,
                                  std::move(place), pool.log);
    if (!sandbox.has_value()) {
        const Error& error = sandbox.error();
        return fail_first(pool, error.is(errors::invalid_runtime)
                                    ? error
                                    : Error(errors::service, error.message()));
    }
    ++pool.starting;
    ++pool.sandboxes;
    Member member{*sandbox, program.configuration.name, program.revision};
    members_.emplace(sandbox->get(), std::move(member));
    schedule_sweep();
}

void ProcessHost::fail_first(Pool& pool, Error error) {
    if (pool.waiting.empty()) return;
    Completion done = std::move(pool.waiting.front().done);
    pool.waiting.pop_front();
    done(std::move(error));
}

void ProcessHost::sandbox_is_idle(Sandbox& sandbox) {
    const auto found = members_.find(&sandbox);
    if (found == members_.end()) return;
    Member& member = found->second;
    if (member.is_retired) {
        const std::shared_ptr<Sandbox> kept = member.sandbox;
        members_.erase(found);
        kept->kill();
        return dispatch_starved();
    }
    Pool& pool = *pools_.at(member.function_name);
    if (member.is_starting) {
        member.is_starting = false;
        --pool.starting;
    }
    pool.idle.push_back(&sandbox);
    dispatch(pool);
    if (sandbox.is_idle()) dispatch_starved();
}

void ProcessHost::sandbox_answered(Sandbox& sandbox, Outcome outcome) {
    const auto found = members_.find(&sandbox);
    if (found == members_.end() || !found->second.done) return;
    Completion done = std::move(*found->second.done);
    found->second.done.reset();
    done(std::move(outcome));
}

void ProcessHost::sandbox_has_ended(Sandbox& sandbox, const std::optional<StartFailure>& failure) {
    const auto found = members_.find(&sandbox);
    if (found == members_.end()) return;
    const std::string name = found->second.function_name;
    const bool is_retired = found->second.is_retired;
    forget(sandbox);
    const auto pool = pools_.find(name);
    if (pool != pools_.end()) {
        if (failure && !is_retired) fail_start(*pool->second, *failure);
        dispatch(*pool->second);
    }
    dispatch_starved();
}

// The invocation that has waited longest gets the reason; each further one tries a start of its
// own.
void ProcessHost::fail_start(Pool& pool, const StartFailure& failure) {
    if (pool.waiting.empty()) return;
    Job job = std::move(pool.waiting.front());
    pool.waiting.pop_front();
    Outcome outcome{true, failure.error, {}};
    if (failure.has_timed_out) {
        outcome.payload =
            timeout_payload(job.invocation.request_id, pool.program->configuration.timeout_seconds);
    } else if (failure.error.empty()) {
        outcome.payload = exit_payload(job.invocation.request_id, failure.exit);
    }
    job.done(std::move(outcome));
}

void ProcessHost::forget(Sandbox& sandbox) {
    const auto found = members_.find(&sandbox);
    const Member& member = found->second;
    const auto pool = pools_.find(member.function_name);
    if (pool != pools_.end() && !member.is_retired) {
        --pool->second->sandboxes;
        if (member.is_starting) --pool->second->starting;
        std::erase(pool->second->idle, &sandbox);
    }
    members_.erase(found);
}

// When all functions together were at the limit, one that has no sandbox may have waited for this
// one.
void ProcessHost::dispatch_starved() {
    if (members_.size() + 1 < options_.sandboxes_max) return;
    for (auto& [name, pool] : pools_) {
        if (!pool->waiting.empty()) dispatch(*pool);
    }
}

void ProcessHost::schedule_sweep() {
    if (is_sweep_scheduled_) return;
    is_sweep_scheduled_ = true;
    timers_.schedule(
        clock_.now() + sweep_interval,
        [this, weak = std::weak_ptr(loop_)] {
            if (const auto loop = weak.lock())
                loop->post([this] { sweep(); });  // dropped once the host has stopped
        },
        sched::Timers::Kind::upkeep);
}

void ProcessHost::sweep() {
    is_sweep_scheduled_ = false;
    const TimePoint now = clock_.now();
    std::vector<std::shared_ptr<Sandbox>> idle_for_long;
    for (const auto& [sandbox, member] : members_) {
        if (sandbox->is_idle() && now - sandbox->idle_since() >= options_.idle_time_max)
            idle_for_long.push_back(member.sandbox);
    }
    for (const std::shared_ptr<Sandbox>& sandbox : idle_for_long) {
        forget(*sandbox);
        sandbox->kill();
    }
    if (!members_.empty()) schedule_sweep();
}

}  // namespace stepwell::function
