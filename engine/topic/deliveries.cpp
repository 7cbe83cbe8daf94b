#include "topic/deliveries.hpp"

#include <algorithm>
#include <utility>

#include "base/bytes.hpp"

namespace stepwell::topic {

namespace {

constexpr char delivery_version = 1;
constexpr std::uint32_t under_way_max = 128;
constexpr int id_epoch_shift = 40;

std::string key_of(std::uint64_t id) {
    std::string key;
    append_big_endian(key, id);
    return key;
}

std::string encode(const Delivery& delivery) {
    std::string out(1, delivery_version);
    append_text(out, name_of(delivery.protocol));
    append_text(out, delivery.endpoint);
    append_text(out, delivery.subscription_arn);
    append_text(out, delivery.topic_arn);
    append_text(out, delivery.message_id);
    append_text(out, delivery.type);
    append_text(out, delivery.body);
    append_text(out, delivery.dead_letter_arn);
    append_varint(out, delivery.is_raw ? 1 : 0);
    return out;
}

std::optional<Delivery> decode(std::string_view bytes) {
    ByteReader reader(bytes);
    if (reader.big_endian<char>() != delivery_version) return std::nullopt;
    const auto protocol = protocol_named(reader.text());
    Delivery delivery;
    delivery.endpoint = reader.text();
    delivery.subscription_arn = reader.text();
    delivery.topic_arn = reader.text();
    delivery.message_id = reader.text();
    delivery.type = reader.text();
    delivery.body = reader.text();
    delivery.dead_letter_arn = reader.text();
    delivery.is_raw = reader.varint() == 1;
    if (!reader.is_good() || !protocol.has_value()) return std::nullopt;
    delivery.protocol = *protocol;
    return delivery;
}

HttpPost post_of(const Delivery& delivery) {
    HttpPost post{delivery.endpoint, delivery.body, {}};
    post.headers = {{"x-amz-sns-message-type", delivery.type},
                    {"x-amz-sns-message-id", delivery.message_id},
                    {"x-amz-sns-topic-arn", delivery.topic_arn},
                    {"x-amz-sns-subscription-arn", delivery.subscription_arn},
                    {"Content-Type", "text/plain; charset=UTF-8"},
                    {"User-Agent", "Amazon Simple Notification Service Agent"}};
    if (delivery.is_raw) post.headers.emplace_back("x-amz-sns-rawdelivery", "true");
    return post;
}

}  // namespace

std::optional<milliseconds> retry_delay(Protocol protocol, std::uint32_t attempts) {
    if (protocol == Protocol::http || protocol == Protocol::https) {
        if (attempts > 3) return std::nullopt;
        return milliseconds{20'000};
    }
    if (attempts > 100'015) return std::nullopt;
    if (attempts <= 3) return milliseconds{0};
    if (attempts <= 5) return milliseconds{1'000};
    return std::min(milliseconds{20'000}, milliseconds{1'000} * (1 << std::min(attempts - 6, 5U)));
}

Deliveries::Deliveries(Clock& clock, Storage& storage, sched::Timers& timers, DeliveryPort& port,
                       HttpSender::Options http)
    : clock_(clock), storage_(storage), timers_(timers), port_(port), http_(std::move(http)) {}

void Deliveries::close() {
    gate_.close();
    http_.stop();
}

void Deliveries::add(Effects& effects, Delivery delivery) {
    const std::uint64_t id = next_id_.fetch_add(1);
    effects.insert(Table::delivery, key_of(id), encode(delivery));
    auto entry = std::make_shared<Entry>(Entry{std::move(delivery)});
    effects.when_durable([weak = weak_from_this(), id, entry = std::move(entry)]() mutable {
        if (const auto deliveries = weak.lock()) deliveries->start(id, std::move(entry));
    });
}

std::uint64_t Deliveries::recover(std::uint64_t epoch) {
    next_id_.store((epoch << id_epoch_shift) + 1);
    std::vector<std::pair<std::uint64_t, EntryPtr>> found;
    Effects effects;
    storage_.scan(Table::delivery, {}, [&](std::string_view key, std::string_view value) {
        auto delivery = decode(value);
        if (delivery.has_value()) {
            found.emplace_back(ByteReader(key).big_endian<std::uint64_t>(),
                               std::make_shared<Entry>(Entry{std::move(*delivery)}));
        } else {
            effects.erase(Table::delivery, key);
        }
        return true;
    });
    if (!effects.is_empty()) storage_.commit(std::move(effects));
    for (auto& [id, entry] : found) schedule(milliseconds{0}, id, entry);
    return found.size();
}

// Attempts run beside each other, but not too many.
void Deliveries::start(std::uint64_t id, EntryPtr entry) {
    {
        const std::scoped_lock lock(mutex_);
        if (under_way_ >= under_way_max) {
            waiting_.emplace_back(id, std::move(entry));
            return;
        }
        ++under_way_;
    }
    attempt(id, std::move(entry));
}

void Deliveries::next() {
    std::pair<std::uint64_t, EntryPtr> waiting;
    {
        const std::scoped_lock lock(mutex_);
        if (waiting_.empty()) {
            --under_way_;
            return;
        }
        waiting = std::move(waiting_.front());
        waiting_.pop_front();
    }
    // By way of the timers: attempts that fail at once must not call each other without end.
    schedule(milliseconds{0}, waiting.first, waiting.second);
    const std::scoped_lock lock(mutex_);
    --under_way_;
}

void Deliveries::attempt(std::uint64_t id, EntryPtr entry) {
    const Gate::Entered entered(gate_);
    if (!entered.is_open()) return;
    ++entry->attempts;
    const Delivery& delivery = entry->delivery;
    auto weak = weak_from_this();
    if (delivery.protocol == Protocol::lambda) {
        port_.invoke(delivery.endpoint, delivery.body, [weak, id, entry](Result<> done) {
            const auto deliveries = weak.lock();
            if (deliveries != nullptr) deliveries->ended(id, entry, done.has_value(), true);
        });
        return;
    }
    posts_.begin();
    http_.post(post_of(delivery), [weak, id, entry](HttpOutcome outcome) {
        const auto deliveries = weak.lock();
        if (deliveries == nullptr) return;
        deliveries->ended(id, entry, outcome.has_succeeded(), outcome.may_succeed_later());
        deliveries->posts_.end();
    });
}

void Deliveries::ended(std::uint64_t id, EntryPtr entry, bool has_succeeded,
                       bool may_succeed_later) {
    const Gate::Entered entered(gate_);
    if (!entered.is_open()) return;  // made or not, it is made again after a restart
    const Delivery& delivery = entry->delivery;
    const auto delay =
        may_succeed_later ? retry_delay(delivery.protocol, entry->attempts) : std::nullopt;
    if (!has_succeeded && delay.has_value()) {
        schedule(*delay, id, entry);
    } else {
        Effects effects;
        effects.erase(Table::delivery, key_of(id));
        if (!has_succeeded && !delivery.dead_letter_arn.empty()) {
            // Should the dead-letter queue refuse it too, there is nowhere left to go: AWS drops it
            // as well.
            static_cast<void>(
                port_.enqueue(effects, {delivery.dead_letter_arn, delivery.body, {}, {}, {}}));
        }
        storage_.commit(std::move(effects));
    }
    next();
}

void Deliveries::schedule(milliseconds delay, std::uint64_t id, EntryPtr entry) {
    const Gate::Entered entered(gate_);
    if (!entered.is_open()) return;
    timers_.schedule(clock_.now() + delay,
                     [weak = weak_from_this(), id, entry = std::move(entry)]() mutable {
                         if (const auto deliveries = weak.lock())
                             deliveries->start(id, std::move(entry));
                     });
}

}  // namespace stepwell::topic
