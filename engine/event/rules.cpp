#include "event/rules.hpp"

#include "base/concat.hpp"
#include "base/random.hpp"
#include "base/time_text.hpp"
#include "event/errors.hpp"
#include "json/writer.hpp"

namespace stepwell::event {

namespace {

Error damaged_rule() {
    return {stepwell::errors::system_failure,
            "A stored event rule is damaged, or of a newer version."};
}

// "2026-11-24T21:00:00Z": events tell whole seconds.
std::string seconds_of(TimePoint time) {
    const std::string text = iso8601(time);
    return text.substr(0, text.find('.')) + "Z";
}

std::optional<PutEntry> refusal_of(const Entry& entry) {
    const auto missing = [](const std::string& name) {
        return PutEntry{
            {},
            "InvalidArgument",
            "Parameter " + name + " is not valid. Reason: " + name + " is a required argument."};
    };
    if (entry.source.empty()) return missing("Source");
    if (entry.detail_type.empty()) return missing("DetailType");
    if (entry.detail.empty()) return missing("Detail");
    if (entry.source.starts_with("aws.")) {
        return PutEntry{{}, "NotAuthorizedForSourceException", "Not authorized for the source."};
    }
    const auto detail = json::Document::parse(entry.detail);
    if (!detail.has_value() || !detail->root().is_object())
        return PutEntry{{}, "MalformedDetail", "Detail is malformed."};
    return std::nullopt;
}

}  // namespace

Rules::Rules(Identity identity, Clock& clock, Storage& storage, TargetPort& port)
    : identity_(std::move(identity)), clock_(clock), storage_(storage), port_(port) {}

std::string Rules::arn_of(std::string_view rule) const {
    return identity_.arn("events", concat({"rule/", rule}));
}

bool Rules::is_known_bus(std::string_view bus) const {
    return bus.empty() || bus == "default" || bus == identity_.arn("events", "event-bus/default");
}

Result<> Rules::recover() {
    storage_.wait_until_applied(storage_.durable());
    const std::unique_lock lock(mutex_);
    bool is_damaged = false;
    storage_.scan(Table::control, {.prefix = rule_key_prefix},
                  [&](std::string_view, std::string_view bytes) {
                      auto rule = decode_rule(bytes);
                      is_damaged = !rule.has_value();
                      if (is_damaged) return false;
                      std::string name = rule->name;
                      rules_.emplace(std::move(name), *std::move(rule));
                      return true;
                  });
    if (is_damaged) return damaged_rule();
    return {};
}

void Rules::start_recorded() {
    std::vector<std::pair<std::string, Delivery>> all;
    storage_.scan(Table::control, {.prefix = delivery_key_prefix},
                  [&](std::string_view key, std::string_view bytes) {
                      if (auto delivery = decode_delivery(bytes)) {
                          all.emplace_back(key.substr(delivery_key_prefix.size()),
                                           *std::move(delivery));
                      }
                      return true;
                  });
    for (auto& [id, delivery] : all) start(std::move(id), std::move(delivery));
}

// --- Rules

void Rules::put_rule(Rule rule, Completion<std::string> done) {
    Result<Pattern> pattern = Pattern::parse(rule.pattern_text);
    if (!pattern.has_value()) return done(pattern.error());
    rule.pattern = std::make_shared<const Pattern>(*std::move(pattern));
    const std::unique_lock lock(mutex_);
    const auto found = rules_.find(rule.name);
    if (found != rules_.end()) rule.targets = found->second.targets;
    Effects effects;
    effects.put(Table::control, rule_key(rule.name), encode_rule(rule));
    effects.when_durable(
        [done = std::move(done), arn = arn_of(rule.name)]() mutable { done(std::move(arn)); });
    std::string name = rule.name;
    rules_.insert_or_assign(std::move(name), std::move(rule));
    storage_.commit(std::move(effects));
}

void Rules::delete_rule(std::string_view name, Completion<> done) {
    std::unique_lock lock(mutex_);
    const auto found = rules_.find(name);
    if (found != rules_.end() && !found->second.targets.empty()) {
        lock.unlock();
        return done(errors::invalid("Rule can't be deleted since it has targets."));
    }
    Effects effects;
    if (found != rules_.end()) {
        effects.erase(Table::control, rule_key(name));
        rules_.erase(found);
    }
    effects.when_durable([done = std::move(done)]() mutable { done({}); });
    storage_.commit(std::move(effects));
}

void Rules::change_rule(std::string_view name, const Mutation& mutation, Completion<> done) {
    std::unique_lock lock(mutex_);
    const auto found = rules_.find(name);
    std::optional<Rule> changed;
    Result<> result = errors::no_such_rule(name);
    if (found != rules_.end()) {
        changed = found->second;
        result = mutation(*changed);
    }
    if (!result.has_value()) {
        lock.unlock();
        return done(result.error());
    }
    Effects effects;
    effects.put(Table::control, rule_key(name), encode_rule(*changed));
    found->second = *std::move(changed);
    effects.when_durable([done = std::move(done)]() mutable { done({}); });
    storage_.commit(std::move(effects));
}

Result<Rule> Rules::rule(std::string_view name) const {
    const std::shared_lock lock(mutex_);
    const auto found = rules_.find(name);
    if (found == rules_.end()) return errors::no_such_rule(name);
    return found->second;
}

std::vector<Rule> Rules::rules(std::string_view prefix, std::string_view after,
                               std::size_t max) const {
    const std::shared_lock lock(mutex_);
    std::vector<Rule> all;
    auto at = after < prefix ? rules_.lower_bound(prefix) : rules_.upper_bound(after);
    for (; at != rules_.end() && all.size() < max && at->first.starts_with(prefix); ++at)
        all.push_back(at->second);
    return all;
}

// --- Events

std::string Rules::event_text(const Entry& entry, std::string_view id) const {
    json::Writer writer;
    writer.begin_object().member("version", "0").member("id", id);
    writer.member("detail-type", entry.detail_type).member("source", entry.source);
    writer.member("account", identity_.account);
    writer.member("time", seconds_of(entry.time.value_or(clock_.now())));
    writer.member("region", identity_.region).key("resources").begin_array();
    for (const std::string& resource : entry.resources) writer.string(resource);
    writer.end_array().member_raw("detail", entry.detail).end_object();
    return writer.take();
}

std::vector<PutEntry> Rules::put_events(Effects& effects, const std::vector<Entry>& entries) {
    std::vector<PutEntry> results;
    for (const Entry& entry : entries) {
        if (auto refused = refusal_of(entry)) {
            results.push_back(*std::move(refused));
            continue;
        }
        results.push_back({make_uuid(), {}, {}});
        if (!is_known_bus(entry.bus)) continue;  // as on AWS, such events go nowhere
        const auto event = json::Document::parse(event_text(entry, results.back().event_id));
        if (!event.has_value()) continue;  // deeper than a text may be
        std::vector<Target> targets;
        {
            const std::shared_lock lock(mutex_);
            for (const auto& [name, rule] : rules_) {
                if (!rule.is_enabled || !rule.pattern->matches(event->root())) continue;
                targets.insert(targets.end(), rule.targets.begin(), rule.targets.end());
            }
        }
        for (const Target& target : targets) {
            if (auto payload = payload_for(target, event->root()))
                send(effects, target, *std::move(payload));
        }
    }
    return results;
}

void Rules::send(Effects& effects, const Target& target, std::string payload) {
    if (port_.takes_at_once(target.arn)) {
        // A target that is gone, or does not take it, gets nothing: as on AWS, where it has no
        // dead-letter queue.
        static_cast<void>(port_.put(effects, target.arn, payload, target.message_group_id));
        return;
    }
    Delivery delivery{target.arn, std::move(payload)};
    std::string id = make_uuid();
    effects.put(Table::control, delivery_key(id), encode_delivery(delivery));
    effects.when_durable(
        [weak = weak_from_this(), id = std::move(id), delivery = std::move(delivery)]() mutable {
            if (const auto self = weak.lock()) self->start(std::move(id), std::move(delivery));
        });
}

void Rules::start(std::string id, Delivery delivery) {
    std::string name = id;
    port_.start(std::move(delivery.arn), std::move(delivery.payload), std::move(name),
                [weak = weak_from_this(), id = std::move(id)](const Result<>&) {
                    // What was refused would be refused again.
                    const auto self = weak.lock();
                    if (self == nullptr) return;
                    Effects effects;
                    effects.erase(Table::control, delivery_key(id));
                    self->storage_.commit(std::move(effects));
                });
}

}  // namespace stepwell::event
