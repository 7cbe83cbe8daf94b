// All topics of one data directory.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include <stepwell/clock.hpp>
#include <stepwell/journal.hpp>
#include <stepwell/result.hpp>

#include "base/identity.hpp"
#include "sched/timers.hpp"
#include "topic/deliveries.hpp"
#include "topic/ports.hpp"
#include "topic/topic.hpp"

namespace stepwell::topic {

struct SubscribeInput {
    std::string topic_arn;
    std::string protocol;
    std::string endpoint;
    TextMap attributes = {};
};

/// Finds, makes and deletes topics and subscriptions, and fans messages out.
///
/// Control operations answer once they are durable. A publish is part of the caller's step: what
/// goes to queues becomes durable with it, what goes to functions and HTTP endpoints is recorded
/// with it and made afterwards.
///
/// threads  any, after `recover`; nothing blocks but `recover` and the destructor
class Topics {
 public:
    struct Options {
        Identity identity = {};
        std::string public_url =
            "http://127.0.0.1:4566";  ///< where SubscribeURL and UnsubscribeURL lead
        HttpSender::Options http = {};
    };

    /// What it is given outlives this object; the storage may still release this object's actions
    /// afterwards.
    Topics(Options options, Clock& clock, Storage& storage, sched::Timers& timers,
           DeliveryPort& port);
    ~Topics();
    Topics(const Topics&) = delete;
    Topics& operator=(const Topics&) = delete;

    /// Loads topics, subscriptions and open deliveries; called once, before everything else, when
    /// the services behind the port are ready. Returns how many deliveries are open.
    Result<std::uint64_t> recover();

    /// Publishes as part of the caller's step.
    ///
    /// errors   InvalidParameter, InvalidParameterValue, NotFound
    /// threads  any; never blocks
    /// source   Amazon SNS API Reference, Publish
    Result<Published> publish(Effects& effects, const PublishInput& input);

    /// Makes a topic, or finds the one of that name. Gives its ARN.
    /// errors   InvalidParameter
    void create_topic(std::string name, TextMap attributes, TextMap tags,
                      Completion<std::string> done);
    /// Succeeds for a topic that is not there.
    void delete_topic(std::string_view arn, Completion<> done);
    void set_topic_attribute(std::string_view arn, std::string name, std::string value,
                             Completion<> done);
    void change_tags(std::string_view arn, TextMap tags, std::vector<std::string> removed_keys,
                     Completion<> done);
    void add_permission(std::string_view arn, std::string label, std::vector<std::string> accounts,
                        std::vector<std::string> actions, Completion<> done);
    void remove_permission(std::string_view arn, std::string label, Completion<> done);

    /// Gives the subscription; one that waits for its confirmation has been sent its token.
    /// errors   InvalidParameter, NotFound
    void subscribe(SubscribeInput input, Completion<SubscriptionPtr> done);
    /// errors   InvalidParameter: the token is not of a subscription of this topic
    void confirm_subscription(std::string_view topic_arn, std::string_view token,
                              Completion<SubscriptionPtr> done);
    void unsubscribe(std::string_view arn, Completion<> done);
    void set_subscription_attribute(std::string_view arn, std::string name, std::string value,
                                    Completion<> done);

    // Reading. Errors: NotFound, and InvalidParameter for what is no ARN of a topic.
    Result<TextMap> topic_attributes(std::string_view arn) const;
    Result<TextMap> topic_tags(std::string_view arn) const;
    Result<TextMap> subscription_attributes(std::string_view arn) const;
    std::vector<std::string> topic_arns(std::string_view after, std::size_t max) const;
    /// Of all topics, or of one; sorted by ARN, after `after`.
    Result<std::vector<SubscriptionPtr>> subscriptions(std::optional<std::string_view> topic_arn,
                                                       std::string_view after,
                                                       std::size_t max) const;

 private:
    struct Seen {
        TimePoint at;
        Published published;
    };
    struct Topic {
        std::string name;
        std::string arn;
        TextMap attributes;
        TextMap tags;
        Subscriptions subscriptions = std::make_shared<const std::vector<SubscriptionPtr>>();
        std::map<std::string, Seen>
            seen;  // deduplication ids of the last 5 minutes; FIFO topics only
        std::uint64_t next_sequence = 1;

        bool is_fifo() const { return name.ends_with(".fifo"); }
    };

    Result<> check_arn(std::string_view arn) const;
    Result<Topic*> find(std::string_view arn) const;
    std::optional<Published> find_duplicate(Topic& topic, const PublishInput& input,
                                            Published& fresh);
    void deliver(Effects& effects, const Subscription& subscription, const PublishInput& input,
                 std::string_view message, const Published& published);
    void send_confirmation(Effects& effects, const Subscription& subscription);
    using Mutation = std::function<Result<>(Topic&)>;
    void change(std::string_view arn, const Mutation& mutation, Completion<> done);
    void put(Effects& effects, const Topic& topic) const;
    static void put(Effects& effects, const Subscription& subscription);
    void replace(SubscriptionPtr subscription);
    Result<> load(std::string_view key, std::string_view value);

    const Options options_;
    Clock& clock_;
    Storage& storage_;
    DeliveryPort& port_;
    const std::shared_ptr<Deliveries> deliveries_;

    // Changes hold it exclusively, and commit under it, so that the journal has them in the order
    // in which they were made.
    mutable std::shared_mutex mutex_;                                    // guards what follows
    std::map<std::string, std::unique_ptr<Topic>, std::less<>> topics_;  // by ARN
    std::map<std::string, SubscriptionPtr, std::less<>> subscriptions_;  // by ARN
    std::uint64_t epoch_ = 0;
};

}  // namespace stepwell::topic
