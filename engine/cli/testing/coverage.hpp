// How much of the state machines their tests have run.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "asl/program.hpp"
#include "flow/rehearsal.hpp"

namespace stepwell::cli {

enum class Covered : std::uint8_t { states, choices, retries, catches };
inline constexpr std::size_t covered_kinds = 4;
std::string_view name_of(Covered kind) noexcept;  ///< "states"

/// Counts how often each state of one definition was entered, each rule and Default of a Choice was
/// taken, each entry of Retry and of Catch was used.
class DefinitionCoverage {
 public:
    explicit DefinitionCoverage(std::shared_ptr<const asl::Program> program);

    void add(const std::vector<flow::Visit>& visits);

    struct Item {
        Covered kind;
        std::string location;  ///< in the definition: "/States/Route/Choices[0]"
        std::uint64_t hits = 0;
    };
    /// In the order of the definition's states.
    const std::vector<Item>& items() const noexcept { return items_; }

 private:
    // Where a state's items are among all of them.
    struct Places {
        std::size_t state;
        std::size_t choices;         // its rules ...
        std::size_t choice_default;  // ... and its Default
        std::size_t retries;
        std::size_t catches;
    };
    std::size_t append(Covered kind, std::string location);

    std::shared_ptr<const asl::Program> program_;
    std::vector<Item> items_;
    std::vector<Places> places_;  // by state
};

/// How many there are, and how many of them were run.
struct Share {
    std::size_t covered = 0;
    std::size_t total = 0;

    void add(const Share& other) {
        covered += other.covered;
        total += other.total;
    }
    double percent() const noexcept {  // of nothing, all is covered
        return total == 0 ? 100.0
                          : 100.0 * static_cast<double>(covered) / static_cast<double>(total);
    }
};

/// The coverage of several definitions, by their files.
class Coverage {
 public:
    /// The definition's; made when it is not known yet.
    DefinitionCoverage& of(const std::filesystem::path& definition,
                           const std::shared_ptr<const asl::Program>& program);

    Share total() const;
    /// For people: a line for each definition, and what of it was not run.
    std::string table() const;
    /// For programs: the same with all counts.
    std::string json() const;

 private:
    std::map<std::string, DefinitionCoverage> definitions_;
};

}  // namespace stepwell::cli
