#include "journal/memory_journal.hpp"

#include <algorithm>

#include "base/try.hpp"

namespace stepwell::journal {

Result<Position> MemoryJournal::replay(Position from, const Visitor& visit) {
    const std::scoped_lock lock(mutex_);
    for (const Group& group : groups_) {
        if (group.end.sequence <= from.sequence) continue;
        auto sequence = static_cast<std::uint64_t>(group.end.sequence) - group.batches.size();
        for (const auto& batch : group.batches) visit.commit({JournalSequence{++sequence}, batch});
        if (auto taken = visit.record(group.end); !taken.has_value()) return taken.error();
    }
    return end_;
}

Result<Position> MemoryJournal::append(std::span<const std::string_view> batches) {
    const std::scoped_lock lock(mutex_);
    for (const auto batch : batches) {
        end_.sequence = next(end_.sequence);
        statistics_.bytes += batch.size();
    }
    ++statistics_.groups;
    groups_.push_back({end_, {batches.begin(), batches.end()}});
    return end_;
}

Result<> MemoryJournal::truncate(const Position& position) {
    const std::scoped_lock lock(mutex_);
    std::erase_if(groups_,
                  [&](const Group& group) { return group.end.sequence <= position.sequence; });
    return {};
}

Journal::Statistics MemoryJournal::statistics() const noexcept {
    const std::scoped_lock lock(mutex_);
    return statistics_;
}

}  // namespace stepwell::journal
