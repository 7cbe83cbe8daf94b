// The C interface over Engine.

#include <stepwell/stepwell.h>

#include <cstdlib>
#include <cstring>
#include <new>
#include <stepwell/engine.hpp>
#include <string>

#include "json/writer.hpp"

struct stepwell_engine {
    std::unique_ptr<stepwell::Engine> engine;
};

struct stepwell_invocation {
    stepwell::UniqueFunction<void(stepwell::TaskAnswer)> answer;
};

namespace {

char* copy_of(std::string_view text) {
    char* copy = static_cast<char*>(std::malloc(text.size() + 1));
    if (copy == nullptr) throw std::bad_alloc();
    std::memcpy(copy, text.data(), text.size());
    copy[text.size()] = '\0';
    return copy;
}

void report(char** error, std::string_view text) {
    if (error != nullptr) *error = copy_of(text);
}

char* give(const stepwell::Result<stepwell::Payload>& result, char** error) {
    if (result.has_value()) return copy_of(result->text());
    report(error, std::string(result.error().code()) + ": " + result.error().message());
    return nullptr;
}

// The options that the caller's version of the header has.
stepwell_options known_part(const stepwell_options* options) {
    stepwell_options known{};
    if (options != nullptr) std::memcpy(&known, options, std::min(options->size, sizeof known));
    return known;
}

}  // namespace

stepwell_engine* stepwell_open(const stepwell_options* options, char** error) {
    const stepwell_options known = known_part(options);
    stepwell::Engine::Options chosen;
    if (known.directory != nullptr) chosen.directory = known.directory;
    if (known.shards != 0) chosen.shards = known.shards;
    const std::string_view durability = known.durability == nullptr ? "sync" : known.durability;
    if (durability != "sync" && durability != "os") {
        report(error, "durability must be \"sync\" or \"os\"");
        return nullptr;
    }
    chosen.durability = durability == "os" ? stepwell::Durability::os : stepwell::Durability::sync;
    auto opened = stepwell::Engine::open(std::move(chosen));
    if (!opened.has_value()) {
        report(error, opened.error().message());
        return nullptr;
    }
    return new stepwell_engine{*std::move(opened)};
}

void stepwell_close(stepwell_engine* engine) { delete engine; }

char* stepwell_call(stepwell_engine* engine, const char* service, const char* operation,
                    const char* input, char** error) {
    const auto payload = stepwell::Payload::parse(input);
    if (!payload.has_value()) return give(payload.error(), error);
    return give(engine->engine->call(service, operation, *payload).get(), error);
}

char* stepwell_wait_for_execution(stepwell_engine* engine, const char* execution_arn,
                                  char** error) {
    const auto ended = engine->engine->wait_for_execution(execution_arn).get();
    if (!ended.has_value()) return give(ended.error(), error);
    stepwell::json::Writer describe;
    describe.begin_object().member("executionArn", execution_arn).end_object();
    return give(
        engine->engine
            ->call("states", "DescribeExecution", stepwell::Payload::trusted(describe.text()))
            .get(),
        error);
}

void stepwell_register_function(stepwell_engine* engine, const char* name, stepwell_handler handler,
                                void* user) {
    // A coroutine's Future is not needed here: the handler keeps the invocation and answers when it
    // likes.
    const auto call = [handler, user](stepwell::Payload event) {
        auto state = std::make_shared<stepwell::FutureState<stepwell::TaskAnswer>>();
        auto* invocation = new stepwell_invocation{
            [state](stepwell::TaskAnswer answer) { state->set(std::move(answer)); }};
        handler(user, std::string(event.text()).c_str(), invocation);
        return stepwell::Future<stepwell::TaskAnswer>(state);
    };
    engine->engine->register_function(name, call);
}

int stepwell_succeed(stepwell_invocation* invocation, const char* output) {
    const std::unique_ptr<stepwell_invocation> owned(invocation);
    auto payload = stepwell::Payload::parse(output);
    if (!payload.has_value()) {
        owned->answer(stepwell::TaskFailure{"Runtime.InvalidOutput", payload.error().message()});
        return 1;
    }
    owned->answer(*std::move(payload));
    return 0;
}

void stepwell_fail(stepwell_invocation* invocation, const char* error, const char* cause) {
    const std::unique_ptr<stepwell_invocation> owned(invocation);
    owned->answer(stepwell::TaskFailure{error, cause});
}

void stepwell_free(char* text) { std::free(text); }
