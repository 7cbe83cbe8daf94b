// All rules of the default event bus.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include <stepwell/clock.hpp>
#include <stepwell/journal.hpp>
#include <stepwell/result.hpp>

#include "base/identity.hpp"
#include "event/ports.hpp"
#include "event/rule.hpp"

namespace stepwell::event {

/// An entry of PutEvents.
struct Entry {
    std::string source;
    std::string detail_type;
    std::string detail;  ///< JSON text of an object
    std::vector<std::string> resources = {};
    std::string bus = {};  ///< name or ARN; empty: the default one
    std::optional<TimePoint> time = {};
};
/// Its id, or why it was refused.
struct PutEntry {
    std::string event_id = {};
    std::string error_code = {};
    std::string error_message = {};
};

/// Makes and deletes rules, and sends events to the targets of those that match.
///
/// Control operations answer once they are durable. An event is part of the caller's step: queues
/// and topics get it in that step; what functions and state machines get is recorded with it and
/// started afterwards, at least once also over a crash.
///
/// threads  any, after `recover`; nothing blocks but `recover`
class Rules : public std::enable_shared_from_this<Rules> {
 public:
    static constexpr std::size_t targets_max = 5;

    /// What it is given outlives this object. Always made through make_shared: what it leaves with
    /// the storage holds it weakly.
    Rules(Identity identity, Clock& clock, Storage& storage, TargetPort& port);
    Rules(const Rules&) = delete;
    Rules& operator=(const Rules&) = delete;

    /// Loads the rules; called once, before everything else.
    Result<> recover();
    /// Starts what earlier processes have recorded and not started.
    void start_recorded();

    /// Makes a rule, or replaces all of one but its targets. Gives its ARN.
    /// errors   InvalidEventPatternException
    void put_rule(Rule rule, Completion<std::string> done);
    /// errors   ValidationException: it has targets
    void delete_rule(std::string_view name, Completion<> done);
    using Mutation = std::function<Result<>(Rule&)>;
    /// errors   ResourceNotFoundException, and what the mutation says
    void change_rule(std::string_view name, const Mutation& mutation, Completion<> done);
    Result<Rule> rule(std::string_view name) const;
    /// Sorted; those whose names begin with `prefix` and come after `after`, at most `max`.
    std::vector<Rule> rules(std::string_view prefix, std::string_view after, std::size_t max) const;

    /// Sends the events as part of the caller's step; entries that are refused stop no others.
    std::vector<PutEntry> put_events(Effects& effects, const std::vector<Entry>& entries);

    std::string arn_of(std::string_view rule) const;
    bool is_known_bus(std::string_view bus) const;
    bool knows_target(std::string_view arn) const { return port_.knows(arn); }

 private:
    std::string event_text(const Entry& entry, std::string_view id) const;
    void send(Effects& effects, const Target& target, std::string payload);
    void start(std::string id, Delivery delivery);

    const Identity identity_;
    Clock& clock_;
    Storage& storage_;
    TargetPort& port_;

    // Changes hold it exclusively, and commit under it.
    mutable std::shared_mutex mutex_;  // guards what follows
    std::map<std::string, Rule, std::less<>> rules_;
};

}  // namespace stepwell::event
