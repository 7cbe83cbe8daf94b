#include "queue/queues.hpp"

#include <algorithm>
#include <set>

#include "base/bytes.hpp"
#include "base/errors.hpp"
#include "base/random.hpp"
#include "base/try.hpp"
#include "queue/errors.hpp"
#include "queue/move_tasks.hpp"

namespace stepwell::queue {

namespace {

constexpr std::string_view control_prefix = "queue/";
constexpr std::string_view epoch_key = "queue/epoch";
constexpr std::string_view receipt_key_key = "queue/receipt_key";
constexpr int queue_id_epoch_shift = 32;
constexpr std::chrono::seconds purge_interval{60};
constexpr std::size_t tags_max = 50;

std::string control_key(std::string_view name) { return std::string(control_prefix).append(name); }

Result<> check_queue_name(std::string_view name) {
    const auto is_allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_';
    };
    if (name.ends_with(".fifo")) {
        return Error{errors::unsupported_operation,
                     "FIFO queues are not supported by this server yet: only standard queues are."};
    }
    if (name.empty() || name.size() > 80 || !std::all_of(name.begin(), name.end(), is_allowed)) {
        return errors::invalid(
            "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length");
    }
    return {};
}

Result<> check_tags(const TextMap& tags) {
    if (tags.size() > tags_max)
        return errors::invalid("Too many tags added for queue. At most 50 are allowed.");
    for (const auto& [key, value] : tags) {
        if (key.empty() || key.size() > 128 || value.size() > 256) {
            return errors::invalid(
                "Tag keys must be between 1 and 128 characters in length, tag values at most 256.");
        }
    }
    return {};
}

std::string seconds_text(TimePoint time) {
    return std::to_string(
        std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count());
}

}  // namespace

Queues::Queues(Identity identity, Clock& clock, Storage& storage, sched::Timers& timers)
    : world_(std::make_shared<World>(std::move(identity), clock, storage, timers)),
      moves_(std::make_shared<MoveTasks>(world_)) {}

Queues::~Queues() {
    world_->close();
    decltype(world_->queues) queues;
    {
        const std::unique_lock lock(world_->names());
        queues.swap(world_->queues);
    }
    for (const auto& [name, queue] : queues) queue->end_polls(std::nullopt);
}

// --- Finding

QueuePtr Queues::find_locked(std::string_view name) const {
    const auto found = world_->queues.find(name);
    return found == world_->queues.end() ? nullptr : found->second;
}

Result<QueuePtr> Queues::find(std::string_view name) const {
    QueuePtr queue = world_->find(name);
    if (queue == nullptr) return errors::no_such_queue();
    return queue;
}

Result<QueuePtr> Queues::find_by_arn(std::string_view arn) const {
    QueuePtr queue = world_->find_by_arn(arn);
    if (queue == nullptr) return errors::no_such_queue();
    return queue;
}

Result<QueuePtr> Queues::find_by_url(std::string_view url) const {
    return find(url.substr(url.rfind('/') + 1));  // npos + 1 is 0: a bare name
}

Result<SentMessage> Queues::send(Effects& effects, std::string_view name,
                                 const SendMessageInput& input) const {
    SW_TRY(const QueuePtr queue, find(name));
    return queue->send(effects, input);
}

std::vector<std::string> Queues::names(std::string_view prefix, std::string_view after,
                                       std::size_t max) const {
    const std::shared_lock lock(world_->names());
    std::vector<std::string> names;
    auto at =
        after < prefix ? world_->queues.lower_bound(prefix) : world_->queues.upper_bound(after);
    for (; at != world_->queues.end() && names.size() < max && at->first.starts_with(prefix);
         ++at) {
        names.push_back(at->first);
    }
    return names;
}

std::vector<std::string> Queues::dead_letter_sources(const StandardQueue& queue,
                                                     std::string_view after,
                                                     std::size_t max) const {
    const std::shared_lock lock(world_->names());
    const std::string arn = queue.arn();
    std::vector<std::string> names;
    for (auto at = world_->queues.upper_bound(after);
         at != world_->queues.end() && names.size() < max; ++at) {
        const QueueAttributes attributes = at->second->attributes();
        if (attributes.redrive.has_value() && attributes.redrive->dead_letter_target_arn == arn) {
            names.push_back(at->first);
        }
    }
    return names;
}

// --- Making, changing, deleting

