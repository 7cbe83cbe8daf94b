#include "sim/machines.hpp"

#include <algorithm>
#include <functional>

#include "json/writer.hpp"

namespace stepwell::sim {

namespace {

class Drawing {
 public:
    Drawing(Random& random, const Machine& machine, std::uint64_t longest_s)
        : random_(random), machine_(machine), longest_s_(longest_s) {}

    /// {"StartAt": ..., "States": {...}}, to which `more` adds.
    void chain(json::Writer& out, int depth, const std::function<void()>& more = {}) {
        const std::size_t count = 1 + random_.next() % (depth == 0 ? 4 : 2);
        json::Writer states;
        states.begin_object();
        std::string first;
        std::string next = "End" + number();
        std::string last = next;
        states.key(last).begin_object().member("Type", depth == 0 ? "Succeed" : "Pass");
        if (depth != 0) states.member_boolean("End", true);
        states.end_object();
        for (std::size_t i = 0; i < count; ++i) next = state(states, depth, next);
        first = next;
        states.end_object();
        out.begin_object();
        out.member("StartAt", first).member_raw("States", states.text());
        if (more) more();
        out.end_object();
    }

 private:
    std::string number() { return std::to_string(++states_); }
    std::uint64_t seconds() { return 1 + random_.next() % longest_s_; }

    // Adds a state that goes on to `next`; returns its name.
    std::string state(json::Writer& states, int depth, const std::string& next) {
        switch (random_.next() % (depth < 2 ? 10 : 7)) {
            case 0:
                return pass(states, next);
            case 1:
            case 2:
                return wait(states, next);
            case 3:
                return publish(states, next);
            case 7:
                return fan(states, depth, next);
            case 8:
                return each(states, depth, next);
            default:
                return call(states, next);
        }
    }

    std::string pass(json::Writer& states, const std::string& next) {
        std::string name = "Pass" + number();
        states.key(name).begin_object().member("Type", "Pass").member("Next", next).end_object();
        return name;
    }

    std::string wait(json::Writer& states, const std::string& next) {
        const std::uint64_t duration = seconds();
        std::string name = "Wait" + number() + "_" + std::to_string(duration);
        states.key(name).begin_object().member("Type", "Wait").member("Next", next);
        states.member_integer("Seconds", static_cast<std::int64_t>(duration)).end_object();
        return name;
    }

    void task(json::Writer& states, const std::string& name, std::string_view resource,
              std::string_view parameters, const std::string& next) {
        states.key(name).begin_object().member("Type", "Task").member("Resource", resource);
        states.member_raw("Parameters", parameters).member("ResultPath", "$.last");
        states.member("Next", next);
    }

    std::string publish(json::Writer& states, const std::string& next) {
        std::string name = "Publish" + number();
        task(
            states, name, "arn:aws:states:::sns:publish",
            R"({"TopicArn":"arn:aws:sns:us-east-1:000000000000:news","Message.$":"$$.Execution.Id"})",
            next);
        states.end_object();
        return name;
    }

    std::string call(json::Writer& states, const std::string& next) {
        std::string name = "Call" + number();
        task(
            states, name, "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
            R"({"QueueUrl":"http://127.0.0.1:4566/000000000000/work","MessageBody":{)"
            R"("token.$":"$$.Task.Token","execution.$":"$$.Execution.Id","state.$":"$$.State.Name"}})",
            next);
        const std::uint64_t timeout = 1 + seconds();
        states.member_integer("TimeoutSeconds", static_cast<std::int64_t>(timeout));
        if (timeout > 2 && random_.next() % 2 == 0) {
            const std::uint64_t heartbeat = 1 + random_.next() % (timeout - 1);
            states.member_integer("HeartbeatSeconds", static_cast<std::int64_t>(heartbeat));
        }
        states.key("Retry").begin_array().begin_object();
        states.key("ErrorEquals").begin_array().string("Retryable").end_array();
        states.member_integer("MaxAttempts", machine_.retries_max);
        states.member_integer("IntervalSeconds", machine_.retry_interval_s);
        states.member_integer("BackoffRate", 2).end_object().end_array();
        if (random_.next() % 3 != 0) {
            states.key("Catch").begin_array().begin_object();
            states.key("ErrorEquals").begin_array().string("States.ALL").end_array();
            states.member("ResultPath", "$.last").member("Next", next).end_object().end_array();
        }
        states.end_object();
        return name;
    }

    std::string fan(json::Writer& states, int depth, const std::string& next) {
        std::string name = "Fan" + number();
        states.key(name).begin_object().member("Type", "Parallel").member("Next", next);
        states.member("ResultPath", "$.last").key("Branches").begin_array();
        const std::size_t branches = 1 + random_.next() % 3;
        for (std::size_t i = 0; i < branches; ++i) chain(states, depth + 1);
        states.end_array();
        catch_all(states, next);
        states.end_object();
        return name;
    }

    std::string each(json::Writer& states, int depth, const std::string& next) {
        std::string name = "Each" + number();
        states.key(name).begin_object().member("Type", "Map").member("Next", next);
        states.member("ResultPath", "$.last").member("ItemsPath", "$.items");
        states.member_integer("MaxConcurrency", static_cast<std::int64_t>(random_.next() % 3));
        states.member_raw("ItemSelector",
                          R"({"items":[{"n":1}],"mark.$":"$.mark","item.$":"$$.Map.Item.Value"})");
        states.key("ItemProcessor");
        chain(states, depth + 1);
        catch_all(states, next);
        states.end_object();
        return name;
    }

    void catch_all(json::Writer& states, const std::string& next) {
        states.member_raw(
            "Catch",
            R"([{"ErrorEquals":["States.ALL"],"ResultPath":"$.last","Next":")" + next + R"("}])");
    }

    Random& random_;
    const Machine& machine_;
    const std::uint64_t longest_s_;
    std::uint64_t states_ = 0;
};

}  // namespace

Machine draw_machine(Random& random, std::string name, std::uint64_t longest_s) {
    Machine machine;
    machine.name = std::move(name);
    machine.retries_max = static_cast<std::uint32_t>(1 + random.next() % 3);
    machine.retry_interval_s = static_cast<std::uint32_t>(1 + random.next() % 30);
    json::Writer definition;
    Drawing(random, machine, longest_s).chain(definition, 0);
    machine.definition = definition.take();
    return machine;
}

}  // namespace stepwell::sim
