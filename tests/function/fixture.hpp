// A function service of its own for each test, with calls that wait for their answers.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <future>
#include <memory>
#include <string>
#include <utility>

#include <stepwell/testing.hpp>

#include "function/functions.hpp"
#include "function/zip.hpp"
#include "journal/storage.hpp"
#include "json/value.hpp"
#include "sched/timers.hpp"

namespace stepwell::function::testing {

/// Calls `start` with a completion and waits for what it gives.
template <class T, class Start>
Result<T> wait_for(Start start) {
    auto promise = std::make_shared<std::promise<Result<T>>>();
    auto future = promise->get_future();
    start([promise](Result<T> result) { promise->set_value(std::move(result)); });
    return future.get();
}

/// True when `program` is in the search path: tests of a runtime that this machine lacks are
/// skipped.
inline bool has_program(const std::string& program) {
    return std::system(("command -v " + program + " >/dev/null 2>&1").c_str()) == 0;
}

/// The clock is a virtual one: function timeouts come when a test says so, however slow the machine
/// is.
class FunctionsTest : public ::testing::Test {
 protected:
    void SetUp() override { restart({}); }
    void TearDown() override { functions.reset(); }

    /// Ends the service and starts another on the same storage.
    void restart(Functions::Options options) {
        functions.reset();
        storage->wait_until_applied(storage->durable());  // as after the opening of a directory
        functions = std::make_unique<Functions>(std::move(options), clock, *storage, timers);
        ASSERT_TRUE(functions->recover().has_value());
        functions->start_running();
    }

    static FunctionConfiguration configuration(const std::string& name, const std::string& runtime,
                                               const std::string& handler) {
        FunctionConfiguration c;
        c.name = name;
        c.role = "arn:aws:iam::000000000000:role/lambda-role";
        c.runtime = runtime;
        c.handler = handler;
        return c;
    }
    Result<FunctionConfiguration> create(FunctionConfiguration c, std::string zip) {
        return wait_for<FunctionConfiguration>(
            [&](auto done) { functions->create({std::move(c), std::move(zip)}, std::move(done)); });
    }
    /// A function "f" of one file, index.js: its text is the module, whose export `handler` is run.
    void node(const std::string& text, const std::string& file = "index.js") {
        const auto made =
            create(configuration("f", "nodejs20.x", "index.handler"), make_zip(file, text));
        ASSERT_TRUE(made.has_value()) << made.error().message();
    }
    void python(const std::string& text) {
        const auto made =
            create(configuration("f", "python3.11", "index.handler"), make_zip("index.py", text));
        ASSERT_TRUE(made.has_value()) << made.error().message();
    }

    std::future<Result<InvokeOutput>> start_invoke(InvokeInput input) {
        auto promise = std::make_shared<std::promise<Result<InvokeOutput>>>();
        auto future = promise->get_future();
        functions->invoke(std::move(input), [promise](Result<InvokeOutput> output) {
            promise->set_value(std::move(output));
        });
        return future;
    }
    static InvokeInput input_of(const std::string& event, const std::string& name = "f") {
        InvokeInput input;
        input.function.name = name;
        input.payload = *Payload::parse(event);
        input.wants_log_tail = true;
        return input;
    }
    InvokeOutput invoke(const std::string& event = "{}", const std::string& name = "f") {
        auto output = start_invoke(input_of(event, name)).get();
        EXPECT_TRUE(output.has_value())
            << output.error().code() << ": " << output.error().message();
        return output.has_value() ? std::move(*output) : InvokeOutput{};
    }
    std::string log(const std::string& name = "f") {
        return *wait_for<std::string>(
            [&](auto done) { functions->log(name, 1 << 20, std::move(done)); });
    }

    /// A member of the error object that an invocation gave.
    static std::string error_member(const InvokeOutput& output, const std::string& name) {
        EXPECT_EQ(output.function_error, "Unhandled") << output.payload;
        const auto document = json::Document::parse(output.payload);
        if (!document.has_value()) return "not JSON: " + output.payload;
        const auto found = document->root().find(name);
        return found ? std::string(found->is_string() ? found->string() : found->raw()) : "";
    }

    ManualClock clock;
    std::unique_ptr<Storage> storage = journal::make_memory_storage();
    sched::Timers timers{clock};
    std::unique_ptr<Functions> functions;
};

}  // namespace stepwell::function::testing
