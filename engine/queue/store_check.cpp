#include "queue/store_check.hpp"

#include "base/bytes.hpp"
#include "queue/message.hpp"

namespace stepwell::queue {

CheckedMessages check_messages(const Storage& storage) {
    CheckedMessages found;
    const auto report = [&](std::string_view key, const std::string& what) {
        constexpr std::size_t shown_max = 100;
        ByteReader reader(key);
        const auto queue = reader.big_endian<std::uint64_t>();
        const auto sequence = reader.big_endian<std::uint64_t>();
        ++found.problem_count;
        if (found.problems.size() < shown_max) {
            found.problems.push_back("message " + std::to_string(sequence) + " of queue " +
                                     std::to_string(queue) + ": " + what);
        }
    };
    storage.scan(Table::message, {}, [&](std::string_view key, std::string_view bytes) {
        ++found.messages;
        if (!decode_message(bytes).has_value()) report(key, "it cannot be read");
        return true;
    });
    storage.scan(Table::message_receipt, {}, [&](std::string_view key, std::string_view bytes) {
        ++found.received;
        if (!decode_receipt(bytes).has_value()) report(key, "its receipt cannot be read");
        return true;
    });
    return found;
}

}  // namespace stepwell::queue