void Queues::create(std::string name, TextMap attributes, TextMap tags, Completion<QueuePtr> done) {
    if (const auto checked = check_queue_name(name); !checked.has_value())
        return done(checked.error());
    if (const auto checked = check_tags(tags); !checked.has_value()) return done(checked.error());
    QueueAttributes set;
    if (const auto checked = set.set_all(attributes); !checked.has_value())
        return done(checked.error());

    std::unique_lock lock(world_->names());
    Effects effects;
    QueuePtr queue = find_locked(name);
    if (queue != nullptr) {
        const TextMap existing = queue->attributes().as_text();
        for (const auto& [attribute, value] : attributes) {
            const auto has = existing.find(attribute);
            if (has != existing.end() ? has->second == value : value.empty()) continue;
            lock.unlock();
            return done(Error{
                errors::queue_name_exists,
                "A queue already exists with the same name and a different value for attribute " +
                    attribute});
        }
    } else {
        const auto checked = check_redrive(set, world_->identity.arn("sqs", name));
        if (!checked.has_value()) {
            lock.unlock();
            return done(checked.error());
        }
        const std::uint64_t id = (world_->epoch << queue_id_epoch_shift) + next_queue_++;
        queue = std::make_shared<StandardQueue>(world_, name, id, world_->clock.now(),
                                                std::move(set), std::move(tags));
        effects.put(Table::control, control_key(name), queue->record());
        world_->queues.emplace(std::move(name), queue);
    }
    effects.when_durable([queue, done = std::move(done)]() mutable { done(queue); });
    world_->storage.commit(std::move(effects));
}

void Queues::remove(std::string_view name, Completion<> done) {
    std::unique_lock lock(world_->names());
    const QueuePtr queue = find_locked(name);
    if (queue == nullptr) {
        lock.unlock();
        return done(errors::no_such_queue());
    }
    world_->queues.erase(queue->name());
    purged_at_.erase(queue->id());
    queue->set_deleted();
    queue->purge();
    Effects effects;
    effects.erase(Table::control, control_key(name));
    effects.when_durable([done = std::move(done)]() mutable { done({}); });
    world_->storage.commit(std::move(effects));
    lock.unlock();
    queue->end_polls(errors::no_such_queue());
    queue->free_purged();
}

QueuePtr Queues::change(std::string_view name, const Mutation& mutation, Completion<> done) {
    std::unique_lock lock(world_->names());
    const QueuePtr queue = find_locked(name);
    const Result<> changed =
        queue == nullptr ? Result<>(errors::no_such_queue()) : mutation(*queue);
    if (!changed.has_value()) {
        lock.unlock();
        done(changed.error());
        return nullptr;
    }
    Effects effects;
    effects.put(Table::control, control_key(name), queue->record());
    effects.when_durable([done = std::move(done)]() mutable { done({}); });
    world_->storage.commit(std::move(effects));
    return queue;
}

Result<> Queues::check_redrive(const QueueAttributes& attributes,
                               std::string_view source_arn) const {
    if (!attributes.redrive.has_value()) return {};
    const std::string& policy = attributes.texts.find("RedrivePolicy")->second;
    const auto refuse = [&](std::string_view reason) {
        return errors::invalid(
            "Value " + policy +
            " for parameter RedrivePolicy is invalid. Reason: " + std::string(reason));
    };
    const std::string& target_arn = attributes.redrive->dead_letter_target_arn;
    const std::string prefix = world_->identity.arn("sqs", "");
    const QueuePtr target =
        target_arn.starts_with(prefix) ? find_locked(target_arn.substr(prefix.size())) : nullptr;
    if (target == nullptr) return refuse("Dead letter target does not exist.");
    const RedriveAllowPolicy allow = target->attributes().redrive_allow;
    const bool is_listed =
        !allow.source_queue_arns.has_value() ||
        std::find(allow.source_queue_arns->begin(), allow.source_queue_arns->end(), source_arn) !=
            allow.source_queue_arns->end();
    if (allow.denies_all || !is_listed) {
        return refuse("Dead letter target does not allow this queue as its source.");
    }
    return {};
}

void Queues::set_attributes(std::string_view name, TextMap attributes, Completion<> done) {
    change(
        name,
        [&](StandardQueue& queue) -> Result<> {
            QueueAttributes changed = queue.attributes();
            if (const auto set = changed.set_all(attributes); !set.has_value()) return set.error();
            if (attributes.contains("RedrivePolicy")) {
                const auto checked = check_redrive(changed, queue.arn());
                if (!checked.has_value()) return checked.error();
            }
            queue.set_attributes(std::move(changed), world_->clock.now());
            return {};
        },
        std::move(done));
}

