#include "topic/topics.hpp"

#include <openssl/sha.h>

#include <algorithm>
#include <array>

#include "base/bytes.hpp"
#include "base/errors.hpp"
#include "base/random.hpp"
#include "base/try.hpp"
#include "topic/errors.hpp"
#include "topic/notification.hpp"
#include "topic/records.hpp"

namespace stepwell::topic {

namespace {

constexpr std::chrono::minutes deduplication_window{5};
constexpr std::uint64_t first_sequence_number = 10'000'000'000'000'000'000U;
constexpr std::size_t deduplication_ids_max =
    100'000;  // kept of one topic; beyond, the oldest are forgotten early

std::string content_id(std::string_view message) {
    std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
    SHA256(reinterpret_cast<const unsigned char*>(message.data()), message.size(), digest.data());
    return std::string(reinterpret_cast<const char*>(digest.data()), digest.size());
}

bool is_set(const TextMap& attributes, std::string_view name) {
    const auto found = attributes.find(name);
    return found != attributes.end() && found->second == "true";
}

}  // namespace

Topics::Topics(Options options, Clock& clock, Storage& storage, sched::Timers& timers,
               DeliveryPort& port)
    : options_(std::move(options)),
      clock_(clock),
      storage_(storage),
      port_(port),
      deliveries_(std::make_shared<Deliveries>(clock, storage, timers, port, options_.http)) {}

Topics::~Topics() { deliveries_->close(); }

// --- Publishing

Result<> Topics::check_arn(std::string_view arn) const {
    const auto colons = std::count(arn.begin(), arn.end(), ':');
    if (!arn.starts_with("arn:") || colons < 5) {
        return errors::invalid("TopicArn Reason: An ARN must have at least 6 elements, not " +
                               std::to_string(colons + 1));
    }
    if (!arn.starts_with("arn:aws:sns:")) return errors::invalid("TopicArn");
    return {};
}

Result<Topics::Topic*> Topics::find(std::string_view arn) const {
    const auto found = topics_.find(arn);
    if (found != topics_.end()) return found->second.get();
    if (const auto checked = check_arn(arn); !checked.has_value()) return checked.error();
    return errors::no_such_topic();
}

Result<Published> Topics::publish(Effects& effects, const PublishInput& input) {
    if (const auto checked = check_publish(input); !checked.has_value()) return checked.error();
    SW_TRY(const ProtocolMessages messages, ProtocolMessages::make(input));
    Published published{make_uuid_text(), {}};
    Subscriptions subscriptions;
    bool is_fifo = false;
    {
        const std::shared_lock lock(mutex_);
        SW_TRY(const Topic* const topic, find(input.topic_arn));
        is_fifo = topic->is_fifo();
        subscriptions = topic->subscriptions;
        if (!is_fifo && !input.message_deduplication_id.empty()) {
            return errors::invalid(
                "MessageDeduplicationId Reason: The request includes MessageDeduplicationId "
                "parameter that is not "
                "valid for this topic type");
        }
        if (is_fifo && input.message_group_id.empty()) {
            return errors::invalid("The MessageGroupId parameter is required for FIFO topics");
        }
        if (is_fifo && input.message_deduplication_id.empty() &&
            !is_set(topic->attributes, "ContentBasedDeduplication")) {
            return errors::invalid(
                "The topic should either have ContentBasedDeduplication enabled or "
                "MessageDeduplicationId provided "
                "explicitly");
        }
    }
    if (is_fifo) {
        const std::unique_lock lock(mutex_);
        SW_TRY(Topic* const topic, find(input.topic_arn));
        const auto duplicate = find_duplicate(*topic, input, published);
        if (duplicate.has_value()) return *duplicate;
    }
    for (const SubscriptionPtr& subscription : *subscriptions) {
        if (!subscription->is_confirmed) continue;
        const std::string_view message = messages.for_protocol(subscription->protocol);
        if (subscription->filter.has_value() &&
            !subscription->filter->matches(input.attributes, message))
            continue;
        deliver(effects, *subscription, input, message, published);
    }
    return published;
}

// The earlier publish that `input` repeats; else nothing, and `fresh` has its sequence number and
// is remembered.
std::optional<Published> Topics::find_duplicate(Topic& topic, const PublishInput& input,
                                                Published& fresh) {
    const TimePoint now = clock_.now();
    std::erase_if(topic.seen,
                  [&](const auto& seen) { return seen.second.at + deduplication_window <= now; });
    if (topic.seen.size() >= deduplication_ids_max) topic.seen.erase(topic.seen.begin());
    const std::string id = input.message_deduplication_id.empty()
                               ? content_id(input.message)
                               : std::string(input.message_deduplication_id);
    if (const auto seen = topic.seen.find(id); seen != topic.seen.end())
        return seen->second.published;
    // 20 digits that sort as numbers, as AWS's do.
    fresh.sequence_number =
        std::to_string(first_sequence_number + (epoch_ << 40) + topic.next_sequence++);
    topic.seen.emplace(id, Seen{now, fresh});
    return std::nullopt;
}

void Topics::deliver(Effects& effects, const Subscription& subscription, const PublishInput& input,
                     std::string_view message, const Published& published) {
    const Notification notification{.message_id = published.message_id,
                                    .topic_arn = subscription.topic_arn,
                                    .subscription_arn = subscription.arn,
                                    .message = message,
                                    .published = &input,
                                    .sequence_number = published.sequence_number,
                                    .time = clock_.now(),
                                    .public_url = options_.public_url,
                                    .region = options_.identity.region};
    std::string body = subscription.protocol == Protocol::lambda ? lambda_event(notification)
                       : subscription.is_raw                     ? std::string(message)
                                                                 : envelope(notification);
    if (subscription.protocol != Protocol::sqs) {
        deliveries_->add(effects,
                         {subscription.protocol, subscription.endpoint, subscription.arn,
                          subscription.topic_arn, published.message_id.string(), "Notification",
                          std::move(body), subscription.dead_letter_arn, subscription.is_raw});
        return;
    }
    static const std::vector<MessageAttribute> no_attributes;
    const auto& attributes = subscription.is_raw ? input.attributes : no_attributes;
    const auto sent =
        port_.enqueue(effects, {subscription.endpoint, body, attributes, input.message_group_id,
                                input.message_deduplication_id});
    if (sent.has_value() || subscription.dead_letter_arn.empty()) return;
    // A queue that is gone is a client error to SNS: not tried again, and dropped when this queue
    // is gone as well.
    static_cast<void>(
        port_.enqueue(effects, {subscription.dead_letter_arn, body, attributes, {}, {}}));
}

void Topics::send_confirmation(Effects& effects, const Subscription& subscription) {
    const std::string id = make_uuid();
    const std::string message =
        "You have chosen to subscribe to the topic " + subscription.topic_arn +
        ".\nTo confirm the subscription, visit the SubscribeURL included in this message.";
    const Notification notification{.type = "SubscriptionConfirmation",
                                    .message_id = id,
                                    .topic_arn = subscription.topic_arn,
                                    .subscription_arn = subscription.arn,
                                    .message = message,
                                    .token = subscription.token,
                                    .time = clock_.now(),
                                    .public_url = options_.public_url,
                                    .region = options_.identity.region};
    deliveries_->add(effects, {subscription.protocol,
                               subscription.endpoint,
                               subscription.arn,
                               subscription.topic_arn,
                               id,
                               "SubscriptionConfirmation",
                               envelope(notification),
                               {},
                               false});
}

// --- Subscriptions

namespace {

Result<Protocol> check_endpoint(const SubscribeInput& input) {
    const auto protocol = protocol_named(input.protocol);
    if (!protocol.has_value()) {
        return errors::invalid("Amazon SNS does not support this protocol string: " +
                               input.protocol);
    }
    if (input.endpoint.empty())
        return errors::invalid("Endpoint Reason: Please provide an endpoint");
    const bool is_http = *protocol == Protocol::http || *protocol == Protocol::https;
    if (is_http && !input.endpoint.starts_with(input.protocol + "://")) {
        return errors::invalid("Endpoint must match the specified protocol");
    }
    if (is_http && !HttpUrl::parse(input.endpoint).has_value())
        return errors::invalid("HTTP(S) endpoint URL");
    if (*protocol == Protocol::sqs && !input.endpoint.starts_with("arn:aws:sqs:")) {
        return errors::invalid("SQS endpoint ARN");
    }
    if (*protocol == Protocol::lambda && !input.endpoint.starts_with("arn:aws:lambda:")) {
        return errors::invalid("Lambda endpoint ARN");
    }
    if (input.endpoint.ends_with(".fifo") && !input.topic_arn.ends_with(".fifo")) {
        return errors::invalid(
            "Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard "
            "SNS topics");
    }
    return *protocol;
}

std::string make_token() {
    std::array<unsigned char, 96> secret{};
    fill_with_secret_bytes(secret.data(), secret.size());
    constexpr std::string_view digits = "0123456789abcdef";
    std::string token;
    for (const unsigned char byte : secret) token.append({digits[byte >> 4], digits[byte & 15]});
    return token;
}

/// True when every attribute given again says what the subscription has.
bool is_same(const Subscription& subscription, const TextMap& attributes) {
    return std::all_of(attributes.begin(), attributes.end(), [&](const auto& attribute) {
        const auto has = subscription.attributes.find(attribute.first);
        return has != subscription.attributes.end() && has->second == attribute.second;
    });
}

}  // namespace

void Topics::subscribe(SubscribeInput input, Completion<SubscriptionPtr> done) {
    const auto protocol = check_endpoint(input);
    if (!protocol.has_value()) return done(protocol.error());
    const bool needs_confirmation = *protocol == Protocol::http || *protocol == Protocol::https;
    Subscription draft;
    draft.arn = input.topic_arn + ":" + make_uuid();
    draft.topic_arn = input.topic_arn;
    draft.protocol = *protocol;
    draft.endpoint = input.endpoint;
    draft.token = make_token();
    draft.is_confirmed = !needs_confirmation;
    draft.attributes = input.attributes;
    auto made = Subscription::make(std::move(draft));
    if (!made.has_value())
        return done(errors::invalid("Attributes Reason: " + made.error().message()));

    std::unique_lock lock(mutex_);
    const auto topic = find(input.topic_arn);
    if (!topic.has_value()) {
        lock.unlock();
        return done(topic.error());
    }
    Effects effects;
    SubscriptionPtr subscription;
    for (const SubscriptionPtr& existing : *(*topic)->subscriptions) {
        if (existing->endpoint == input.endpoint && existing->protocol == *protocol)
            subscription = existing;
    }
    if (subscription != nullptr && !is_same(*subscription, made->attributes)) {
        lock.unlock();
        return done(errors::invalid(
            "Attributes Reason: Subscription already exists with different attributes"));
    }
    if (subscription == nullptr) {
        subscription = std::make_shared<const Subscription>(std::move(*made));
        auto all = std::make_shared<std::vector<SubscriptionPtr>>(*(*topic)->subscriptions);
        all->push_back(subscription);
        (*topic)->subscriptions = std::move(all);
        subscriptions_.emplace(subscription->arn, subscription);
        put(effects, *subscription);
    }
    if (!subscription->is_confirmed) send_confirmation(effects, *subscription);
    effects.when_durable([subscription, done = std::move(done)]() mutable { done(subscription); });
    storage_.commit(std::move(effects));
}

// Puts a changed subscription in the place of the one with its ARN.
void Topics::replace(SubscriptionPtr subscription) {
    const auto topic = topics_.find(subscription->topic_arn);
    if (topic != topics_.end()) {
        auto all = std::make_shared<std::vector<SubscriptionPtr>>(*topic->second->subscriptions);
        for (SubscriptionPtr& each : *all) {
            if (each->arn == subscription->arn) each = subscription;
        }
        topic->second->subscriptions = std::move(all);
    }
    subscriptions_.insert_or_assign(subscription->arn, std::move(subscription));
}

void Topics::confirm_subscription(std::string_view topic_arn, std::string_view token,
                                  Completion<SubscriptionPtr> done) {
    std::unique_lock lock(mutex_);
    const auto topic = find(topic_arn);
    SubscriptionPtr subscription;
    if (topic.has_value()) {
        for (const SubscriptionPtr& each : *(*topic)->subscriptions) {
            if (each->token == token) subscription = each;
        }
    }
    if (subscription == nullptr) {
        lock.unlock();
        return done(topic.has_value() ? errors::invalid("Token") : topic.error());
    }
    Effects effects;
    if (!subscription->is_confirmed) {
        auto confirmed = std::make_shared<Subscription>(*subscription);
        confirmed->is_confirmed = true;
        subscription = confirmed;
        replace(subscription);
        put(effects, *subscription);
    }
    effects.when_durable([subscription, done = std::move(done)]() mutable { done(subscription); });
    storage_.commit(std::move(effects));
}

void Topics::unsubscribe(std::string_view arn, Completion<> done) {
    const auto elements = std::count(arn.begin(), arn.end(), ':') + 1;
    if (elements < 6) {
        return done(
            errors::invalid("SubscriptionArn Reason: An ARN must have at least 6 elements, not " +
                            std::to_string(elements)));
    }
    if (elements == 6) return done(errors::invalid("SubscriptionId"));
    const std::unique_lock lock(mutex_);
    Effects effects;
    if (const auto found = subscriptions_.find(arn); found != subscriptions_.end()) {
        const auto topic = topics_.find(found->second->topic_arn);
        if (topic != topics_.end()) {
            auto all =
                std::make_shared<std::vector<SubscriptionPtr>>(*topic->second->subscriptions);
            std::erase(*all, found->second);
            topic->second->subscriptions = std::move(all);
        }
        effects.erase(Table::control, subscription_key(arn));
        subscriptions_.erase(found);
    }
    effects.when_durable([done = std::move(done)]() mutable { done({}); });
    storage_.commit(std::move(effects));
}

void Topics::set_subscription_attribute(std::string_view arn, std::string name, std::string value,
                                        Completion<> done) {
    std::unique_lock lock(mutex_);
    const auto found = subscriptions_.find(arn);
    if (found == subscriptions_.end()) {
        lock.unlock();
        return done(errors::no_such_subscription());
    }
    Subscription draft = *found->second;
    if (value.empty()) {
        draft.attributes.erase(name);
    } else {
        draft.attributes.insert_or_assign(std::move(name), std::move(value));
    }
    auto made = Subscription::make(std::move(draft));
    if (!made.has_value()) {
        lock.unlock();
        return done(errors::invalid(made.error().message()));
    }
    Effects effects;
    put(effects, *made);
    replace(std::make_shared<const Subscription>(std::move(*made)));
    effects.when_durable([done = std::move(done)]() mutable { done({}); });
    storage_.commit(std::move(effects));
}

// --- Recovery

void Topics::put(Effects& effects, const Topic& topic) const {
    effects.put(Table::control, topic_key(topic.name),
                encode_topic({topic.attributes, topic.tags}));
}

void Topics::put(Effects& effects, const Subscription& subscription) {
    effects.put(Table::control, subscription_key(subscription.arn),
                encode_subscription(subscription));
}

Result<> Topics::load(std::string_view key, std::string_view value) {
    const Error damaged{
        stepwell::errors::system_failure,
        "The stored entry \"" + std::string(key) + "\" is damaged, or of a newer version."};
    if (const auto name = name_in_topic_key(key); name.has_value()) {
        auto record = decode_topic(value);
        if (!record.has_value()) return damaged;
        auto topic = std::make_unique<Topic>();
        topic->name = *name;
        topic->arn = options_.identity.arn("sns", *name);
        topic->attributes = std::move(record->attributes);
        topic->tags = std::move(record->tags);
        topics_.emplace(topic->arn, std::move(topic));
        return {};
    }
    auto draft = decode_subscription(value);
    if (!draft.has_value()) return damaged;
    auto made = Subscription::make(std::move(*draft));
    if (!made.has_value()) return damaged;
    auto subscription = std::make_shared<const Subscription>(std::move(*made));
    subscriptions_.emplace(subscription->arn, std::move(subscription));
    return {};
}

Result<std::uint64_t> Topics::recover() {
    storage_.wait_until_applied(storage_.durable());
    const std::unique_lock lock(mutex_);
    const auto stored_epoch = storage_.get(Table::meta, topic_epoch_key);
    epoch_ =
        (stored_epoch.has_value() ? ByteReader(*stored_epoch).big_endian<std::uint64_t>() : 0) + 1;
    std::string epoch;
    append_big_endian(epoch, epoch_);
    Effects effects;
    effects.put(Table::meta, topic_epoch_key, epoch);
    storage_.commit(std::move(effects));

    Result<> loaded;
    for (const std::string_view prefix : {topic_key_prefix, subscription_key_prefix}) {
        storage_.scan(Table::control, {.prefix = prefix},
                      [&](std::string_view key, std::string_view value) {
                          loaded = load(key, value);
                          return loaded.has_value();
                      });
        if (!loaded.has_value()) return loaded.error();
    }
    std::map<Topic*, std::vector<SubscriptionPtr>> by_topic;
    for (const auto& [arn, subscription] : subscriptions_) {
        const auto topic = topics_.find(subscription->topic_arn);
        if (topic != topics_.end()) by_topic[topic->second.get()].push_back(subscription);
    }
    for (auto& [topic, all] : by_topic) {
        topic->subscriptions = std::make_shared<const std::vector<SubscriptionPtr>>(std::move(all));
    }
    return deliveries_->recover(epoch_);
}

}  // namespace stepwell::topic
