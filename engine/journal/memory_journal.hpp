// A journal that forgets with its process: for tests, and as the plainest statement of what a
// journal does.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "journal/journal.hpp"

namespace stepwell::journal {

class MemoryJournal final : public Journal {
 public:
    Position origin() const override { return Position{}; }
    Result<Position> replay(Position from, const Visitor& visit) override;
    Result<Position> append(std::span<const std::string_view> batches) override;
    Result<> sync() override { return {}; }
    Result<> truncate(const Position& position) override;
    Statistics statistics() const noexcept override;

 private:
    struct Group {
        Position end;
        std::vector<std::string> batches;
    };
    mutable std::mutex mutex_;  // guards what follows
    std::vector<Group> groups_;
    Position end_;
    Statistics statistics_;
};

}  // namespace stepwell::journal