void Queues::purge(std::string_view name, Completion<> done) {
    const QueuePtr purged = change(
        name,
        [&](StandardQueue& queue) -> Result<> {
            const TimePoint now = world_->clock.now();
            const auto last = purged_at_.find(queue.id());
            if (last != purged_at_.end() && last->second + purge_interval > now) {
                return Error{errors::purge_queue_in_progress, "Only one PurgeQueue operation on " +
                                                                  queue.name() +
                                                                  " is allowed every 60 seconds."};
            }
            purged_at_.insert_or_assign(queue.id(), now);
            queue.purge();
            return {};
        },
        std::move(done));
    if (purged != nullptr) purged->free_purged();
}

void Queues::change_tags(std::string_view name, TextMap tags, std::vector<std::string> removed_keys,
                         Completion<> done) {
    change(
        name,
        [&](StandardQueue& queue) -> Result<> {
            TextMap changed = queue.tags();
            for (const std::string& key : removed_keys) changed.erase(key);
            for (const auto& [key, value] : tags) changed.insert_or_assign(key, value);
            if (const auto checked = check_tags(changed); !checked.has_value())
                return checked.error();
            queue.set_tags(std::move(changed));
            return {};
        },
        std::move(done));
}

namespace {

Result<> set_policy(StandardQueue& queue, const Result<std::string>& policy, TimePoint now) {
    if (!policy.has_value()) return policy.error();
    QueueAttributes changed = queue.attributes();
    if (const auto set = changed.set("Policy", *policy); !set.has_value()) return set.error();
    queue.set_attributes(std::move(changed), now);
    return {};
}

std::string policy_of(const StandardQueue& queue) {
    const QueueAttributes attributes = queue.attributes();
    const auto found = attributes.texts.find("Policy");
    return found == attributes.texts.end() ? std::string{} : found->second;
}

}  // namespace

void Queues::add_permission(std::string_view name, std::string label,
                            std::vector<std::string> accounts, std::vector<std::string> actions,
                            Completion<> done) {
    change(
        name,
        [&](StandardQueue& queue) {
            return set_policy(
                queue, add_statement(policy_of(queue), queue.arn(), label, accounts, actions),
                world_->clock.now());
        },
        std::move(done));
}

void Queues::remove_permission(std::string_view name, std::string label, Completion<> done) {
    change(
        name,
        [&](StandardQueue& queue) {
            return set_policy(queue, remove_statement(policy_of(queue), queue.arn(), label),
                              world_->clock.now());
        },
        std::move(done));
}

Result<TextMap> Queues::attributes(const StandardQueue& queue,
                                   const std::vector<std::string>& names) const {
    TextMap all = queue.attributes().as_text();
    const QueueCounts counts = queue.counts();
    all.emplace("ApproximateNumberOfMessages", std::to_string(counts.ready));
    all.emplace("ApproximateNumberOfMessagesNotVisible", std::to_string(counts.in_flight));
    all.emplace("ApproximateNumberOfMessagesDelayed", std::to_string(counts.delayed));
    all.emplace("CreatedTimestamp", seconds_text(queue.created()));
    all.emplace("LastModifiedTimestamp", seconds_text(queue.modified()));
    all.emplace("QueueArn", queue.arn());
    TextMap chosen;
    for (const std::string& name : names) {
        if (!is_attribute_name(name)) {
            return Error{errors::invalid_attribute_name, "Unknown Attribute " + name + "."};
        }
        if (name == "All") return all;
        if (const auto found = all.find(name); found != all.end()) chosen.insert(*found);
    }
    return chosen;
}

// --- Message move tasks

Result<std::string> Queues::start_move_task(std::string_view source_arn,
                                            std::string_view destination_arn,
                                            std::optional<std::uint32_t> messages_per_s_max) {
    const auto not_found = [](std::string_view which) {
        return Error{errors::resource_not_found, "The resource that you specified for the " +
                                                     std::string(which) +
                                                     " parameter doesn't exist."};
    };
    const QueuePtr source = world_->find_by_arn(source_arn);
    if (source == nullptr) return not_found("SourceArn");
    if (dead_letter_sources(*source, "", 1).empty()) {
        return errors::invalid("Source queue must be configured as a Dead Letter Queue.");
    }
    QueuePtr destination = world_->find_by_arn(destination_arn);
    if (!destination_arn.empty() && destination == nullptr) return not_found("DestinationArn");
    if (destination == source)
        return errors::invalid("Source queue and destination queue can't be the same.");
    return moves_->start(source, std::move(destination), messages_per_s_max);
}

Result<std::vector<MessageMoveTask>> Queues::move_tasks(std::string_view source_arn,
                                                        std::size_t max) const {
    if (world_->find_by_arn(source_arn) == nullptr) {
        return Error{errors::resource_not_found,
                     "The resource that you specified for the SourceArn parameter doesn't exist."};
    }
    return moves_->list(source_arn, max);
}

