// Whether the stored messages can be read.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <stepwell/journal.hpp>

namespace stepwell::queue {

struct CheckedMessages {
    std::uint64_t messages = 0;
    std::uint64_t received = 0;
    std::vector<std::string> problems;  ///< one line each; the first hundred
    std::uint64_t problem_count = 0;
};

/// Reads all messages and receipts.
///
/// threads  any; nothing runs on the storage meanwhile
CheckedMessages check_messages(const Storage& storage);

}  // namespace stepwell::queue
