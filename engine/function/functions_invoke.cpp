// Invoking functions: the three types, native functions, and making ready what runs in a process.
#include <algorithm>

#include "base/errors.hpp"
#include "base/random.hpp"
#include "function/errors.hpp"
#include "function/functions.hpp"

namespace stepwell::function {

namespace {

constexpr std::size_t request_bytes_max = 6'291'456;
constexpr std::size_t event_bytes_max = 1'048'576;

Error too_large(std::size_t most) {
    return Error(errors::request_too_large, "Request must be smaller than " + std::to_string(most) +
                                                " bytes for the InvokeFunction "
                                                "operation");
}

InvokeOutput output_of(Outcome outcome, bool wants_log_tail) {
    InvokeOutput output;
    if (outcome.is_error) output.function_error = "Unhandled";
    output.payload = std::move(outcome.payload);
    if (wants_log_tail) output.log_tail = std::move(outcome.log_tail);
    return output;
}

// An HTTP header's value: line breaks in JSON stand between its tokens only.
std::string on_one_line(std::string text) {
    std::replace_if(
        text.begin(), text.end(), [](char c) { return c == '\r' || c == '\n' || c == '\0'; }, ' ');
    return text;
}

}  // namespace

void Functions::register_native(std::string name, NativeFunction function) {
    const std::lock_guard lock(mutex_);
    natives_[std::move(name)] = std::make_shared<const NativeFunction>(std::move(function));
}

void Functions::invoke(InvokeInput input, Completion<InvokeOutput> done) {
    if (auto checked = check_place(input.function); !checked.has_value())
        return done(checked.error());
    if (!exists(input.function.name)) return done(not_found(input.function));
    if (input.payload.is_absent()) input.payload = Payload::trusted("{}");
    if (input.request_id.empty()) input.request_id = make_uuid();
    input.client_context = on_one_line(std::move(input.client_context));
    input.trace_id = on_one_line(std::move(input.trace_id));
    const std::size_t most =
        input.type == InvocationType::event ? event_bytes_max : request_bytes_max;
    if (input.payload.size() > most) return done(too_large(most));
    if (input.type == InvocationType::dry_run) {
        InvokeOutput output;
        output.status_code = 204;
        return done(std::move(output));
    }
    if (input.type == InvocationType::request_response)
        return run(std::move(input), std::move(done));

    EventInvocation invocation;
    invocation.request_id = std::move(input.request_id);
    invocation.function_name = std::move(input.function.name);
    invocation.payload = std::move(input.payload);
    invocation.client_context = std::move(input.client_context);
    invocation.trace_id = std::move(input.trace_id);
    event_invocations_.accept(std::move(invocation), [done = std::move(done)]() mutable {
        InvokeOutput output;
        output.status_code = 202;
        done(std::move(output));
    });
}

Functions::Statistics Functions::statistics() const noexcept {
    return {invocations_.begun(), errors_.load(), invocations_.under_way()};
}

void Functions::run(InvokeInput input, Completion<InvokeOutput> done) {
    invocations_.begin();
    run_counted(std::move(input),
                [this, done = std::move(done)](Result<InvokeOutput> output) mutable {
                    const bool is_error = !output.has_value() || !output->function_error.empty();
                    if (is_error) errors_.fetch_add(1);
                    done(std::move(output));
                    invocations_.end();
                });
}

void Functions::run_counted(InvokeInput input, Completion<InvokeOutput> done) {
    std::shared_ptr<const NativeFunction> native;
    ProgramPtr program;
    {
        const std::lock_guard lock(mutex_);
        const auto found_native = natives_.find(input.function.name);
        if (found_native != natives_.end()) native = found_native->second;
        const auto found = functions_.find(input.function.name);
        if (found != functions_.end()) program = found->second->program;
    }
    if (native) return run_native(*native, std::move(input), std::move(done));
    if (program) return run_program(std::move(program), std::move(input), std::move(done));
    std::string name = input.function.name;
    prepare(std::move(name), [this, input = std::move(input),
                              done = std::move(done)](Result<ProgramPtr> prepared) mutable {
        if (!prepared.has_value()) return done(prepared.error());
        run_program(std::move(*prepared), std::move(input), std::move(done));
    });
}

void Functions::run_native(const NativeFunction& native, InvokeInput input,
                           Completion<InvokeOutput> done) {
    native(std::move(input.payload), [done = std::move(done)](const TaskAnswer& answer) mutable {
        const TaskFailure* failure = std::get_if<TaskFailure>(&answer);
        Outcome outcome;
        outcome.is_error = failure != nullptr;
        if (failure != nullptr) {
            outcome.payload = error_payload(failure->error, failure->cause);
        } else {
            const Payload& result = std::get<Payload>(answer);
            outcome.payload = result.is_absent() ? "null" : result.text();
        }
        done(output_of(std::move(outcome), false));
    });
}

void Functions::run_program(ProgramPtr program, InvokeInput input, Completion<InvokeOutput> done) {
    if (program->sandboxes_max == 0U)
        return done(Error(errors::too_many_requests, "Rate Exceeded."));
    RuntimeInvocation invocation;
    invocation.request_id = std::move(input.request_id);
    invocation.function_arn = program->configuration.arn;
    if (!input.function.qualifier.empty())
        invocation.function_arn += ":" + input.function.qualifier;
    invocation.trace_id = std::move(input.trace_id);
    invocation.client_context = std::move(input.client_context);
    invocation.payload = input.payload.text();
    host_.invoke(std::move(program), std::move(invocation),
                 [wants_log_tail = input.wants_log_tail,
                  done = std::move(done)](Result<Outcome> outcome) mutable {
                     if (!outcome.has_value()) return done(outcome.error());
                     done(output_of(std::move(*outcome), wants_log_tail));
                 });
}

// Unpacks the code of a function that this process has not run yet.
void Functions::prepare(std::string name, UniqueFunction<void(Result<ProgramPtr>)> done) {
    worker_->post([this, name = std::move(name), done = std::move(done)]() mutable {
        const auto function = get({name});
        if (!function.has_value()) return done(function.error());
        if ((*function)->program) return done((*function)->program);
        const auto zip = storage_.get(Table::blob, "function/" + name);
        if (!zip)
            return done(Error(errors::service, "The code of function " + name + " is missing."));
        auto code = code_store_.unpack(*zip);
        if (!code.has_value()) return done(Error(errors::service, code.error().message()));
        Function ready = **function;
        auto program = program_of(ready, std::move(*code));
        if (!program.has_value()) return done(program.error());
        ready.program = *program;
        set(name, std::make_shared<const Function>(std::move(ready)));
        done(std::move(*program));
    });
}

}  // namespace stepwell::function