Result<std::uint64_t> Queues::cancel_move_task(std::string_view handle) {
    return moves_->cancel(handle);
}

// --- Recovery

namespace {

std::uint64_t read_integer(const std::optional<std::string>& bytes) {
    return bytes.has_value() ? ByteReader(*bytes).big_endian<std::uint64_t>() : 0;
}

/// The secret that seals receipt handles; made when the directory is new.
MacKey load_receipt_key(Storage& storage, Effects& effects) {
    MacKey key{};
    const auto stored = storage.get(Table::meta, receipt_key_key);
    ByteReader reader(stored.has_value() ? std::string_view(*stored) : std::string_view{});
    key[0] = reader.big_endian<std::uint64_t>();
    key[1] = reader.big_endian<std::uint64_t>();
    if (reader.is_good()) return key;
    fill_with_secret_bytes(key.data(), sizeof key);
    std::string bytes;
    append_big_endian(bytes, key[0]);
    append_big_endian(bytes, key[1]);
    effects.put(Table::meta, receipt_key_key, bytes);
    return key;
}

}  // namespace

Result<std::uint64_t> Queues::recover() {
    Storage& storage = world_->storage;
    storage.wait_until_applied(storage.durable());
    Effects effects;
    world_->epoch = read_integer(storage.get(Table::meta, epoch_key)) + 1;
    std::string epoch;
    append_big_endian(epoch, world_->epoch);
    effects.put(Table::meta, epoch_key, epoch);
    world_->receipt_key = load_receipt_key(storage, effects);

    std::map<std::uint64_t, QueuePtr> by_id;
    std::optional<Error> damaged;
    storage.scan(
        Table::control, {.prefix = control_prefix},
        [&](std::string_view key, std::string_view value) {
            std::string name(key.substr(control_prefix.size()));
            const auto record = StandardQueue::decode_record(value);
            QueueAttributes attributes;
            if (!record.has_value() || !attributes.set_all(record->attributes).has_value()) {
                damaged =
                    Error{stepwell::errors::system_failure,
                          "The stored queue \"" + name + "\" is damaged, or of a newer version."};
                return false;
            }
            auto queue = std::make_shared<StandardQueue>(world_, name, record->id, record->created,
                                                         std::move(attributes), record->tags);
            queue->set_attributes(queue->attributes(), record->modified);
            queue->begin_restoring();
            queue->restore_purge(record->purged_below);
            by_id.emplace(record->id, queue);
            world_->queues.emplace(std::move(name), std::move(queue));
            return true;
        });
    if (damaged.has_value()) return *damaged;
    const std::uint64_t messages = recover_messages(by_id, effects);
    storage.commit(std::move(effects));
    return messages;
}

std::uint64_t Queues::recover_messages(const std::map<std::uint64_t, QueuePtr>& by_id,
                                       Effects& effects) {
    const Storage& storage = world_->storage;
    std::uint64_t messages = 0;
    const auto queue_of = [&](std::string_view key, std::uint64_t& sequence) -> StandardQueue* {
        ByteReader reader(key);
        const auto found = by_id.find(reader.big_endian<std::uint64_t>());
        sequence = reader.big_endian<std::uint64_t>();
        return found == by_id.end() || !reader.is_good() ? nullptr : found->second.get();
    };
    // First the received ones, which have their slots; a receipt without its message is what a
    // crash between a receive and an earlier delete leaves.
    std::set<std::string, std::less<>> received;
    storage.scan(Table::message_receipt, {}, [&](std::string_view key, std::string_view receipt) {
        std::uint64_t sequence = 0;
        StandardQueue* const queue = queue_of(key, sequence);
        const auto message = storage.get(Table::message, key);
        if (queue == nullptr || !message.has_value() ||
            !queue->restore(sequence, *message, receipt)) {
            effects.erase(Table::message_receipt, key);
            effects.erase(Table::message, key);
        } else {
            ++messages;
        }
        received.emplace(key);
        return true;
    });
    for (const auto& [id, queue] : by_id) queue->finish_placing();
    storage.scan(Table::message, {}, [&](std::string_view key, std::string_view message) {
        if (received.contains(key)) return true;
        std::uint64_t sequence = 0;
        StandardQueue* const queue = queue_of(key, sequence);
        if (queue == nullptr || !queue->restore(sequence, message, std::nullopt)) {
            effects.erase(Table::message, key);
        } else {
            ++messages;
        }
        return true;
    });
    for (const auto& [id, queue] : by_id) queue->finish_restoring();
    return messages;
}

}  // namespace stepwell::queue
