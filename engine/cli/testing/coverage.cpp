#include "cli/testing/coverage.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "asl/evaluate.hpp"
#include "json/writer.hpp"

namespace stepwell::cli {

namespace {

constexpr std::array<std::string_view, covered_kinds> kind_names{"states", "choices", "retries",
                                                                 "catches"};
using Shares = std::array<Share, covered_kinds>;

Shares shares_of(const DefinitionCoverage& definition) {
    Shares shares;
    for (const DefinitionCoverage::Item& item : definition.items())
        shares[static_cast<std::size_t>(item.kind)].add({item.hits > 0 ? 1U : 0U, 1});
    return shares;
}

Share sum_of(const Shares& shares) {
    Share sum;
    for (const Share& share : shares) sum.add(share);
    return sum;
}

std::string in_brackets(std::size_t index) { return "[" + std::to_string(index) + "]"; }

std::string percent_text(double percent) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.1f", percent);
    return text.data();
}

std::string padded(std::string text, std::size_t width) {
    if (text.size() < width) text.append(width - text.size(), ' ');
    return text + "  ";
}

std::string table_line(const std::string& name, std::size_t width, const Shares& shares) {
    constexpr std::size_t column = 9;
    std::string line = padded(name, width);
    for (const Share& share : shares) {
        line += padded(std::to_string(share.covered) + "/" + std::to_string(share.total), column);
    }
    return line + percent_text(sum_of(shares).percent()) + " %\n";
}

void write_shares(json::Writer& out, const Shares& shares) {
    out.key("percent").number(sum_of(shares).percent());
    for (std::size_t kind = 0; kind < covered_kinds; ++kind) {
        out.key(kind_names[kind]).begin_object();
        out.member_integer("covered", static_cast<std::int64_t>(shares[kind].covered));
        out.member_integer("total", static_cast<std::int64_t>(shares[kind].total)).end_object();
    }
}

}  // namespace

std::string_view name_of(Covered kind) noexcept {
    return kind_names[static_cast<std::size_t>(kind)];
}

DefinitionCoverage::DefinitionCoverage(std::shared_ptr<const asl::Program> program)
    : program_(std::move(program)) {
    for (std::uint32_t i = 0; i < program_->size(); ++i) {
        const asl::State& state = program_->state(asl::StateIndex{i});
        Places& places = places_.emplace_back();
        places.state = append(Covered::states, state.location);
        const asl::ChoiceShape choice = asl::choice_shape(state);
        places.choices = items_.size();
        for (std::size_t rule = 0; rule < choice.rules; ++rule)
            append(Covered::choices, state.location + "/Choices" + in_brackets(rule));
        places.choice_default = items_.size();
        if (choice.has_default) append(Covered::choices, state.location + "/Default");
        places.retries = items_.size();
        for (std::size_t entry = 0; entry < state.retriers.size(); ++entry)
            append(Covered::retries, state.location + "/Retry" + in_brackets(entry));
        places.catches = items_.size();
        for (std::size_t entry = 0; entry < state.catchers.size(); ++entry)
            append(Covered::catches, state.location + "/Catch" + in_brackets(entry));
    }
}

std::size_t DefinitionCoverage::append(Covered kind, std::string location) {
    items_.push_back({kind, std::move(location)});
    return items_.size() - 1;
}

void DefinitionCoverage::add(const std::vector<flow::Visit>& visits) {
    using Kind = flow::Visit::Kind;
    for (const flow::Visit& visit : visits) {
        const Places& places = places_[visit.state.value];
        switch (visit.kind) {
            case Kind::entered:
                ++items_[places.state].hits;
                break;
            case Kind::chose:
                ++items_[places.choices + visit.index].hits;
                break;
            case Kind::chose_default:
                ++items_[places.choice_default].hits;
                break;
            case Kind::retried:
                ++items_[places.retries + visit.index].hits;
                break;
            case Kind::caught:
                ++items_[places.catches + visit.index].hits;
                break;
        }
    }
}

DefinitionCoverage& Coverage::of(const std::filesystem::path& definition,
                                 const std::shared_ptr<const asl::Program>& program) {
    const std::string name = definition.lexically_normal().string();
    return definitions_.try_emplace(name, program).first->second;
}

Share Coverage::total() const {
    Share total;
    for (const auto& [name, definition] : definitions_) total.add(sum_of(shares_of(definition)));
    return total;
}

std::string Coverage::table() const {
    std::size_t width = std::string_view("all").size();
    for (const auto& [name, definition] : definitions_) width = std::max(width, name.size());
    std::string text = padded("coverage", width);
    for (const std::string_view name : kind_names) text += padded(std::string(name), 9);
    text += "\n";
    Shares all;
    for (const auto& [name, definition] : definitions_) {
        const Shares shares = shares_of(definition);
        for (std::size_t kind = 0; kind < covered_kinds; ++kind) all[kind].add(shares[kind]);
        text += table_line(name, width, shares);
        for (const DefinitionCoverage::Item& item : definition.items()) {
            if (item.hits == 0) text += "    not run: " + item.location + "\n";
        }
    }
    if (definitions_.size() > 1) text += table_line("all", width, all);
    return text;
}

std::string Coverage::json() const {
    json::Writer out;
    out.begin_object().key("percent").number(total().percent()).key("definitions").begin_array();
    for (const auto& [name, definition] : definitions_) {
        out.begin_object().member("definition", name);
        write_shares(out, shares_of(definition));
        out.key("items").begin_array();
        for (const DefinitionCoverage::Item& item : definition.items()) {
            out.begin_object().member("kind", name_of(item.kind));
            out.member("location", item.location);
            out.member_integer("hits", static_cast<std::int64_t>(item.hits)).end_object();
        }
        out.end_array().end_object();
    }
    return out.end_array().end_object().take();
}

}  // namespace stepwell::cli
